"""Bytes -> server-sent events (WHATWG HTML, section 9.2). Knows no HTTP and no JSON.

sseclient-py parses the events. It wants whole ones, in UTF-8, whose lines end in LF: that is what
a small normaliser hands it, one at a time, in time that is linear in the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sseclient import SSEClient

from secondme_magics.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_EVENT = 1024 * 1024
"""Bytes of one event."""

_BOM = b"\xef\xbb\xbf"
_SIGN_OF_LIFE = b"data\n\n"


class ServerSentEvent(Protocol):
    """One event: its type, `message` unless the server named another, and its data."""

    event: str
    data: str


def iter_events(
    chunks: Iterable[bytes], *, longest: int = LONGEST_EVENT
) -> Iterator[ServerSentEvent | None]:
    """Yield the events in `chunks`, and `None` where only a comment came: the server lives.

    An event that is not finished when the chunks end is dropped, as the standard asks.

    Args:
        chunks: The stream, cut anywhere.
        longest: Bytes that one event may have.

    Raises:
        ProtocolError: An event is longer than that.
    """
    blocks = _Blocks(chunks, longest)
    for event in SSEClient(iter(blocks)).events():
        yield None if blocks.is_comment else event


class _Blocks:
    """Whole events as bytes that sseclient reads well.

    A comment becomes an event without data, so that sseclient hands it through; since it is asked
    for one block at a time, `is_comment` tells of the event that it yields.
    """

    def __init__(self, chunks: Iterable[bytes], longest: int) -> None:
        self.is_comment = False
        self._chunks = chunks
        self._longest = longest
        self._lines: list[bytes] = []
        self._size = 0
        self._tail = bytearray()
        self._after_cr = False
        self._at_start = True

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            end = chunk.rfind(b"\n\n") + 2
            if end > 1 and self._is_plain(chunk, end):
                block = bytes(self._tail) + chunk[:end]
                self._tail[:] = chunk[end:]
                self._at_start = self._after_cr = False
                yield block if block.isascii() else _repaired(block)
            else:
                yield from self._iter_blocks(self._whole_lines(chunk))

    def _is_plain(self, chunk: bytes, end: int) -> bool:
        """Return whether `chunk` up to `end` is whole events that need no care: most are."""
        return (
            chunk.find(b"\n", end) < 0
            and b"\r" not in chunk
            and b"\n:" not in chunk
            and (self._tail or chunk).startswith(b"data:")
            and not self._lines
            and len(self._tail) + end <= self._longest
        )

    def _iter_blocks(self, lines: list[bytes]) -> Iterator[bytes]:
        commented = False
        for line in lines:
            if line.startswith(b":"):
                commented = True
            elif line:
                self._add(line)
            elif self._lines:
                commented = False
                yield self._take()
        if commented:
            self.is_comment = True
            yield _SIGN_OF_LIFE
            self.is_comment = False

    def _whole_lines(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their ends."""
        text = chunk.removeprefix(b"\n") if self._after_cr else chunk
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        if lines:
            lines[0] = bytes(self._tail) + lines[0]
            if self._at_start:
                lines[0] = lines[0].removeprefix(_BOM)
            self._at_start = False
            self._tail.clear()
        self._tail += rest
        if len(self._tail) > self._longest:
            raise _too_long(self._longest)
        return lines

    def _add(self, line: bytes) -> None:
        self._size += len(line) + 1
        if self._size > self._longest:
            raise _too_long(self._longest)
        self._lines.append(line)

    def _take(self) -> bytes:
        block = b"\n".join([*self._lines, b"", b""])
        self._lines.clear()
        self._size = 0
        return block if block.isascii() else _repaired(block)


def _repaired(block: bytes) -> bytes:
    """Return `block` with U+FFFD for what is no UTF-8; no sequence reaches over a line's end."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return block.decode(errors="replace").encode()
    return block


def _too_long(longest: int) -> ProtocolError:
    return ProtocolError(
        f"the server sent an event of more than {longest:,} bytes",
        "This is no chat completion; check the address.",
    )
