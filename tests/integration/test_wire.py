"""Everything that real servers send, whole and byte by byte, as the user of a cell meets it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import CLOSE, RESET, ScriptedServer, chunk, done, event, heartbeat, sse
from scripted_server import reply as response

if TYPE_CHECKING:
    from kernels import RunningKernel
    from scripted_server import Answer, Framing

STOP = chunk(finish_reason="stop")


@dataclass(frozen=True)
class Case:
    """What a server sends, and what comes of it; without a state nothing is shown but an error."""

    body: bytes
    text: str = ""
    state: str = "complete"
    error: str = ""
    reason: str | None = None
    more: str = ""
    framing: Framing = "chunked"


def choices(*values: dict[str, object], **more: object) -> bytes:
    return event({"choices": list(values), **more})


def delta(index: int = 0, **content: object) -> dict[str, object]:
    return {"index": index, "delta": content, "finish_reason": None}


HELLO = chunk("Hello ") + chunk("世界 🌍")
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
WHOLE = {"object": "chat.completion", "choices": [{"message": {"content": "All of it"}}]}

STREAMS = {
    "as documented": Case(HELLO + STOP + done, "Hello 世界 🌍", reason="stop"),
    "heartbeats": Case(
        b": initial heartbeat\n\n" + heartbeat + HELLO + heartbeat + STOP + done,
        "Hello 世界 🌍",
        reason="stop",
    ),
    "null, empty and missing content": Case(
        chunk(content=None) + chunk("") + chunk() + chunk("Hi", role="assistant") + done, "Hi"
    ),
    "usage in a chunk without choices": Case(
        chunk("Hi") + STOP + choices(usage=USAGE) + done, "Hi", reason="stop"
    ),
    "more than one choice": Case(
        choices(delta(content="Hi"), delta(1, content="other")) + done, "Hi"
    ),
    "unknown keys": Case(choices(delta(content="Hi", x=1), y=[2]) + done, "Hi"),
    "no finish reason": Case(HELLO + done, "Hello 世界 🌍"),
    "no [DONE]": Case(HELLO + STOP, "Hello 世界 🌍", reason="stop"),
    "no [DONE], close-delimited": Case(
        HELLO + STOP, "Hello 世界 🌍", reason="stop", framing="close"
    ),
    "length": Case(chunk("Hi") + chunk(finish_reason="length") + done, "Hi", reason="length"),
    "CRLF": Case((HELLO + done).replace(b"\n", b"\r\n"), "Hello 世界 🌍"),
    "CR": Case((HELLO + done).replace(b"\n", b"\r"), "Hello 世界 🌍"),
    "a byte order mark": Case(b"\xef\xbb\xbf" + HELLO + done, "Hello 世界 🌍"),
    "line separators in the text": Case(
        event('{"choices":[{"delta":{"content":"a\u2028b\u2029c"}}]}') + done, "a\u2028b\u2029c"
    ),
    "a pair of surrogates in two deltas": Case(
        event('{"choices":[{"delta":{"content":"\\ud83c"}}]}')
        + event('{"choices":[{"delta":{"content":"\\udf0d"}}]}')
        + done,
        "🌍",
    ),
    "a lone surrogate": Case(
        event('{"choices":[{"delta":{"content":"a\\ud83c"}}]}') + done, "a\ufffd"
    ),
    "thinking in tags": Case(
        chunk("<thi") + chunk("nk>hm</th") + chunk("ink>\n<answer>Yes</ans") + chunk("wer>") + done,
        "Yes",
        more="hm",
    ),
    "thinking in a field": Case(
        chunk(reasoning_content="hm") + chunk("Yes") + done, "Yes", more="hm"
    ),
    "thinking in another field": Case(
        chunk(reasoning="hm") + chunk("Yes") + done, "Yes", more="hm"
    ),
    "thinking in parts of the content": Case(
        chunk(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}])
        + chunk(content=[{"type": "text", "text": "Yes"}])
        + done,
        "Yes",
        more="hm",
    ),
    "a refusal": Case(chunk(refusal="I will ") + chunk(refusal="not.") + done, "I will not."),
    "a message that repeats the deltas": Case(
        chunk("Hi") + choices({"delta": {}, "message": {"content": "Hi"}}) + done, "Hi"
    ),
    "a tag in a fence": Case(
        chunk("```\n<think>\n```") + done, "```\n<think>\n```", more="&lt;think&gt;"
    ),
    "an error first": Case(
        event({"error": {"message": "no model", "type": "x", "code": 1}}) + done,
        state="",
        error="ProtocolError",
        more="no model",
    ),
    "an error in the envelope": Case(
        event({"error": {"code": 1, "message": "no memory", "data": None}}) + done,
        state="",
        error="ProtocolError",
        more="no memory",
    ),
    "an error after half an answer": Case(
        HELLO + event({"error": "it broke"}) + done,
        "Hello 世界 🌍",
        "failed",
        "ProtocolError",
        more="it broke",
    ),
    "an error after the finish reason": Case(
        HELLO + STOP + event({"error": "it broke"}) + done,
        "Hello 世界 🌍",
        "failed",
        "ProtocolError",
        reason="stop",
    ),
    "an error in a choice": Case(
        HELLO
        + choices({"delta": {}, "error": {"message": "it broke"}, "finish_reason": "error"})
        + done,
        "Hello 世界 🌍",
        "failed",
        "ProtocolError",
        more="it broke",
    ),
    "an error in a field of its own": Case(
        b'error: {"code":400,"message":"exceeds the available context size"}\n\n' + done,
        state="",
        error="ProtocolError",
        more="exceeds the available context size",
    ),
    "nothing that is an answer": Case(
        event({"text": "Hello"}) + done, state="", error="ProtocolError", more='{"text": "Hello"}'
    ),
    "events of another type": Case(b"event: data\n" + chunk("Hi") + b"event: data\n" + done, "Hi"),
    "an index in quotes": Case(choices({"index": "0", "delta": {"content": "Hi"}}) + done, "Hi"),
    "an abort": Case(
        HELLO + chunk(finish_reason="abort") + done,
        "Hello 世界 🌍",
        "failed",
        "ProtocolError",
        more="broke the answer off",
    ),
    "an error that does not parse": Case(
        HELLO + event('{"error": {"message": "say "no" now"}}') + done,
        "Hello 世界 🌍",
        "failed",
        "ProtocolError",
        more="no",
    ),
    "cut": Case(HELLO, "Hello 世界 🌍", "interrupted", "StreamInterrupted", framing="close"),
    "cut in an event": Case(
        HELLO + STOP[:40], "Hello 世界 🌍", "interrupted", "StreamInterrupted", framing="close"
    ),
    "an end without a word": Case(HELLO, "Hello 世界 🌍", "interrupted", "StreamInterrupted"),
}

BODIES: dict[str, tuple[Answer, Case]] = {
    "a whole completion": (response(json.dumps(WHOLE).encode()), Case(b"", "All of it")),
    "a whole completion in parts": (
        response(b'{"choices": [{"message": {"content": [{"type": "text", "text": "All"}]}}]}'),
        Case(b"", "All"),
    ),
    "half a completion and an error": (
        response(
            b'{"choices": [{"message": {"content": "Half"}, "error": {"message": "no memory"}}]}'
        ),
        Case(b"", "Half", "failed", error="ProtocolError", more="no memory"),
    ),
    "an envelope with an error": (
        response(b'{"code": 7, "message": "not today", "data": null}'),
        Case(b"", state="", error="ProtocolError", more="not today"),
    ),
    "a web page": (
        response(b"<html><title>Log in</title></html>", content_type="text/html"),
        Case(b"", state="", error="ProtocolError", more="Log in"),
    ),
    "nothing": (response(b"", content_type=None), Case(b"", state="", error="ProtocolError")),
    "a reset": ([RESET], Case(b"", state="", error="ConnectionFailed")),
    "a close": ([CLOSE], Case(b"", state="", error="ConnectionFailed")),
    "400": (
        response(b'{"detail": "bad role"}', status=400),
        Case(b"", state="", error="InvalidRequest", more="bad role"),
    ),
    "401": (response(b"", status=401), Case(b"", state="", error="AuthenticationFailed")),
    "403": (response(b"no", status=403), Case(b"", state="", error="AuthenticationFailed")),
    "404": (response(b"<h1>?</h1>", status=404), Case(b"", state="", error="InstanceNotFound")),
    "422": (
        response(
            b'{"validation_error": {"body_params": [{"loc": ["temperature"], "msg": "too hot"}]}}',
            status=422,
        ),
        Case(b"", state="", error="InvalidRequest", more="too hot"),
    ),
    "429": (
        response(b"{}", status=429, headers=[("Retry-After", "7")]),
        Case(b"", state="", error="RateLimited", more="7"),
    ),
    "503": (
        response(b'{"success": false, "message": "asleep", "code": 503}', status=503),
        Case(b"", state="", error="InstanceUnavailable", more="asleep"),
    ),
    "500": (
        response(b'{"error": {"message": "oops"}}', status=500),
        Case(b"", state="", error="StatusError", more="oops"),
    ),
    "307": (
        response(b"", status=307, headers=[("Location", "https://elsewhere.example/x?key=1")]),
        Case(b"", state="", error="StatusError", more="elsewhere.example"),
    ),
}


def meets(kernel: RunningKernel, answer: Answer, case: Case) -> None:
    """Ask, compare what the cell shows with `case`, and see that the next prompt works."""
    with ScriptedServer(answer, sse(chunk("Next"), done)) as server:
        kernel.run(f"%secondme connect {server.url}\n%secondme new")
        cell = kernel.run("%%secondme\nHi")
        kinds = [output["output_type"] for output in cell.outputs]
        assert kinds == ["display_data"] * bool(case.state) + ["error"] * bool(case.error)
        assert cell.status == ("error" if case.error else "ok")
        if case.state:
            output: dict[str, Any] = cell.outputs[0]
            kept = output["metadata"]["secondme"]
            assert (kept["state"], kept["finish_reason"]) == (case.state, case.reason)
            assert output["data"]["text/plain"] == case.text
        if case.error:
            assert cell.error.startswith(case.error)
            assert len(cell.error.split("\n")) == 2
        assert case.more in (cell.error if case.error else cell.html)
        assert kernel.run("%%secondme\nAgain").text == "Next"
        sent = server.requests[-1].json()["messages"]
    assert isinstance(sent, list)
    is_kept = case.state in {"complete", "interrupted"}
    assert [message["content"] for message in sent] == ["Hi", case.text, "Again"][
        2 * (not is_kept) :
    ]


@pytest.mark.parametrize("size", [None, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("case", STREAMS.values(), ids=STREAMS)
def test_a_stream_becomes_what_it_is(kernel: RunningKernel, case: Case, size: int | None) -> None:
    meets(kernel, sse(case.body, framing=case.framing, size=size), case)


@pytest.mark.parametrize(("answer", "case"), BODIES.values(), ids=BODIES)
def test_what_is_no_stream_becomes_what_it_is(
    kernel: RunningKernel, answer: Answer, case: Case
) -> None:
    meets(kernel, answer, case)


@pytest.mark.parametrize(("answer", "case"), BODIES.values(), ids=BODIES)
def test_what_is_no_stream_becomes_the_same_byte_by_byte(
    kernel: RunningKernel, answer: Answer, case: Case
) -> None:
    pieces = [
        bytes([byte]) if isinstance(step, bytes) else step
        for step in answer
        for byte in (step if isinstance(step, bytes) else [0])
    ]
    meets(kernel, pieces, case)
