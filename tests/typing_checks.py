"""The public typing, held by mypy alone: nothing here runs, and a wrong use has to be refused."""

from __future__ import annotations

from typing_extensions import assert_type

import secondme_magics
from secondme_magics import (
    Conversation,
    Delta,
    Message,
    Parameters,
    Reply,
    SecondMe,
    SecondMeError,
    StatusError,
    Talk,
    Turn,
    Usage,
)


def ask() -> None:
    me = SecondMe("demo", temperature=0.5, enable_l0_retrieval=True)
    reply = me.ask("Hello", system="Be brief", timeout=3, max_tokens=100, extra={"seed": 1})
    assert_type(reply, Reply)
    assert_type(reply.text, str)
    assert_type(reply.code, str)
    assert_type(reply.json(), object)
    assert_type(reply.usage, Usage | None)
    assert_type(me.name, str)


def stream() -> None:
    with SecondMe() as me:
        assert_type(me, SecondMe)
        for delta in me.stream("Hello"):
            assert_type(delta, Delta)
        with me.stream("Hello", temperature=0) as answer:
            for delta in answer:
                assert_type(delta.content, str)
            assert_type(answer.turn, Turn | None)
            assert_type(answer.read(), Reply)


def talk() -> None:
    talk = SecondMe().conversation("work", system="Be brief")
    assert_type(talk, Talk)
    assert_type(talk.ask("Hello", role_id="r"), Reply)
    assert_type(talk.turns, tuple[Turn, ...])
    assert_type(talk.conversation, Conversation)
    assert_type(talk.conversation.messages("Hello"), list[Message])


def fail() -> None:
    try:
        SecondMe().ask("Hello")
    except StatusError as error:
        assert_type(error.status, int)
        assert_type(error.retry_after, float | None)
    except SecondMeError as error:
        assert_type(error.what, str)
        assert_type(error.reply.text if error.reply else None, str | None)


def refused() -> None:
    SecondMe(3)  # type: ignore[arg-type]
    SecondMe(temprature=0.5)  # type: ignore[call-arg]
    SecondMe().ask("Hello", temprature=0.5)  # type: ignore[call-arg]
    SecondMe().ask("Hello", max_tokens="many")  # type: ignore[arg-type]
    SecondMe().conversation().stream("Hello", model=1)  # type: ignore[arg-type]
    Parameters(stream=None)  # type: ignore[arg-type]
    Message("robot", "Hello")  # type: ignore[arg-type]
    Reply().text = "other"  # type: ignore[misc]
    secondme_magics.Secondme  # type: ignore[attr-defined]  # noqa: B018 - the name is the test
