"""The client and what stands before a body that should not: nothing of it harms or is shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from clients import ask_once, failure
from scripted_server import CLOSE, ScriptedServer, chunk, chunked, done

from secondme_magics.api.endpoint import Key
from secondme_magics.errors import ProtocolError

if TYPE_CHECKING:
    from scripted_server import Answer

pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")

SECRET = "sk-A1b2C3d4E5f6"  # noqa: S105 - a test's own
STREAM = b"Content-Type: text/event-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = [*chunked(chunk("Hello") + done, 33), b"0\r\n\r\n"]


def headed(*lines: bytes) -> Answer:
    return [b"".join([b"HTTP/1.1 200 OK\r\n", *lines, b"\r\n"]), *BODY, CLOSE]


NO_HEADERS = {
    "no colon": SECRET.encode() + b"\r\n",
    "no name": b": " + SECRET.encode() + b"\r\n",
    "a name with a space in it": b"Hello you: " + SECRET.encode() + b"\r\n",
    "a name with a byte in it": b"Hell\xff: " + SECRET.encode() + b"\r\n",
    "a mail's first line": b"From " + SECRET.encode() + b"\r\n",
    "what goes on with no header": b"x\r\n\t" + SECRET.encode() + b"\r\n",
    "an end of a line within": b"A: b\r" + SECRET.encode() + b"\r\n",
    "a line feed alone": SECRET.encode() + b"\n",
}


@pytest.mark.parametrize("line", NO_HEADERS.values(), ids=NO_HEADERS)
def test_a_line_that_is_no_header_hides_no_other_and_is_in_no_log(
    line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for lines in ((line, STREAM, CHUNKED), (STREAM, line, CHUNKED), (STREAM, CHUNKED, line)):
            with ScriptedServer(headed(*lines)) as server:
                assert ask_once(server.url, key=Key(SECRET)) == "Hello"
    assert SECRET not in caplog.text
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


HEADERS = {
    "a first line that goes on with nothing": b" " + SECRET.encode() + b"\r\n" + STREAM + CHUNKED,
    "a space before the colon": STREAM + b"Transfer-Encoding : chunked\r\n",
    "folded": STREAM + b"Transfer-Encoding:\r\n chunked\r\n",
    "folded by a tab": STREAM + b"Transfer-Encoding:\r\n\tchunked\r\n",
    "line feeds alone": (STREAM + CHUNKED).replace(b"\r", b""),
    "a CR alone, which ends no line": STREAM + b"A: b\rContent-Length: 3\r\n" + CHUNKED,
}


@pytest.mark.parametrize("lines", HEADERS.values(), ids=HEADERS)
def test_a_header_in_another_form_is_read(lines: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), ScriptedServer(headed(lines)) as server:
        assert ask_once(server.url) == "Hello"
    assert SECRET not in caplog.text


def test_a_line_that_is_no_header_may_stand_in_an_interim_response(
    caplog: pytest.LogCaptureFixture,
) -> None:
    interim: Answer = [b"HTTP/1.1 100 Continue\r\nx\r\n\r\nHTTP/1.1 103 Hints\r\nx\r\nA: b\r\n\r\n"]
    for line in (b"x\r\n", b" which goes on with nothing\r\n"):
        with ScriptedServer([*interim, *headed(line, STREAM, CHUNKED)]) as server:
            assert ask_once(server.url) == "Hello"
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_a_head_may_end_its_lines_with_line_feeds_alone() -> None:
    start, *rest = headed(STREAM, CHUNKED)
    assert isinstance(start, bytes)
    with ScriptedServer([start.replace(b"\r", b""), *rest]) as server:
        assert ask_once(server.url) == "Hello"


def test_lines_that_are_no_headers_are_bounded() -> None:
    with ScriptedServer([b"HTTP/1.1 200 OK\r\n" + b"x\r\n" * 200_000, CLOSE]) as server:
        assert isinstance(failure(server.url), ProtocolError)


UNREAD = {
    "a cookie without its age": (b"Set-Cookie: a=b; max-age\r\n", STREAM),
    "a cookie of all ages": (b"Set-Cookie: a=b; max-age=" + b"9" * 400 + b"\r\n", STREAM),
    "a charset without a name": (b"Content-Type: text/event-stream; charset\r\n",),
    "a charset that is none": (b'Content-Type: text/event-stream; charset="\xff\r\n',),
}


@pytest.mark.parametrize("lines", UNREAD.values(), ids=UNREAD)
def test_what_no_answer_needs_of_its_head_is_not_read(lines: tuple[bytes, ...]) -> None:
    with ScriptedServer(headed(*lines, CHUNKED)) as server:
        assert ask_once(server.url) == "Hello"
