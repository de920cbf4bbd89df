"""What `%secondme restore` makes of outputs that are wrong, and of notebooks that are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saved_notebooks import cell, kept, only, output, restore, said, trunk

from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Place, Turn
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.restoring import (
    iter_notebook_names,
    restore_conversations,
)
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import metadata

BAD = {
    "no turn": ({**kept(), "turn": "1"}, "Yes", "a turn has no number"),
    "turn is gone": ({"prompt": "Hi"}, "Yes", "a turn has no number"),
    "turn zero": (kept(0), "Yes", "a turn has no number"),
    "turn beyond": (kept(10**7), "Yes", "too high a number"),
    "prompt is a list": (kept(1, ["Hi"]), "Yes", "prompt is not text"),
    "prompt is empty": (kept(1, " "), "Yes", "a prompt is empty"),
    "a path for a name": (kept(conversation="../x"), "Yes", "no name that it can have"),
    "no name": (kept(conversation=None), "Yes", "no name that it can have"),
    "a state": (kept(state="streaming"), "Yes", "state is none of"),
    "elapsed": (kept(elapsed="1"), "Yes", "seconds"),
    "usage": (kept(usage=[]), "Yes", "usage is not an object"),
    "usage below zero": (kept(usage={"total_tokens": -1}), "Yes", "total_tokens is out of"),
    "a reason": (kept(finish_reason=3), "Yes", "finish_reason is not text"),
    "a long reason": (kept(finish_reason="x" * 9_999), "Yes", "finish_reason is not text"),
    "no text": (kept(), None, "an answer is not text"),
    "a list of numbers": (kept(), [1], "an answer is not text"),
    "revision": (kept(revision=[]), "Yes", "a turn has no number"),
    "trunks": (kept(trunks="default"), "Yes", "trunks is not a list"),
    "a forest": (kept(trunks=trunk() * 21), "Yes", "trunks is not a list, or too long"),
    "a path for a trunk": (kept(trunks=trunk("../x")), "Yes", "no name that it can have"),
    "follows": (kept(follows="1"), "Yes", "a turn has no number"),
    "sent": (kept(sent=-1), "Yes", "a turn has no number"),
    "place": (kept(place="2"), "Yes", "a turn has no number"),
    "system": (kept(system=1), "Yes", "system is not text"),
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
    assert restored.skipped == ("cell 1: an answer is not text, or too long",)


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
    "a long number": b'{"cells":' + b"9" * 5_000,
}


@pytest.mark.parametrize("content", NO_NOTEBOOKS.values(), ids=NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused_in_two_lines(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read as a notebook") as caught:
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
