from __future__ import annotations

import json
from typing import Any

import pytest

from secondme_magics.demo.chat_request import (
    OPENAI,
    SECOND_ME,
    ChatRequest,
    Dialect,
    Message,
    parse_chat_request,
)
from secondme_magics.demo.fields import RefusedError

USER = {"role": "user", "content": "Hello"}
ASSISTANT = {"role": "assistant", "content": "Hello"}


def parse(dialect: Dialect = SECOND_ME, /, **fields: object) -> ChatRequest:
    return parse_chat_request(json.dumps({"messages": [USER], **fields}).encode(), dialect)


def refusal(body: bytes, dialect: Dialect = SECOND_ME) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        parse_chat_request(body, dialect)
    return caught.value


def test_a_request_of_messages_alone_has_the_defaults_of_a_second_me() -> None:
    assert parse() == ChatRequest(
        messages=(Message("user", "Hello"),),
        max_tokens=2000,
        streams=True,
        includes_usage=False,
        role_id=None,
        retrieves=True,
    )


def test_an_openai_compatible_server_does_not_stream_unasked() -> None:
    assert not parse(OPENAI, model="any").streams


def test_each_field_is_read() -> None:
    request = parse(
        max_tokens=5,
        stream=False,
        temperature=1,
        stream_options={"include_usage": True},
        metadata={"role_id": "brief", "enable_l0_retrieval": False, "enable_l1_retrieval": True},
        top_p=0.5,
    )
    assert (request.max_tokens, request.streams, request.includes_usage) == (5, False, True)
    assert (request.role_id, request.retrieves) == ("brief", False)


def test_null_is_a_missing_field() -> None:
    nulls = ("max_tokens", "stream", "temperature", "metadata", "stream_options", "model")
    assert parse(**dict.fromkeys(nulls)) == parse()


def test_a_lone_surrogate_is_replaced() -> None:
    body = b'{"messages": [{"role": "user", "content": "a\\ud800b"}]}'
    assert parse_chat_request(body, SECOND_ME).messages == (Message("user", "a?b"),)


WRONG: list[tuple[str, dict[str, Any], tuple[str | int, ...], int]] = [
    ("no messages", {"messages": None}, ("messages",), 422),
    ("messages that are text", {"messages": "Hello"}, ("messages",), 422),
    ("messages without a prompt", {"messages": []}, ("messages",), 422),
    ("only a system message", {"messages": [{**USER, "role": "system"}]}, ("messages",), 422),
    ("the assistant first", {"messages": [ASSISTANT, USER]}, ("messages",), 422),
    ("a message that is text", {"messages": ["Hello"]}, ("messages", 0), 422),
    ("an unknown role", {"messages": [{**USER, "role": "tool"}]}, ("messages", 0, "role"), 422),
    ("null content", {"messages": [{"role": "user"}]}, ("messages", 0, "content"), 400),
    ("parts", {"messages": [{**USER, "content": []}]}, ("messages", 0, "content"), 400),
    ("too hot", {"temperature": 1.01}, ("temperature",), 422),
    ("too cold", {"temperature": -0.01}, ("temperature",), 422),
    ("temperature as text", {"temperature": "0.5"}, ("temperature",), 422),
    ("temperature true", {"temperature": True}, ("temperature",), 422),
    ("no tokens", {"max_tokens": 0}, ("max_tokens",), 422),
    ("half a token", {"max_tokens": 1.5}, ("max_tokens",), 422),
    ("stream as text", {"stream": "yes"}, ("stream",), 422),
    ("metadata as text", {"metadata": "x"}, ("metadata",), 422),
    ("role id as number", {"metadata": {"role_id": 1}}, ("metadata", "role_id"), 422),
    (
        "l0 as number",
        {"metadata": {"enable_l0_retrieval": 1}},
        ("metadata", "enable_l0_retrieval"),
        422,
    ),
    (
        "l1 as text",
        {"metadata": {"enable_l1_retrieval": ""}},
        ("metadata", "enable_l1_retrieval"),
        422,
    ),
]


@pytest.mark.parametrize(
    ("fields", "loc", "status"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_wrong_field_is_named(
    fields: dict[str, Any], loc: tuple[str | int, ...], status: int
) -> None:
    refused = refusal(json.dumps({"messages": [USER], **fields}).encode())
    assert loc in [problem.loc for problem in refused.problems]
    assert refused.status == status


def test_all_wrong_fields_are_named_at_once() -> None:
    body = json.dumps({"messages": [USER], "temperature": 7, "max_tokens": 0}).encode()
    assert [problem.loc for problem in refusal(body).problems] == [
        ("max_tokens",),
        ("temperature",),
    ]


def test_an_openai_compatible_server_wants_a_model_and_takes_more_heat() -> None:
    body = json.dumps({"messages": [USER], "temperature": 2}).encode()
    assert [problem.loc for problem in refusal(body, OPENAI).problems] == [("model",)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"messages=Hello", 400),
        (b"\xff\xfe\x00", 400),
        (b'{"temperature": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"null", 422),
    ],
    ids=["nothing", "form", "no text", "NaN", "deep", "array", "null"],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, status: int) -> None:
    assert refusal(body).status == status
