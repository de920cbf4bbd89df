"""What a saved notebook's outputs bring back: turns, their order, their branches."""

from __future__ import annotations

import pytest
from fake_client import begin
from saved_notebooks import cell, kept, only, output, restore, said, trunk

from secondme_magics.conversation.messages import Reply, Usage
from secondme_magics.conversation.turns import Place, Trunk, Turn
from secondme_magics.notebook.restoring import (
    Restored,
)
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import metadata


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
    assert begin(only(restored), "next").number == 8
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
