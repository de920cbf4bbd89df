"""A key that a server echoes, in each place of a response: no error, answer or log shows it."""

from __future__ import annotations

import json
import logging
import traceback
from typing import TYPE_CHECKING

import pytest
from clients import client_of, stream_of
from scripted_server import CLOSE, ScriptedServer, chunk, chunked, done, event, reply, sse

from secondme_magics.api.endpoint import Key
from secondme_magics.errors import SecondMeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripted_server import Answer

    from secondme_magics.api.client import Client

pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")

SECRET = "sk-A1b2C3d4E5f6"  # noqa: S105 - a test's own
ECHO = SECRET.encode()
BODY = chunk("Hello") + done
STREAM = b"Content-Type: text/event-stream"
CHUNKED = b"Transfer-Encoding: chunked"


def raw(status: bytes, *lines: bytes, body: bytes = BODY) -> Answer:
    return [b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", body]), CLOSE]


HEADS: dict[str, Answer] = {
    "the protocol": [ECHO + b" 200 OK\r\n\r\n", CLOSE],
    "the version": [b"HTTP/1." + ECHO + b" 200 OK\r\n\r\n", CLOSE],
    "the status": raw(ECHO + b" OK"),
    "the reason": raw(b"404 " + ECHO),
    "an interim response": [b"HTTP/1.1 103 " + ECHO + b"\r\nA: " + ECHO + b"\r\n\r\n", *sse(BODY)],
    "a line that is no header": raw(b"200 OK", STREAM, ECHO),
    "a name": raw(b"200 OK", ECHO + b": x", STREAM),
    "a value": raw(b"200 OK", b"A: " + ECHO, STREAM),
    "a cookie": raw(b"200 OK", b"Set-Cookie: a=b; max-age=%b; domain=%b" % (ECHO, ECHO), STREAM),
    "a length": raw(b"200 OK", b"Content-Length: " + ECHO, STREAM),
    "a transfer coding": raw(b"200 OK", b"Transfer-Encoding: " + ECHO, STREAM),
    "a content coding": raw(b"200 OK", b"Content-Encoding: " + ECHO, STREAM),
    "a content type": raw(b"200 OK", b"Content-Type: text/" + ECHO, body=b"x"),
    "a charset": raw(b"200 OK", STREAM + b"; charset=" + ECHO),
    "a time to wait": raw(b"429 No", b"Retry-After: " + ECHO),
    "a path": raw(b"302 Found", b"Location: " + ECHO),
    "a host": raw(b"302 Found", b"Location: http://" + ECHO),
    "a scheme": raw(b"302 Found", b"Location: " + ECHO + b"://x"),
    "a port": raw(b"302 Found", b"Location: http://[::1]:" + ECHO),
    "a challenge": raw(b"401 No", b"WWW-Authenticate: " + ECHO),
}

BODIES: dict[str, Answer] = {
    "a chunk's size": raw(b"200 OK", STREAM, CHUNKED, body=ECHO + b"\r\n"),
    "a chunk's extension": raw(b"200 OK", STREAM, CHUNKED, body=b"5;" + ECHO + b"\r\nx"),
    "a trailer": raw(
        b"200 OK", STREAM, CHUNKED, body=chunked(BODY)[0] + b"0\r\n" + ECHO + b": x\r\n\r\n"
    ),
    "behind the body": [*sse(BODY, framing="length"), ECHO],
    "what is not packed": reply(ECHO, headers=[("Content-Encoding", "gzip")]),
    "text": reply(ECHO, content_type="text/plain"),
    "a page": reply(b"<title>" + ECHO, content_type="text/html"),
    "a field": reply(json.dumps({SECRET: 1}).encode(), status=400),
    "an error": reply(ECHO, status=500),
    "a field that is wrong": reply(
        json.dumps({"detail": [{"loc": [SECRET]}]}).encode(), status=422
    ),
}

EVENTS: dict[str, Answer] = {
    "a comment": sse(b": " + ECHO + b"\n\n", BODY),
    "an id": sse(b"id: " + ECHO + b"\n", BODY),
    "a time to come back": sse(b"retry: " + ECHO + b"\n", BODY),
    "a type": sse(b"event: " + ECHO + b"\n", BODY),
    "an unknown field": sse(ECHO + b": x\n", BODY),
    "an error's field": sse(b"error: " + ECHO + b"\n\n"),
    "data": sse(b"data: " + ECHO + b"\n\n"),
    "an event without end": sse(b"data: " + ECHO),
    "a delta": sse(chunk(SECRET), done),
    "a finish reason": sse(chunk("x", SECRET), done),
    "usage": sse(event({"choices": [], "usage": {SECRET: SECRET}}), done),
    "an error's code": sse(event({"error": {"code": SECRET, "type": SECRET}})),
    "JSON that does not parse": sse(b'data: {"error": "' + ECHO + b'" "}\n\n'),
    "a field of JSON": sse(event({SECRET: 1}), done),
}


def ask(client: Client) -> object:
    with stream_of(client) as deltas:
        return list(deltas)


def get(client: Client) -> object:
    return client.get_json("/x")


@pytest.mark.parametrize("send", [ask, get])
@pytest.mark.parametrize("place", [*HEADS, *BODIES, *EVENTS])
def test_a_key_that_is_echoed_is_seen_nowhere(
    place: str,
    send: Callable[[Client], object],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with ScriptedServer({**HEADS, **BODIES, **EVENTS}[place]) as server:
        client = client_of(server.url, key=Key(SECRET))
        try:
            shown.append(repr(send(client)))
        except SecondMeError as error:
            shown += traceback.format_exception(error)
            shown += [repr(error), repr(error.args), repr(vars(error))]
        client.close()
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET.lower() not in "".join([*shown, caplog.text, *capfd.readouterr()]).lower()
