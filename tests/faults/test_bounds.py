"""Answers that are packed, broken, or too much of something: nothing grows beyond its bound."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from fault_cases import BODY, FAILED, HALF, NOTHING_CAME, STREAM, WHOLE, Case, again_and_again, meet
from partners import Outcome, Partner, complete, first
from scripted_server import CLOSE, ScriptedServer, chunk, done, head, reply, sse

from secondme_magics.api.completions import LONGEST_ANSWER
from secondme_magics.api.refusal import LONGEST_BODY
from secondme_magics.api.sse import LONGEST_EVENT, LONGEST_STREAM
from secondme_magics.errors import AuthenticationFailed, ProtocolError, StatusError

if TYPE_CHECKING:
    import socket

pytestmark = pytest.mark.usefixtures("nothing_is_left")

GZIP = ("Content-Encoding", "gzip")
MORE = 64 * 1024 * 1024
"""Bytes, more than an answer may have and a socket holds."""


def deflated(bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(BODY) + packer.flush()


def bomb(start: bytes, blocks: int = 100) -> bytes:
    """Return `start` and so many megabytes as gzip: a megabyte is packed once, and repeated."""
    packer, block, crc = zlib.compressobj(wbits=-15), b"x" * 1_000_000, zlib.crc32(start)
    for _ in range(blocks):
        crc = zlib.crc32(block, crc)
    before = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    ends = struct.pack("<II", crc, len(start) + blocks * len(block))
    return gzip.compress(b"")[:10] + before + packed * blocks + packer.flush() + ends


SOUND = gzip.compress(BODY)
PACKED = {
    "gzip": Case(sse(SOUND, headers=[GZIP]), WHOLE),
    "gzip in capitals": Case(sse(SOUND, headers=[("content-encoding", "GZIP")]), WHOLE),
    "gzip in two members": Case(
        sse(gzip.compress(BODY[:90]), gzip.compress(BODY[90:]), headers=[GZIP]), WHOLE
    ),
    "deflate": Case(sse(deflated(15), headers=[("Content-Encoding", "deflate")]), WHOLE),
    "deflate without a head": Case(
        sse(deflated(-15), headers=[("Content-Encoding", "deflate")]), WHOLE
    ),
    "not packed, though it says so": Case(sse(BODY, headers=[GZIP]), FAILED, "compressed"),
    "packed, though it does not say so": Case(sse(SOUND), NOTHING_CAME),
    "packed as it should not be": Case(
        sse(BODY, headers=[("Content-Encoding", "br")]), FAILED, "compressed"
    ),
    "packed twice": Case(
        sse(bomb(bomb(b"data: ")), headers=[("Content-Encoding", "gzip, gzip")]),
        FAILED,
        "compressed",
    ),
    "packed in two headers": Case(
        sse(gzip.compress(SOUND), headers=[GZIP, GZIP]), FAILED, "compressed"
    ),
    "broken in its midst": Case(
        sse(SOUND[:40] + b"\x00\xff" * 20 + SOUND[60:], headers=[GZIP]), FAILED, "compressed"
    ),
    "broken in its sum": Case(sse(SOUND[:-8] + b"\x00" * 8, headers=[GZIP]), FAILED, "compressed"),
    "ended before its end": Case(sse(SOUND[:20], headers=[GZIP]), FAILED, "empty"),
    "a bomb of one event": Case(sse(bomb(b"data: "), headers=[GZIP]), FAILED, "1,048,576"),
    "a bomb of JSON": Case(reply(bomb(b"{"), headers=[GZIP]), FAILED, "4,194,304"),
    "a bomb of text": Case(
        reply(bomb(b"nonsense"), headers=[GZIP], content_type="text/plain"), FAILED, "nonsense"
    ),
    "a bomb in an error": Case(
        reply(bomb(b"nonsense"), headers=[GZIP], status=500), Outcome(StatusError), "nonsense"
    ),
    "an error packed as it should not be": Case(
        reply(b"\x00\x01", headers=[("Content-Encoding", "zstd")], status=401),
        Outcome(AuthenticationFailed),
        "401",
    ),
}

LONG = "word " * (LONGEST_ANSWER // 5 // 8)
DIGITS = b'data: {"choices": [], "usage": {"total_tokens": ' + b"9" * 900_000 + b"}}\n\n"
DEEP = b'data: {"choices": ' + b"[" * 500_000 + b"]" * 500_000 + b"}\n\n"

BOUNDS = {
    "an event of the longest": Case(
        sse(b"data: " + b" " * (LONGEST_EVENT - 400) + chunk("Hello you")[6:], done), WHOLE
    ),
    "an event too long": Case(
        sse(HALF, chunk("x" * LONGEST_EVENT), done), Outcome(ProtocolError, text="Hello ")
    ),
    "an event too long in many lines": Case(
        sse(HALF, b"data: x\n" * (LONGEST_EVENT // 8 + 1)), Outcome(ProtocolError, text="Hello ")
    ),
    "an answer too long": Case(
        sse(*[chunk(LONG)] * 9, done), Outcome(ProtocolError, text=LONG * 8), "longer"
    ),
    "JSON too long": Case(
        reply(json.dumps({"x": "y" * LONGEST_ANSWER}).encode()), FAILED, "longer"
    ),
    "an error too long": Case(
        reply(b"x" * (LONGEST_BODY + 1), status=500), Outcome(StatusError), "xxx"
    ),
    "an error's body for ever": Case(
        [head(500), *again_and_again(b"x" * 1_000)], Outcome(StatusError), "xxx"
    ),
    "blank lines for ever": Case([head(200, [STREAM]), *again_and_again(b"\n" * 999)], FAILED),
    "blank lines beyond all words": Case(
        sse(HALF, b"\n" * (LONGEST_STREAM // 128)),
        Outcome(ProtocolError, text="Hello "),
        "far more bytes",
    ),
    "heartbeats beyond all words": Case(
        [head(200, [STREAM]), HALF, *again_and_again(b":\n\n" * 9_999)],
        Outcome(ProtocolError, text="Hello "),
        "far more bytes",
    ),
    "JSON too deep": Case(sse(HALF, DEEP), Outcome(ProtocolError, text="Hello ")),
    "JSON too deep, whole": Case(reply(b'{"choices": ' + b"[" * 500_000), FAILED),
    "a number of too many digits": Case(
        sse(HALF, DIGITS, done), Outcome(ProtocolError, text="Hello ")
    ),
    "a number beyond all": Case(
        sse(HALF, b'data: {"choices": [], "usage": {"total_tokens": 1e999}}\n\n', done),
        complete("Hello "),
    ),
    "an error too deep": Case(
        reply(b'{"error": ' * 100_000, status=500), Outcome(StatusError), "500"
    ),
    "a web page too long": Case(
        reply(b"<title>Log in</title>" + b"x" * 999_999, content_type="text/html"), FAILED, "Log in"
    ),
}


CASES = {**PACKED, **BOUNDS}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_answer_ends_within_its_bounds_and_the_conversation_goes_on(case: Case) -> None:
    meet(case)


UNREAD: dict[str, list[bytes]] = {
    "an error": [head(500)],
    "text": [head(200, [("Content-Type", "text/plain")])],
    "a page": [head(200, [("Content-Type", "text/html")]), b"<title>Log in</title>"],
    "JSON": [head(200, [("Content-Type", "application/json")]), b'{"x": "'],
    "an event": [head(200, [STREAM]), b"data: "],
}


@pytest.mark.parametrize("start", UNREAD.values(), ids=UNREAD)
def test_what_has_no_end_is_left_at_its_bound_and_not_when_its_time_is_over(
    start: list[bytes],
) -> None:
    sent: list[int] = []

    def go_on(connection: socket.socket) -> None:
        for _ in range(MORE // 65_536):
            connection.sendall(b"x" * 65_536)
            sent.append(65_536)

    with (
        ScriptedServer(first([*start, go_on, CLOSE])) as server,
        Partner(server.url) as partner,
    ):
        assert partner.ask().state == "failed"
        partner.goes_on()
    assert sum(sent) < MORE, "all of it was read"
