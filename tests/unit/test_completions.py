"""Events to deltas: all that real servers send, and what hostile ones might."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.completions import iter_completion, iter_deltas
from secondme_magics.conversation.messages import Delta, Usage
from secondme_magics.errors import (
    ConnectionFailed,
    ProtocolError,
    ResponseTimeout,
    StreamInterrupted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from secondme_magics.api.sse import ServerSentEvent

DONE = "[DONE]"


def event(value: object, kind: str = "message") -> ServerSentEvent:
    data = value if isinstance(value, str) else json.dumps(value)
    return SimpleNamespace(event=kind, data=data)


def chunk(delta: object = None, **choice: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta or {}, "finish_reason": None, **choice}]}


def read(*values: object) -> list[Delta]:
    events = [event(value) if value is not None else None for value in values]
    return list(iter_deltas(events))


def text_of(deltas: Iterable[Delta]) -> str:
    return "".join(delta.content for delta in deltas)


FIRST = chunk({"content": "Hello"})
STOP = chunk(finish_reason="stop")


def test_an_answer_is_its_deltas() -> None:
    deltas = read(
        chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), STOP, DONE
    )
    assert deltas == [Delta("Hel"), Delta("lo"), Delta(finish_reason="stop")]


SILENT: dict[str, object] = {
    "a comment": None,
    "null as content": chunk({"content": None}),
    "empty content": chunk({"content": ""}),
    "a role only": chunk({"role": "assistant"}),
    "an empty delta": chunk({}),
    "null as delta": {"choices": [{"index": 0, "delta": None}]},
    "no delta": {"choices": [{"index": 0}]},
    "no choices": {"choices": []},
    "null as choices": {"choices": None},
    "neither choices nor an error": {"type": "ping"},
    "null as error": {"error": None, **chunk({})},
    "the other choice": chunk({"content": "not mine"}, index=1),
    "choices that are none": {"choices": [None, 1, "x", []]},
    "unknown keys": {**chunk({"tool_calls": [], "refusal": None}), "x_groq": {}},
    "usage that is none": {"choices": [], "usage": []},
    "usage without counts": {
        "choices": [],
        "usage": {"total_tokens": "many", "prompt_tokens": True},
    },
    "reasoning that is no text": chunk({"reasoning": {"a": 1}}),
    "an envelope without an error": {"code": 0, "message": "success", "data": None},
    "blank data": " ",
    "an empty finish reason": chunk({}, finish_reason=""),
    "a finish reason of control characters": chunk({}, finish_reason="\x00"),
    "a number as finish reason": chunk({}, finish_reason=5),
}


@pytest.mark.parametrize("value", SILENT.values(), ids=SILENT)
def test_a_chunk_without_text_is_a_sign_of_life(value: object) -> None:
    assert read(value, FIRST, DONE) == [Delta(), Delta("Hello")]


TEXTS: dict[str, tuple[object, Delta]] = {
    "content": (FIRST, Delta("Hello")),
    "no index": ({"choices": [{"delta": {"content": "a"}}]}, Delta("a")),
    "null as index": (chunk({"content": "a"}, index=None), Delta("a")),
    "several choices in any order": (
        {
            "choices": [
                {"index": 1, "delta": {"content": "b"}},
                {"index": 0, "delta": {"content": "a"}},
            ]
        },
        Delta("a"),
    ),
    "reasoning_content": (chunk({"reasoning_content": "hm"}), Delta("", "hm")),
    "reasoning": (chunk({"reasoning": "hm", "content": "a"}), Delta("a", "hm")),
    "a whole message in the place of a delta": (
        {"choices": [{"message": {"content": "all"}, "finish_reason": "stop"}]},
        Delta("all", finish_reason="stop"),
    ),
    "finish_reason length": (chunk(finish_reason="length"), Delta(finish_reason="length")),
    "a finish reason without end": (chunk(finish_reason="x" * 999), Delta(finish_reason="x" * 64)),
    "usage after the answer": (
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
        Delta(usage=Usage(1, 2, 3)),
    ),
    "usage beside text": (
        {**chunk({"content": "a"}), "usage": {"total_tokens": 3, "prompt_tokens": -1}},
        Delta("a", usage=Usage(total_tokens=3)),
    ),
    "usage within what a float can count": (
        {"choices": [], "usage": dict(zip(Usage.__slots__, (0, 2**53 - 1, 2**53), strict=False))},
        Delta(usage=Usage(0, 2**53 - 1)),
    ),
    "usage that is no number": (
        {"choices": [], "usage": {"prompt_tokens": True, "total_tokens": 2**54}},
        Delta(),
    ),
    "numbers that JSON does not know": (
        '{"choices": [{"delta": {"content": "a"}, "logprobs": NaN, "p": -Infinity}]}',
        Delta("a"),
    ),
    "white space around JSON": (f"  {json.dumps(FIRST)} ", Delta("Hello")),
}


@pytest.mark.parametrize(("value", "delta"), TEXTS.values(), ids=TEXTS)
def test_a_chunk_adds(value: object, delta: Delta) -> None:
    assert read(value, DONE) == [delta]


def test_the_answer_ends_with_done_and_what_follows_is_ignored() -> None:
    assert text_of(read(FIRST, " [DONE] ", chunk({"content": " more"}), "no JSON")) == "Hello"


def test_a_finish_reason_completes_an_answer_without_done() -> None:
    assert text_of(read(FIRST, STOP)) == "Hello"


def test_done_completes_an_answer_without_a_finish_reason() -> None:
    assert text_of(read(FIRST, DONE)) == "Hello"


def broken_off(*values: object, error: Exception) -> Iterator[ServerSentEvent]:
    yield from map(event, values)
    raise error


def test_an_answer_without_either_was_cut() -> None:
    deltas = iter_deltas([event(FIRST), None])
    assert [next(deltas), next(deltas)] == [Delta("Hello"), Delta()]
    with pytest.raises(StreamInterrupted) as caught:
        next(deltas)
    assert str(caught.value).splitlines() == [
        "the answer was cut: the server did not say that it is complete",
        "What came is kept. Ask again.",
    ]


@pytest.mark.parametrize("error", [StreamInterrupted("a", "b"), ResponseTimeout("a", "b")])
def test_a_connection_that_breaks_matters_only_before_the_finish_reason(
    error: ConnectionFailed,
) -> None:
    assert text_of(iter_deltas(broken_off(FIRST, STOP, error=error))) == "Hello"
    with pytest.raises(type(error)):
        list(iter_deltas(broken_off(FIRST, error=error)))


ERRORS: dict[str, tuple[object, str]] = {
    "OpenAI's": ({"error": {"message": "no GPU", "type": "x", "code": None}}, "no GPU"),
    "Second Me's": ({"error": {"code": 1, "message": "no GPU", "data": None}}, "no GPU"),
    "a string": ({"error": "no GPU"}, "no GPU"),
    "an envelope": ({"code": 1, "message": "no GPU", "data": None}, "no GPU"),
    "no success": ({"success": False, "message": "no GPU", "code": "x"}, "no GPU"),
    "FastAPI's": ({"detail": "no GPU"}, "no GPU"),
    "beside choices": ({"error": {"message": "no GPU"}, **chunk({"content": "a"})}, "no GPU"),
    "with a type alone": ({"error": {"type": "server_error"}}, "server_error"),
    "without words": ({"error": {}}, "did not say which"),
    "true": ({"error": True}, "did not say which"),
    "a quote in hand-built JSON": (
        '{"error": {"message": "the "big" one", "type": "x"}}',
        'the "big" one',
    ),
    "a newline in hand-built JSON": ('{"error": {"message": "no\nGPU", "code": 1}}', "no GPU"),
    "hand-built JSON that was cut at a newline": ('{"error": {"message": "no GPU', "no GPU"),
    "a hand-built string": ('{"error": "no "GPU""}', 'no "GPU"'),
    "hand-built JSON without words": ('{"error": oops}', "oops"),
    "words beyond all bounds": ({"error": "x" * 10_000}, "xxx…"),
}


@pytest.mark.parametrize(("value", "words"), ERRORS.values(), ids=ERRORS)
def test_an_error_frame_fails_the_answer_in_the_servers_words(value: object, words: str) -> None:
    for before in ((), (FIRST,), (FIRST, STOP)):
        with pytest.raises(ProtocolError) as caught:
            read(*before, value, DONE)
        assert caught.value.what.startswith("the server reported an error")
        assert words in caught.value.what
        assert len(caught.value.what) < 400
    data = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(ProtocolError) as caught:
        list(iter_completion(data))
    assert caught.value.what.startswith("the server reported an error")
    assert words in caught.value.what


@pytest.mark.parametrize(
    "data",
    ["no GPU", '"no GPU"', '{"message": "no GPU"}', '{"error": "no GPU"}', '{"error": "no GPU'],
)
def test_an_event_of_the_type_error_is_one_whatever_it_holds(data: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        list(iter_deltas([event(data, "error"), event(DONE)]))
    assert caught.value.what == "the server reported an error: no GPU"


def test_an_error_event_without_words_is_one_too() -> None:
    for data in ("", "null", "[]"):
        with pytest.raises(ProtocolError, match="reported an error, and did not say which"):
            list(iter_deltas([event(data, "error")]))


GARBAGE: dict[str, object] = {
    "no JSON": "hello",
    "half of it": '{"choices": [',
    "a list": [1],
    "a string": '"x"',
    "a number": "5",
    "null": "null",
    "too deep": "[" * 100_000,
    "too deep an object": '{"a":' * 100_000,
    "a number that is too long": '{"choices": ' + "9" * 5000 + "}",
    "choices as a string": {"choices": "x"},
    "choices as an object": {"choices": {"0": {}}},
    "a delta as a string": chunk("x"),
    "content as a number": chunk({"content": 5}),
    "content as parts that are none": chunk({"content": [5]}),
    "two values": json.dumps(FIRST) * 2,
}


@pytest.mark.parametrize("value", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_named_and_no_traceback(value: object) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(FIRST, value, DONE)
    assert "no chat completion" in caught.value.what
    assert len(caught.value.what) < 200


def test_a_whole_completion_is_read() -> None:
    body = {
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi \ud83d"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"total_tokens": 3},
    }
    first, rest = iter_completion(json.dumps(body))
    assert (first, rest) == (Delta("Hi ", "", "stop", Usage(total_tokens=3)), Delta("\ufffd"))


WHOLE_BUT_NONE = {
    "nothing": "",
    "no choices": '{"object": "chat.completion", "choices": []}',
    "an empty object": "{}",
    "a list": "[]",
    "choices as a string": '{"choices": "x"}',
    "a message as a string": '{"choices": [{"message": "x"}]}',
}


@pytest.mark.parametrize("body", WHOLE_BUT_NONE.values(), ids=WHOLE_BUT_NONE)
def test_what_is_no_whole_completion_is_refused(body: str) -> None:
    with pytest.raises(ProtocolError, match="no chat completion"):
        list(iter_completion(body))


def test_an_error_that_was_built_by_hand_is_told_in_its_words() -> None:
    with pytest.raises(ProtocolError, match="reported an error: no GPU"):
        read('{"error": "no GPU\n"here""}')


def test_a_whole_body_that_reports_an_error_fails_in_the_servers_words() -> None:
    with pytest.raises(ProtocolError, match="no GPU"):
        list(iter_completion('{"error": "no GPU"}'))
