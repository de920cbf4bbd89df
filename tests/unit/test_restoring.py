from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondme_magics.conversation.messages import Reply, Usage
from secondme_magics.conversation.turns import Place, Trunk, Turn
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.restoring import (
    Restored,
    iter_notebook_names,
    restore_conversations,
)
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import metadata

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation


def kept(number: object = 1, prompt: object = "Hi", **more: object) -> dict[str, object]:
    """Return what is kept of an answer."""
    whole = {
        "instance": "demo",
        "conversation": "default",
        "turn": number,
        "state": "complete",
        "finish_reason": "stop",
        "elapsed": 1.5,
        "usage": None,
        "prompt": prompt,
    }
    return {**whole, **more}


def output(about: object, text: object = "Yes") -> dict[str, object]:
    return {
        "output_type": "display_data",
        "data": {"text/plain": text},
        "metadata": {"secondme": about},
    }


def cell(*outputs: object, name: object = None) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": name,
        "source": "boom()",
        "outputs": list(outputs),
    }


def restore(*cells: object) -> Restored:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    return restore_conversations(json.dumps(notebook).encode())


def only(restored: Restored) -> Conversation:
    (conversation,) = restored.conversations
    return conversation


def said(conversation: Conversation) -> list[tuple[int, str, str]]:
    return [(turn.number, turn.prompt, turn.reply.text) for turn in conversation.turns]


def test_a_turn_comes_back_with_its_state_its_place_and_its_words() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    about = kept(7, state="interrupted", finish_reason="length", usage=usage)
    restored = restore(cell(output(about, ["line\n", "line"]), name="abc"))
    reply = Reply(
        "line\nline",
        state="interrupted",
        finish_reason="length",
        usage=Usage(1, 2, 3),
        elapsed=1.5,
    )
    assert only(restored).turns == (Turn(7, "Hi", reply, Place("abc")),)
    assert only(restored).begin("next").number == 8
    assert restored.skipped == ()


def test_what_we_keep_of_a_turn_is_what_we_restore() -> None:
    reply = Reply("Yes", state="complete", usage=Usage(total_tokens=3), elapsed=0.25)
    turn = Turn(3, "Hi", reply, Place("abc", 2), 7)
    about = metadata(turn, Origin("demo", "talk", besides={"place": 2, "system": "Brief"}))
    restored = restore(cell(output(about["secondme"]), name="abc"))
    assert only(restored).turns == (turn,)
    assert (only(restored).name, only(restored).system) == ("talk", "Brief")


def test_turns_stand_by_their_number_and_then_by_their_cells() -> None:
    restored = restore(
        cell(output(kept(3, "c")), name="c"),
        cell(output(kept(1, "a")), output(kept(2, "b", place=2))),
        cell(output(kept(3, "d")), name="d"),
        cell(output(kept(9, "e"))),
    )
    assert [turn[:2] for turn in said(only(restored))] == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (4, "d"),
        (9, "e"),
    ]


def test_each_conversation_is_rebuilt_under_its_name() -> None:
    restored = restore(
        cell(output(kept(conversation="b"))), cell(output(kept(conversation="a", state="failed")))
    )
    assert [talk.name for talk in restored.conversations] == ["b", "a"]
    assert restored.conversations[1].turns[0].reply.state == "failed"


def test_what_no_conversation_kept_and_what_is_not_ours_is_passed_over() -> None:
    restored = restore(
        {"cell_type": "markdown", "source": "text"},
        cell(output(kept(None)), {"output_type": "stream", "text": "x"}, "text", None),
        cell({"metadata": []}, {"metadata": {"secondme": "other"}}),
        {"outputs": "none"},
        "no cell",
    )
    assert restored == Restored((), ())


AGAIN = kept(1, revises="a", revision=5)
REVISIONS = {
    "a later answer wins": (AGAIN, "second", kept(1, revision=3), "second"),
    "also where nothing is told": (kept(1, revises="a"), "second", kept(1), "second"),
    "one that is older than the cell's own does not": (AGAIN, "second", kept(1, revision=6), "Yes"),
    "a failed one does not": (AGAIN | {"state": "failed"}, "half", kept(1), "Yes"),
    "a failed run of the cell gives way to what stood": (
        AGAIN,
        "second",
        kept(1, revision=6, state="failed", stays=True),
        "second",
    ),
}


@pytest.mark.parametrize(("about", "text", "first", "stands"), REVISIONS.values(), ids=REVISIONS)
def test_a_turn_that_was_asked_again_elsewhere_is_one_turn(
    about: dict[str, object], text: str, first: dict[str, object], stands: str
) -> None:
    restored = restore(cell(output(about, text), name="retry"), cell(output(first), name="a"))
    assert said(only(restored)) == [(1, "Hi", stands)]
    assert only(restored).turns[0].place == Place("a")


def test_an_answer_given_again_stands_by_itself_where_the_first_is_gone() -> None:
    restored = restore(
        cell(output(kept(1, "one")), name="other"), cell(output(kept(1, "two", revises="a")))
    )
    assert [turn[:2] for turn in said(only(restored))] == [(1, "one"), (2, "two")]
    assert only(restored).at(Place("a")) == only(restored).turns[1]


def test_without_cell_ids_an_answer_given_again_is_one_turn_too() -> None:
    restored = restore(cell(output(kept(1))), cell(output(kept(1, revises=None), "again")))
    assert said(only(restored)) == [(1, "Hi", "again")]


def test_a_turn_that_was_asked_without_cell_ids_has_the_place_of_its_cell() -> None:
    first, again = kept(1), kept(1, revises=None)
    restored = restore(
        cell(output(first), name="a"), cell(output(again, "again"), name="retry"), cell(name="b")
    )
    assert said(only(restored)) == [(1, "Hi", "again")]
    assert only(restored).turns[0].place == Place("a")


def test_what_was_taken_back_or_dropped_before_a_later_prompt_stays_away() -> None:
    answers = [kept(n, str(n), follows=n - 1) for n in (1, 2, 3)]
    for follows, left in ((0, [4]), (1, [1, 4]), (3, [1, 2, 3, 4])):
        later = kept(4, "4", follows=follows)
        restored = only(restore(*(cell(output(about)) for about in [*answers, later])))
        assert [turn.number for turn in restored.turns] == left


def test_what_was_gone_when_a_turn_was_asked_again_as_the_last_stays_away() -> None:
    later = [kept(n, str(n), revision=n) for n in (2, 3)]
    again = kept(1, "1", revision=4, last=True)
    after = kept(4, "4", revision=5, follows=1)
    restored = only(restore(*(cell(output(about)) for about in [again, *later])))
    assert [turn.number for turn in restored.turns] == [1]
    restored = only(restore(*(cell(output(about)) for about in [again, *later, after])))
    assert [turn.number for turn in restored.turns] == [1, 4]


def test_the_system_message_is_that_of_the_last_answer_in_time() -> None:
    first, second = kept(1, system="new", revision=3), kept(2, system="old", revision=2)
    assert only(restore(cell(output(first)), cell(output(second)))).system == "new"


def trunk(name: object = "default", revision: object = 2) -> list[dict[str, object]]:
    return [{"name": name, "revision": revision}]


def branch_of(*answers: dict[str, object]) -> list[tuple[int, str, str]]:
    """Return what is said in conversation b of a notebook with these answers."""
    restored = restore(
        *(cell(output(about, "Yes"), name=f"{i}") for i, about in enumerate(answers))
    )
    return said(next(talk for talk in restored.conversations if talk.name == "b"))


def test_turns_that_a_later_answer_knows_of_and_the_notebook_not_are_counted() -> None:
    first, third = kept(1), kept(3, sent=2)
    assert restore(cell(output(first)), cell(output(third))).missing == {"default": 1}
    second = kept(2, state="failed", stays=True, sent=1)
    told = restore(cell(output(first)), cell(output(second)), cell(output(third)))
    assert told.missing == {"default": 1}
    again = kept(2, sent=1)
    whole = restore(cell(output(first)), cell(output(again)), cell(output(third)))
    assert whole.missing == {}


def test_a_branch_begins_with_the_turns_that_it_was_parted_from() -> None:
    talk = [kept(n, text, revision=n) for n, text in enumerate(["one", "two", "later"], start=1)]
    own = kept(4, "own", conversation="b", revision=3, trunks=trunk())
    assert [turn[:2] for turn in branch_of(own, *talk)] == [(1, "one"), (2, "two"), (4, "own")]
    again = kept(2, "TWO", conversation="b", revision=3, trunks=trunk())
    assert [turn[:2] for turn in branch_of(*talk, again)] == [(1, "one"), (2, "TWO")]
    afresh = own | {"follows": 0}
    assert [turn[:2] for turn in branch_of(*talk, afresh)] == [(4, "own")]
    restored = restore(*(cell(output(about)) for about in [*talk, own]))
    assert restored.conversations[1].trunks == (Trunk("default", 2),)


def test_a_branch_of_a_branch_begins_with_the_turns_of_both() -> None:
    first = kept(1, "one", revision=1)
    second = kept(2, "two", conversation="a", revision=2, trunks=trunk(revision=1))
    third = kept(3, "three", conversation="b", revision=3, trunks=trunk(revision=1) + trunk("a"))
    assert [turn[1] for turn in branch_of(first, second, third)] == ["one", "two", "three"]
    assert [turn[1] for turn in branch_of(first, third)] == ["one", "three"]


def test_branches_that_grow_from_each_other_are_no_trouble() -> None:
    loop = [
        kept(1, "one", conversation="a", trunks=trunk("b", 9)),
        kept(2, "two", conversation="b", trunks=trunk("a", 9)),
    ]
    assert [turn[1] for turn in branch_of(*loop)] == ["one", "two"]
    assert [turn[1] for turn in branch_of(kept(conversation="b", trunks=trunk("b", 9)))] == ["Hi"]
    assert [turn[1] for turn in branch_of(kept(conversation="b", trunks=trunk("none")))] == ["Hi"]


BAD = {
    "no turn": ({**kept(), "turn": "1"}, "Yes", "a turn has no number"),
    "turn is gone": ({"prompt": "Hi"}, "Yes", "a turn has no number"),
    "turn zero": (kept(0), "Yes", "a turn has no number"),
    "turn beyond": (kept(10**7), "Yes", "too high a number"),
    "prompt is a list": (kept(1, ["Hi"]), "Yes", "prompt is no text"),
    "prompt is empty": (kept(1, " "), "Yes", "a prompt is empty"),
    "a path for a name": (kept(conversation="../x"), "Yes", "no name that it can have"),
    "no name": (kept(conversation=None), "Yes", "no name that it can have"),
    "a state": (kept(state="streaming"), "Yes", "state is none of"),
    "elapsed": (kept(elapsed="1"), "Yes", "seconds"),
    "usage": (kept(usage=[]), "Yes", "usage is no object"),
    "a reason": (kept(finish_reason=3), "Yes", "finish_reason is no text"),
    "a long reason": (kept(finish_reason="x" * 9_999), "Yes", "finish_reason is no text"),
    "no text": (kept(), None, "an answer is no text"),
    "a list of numbers": (kept(), [1], "an answer is no text"),
    "revision": (kept(revision=[]), "Yes", "a turn has no number"),
    "trunks": (kept(trunks="default"), "Yes", "trunks is no list"),
    "a forest": (kept(trunks=trunk() * 21), "Yes", "trunks is no list, or too long"),
    "a path for a trunk": (kept(trunks=trunk("../x")), "Yes", "no name that it can have"),
    "follows": (kept(follows="1"), "Yes", "a turn has no number"),
    "sent": (kept(sent=-1), "Yes", "a turn has no number"),
    "place": (kept(place="2"), "Yes", "a turn has no number"),
    "system": (kept(system=1), "Yes", "system is no text"),
}


@pytest.mark.parametrize(("about", "text", "reason"), BAD.values(), ids=BAD)
def test_a_bad_entry_is_skipped_told_of_and_harms_no_other(
    about: dict[str, object], text: object, reason: str
) -> None:
    restored = restore(cell(output(about, text)), cell(output(kept(2, "good"))))
    assert said(only(restored)) == [(2, "good", "Yes")]
    (line,) = restored.skipped
    assert line.startswith("cell 1: ")
    assert reason in line


def test_an_output_without_a_bundle_is_told_of() -> None:
    restored = restore(cell({"data": "x", "metadata": {"secondme": kept()}}))
    assert restored.skipped == ("cell 1: an answer is no text, or too long",)


@pytest.mark.parametrize("name", [5, "", "x" * 2_000, None])
def test_a_cell_without_an_id_gives_a_turn_without_a_place(name: object) -> None:
    assert only(restore(cell(output(kept()), name=name))).turns[0].place is None


NO_NOTEBOOKS = {
    "empty": b"",
    "an image": b"\x89PNG\r\n\xff",
    "a list": b"[]",
    "no cells": b'{"nbformat": 4}',
    "format 3": b'{"nbformat": 3, "worksheets": [{"cells": []}]}',
    "of another kind": b'{"cells": []}',
    "deep": b'{"cells":' + b"[" * 200_000,
}


@pytest.mark.parametrize("content", NO_NOTEBOOKS.values(), ids=NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused_in_two_lines(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no notebook that can be read") as caught:
        restore_conversations(content)
    assert len(str(caught.value).splitlines()) == 2


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from(["", "a", "complete", "Hi"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)
entries = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.just(value) | values for name, value in kept().items()},
        **dict.fromkeys(("place", "revises", "stays", "follows", "system"), values),
        "revision": values,
        "trunks": values
        | st.lists(st.fixed_dictionaries({"name": st.just("default"), "revision": values})),
    },
)


@settings(max_examples=60)
@given(st.lists(st.tuples(entries, values, values), max_size=5))
def test_any_notebook_gives_conversations_that_can_be_gone_on_with(
    outputs: list[tuple[object, object, object]],
) -> None:
    restored = restore(*(cell(output(about, text), name=name) for about, text, name in outputs))
    assert len(restored.skipped) <= len(outputs)
    for conversation in restored.conversations:
        numbers = [turn.number for turn in conversation.turns]
        assert numbers == sorted(set(numbers))
        roles = [message.role for message in conversation.messages("now")]
        spoken = roles[1:] if conversation.system else roles
        assert spoken == ["user", "assistant"] * (len(spoken) // 2) + ["user"]


def test_the_notebook_is_found_where_the_front_end_tells_it() -> None:
    names = {"__vsc_ipynb_file__": "/v.ipynb", "__session__": "/s.ipynb"}
    environ = {"JPY_SESSION_NAME": "/e.ipynb"}
    assert list(iter_notebook_names(names, environ)) == ["/v.ipynb", "/s.ipynb", "/e.ipynb"]
    assert list(iter_notebook_names({"__session__": 3}, {"JPY_SESSION_NAME": "console-1"})) == []


said_texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1)
said_turns = st.lists(
    st.builds(
        Turn,
        st.integers(1, 999),
        said_texts.filter(str.strip),
        st.builds(
            Reply,
            text=said_texts,
            state=st.sampled_from(["complete", "interrupted", "failed"]),
            finish_reason=st.sampled_from([None, "stop", "length"]),
            elapsed=st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000),
        ),
        st.none() | st.builds(Place, st.sampled_from("abc"), st.just(1)),
    ),
    min_size=1,
    unique_by=lambda turn: turn.number,
)


@settings(max_examples=60, deadline=None)
@given(said_turns)
def test_in_any_order_of_cells_a_notebook_gives_back_what_was_said(turns: list[Turn]) -> None:
    restored = restore(
        *(
            cell(
                output(metadata(turn, Origin("demo", "default"))["secondme"], turn.reply.text),
                name=turn.place.cell if turn.place else None,
            )
            for turn in turns
        )
    )
    assert only(restored).turns == tuple(sorted(turns, key=lambda turn: turn.number))
    assert restored.skipped == ()
