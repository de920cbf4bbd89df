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

    from secondme_magics.api.endpoint import Key

LONGEST_EVENT = 1024 * 1024
"""Bytes of one event."""
MOST_LINES = 1_000
"""Lines of one event, which sseclient joins one by one: JSON that is indented has fewer."""
LONGEST_STREAM = 256 * 1024 * 1024
"""Bytes of all events, comments and blank lines too, none of which is free: a line counts as
`_SHORT_LINE` at least. The longest answer fits in deltas of four characters, and an hour of
heartbeats two hundred times a second.
"""

_SHORT_LINE = 128
_BOM = b"\xef\xbb\xbf"
_SIGN_OF_LIFE = b"id: comment\ndata\n\n"
"""What a comment becomes; no server's event has an id, since those are left out."""


class ServerSentEvent(Protocol):
    """One event: its type, `message` unless the server named another, and its data."""

    event: str
    data: str


def iter_events(
    chunks: Iterable[bytes],
    key: Key | None = None,
    *,
    longest: int = LONGEST_EVENT,
    most: int = LONGEST_STREAM,
) -> Iterator[ServerSentEvent | None]:
    """Yield the events in `chunks`, and `None` where only a comment came: the server lives.

    An event that is not finished when the chunks end is dropped, as the standard asks. Beyond the
    standard, one without data that has words in a field `error` is of the type `error`, and has
    them as its data.

    Args:
        chunks: The stream, cut anywhere.
        key: Made unreadable in the types, which sseclient logs.
        longest: Bytes that one event may have.
        most: Bytes that all of them may have.

    Raises:
        ProtocolError: An event is longer than that, has too many lines, or too much came in all.
    """
    for event in SSEClient(iter(_Blocks(chunks, key, longest, most))).events():
        yield None if event.id else event


class _Blocks:
    """Whole events as bytes that sseclient reads well: their types and their data alone.

    It logs all fields as they came. A comment becomes an event that nobody else can send.
    """

    def __init__(self, chunks: Iterable[bytes], key: Key | None, longest: int, most: int) -> None:
        self._chunks = chunks
        self._key = key
        self._longest = longest
        self._left = most
        self._lines: list[bytes] = []
        self._size = 0
        self._tail = bytearray()
        self._after_cr = False
        self._at_start = True

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            lines = chunk.count(b"\n")
            self._count(max(len(chunk), _SHORT_LINE * (lines + chunk.count(b"\r"))))
            end = chunk.rfind(b"\n\n") + 2
            if self._is_plain(chunk, end, lines):
                block = bytes(self._tail) + chunk[:end]
                self._tail[:] = chunk[end:]
                self._at_start = self._after_cr = False
                yield block if block.isascii() else _repaired(block)
            else:
                yield from self._iter_blocks(self._whole_lines(chunk))

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ProtocolError(
                "the answer came in far more bytes than it has words, and was left there",
                "What came is kept. Ask for less, or set --max-tokens (or max_tokens=).",
            )

    def _is_plain(self, chunk: bytes, end: int, lines: int) -> bool:
        """Return whether `chunk` up to `end` is lines of data, an event each: most are."""
        events = chunk.count(b"\n\n")
        return (
            lines == 2 * events
            and chunk.count(b"\n\ndata:", 0, end) == events - 1
            and b"\r" not in chunk
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
            else:
                self._size = 0
        if commented:
            yield _SIGN_OF_LIFE

    def _whole_lines(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their ends."""
        text = chunk.removeprefix(b"\n") if self._after_cr else chunk
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        *lines, rest = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if lines:
            lines[0] = bytes(self._tail) + lines[0]
            if self._at_start:
                lines[0] = lines[0].removeprefix(_BOM)
            self._at_start = False
            self._tail.clear()
        self._tail += rest
        if len(self._tail) > self._longest:
            raise _too_long(f"{self._longest:,} bytes")
        return lines

    def _add(self, line: bytes) -> None:
        self._size += len(line) + 1
        if self._size > self._longest:
            raise _too_long(f"{self._longest:,} bytes")
        field, _, value = line.partition(b":")
        if field == b"data" or (field == _ERROR and value.strip()):
            self._lines.append(line)
        elif field == b"event":
            self._lines.append(_shown(line, self._key))
        if len(self._lines) > MOST_LINES:
            raise _too_long(f"{MOST_LINES:,} lines")

    def _take(self) -> bytes:
        self._count(self._size * len(self._lines) // _SHORT_LINE)  # each line copies those before
        if not any(line.startswith(b"data") for line in self._lines):
            errors = [line for line in self._lines if line.startswith(_ERROR)]
            self._lines = [b"event: error", *(b"data" + line[len(_ERROR) :] for line in errors)]
        block = b"\n".join([*self._lines, b"", b""])
        self._lines.clear()
        self._size = 0
        return block if block.isascii() else _repaired(block)


_UNPRINTABLE = b"event: ?"
_ERROR = b"error"
"""No field of the standard, but llama.cpp's until September 2025."""


def _shown(line: bytes, key: Key | None) -> bytes:
    """Return the line of a type as a log may show it."""
    text = line.decode(errors="replace")
    if not text.isprintable():
        return _UNPRINTABLE
    return key.hide_in(text).encode() if key else line


def _repaired(block: bytes) -> bytes:
    """Return `block` with U+FFFD for what is no UTF-8; no sequence reaches over a line's end."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return block.decode(errors="replace").encode()
    return block


def _too_long(bound: str) -> ProtocolError:
    return ProtocolError(
        f"the server sent an event of more than {bound}",
        "This is no chat completion; check the address.",
    )
