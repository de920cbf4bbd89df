"""What a page sends is checked field by field; what is wrong is refused and changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import FakeHost, open_panel

from secondme_magics.errors import ConfigurationError
from secondme_magics.panel.actions import ACTIONS
from secondme_magics.panel.incoming import ASKING, KINDS, LONGEST_PROMPT, Request, parse_request

ID = {"prompt_id": "p"}

GOOD = {
    "ready": ({"kind": "ready"}, Request("ready")),
    "ask": (
        {"kind": "ask", "prompt": "Hello", **ID},
        Request("ask", prompt="Hello", prompt_id="p"),
    ),
    "the longest prompt": (
        {"kind": "ask", "prompt": "x" * LONGEST_PROMPT, **ID},
        Request("ask", prompt="x" * LONGEST_PROMPT, prompt_id="p"),
    ),
    "edit": (
        {"kind": "edit", "turn": "12", "prompt": "Hi", **ID},
        Request("edit", turn=12, prompt="Hi", prompt_id="p"),
    ),
    "version": (
        {"kind": "version", "turn": "12", "index": 2},
        Request("version", turn=12, index=2),
    ),
    "what is not asked for is passed over": (
        {"kind": "stop", "prompt": 3, "more": []},
        Request("stop"),
    ),
    "settings": (
        {"kind": "set", "temperature": 0, "l0": False, "role": None, "other": 1},
        Request("set", settings={"temperature": 0, "l0": False, "role": None}),
    ),
}


@pytest.mark.parametrize(("content", "request_"), GOOD.values(), ids=GOOD)
def test_a_message_is_read(content: object, request_: Request) -> None:
    assert parse_request(content) == request_


BAD = {
    "nothing": None,
    "no object": ["ask"],
    "no kind": {},
    "an unknown kind": {"kind": "delete_all"},
    "a kind that is no text": {"kind": ["ask"]},
    "a method of ours": {"kind": "__init__"},
    "no prompt": {"kind": "ask", **ID},
    "a prompt that is no text": {"kind": "ask", "prompt": {"a": 1}, **ID},
    "a prompt too long": {"kind": "ask", "prompt": "x" * (LONGEST_PROMPT + 1), **ID},
    "a prompt of too many bytes": {"kind": "ask", "prompt": "好" * (LONGEST_PROMPT // 2), **ID},
    "no id": {"kind": "ask", "prompt": "Hello"},
    "an empty id": {"kind": "ask", "prompt": "Hello", "prompt_id": ""},
    "an id too long": {"kind": "ask", "prompt": "Hello", "prompt_id": "x" * 201},
    "a turn that is a number": {"kind": "regenerate", "turn": 1, **ID},
    "a turn that is no number": {"kind": "regenerate", "turn": "one", **ID},
    "a turn in other digits": {"kind": "regenerate", "turn": "１", **ID},  # noqa: RUF001 - a digit
    "a turn too high": {"kind": "regenerate", "turn": "9" * 11, **ID},
    "an index from 0": {"kind": "version", "turn": "1", "index": 0},
    "an index that is a truth": {"kind": "version", "turn": "1", "index": True},
    "an index in parts": {"kind": "version", "turn": "1", "index": 1.5},
    "another format": {"kind": "export", "format": "exe"},
    "no format": {"kind": "export", "format": None},
    "no conversation": {"kind": "use", "conversation": 7},
    "too hot": {"kind": "set", "temperature": 2.1},
    "too cold": {"kind": "set", "temperature": -1},
    "no heat": {"kind": "set", "temperature": float("nan")},
    "a heat that is a truth": {"kind": "set", "temperature": True},
    "a switch that is a number": {"kind": "set", "l0": 1},
    "no tokens": {"kind": "set", "max_tokens": 0},
    "half a token": {"kind": "set", "max_tokens": 1.5},
    "an empty role": {"kind": "set", "role": ""},
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_wrong_message_is_refused_and_changes_nothing(content: object) -> None:
    panel, page = open_panel(FakeHost())
    before = panel.state()
    page.comm.hear(content)
    assert [each["kind"] for each in page.heard] == ["refused"]
    assert panel.state() | {"seq": 0} == before
    assert panel.conversation.turns == ()


def test_each_kind_of_message_is_known_and_done() -> None:
    assert ACTIONS.keys() == {*KINDS, "set"}
    assert {"prompt_id"} == set.intersection(*(set(KINDS[kind]) for kind in ASKING))


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)
names = ["prompt", "prompt_id", "turn", "index", "conversation", "format", "role", "l0"]
messages = st.builds(
    lambda kind, fields: {**fields, "kind": kind},
    st.sampled_from([*KINDS, "set"]),
    st.dictionaries(st.sampled_from(names), json),
)


@given(json | messages)
def test_whatever_comes_is_read_or_refused(content: object) -> None:
    try:
        assert parse_request(content).kind in ACTIONS
    except ConfigurationError as error:
        assert error.hint  # noqa: PT017 - either is good
