"""HTTP's bodies, at every split, and broken in every way."""

from __future__ import annotations

from http.client import HTTPException, IncompleteRead
from io import BufferedReader, RawIOBase

import pytest

from secondme_magics.api import chunked
from secondme_magics.api.chunked import ChunkedBody, SizedBody


class Parts(RawIOBase):
    """A socket that hands over one part at a read."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = [part for part in parts if part]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        assert isinstance(buffer, memoryview)
        part = self.parts.pop(0) if self.parts else b""
        if rest := part[len(buffer) :]:
            self.parts.insert(0, rest)
        part = part[: len(buffer)]
        buffer[: len(part)] = part
        return len(part)


def body_of(*parts: bytes) -> ChunkedBody:
    return ChunkedBody(BufferedReader(Parts(list(parts))))


def read(*parts: bytes) -> bytes:
    body, came = body_of(*parts), b""
    while part := body.read1(65536):
        came += part
    assert body.read1(65536) == b""
    return came


WHOLE = {
    "one chunk": (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    "two chunks": (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
    "a size in hexadecimal, with zeros": (
        b"00000000000000A\r\n0123456789\r\n00\r\n\r\n",
        b"0123456789",
    ),
    "all digits of a size": (
        "".join(f"{c}\r\n{'x' * int(c, 16)}\r\n" for c in "1789abcdefABCDEF0").encode(),
        b"x" * (1 + 7 + 8 + 9 + 2 * 75),
    ),
    "a size of two digits": (b"1f\r\n" + b"x" * 31 + b"\r\n0\r\n\r\n", b"x" * 31),
    "an extension": (b'5 \t; a="b"\r\nhello\r\n0;x\r\n\r\n', b"hello"),
    "trailers": (b"5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n", b"hello"),
    "bare line feeds": (b"5\nhello\n0\n\n", b"hello"),
    "line ends inside": (b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
    "nothing": (b"0\r\n\r\n", b""),
}


@pytest.mark.parametrize(("stream", "body"), WHOLE.values(), ids=WHOLE)
def test_a_body_is_read_at_every_split(stream: bytes, body: bytes) -> None:
    assert read(*(bytes([byte]) for byte in stream)) == body
    for split in range(len(stream) + 1):
        assert read(stream[:split], stream[split:]) == body


def test_all_that_has_come_is_handed_over_at_once() -> None:
    body = body_of(b"2\r\nhe\r\n3\r\nll", b"o\r\n0\r\n\r\n")
    assert [body.read1(), body.read1(), body.read1()] == [b"hell", b"o", b""]


@pytest.mark.parametrize(("stream", "body"), WHOLE.values(), ids=WHOLE)
def test_a_body_that_is_cut_is_not_taken_for_whole(stream: bytes, body: bytes) -> None:
    for length in range(len(stream)):
        with pytest.raises(IncompleteRead) as ended:
            read(stream[:length])
        assert ended.value.partial == b""
    assert len(body) < len(stream)


BROKEN = {
    "a size that is no number": b"x\r\nhello",
    "no size": b";x\r\nhello",
    "more than a size": b"5 x\r\nhello",
    "a negative size": b"-5\r\nhello",
    "a size with an underscore": b"1_0\r\nhello",
    "an endless size": b"0" * 20_000,
    "a size beyond all bounds": b"f" * 16 + b"\r\n",
    "a chunk longer than its size": b"2\r\nhello\r\n0\r\n\r\n",
    "endless trailers": b"0\r\n" + b"A: b\r\n" * 200,
    "an endless trailer": b"0\r\n" + b"A" * 20_000,
    "more than the body": b"0\r\n\r\nHTTP/1.1 200 OK\r\n",
    "a byte more than the body": b"0\r\n\r\nx",
}


@pytest.mark.parametrize("stream", BROKEN.values(), ids=BROKEN)
def test_broken_frames_are_an_error_after_what_came(stream: bytes) -> None:
    body = body_of(b"2\r\nok\r\n" + stream[:8000], stream[8000:16000], stream[16000:])
    assert body.read1()[:2] == b"ok"
    for _ in range(2):
        with pytest.raises(HTTPException) as raised:
            body.read1()
        assert not isinstance(raised.value, IncompleteRead)


def test_a_line_and_the_trailers_are_as_long_as_the_bounds_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunked, "_LONGEST_LINE", 8)
    monkeypatch.setattr(chunked, "_MOST_TRAILERS", 2)
    assert read(b"1;345678", b"\r\nx\r\n0\r\nA: b\r\n\r\n") == b"x"
    for parts in ((b"1;3456789", b"\r\nx\r\n0\r\n\r\n"), (b"0\r\nA: b\r\nC: d\r\n\r\n",)):
        body = body_of(*parts)
        with pytest.raises(HTTPException, match=r"more came|too many"):
            list(iter(body.read1, b""))


def test_closing_the_body_closes_the_stream() -> None:
    stream = BufferedReader(Parts([]))
    body = ChunkedBody(stream)
    body.close()
    assert stream.closed
    assert body.closed


def test_no_more_of_a_chunk_is_read_than_is_asked_for() -> None:
    body = body_of(b"9\r\n123456789\r\n0\r\n\r\n")
    assert list(iter(lambda: body.read1(4), b"")) == [b"1", b"2345", b"6789"]


@pytest.mark.parametrize("size", [1, 3, 5, 6, 100, -1])
@pytest.mark.parametrize(
    "parts", [[b"Hello"], [b"He", b"llo"], [b"HelloHTTP/1.1"], [b"Hell", b"oH"]]
)
def test_a_body_of_a_length_ends_there_and_tells_what_came_behind(
    parts: list[bytes], size: int
) -> None:
    told: list[bool] = []
    stream = BufferedReader(Parts(list(parts)))
    body = SizedBody(stream, 5, lambda: told.append(True))
    came = list(iter(lambda: body.read1(size), b""))
    assert b"".join(came) == b"Hello"
    assert size < 0 or max(map(len, came)) <= size
    assert bool(told) is (sum(map(len, parts)) > 5)
    body.close()
    assert stream.closed
    assert body.closed


def test_a_body_shorter_than_its_length_is_incomplete() -> None:
    body = SizedBody(BufferedReader(Parts([b"Hel"])), 5, int)
    assert body.read1() == b"Hel"
    with pytest.raises(IncompleteRead) as ended:
        body.read1()
    assert (ended.value.partial, ended.value.expected) == (b"", 2)
