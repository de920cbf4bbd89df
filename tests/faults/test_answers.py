"""What a server may answer in the place of what it should: each fault, and what comes of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from fault_cases import (
    BODY,
    CHUNKED,
    CUT,
    FAILED,
    HALF,
    HELLO,
    NOTHING_CAME,
    STREAM,
    WHOLE,
    Case,
    again_and_again,
    framed,
    meet,
)
from fault_injector import Fault
from partners import Outcome
from scripted_server import (
    CLOSE,
    RESET,
    chunk,
    chunked,
    done,
    head,
    heartbeat,
    redirect,
    reply,
    sse,
)

from secondme_magics.api.endpoint import Timeouts
from secondme_magics.errors import (
    ConnectionFailed,
    InstanceUnavailable,
    RateLimited,
    ResponseTimeout,
    StatusError,
)

if TYPE_CHECKING:
    from scripted_server import Answer


pytestmark = pytest.mark.usefixtures("nothing_is_left")


def old(headers: bytes = b"") -> Answer:
    start = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n"
    return [start + headers + b"\r\n", BODY, CLOSE]


def with_headers(count: int) -> Answer:
    return sse(*HELLO, headers=[(f"X-{number}", "x") for number in range(count)])


WAYS = {
    "one byte at a time": Case(sse(*HELLO), WHOLE, fault=Fault("drip")),
    "a stall before the answer": Case(
        sse(*HELLO), Outcome(ResponseTimeout), "silent", Fault("stall"), Timeouts(silence=0.1)
    ),
    "a stall in the head": Case(
        sse(*HELLO), Outcome(ResponseTimeout), "silent", Fault("stall", 30), Timeouts(silence=0.1)
    ),
    "a stall in the answer": Case(
        sse(HALF, *HELLO[1:]),
        Outcome(ResponseTimeout, "interrupted", "Hello "),
        "silent",
        Fault("stall", len(head(200, [STREAM, CHUNKED]) + chunked(HALF)[0])),
        Timeouts(silence=0.1),
    ),
    "a stall, the total first": Case(
        sse(HALF, *HELLO[1:]),
        Outcome(ResponseTimeout, "interrupted", "Hello "),
        "did not finish",
        Fault("stall", len(head(200, [STREAM, CHUNKED]) + chunked(HALF)[0])),
        Timeouts(total=0.1),
    ),
    "a stall in an error's body": Case(
        reply(b'{"detail": "no"}', status=500),
        Outcome(StatusError),
        "status 500",
        Fault("stall", 80),
        Timeouts(total=0.1),
    ),
    "a heartbeat again and again": Case(
        [head(200, [STREAM]), *again_and_again(heartbeat)],
        Outcome(ResponseTimeout),
        "did not finish",
        timeouts=Timeouts(total=0.1),
    ),
    "a close in place of the answer": Case([CLOSE], Outcome(ConnectionFailed), "without an answer"),
    "a reset in place of the answer": Case([RESET], Outcome(ConnectionFailed), "without an answer"),
}

HEADS = {
    "100 first": Case([head(100), *sse(*HELLO)], WHOLE),
    "100 five times": Case([*[head(100)] * 5, *sse(*HELLO)], WHOLE),
    "102 and 103 first": Case([head(102), head(103, [("Link", "</x>")]), *sse(*HELLO)], WHOLE),
    "101, asked for by nobody": Case(
        [head(101, [("Upgrade", "x")]), CLOSE], Outcome(StatusError), "101"
    ),
    "100 for ever": Case(again_and_again(head(100)), FAILED, "HTTP"),
    "103 for ever": Case(again_and_again(head(103)), Outcome(StatusError), "103"),
    "90 headers": Case(with_headers(90), WHOLE),
    "100 headers of our own": Case(with_headers(100), FAILED, "HTTP"),
    "headers for ever": Case(
        [b"HTTP/1.1 200 OK\r\n", *again_and_again(b"A: b\r\n")], FAILED, "HTTP"
    ),
    "a header for ever": Case([b"HTTP/1.1 200 OK\r\nA:", *again_and_again(b"b")], FAILED, "HTTP"),
    "a status for ever": Case([b"HTTP/1.1 200 ", *again_and_again(b"O")], FAILED, "HTTP"),
    "a header of 60 kB": Case(sse(*HELLO, headers=[("A", "b" * 60_000)]), WHOLE),
    "a folded header": Case(sse(*HELLO, headers=[("A", "b\r\n c")]), WHOLE),
    "a header in no words": Case(sse(*HELLO, headers=[("A", "\x80\xff")]), WHOLE),
    "a line that is no header": Case([b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", BODY, CLOSE], WHOLE),
    "a status of four digits": Case([b"HTTP/1.1 2000 OK\r\n\r\n", CLOSE], FAILED, "HTTP"),
    "a status below all": Case([b"HTTP/1.1 99 OK\r\n\r\n", CLOSE], FAILED, "HTTP"),
    "no status": Case([b"HTTP/1.1 OK\r\n\r\n", CLOSE], FAILED, "HTTP"),
    "bytes": Case([bytes(range(256)) * 300, CLOSE], FAILED, "HTTP"),
}

FRAMES = {
    "HTTP/1.0": Case(old(), WHOLE),
    "HTTP/1.0, kept alive without a length": Case(old(b"Connection: keep-alive\r\n"), WHOLE),
    "a length and chunks": Case(
        [head(200, [STREAM, ("Content-Length", "5"), CHUNKED]), *chunked(BODY), b"0\r\n\r\n"], WHOLE
    ),
    "a length too short": Case(framed(("Content-Length", str(len(HALF)))), CUT),
    "a length in the midst of an event": Case(framed(("Content-Length", "30")), NOTHING_CAME),
    "a length too long": Case(framed(("Content-Length", "9999"), body=HALF), CUT),
    "a length too long of a whole answer": Case(framed(("Content-Length", "9999")), WHOLE),
    "a length of nothing": Case(framed(("Content-Length", "0")), FAILED, "empty"),
    "a negative length": Case(framed(("Content-Length", "-1")), FAILED, "HTTP"),
    "a length with a sign": Case(framed(("Content-Length", "+500")), FAILED, "HTTP"),
    "a length in hex": Case(framed(("Content-Length", "0xfff")), FAILED, "HTTP"),
    "a length without end": Case(framed(("Content-Length", "9" * 5_000)), FAILED, "HTTP"),
    "chunks that are none": Case(framed(CHUNKED), NOTHING_CAME),
    "a chunk of a negative size": Case(framed(CHUNKED, body=b"-5\r\nhello\r\n"), NOTHING_CAME),
    "a chunk of all sizes": Case(framed(CHUNKED, body=b"f" * 16 + b"\r\n"), NOTHING_CAME),
    "a chunk longer than it says": Case(
        framed(CHUNKED, body=chunked(HALF)[0] + b"5\r\n" + BODY), CUT
    ),
    "a size without end": Case(framed(CHUNKED, body=b"1" * 100_000), NOTHING_CAME),
    "chunks without end, after a half": Case(
        [head(200, [STREAM, CHUNKED]), chunked(HALF)[0], *again_and_again(b"1;x")], CUT
    ),
    "trailers": Case(framed(CHUNKED, body=chunked(BODY)[0] + b"0\r\nA: b\r\n\r\n"), WHOLE),
    "trailers without end": Case(
        [head(200, [STREAM, CHUNKED]), chunked(HALF)[0], b"0\r\n", *again_and_again(b"A: b\r\n")],
        CUT,
    ),
    "a coding that nobody asked for": Case(framed(("Transfer-Encoding", "gzip")), FAILED, "HTTP"),
    "two answers at once": Case([*sse(*HELLO), *sse(chunk("unasked"), done)], WHOLE),
}


LATER = format_datetime(datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True)


def waiting(status: int, value: str) -> Answer:
    return reply(b"{}", status=status, headers=[("Retry-After", value)])


STATUSES = {
    **{
        f"{status} to {where}": Case(
            redirect(goal, status), Outcome(StatusError), f"points {shown}"
        )
        for status in (301, 302, 303, 307, 308)
        for where, goal, shown in [
            ("another host", "https://elsewhere.example/chat", "to https://elsewhere.example/chat"),
            ("itself", "/api/kernel2/chat", "to http://127.0.0.1"),
            ("a script", "javascript:alert(1)", "to javascript"),
        ]
    },
    "300 without a goal": Case(reply(status=300), Outcome(StatusError), "300"),
    "302 without a goal": Case(reply(status=302), Outcome(StatusError), "302"),
    "204": Case([head(204)], Outcome(StatusError), "204"),
    "206": Case(reply(BODY, status=206), Outcome(StatusError), "206"),
    "304": Case([head(304)], Outcome(StatusError), "304"),
    "407": Case(reply(status=407), Outcome(StatusError), "HTTP_PROXY"),
    "418": Case(reply(b"I am a teapot", status=418), Outcome(StatusError), "teapot"),
    "599": Case(reply(status=599), Outcome(StatusError), "599"),
    "999": Case(reply(status=999), Outcome(StatusError), "999"),
    **{
        f"{status}, to wait {what}": Case(waiting(status, value), Outcome(kind), word)
        for status, kind in ((429, RateLimited), (503, InstanceUnavailable))
        for what, value, word in [
            ("seconds", "7", "wait 7 s"),
            ("until a date", LATER, "wait 3"),
            ("until a past date", "Wed, 21 Oct 2015 07:28:00 GMT", f"status {status}"),
            ("until soon", "soon", f"status {status}"),
            ("no time", "-5", f"status {status}"),
            ("for ever", "9" * 5_000, f"status {status}"),
        ]
    },
}


CASES = {**WAYS, **HEADS, **FRAMES, **STATUSES}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_ends_as_it_should_and_the_conversation_goes_on(case: Case) -> None:
    meet(case)
