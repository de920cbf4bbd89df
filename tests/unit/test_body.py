"""The request's body: names, bounds, and only what is set."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.body import to_body
from secondme_magics.conversation.messages import Message, Parameters
from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from secondme_magics.api.endpoint import Kind

HELLO = [Message("user", "Hello")]
SENT = {"messages": [{"role": "user", "content": "Hello"}], "stream": True}


def body_of(parameters: Parameters, kind: Kind = "second_me") -> dict[str, object]:
    body = to_body(HELLO, parameters, kind)
    json.dumps(body, allow_nan=False).encode()
    return body


def test_nothing_is_sent_that_is_not_set() -> None:
    assert body_of(Parameters()) == SENT


def test_every_field_has_the_wires_name() -> None:
    parameters = Parameters(
        temperature=0.5,
        max_tokens=10,
        model="m",
        role_id="r",
        enable_l0_retrieval=False,
        enable_l1_retrieval=True,
        stream=False,
    )
    assert body_of(parameters) == {
        "messages": SENT["messages"],
        "model": "m",
        "metadata": {"role_id": "r", "enable_l0_retrieval": False, "enable_l1_retrieval": True},
        "temperature": 0.5,
        "max_tokens": 10,
        "stream": False,
    }


METADATA = {
    "role_id": (Parameters(role_id="r"), {"role_id": "r"}),
    "l0": (Parameters(enable_l0_retrieval=True), {"enable_l0_retrieval": True}),
    "l1": (Parameters(enable_l1_retrieval=False), {"enable_l1_retrieval": False}),
}


@pytest.mark.parametrize(("parameters", "metadata"), METADATA.values(), ids=METADATA)
def test_metadata_holds_only_what_is_set(parameters: Parameters, metadata: object) -> None:
    assert body_of(parameters) == {**SENT, "metadata": metadata}


GOOD: list[tuple[Parameters, Kind]] = [
    (Parameters(temperature=0), "second_me"),
    (Parameters(temperature=1), "second_me"),
    (Parameters(temperature=Fraction(1, 2)), "second_me"),  # type: ignore[arg-type]  # a Real
    (Parameters(temperature=2, model="m"), "openai"),
    (Parameters(max_tokens=1), "second_me"),
    (Parameters(max_tokens=2**31 - 1), "second_me"),
]


@pytest.mark.parametrize(("parameters", "kind"), GOOD)
def test_a_value_at_its_bound_is_sent(parameters: Parameters, kind: Kind) -> None:
    assert len(body_of(parameters, kind)) == len(SENT) + (2 if parameters.model else 1)


BAD: dict[str, tuple[Kind, dict[str, object]]] = {
    "too hot for a Second Me": ("second_me", {"temperature": 1.01}),
    "too hot for any": ("openai", {"model": "m", "temperature": 2.01}),
    "too cold": ("second_me", {"temperature": -0.01}),
    "NaN": ("second_me", {"temperature": math.nan}),
    "infinity": ("second_me", {"temperature": math.inf}),
    "no token": ("second_me", {"max_tokens": 0}),
    "too many tokens": ("second_me", {"max_tokens": 2**31}),
    "tokens beyond what Python writes": ("second_me", {"max_tokens": 10**5000}),
    "an empty role": ("second_me", {"role_id": " "}),
    "an empty model": ("openai", {"model": ""}),
    "a role for a server without": ("openai", {"model": "m", "role_id": "poet"}),
    "notes for a server without": ("openai", {"model": "m", "enable_l0_retrieval": False}),
    "what it learned for a server without": ("openai", {"model": "m", "enable_l1_retrieval": True}),
    "an extra that is no JSON": ("second_me", {"extra": {"stop": {1, 2}}}),
    "an extra number that is none": ("second_me", {"extra": {"top_p": math.nan}}),
    "an extra half character": ("second_me", {"extra": {"stop": "\ud800"}}),
    "an extra name that is a number": ("second_me", {"extra": {1: 2}}),
    "an extra that says the messages": ("second_me", {"extra": {"messages": []}}),
    "an extra that says a value again": (
        "openai",
        {"model": "m", "max_tokens": 5, "extra": {"max_tokens": 6}},
    ),
    "no model for a server that wants one": ("openai", {}),
}


@pytest.mark.parametrize(("kind", "fields"), BAD.values(), ids=BAD)
def test_a_value_out_of_its_bounds_is_refused_in_two_lines(
    kind: Kind, fields: dict[str, object]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        to_body(HELLO, Parameters(**fields), kind)  # type: ignore[arg-type]  # wrong on purpose
    assert len(str(caught.value).splitlines()) == 2


def test_extra_fields_are_sent_as_they_stand() -> None:
    extra = {"max_completion_tokens": 100, "stream_options": {"include_usage": True}, "stop": None}
    assert body_of(Parameters(extra=extra)) == {**SENT, **extra}
    assert body_of(Parameters(extra={})) == SENT
    loose = Parameters(extra={"temperature": 3, "model": "m"})
    assert body_of(loose)["temperature"] == 3


def test_the_order_of_the_conversation_is_kept() -> None:
    messages = [
        Message("system", "Be brief"),
        Message("user", "1"),
        Message("assistant", "2"),
        Message("user", "3"),
    ]
    body = to_body(messages, Parameters(), "second_me")
    assert body["messages"] == [{"role": m.role, "content": m.content} for m in messages]


MESSAGES: dict[str, list[tuple[object, object]]] = {
    "none at all": [],
    "the assistant first": [("assistant", "Hi")],
    "another role": [("user", "Hi"), ("tool", "x")],
    "no content": [("user", None)],
    "a list of parts": [("user", [{"type": "text", "text": "Hi"}])],
}


@pytest.mark.parametrize("messages", MESSAGES.values(), ids=MESSAGES)
def test_messages_that_no_server_takes_are_refused(messages: list[tuple[object, object]]) -> None:
    wrong = [Message(role, content) for role, content in messages]  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ConfigurationError):
        to_body(wrong, Parameters(), "second_me")


def test_surrogates_are_joined_or_replaced() -> None:
    body = to_body([Message("user", "\ud83d\ude00 \ud83d \ude00x")], Parameters(), "second_me")
    assert body["messages"] == [{"role": "user", "content": "😀 \ufffd \ufffdx"}]
