from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import get_type_hints

import pytest

from secondme_magics.api.body import to_body
from secondme_magics.conversation.messages import (
    Delta,
    Message,
    Parameters,
    Reply,
    State,
    Usage,
)
from secondme_magics.errors import ConfigurationError

STATES: tuple[State, ...] = ("streaming", "interrupted", "failed")


def test_the_code_of_a_reply_is_all_its_fenced_code() -> None:
    reply = Reply("First:\n```python\na = 1\n```\nthen:\n~~~\nb = 2\n~~~\nDone.")
    assert reply.code == "a = 1\n\nb = 2\n"


def test_a_reply_without_a_fence_has_no_code() -> None:
    assert Reply("plain `words`").code == ""


def test_a_reply_gives_the_json_that_it_holds() -> None:
    assert Reply('Here:\n```json\n{"a": [1]}\n```').json() == {"a": [1]}


def test_a_reply_without_json_says_so() -> None:
    with pytest.raises(ValueError, match="the answer holds no JSON value"):
        Reply("no").json()


def test_a_reply_prints_as_its_text_and_shows_itself_shortly() -> None:
    reply = Reply("x" * 1234, reasoning="secret", state="complete", elapsed=2.04)
    assert str(reply) == "x" * 1234
    assert repr(reply) == "<Reply complete: 1,234 characters in 2.0 s>"


WHOLE = [None, "", "stop", "STOP", "tool_calls", "function_call", "eos", "end_turn", "eos_token"]
CUT = ["length", "Length", "max_tokens", "MAX_TOKENS", "model_length"]
CUT += ["insufficient_system_resource"]
FILTERED = ["content_filter", "CONTENT_FILTER"]


@pytest.mark.parametrize("reason", [*WHOLE, *CUT, *FILTERED])
def test_a_reply_is_whole_if_it_is_complete_and_was_not_cut(reason: str | None) -> None:
    assert Reply("a", state="complete", finish_reason=reason).is_whole == (reason in WHOLE)
    for state in STATES:
        assert not Reply("a", state=state, finish_reason=reason).is_whole


@pytest.mark.parametrize("reason", [*WHOLE, *CUT, *FILTERED])
def test_a_reply_is_gone_on_with_if_it_was_stopped_or_cut_but_not_for_what_it_says(
    reason: str | None,
) -> None:
    assert Reply("a", state="complete", finish_reason=reason).is_unfinished == (reason in CUT)
    stopped = Reply("a", state="interrupted", finish_reason=reason)
    assert stopped.is_unfinished == (reason not in FILTERED)
    for reply in (replace(stopped, state="failed"), replace(stopped, text=" \n")):
        assert not reply.is_unfinished


def test_a_delta_prints_as_its_content() -> None:
    assert str(Delta("Hel", reasoning="hm")) == "Hel"


@pytest.mark.parametrize(
    "delta",
    [Delta(" "), Delta(reasoning="hm"), Delta(finish_reason="stop"), Delta(usage=Usage())],
)
def test_a_delta_is_true_if_it_adds_anything(delta: Delta) -> None:
    assert delta
    assert not Delta()


@pytest.mark.parametrize(
    "value",
    [Message("user", "hi"), Usage(1, 2, 3), Delta("a"), Parameters(temperature=1), Reply("a")],
    ids=lambda value: type(value).__name__,
)
def test_values_are_frozen_and_survive_pickling(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own bytes
    for name in get_type_hints(type(value)):
        with pytest.raises(AttributeError):
            setattr(value, name, "other")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"temperature": "hot"}, "temperature must be a number, not str"),
        ({"temperature": True}, "temperature must be a number, not bool"),
        ({"max_tokens": 1.5}, "max_tokens must be a whole number, not float"),
        ({"max_tokens": False}, "max_tokens must be a whole number, not bool"),
        ({"model": 4}, "model must be a string, not int"),
        ({"role_id": b"r"}, "role_id must be a string, not bytes"),
        ({"enable_l0_retrieval": 1}, "enable_l0_retrieval must be True or False, not int"),
        ({"enable_l1_retrieval": "no"}, "enable_l1_retrieval must be True or False, not str"),
        ({"extra": ["seed"]}, "extra must be a dictionary, not list"),
        ({"stream": 0}, "stream must be True or False, not int"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_parameter_of_the_wrong_type_is_refused_at_once(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        Parameters(**fields)  # type: ignore[arg-type]  # the wrong type is the point
    assert str(caught.value) == message


def test_any_kind_of_number_is_a_temperature() -> None:
    assert Parameters(temperature=Fraction(1, 2)).temperature == 0.5  # type: ignore[arg-type]


def test_fields_of_the_caller_are_copied_with_all_that_they_hold() -> None:
    stop, inner = ["a"], {"seed": 1}
    extra: dict[str, object] = {"stop": stop, "inner": MappingProxyType(inner), "both": (inner, 2)}
    parameters = Parameters(extra=MappingProxyType(extra))
    extra["more"] = 1
    stop.append("b")
    inner["seed"] = 2
    assert parameters.extra == {"stop": ["a"], "inner": {"seed": 1}, "both": ({"seed": 1}, 2)}
    assert pickle.loads(pickle.dumps(parameters)) == parameters  # noqa: S301 - our own bytes
    assert Parameters(extra={}).extra == {}


def test_what_is_no_json_is_kept_for_who_sends_it_to_refuse() -> None:
    endless: dict[str, object] = {"other": {1, 2}}
    assert Parameters(extra=endless).extra == endless
    endless["self"] = endless
    extra = Parameters(extra=endless).extra
    assert extra is not None
    assert extra is not endless
    assert extra["self"] is endless
    with pytest.raises(ConfigurationError, match="which is not JSON"):
        to_body([Message("user", "Hi")], Parameters(extra=endless), "second_me")
