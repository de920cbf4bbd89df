"""An answer that is cut after each of its bytes, in every framing, and in every way to cut."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from event_stream import parse_events
from fault_cases import NOTHING_CAME
from fault_injector import Fault, FaultInjector
from partners import NEXT, Outcome, Partner, complete, first
from scripted_server import CLOSE, ScriptedServer, chunked, done, event, head
from tls import speaking_tls, trust

from secondme_magics.api.failures import parse_json
from secondme_magics.errors import (
    ConnectionFailed,
    ProtocolError,
    StatusError,
    StreamInterrupted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fault_injector import Kind
    from scripted_server import Answer

pytestmark = pytest.mark.usefixtures("nothing_is_left")

STREAM = ("Content-Type", "text/event-stream")


def said(text: str, reason: str | None = None) -> bytes:
    """Return a short event, since each of its bytes costs two prompts."""
    chunk = event({"choices": [{"delta": {"content": text}, "finish_reason": reason}]})
    return chunk.replace(b"\\u00e9", "é".encode())


EVENTS = [said("Hé "), b": beat\n\n", said("you", "stop"), done]
BODY = b"".join(EVENTS)


@dataclass
class Wire:
    """An answer as it is on the wire, and how it stands after each of its bytes.

    `payload` holds how many bytes of the body have come, or `None` while the head is coming.
    """

    answer: bytes
    payload: list[int | None] = field(default_factory=lambda: [None])

    def __post_init__(self) -> None:
        self.payload *= len(self.answer)
        self.payload.append(0)

    def frame(self, frame: bytes) -> Wire:
        """Append bytes that are none of the body's."""
        self.answer += frame
        self.payload += [self.payload[-1]] * len(frame)
        return self

    def body(self, body: bytes) -> Wire:
        """Append bytes of the body."""
        before = self.payload[-1] or 0
        self.answer += body
        self.payload += range(before + 1, before + len(body) + 1)
        return self


def in_chunks(parts: list[bytes], *headers: tuple[str, str]) -> Wire:
    wire = Wire(head(200, [STREAM, ("Transfer-Encoding", "chunked"), *headers]))
    for part in parts:
        size, _, _ = chunked(part)[0].partition(b"\r\n")
        wire.frame(size + b"\r\n").body(part).frame(b"\r\n")
    return wire.frame(b"0\r\n\r\n")


def packed() -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for each in EVENTS:
        yield packer.compress(each) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


WIRES = {
    "chunked": in_chunks([BODY[:70], BODY[70:]]),
    "with a length": Wire(head(200, [STREAM, ("Content-Length", str(len(BODY)))])).body(BODY),
    "until the end": Wire(head(200, [STREAM])).body(BODY),
    "packed": in_chunks(list(packed()), ("Content-Encoding", "gzip")),
}
PACKED = b"".join(packed())


def expected(name: str, at: int) -> Outcome:
    """Return what comes of the first `at` bytes, by a reader that shares nothing with ours."""
    came = WIRES[name].payload[at]
    if came is None:
        return Outcome(ConnectionFailed)
    if name == "until the end" and came == 0:
        return Outcome(ProtocolError)  # a whole answer, as far as anybody can see
    body = (
        BODY[:came] if name != "packed" else zlib.decompressobj(wbits=31).decompress(PACKED[:came])
    )
    text, is_answered = "", False
    for _, words in parse_events(body):
        is_answered = is_answered or words == "[DONE]" or '"stop"' in words
        chunk = parse_json(words) if words != "[DONE]" else None
        if isinstance(chunk, dict):
            text += chunk["choices"][0]["delta"]["content"]
    return complete(text) if is_answered else Outcome(StreamInterrupted, "interrupted", text)


@pytest.mark.parametrize("name", WIRES)
def test_an_answer_that_is_cut_after_any_byte_leaves_what_came_and_a_sound_conversation(
    name: str,
) -> None:
    answer = WIRES[name].answer
    with (
        ScriptedServer(first([answer, CLOSE])) as server,
        FaultInjector(server) as way,
        Partner(way.url) as partner,
    ):
        for at in range(1, len(answer) + 1):
            way.faults.append(Fault("close", at))
            assert partner.ask() == expected(name, at), answer[:at]
            partner.goes_on()
            partner.begin_anew()


def test_an_event_at_its_end_needs_both_of_its_line_ends() -> None:
    at = WIRES["until the end"].answer.index(b": beat")
    assert expected("until the end", at) == Outcome(StreamInterrupted, "interrupted", "Hé ")
    assert expected("until the end", at - 1).text == ""


@pytest.mark.parametrize("kind", ["half close", "reset"])
@pytest.mark.parametrize("name", ["chunked", "with a length"])
def test_another_way_to_cut_ends_alike_or_loses_what_was_on_its_way(name: str, kind: Kind) -> None:
    answer = WIRES[name].answer
    with (
        ScriptedServer(first([answer, CLOSE])) as server,
        FaultInjector(server) as way,
        Partner(way.url) as partner,
    ):
        for at in range(1, len(answer), 7):
            way.faults.append(Fault(kind, at))
            outcome, whole = partner.ask(), expected(name, at)
            if kind == "half close" or whole.kind is ConnectionFailed:
                assert outcome == whole
            else:  # a reset outruns what came before it
                assert whole.text.startswith(outcome.text)
                assert outcome.kind in {None, StreamInterrupted, ConnectionFailed}
            partner.goes_on()
            partner.begin_anew()


def test_a_request_that_is_cut_after_any_byte_is_asked_again_by_nobody() -> None:
    answer: Answer = [WIRES["chunked"].answer]
    with (
        ScriptedServer(first(answer)) as server,
        FaultInjector(server) as way,
        Partner(way.url) as partner,
    ):
        for at in range(1, 300, 9):
            asked = len(server.requests)
            way.faults.append(Fault("reset", at, of="request"))
            assert partner.ask() == Outcome(ConnectionFailed)
            assert len(server.requests) == asked
            partner.goes_on()
            partner.begin_anew()


def test_an_answer_that_is_cut_in_its_encryption_is_an_error_or_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trust(monkeypatch, "trusted")
    events: Answer = [
        head(200, [STREAM, ("Transfer-Encoding", "chunked")]),
        *map(_chunk, EVENTS),
        CLOSE,
    ]
    texts: set[str] = set()
    with (
        ScriptedServer(first(events), tls=speaking_tls("trusted")) as server,
        FaultInjector(server) as way,
        Partner(way.url) as partner,
    ):
        for at in range(1, 2_400, 45):
            way.faults.append(Fault("close", at))
            outcome = partner.ask()
            texts.add(outcome.text)
            assert outcome in {
                complete("Hé you"),
                Outcome(ConnectionFailed),
                *(Outcome(StreamInterrupted, "interrupted", text) for text in ("", "Hé ")),
            }
            partner.goes_on()
            partner.begin_anew()
    assert texts == {"", "Hé ", "Hé you"}


def _chunk(payload: bytes) -> bytes:
    return chunked(payload)[0]


@pytest.mark.parametrize("faults", [[], [Fault("drip")]], ids=["untouched", "byte by byte"])
def test_an_answer_that_is_passed_on_is_whole(faults: list[Fault]) -> None:
    with ScriptedServer(NEXT) as server, FaultInjector(server) as way, Partner(way.url) as partner:
        way.faults += faults
        assert partner.ask() == complete("Next")


COMPLETION = b'{"choices": [{"message": {"content": "Hi you"}}]}'
REFUSAL = b'{"detail": "no"}'
JSON = [("Content-Type", "application/json")]
PIECES = {
    "with a length": (head(200, [*JSON, ("Content-Length", str(len(COMPLETION)))]), COMPLETION),
    "in a chunk": (
        head(200, [*JSON, ("Transfer-Encoding", "chunked")]),
        chunked(COMPLETION)[0] + b"0\r\n\r\n",
    ),
    "until the end": (head(200, JSON), COMPLETION),
    "an error": (head(500, [*JSON, ("Content-Length", str(len(REFUSAL)))]), REFUSAL),
}


def expected_piece(name: str, at: int) -> Outcome:
    """Return what comes of the first `at` bytes of an answer in one piece."""
    start, body = PIECES[name]
    if at < len(start):
        return Outcome(ConnectionFailed)
    if name == "an error":
        return Outcome(StatusError)
    if at == len(start + body):
        return complete("Hi you")
    # Nothing else tells the end of it but that its JSON is whole.
    return Outcome(ProtocolError) if name == "until the end" else NOTHING_CAME


@pytest.mark.parametrize("name", PIECES)
def test_an_answer_in_one_piece_that_is_cut_after_any_byte_is_not_taken_for_whole(
    name: str,
) -> None:
    answer = b"".join(PIECES[name])
    with (
        ScriptedServer(first([answer, CLOSE])) as server,
        FaultInjector(server) as way,
        Partner(way.url) as partner,
    ):
        for at in range(1, len(answer) + 1):
            way.faults.append(Fault("close", at))
            assert partner.ask() == expected_piece(name, at), answer[:at]
            partner.goes_on()
            partner.begin_anew()
