"""HTTP's bodies (RFC 9112, 6.3 and 7.1), read as far as they have come. Knows no sockets.

`http.client` hands over one chunk at a time, and a server sends each word in one: taking all that
has come at once is what makes a long answer cheap.
"""

from __future__ import annotations

import re
from http.client import HTTPException, IncompleteRead
from io import BufferedIOBase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LONGEST_LINE = 16 * 1024
_MOST_TRAILERS = 100


class SizedBody(BufferedIOBase):
    """A body of so many bytes, which notices when more came.

    Args:
        stream: What comes after the response's headers; closed with the body.
        length: Bytes of the body.
        on_surplus: Called when a byte came behind the last one.
    """

    def __init__(
        self, stream: BufferedIOBase, length: int, on_surplus: Callable[[], object]
    ) -> None:
        self._stream = stream
        self._left = length
        self._on_surplus = on_surplus

    def read1(self, size: int = -1, /) -> bytes:
        """Return what has come, after waiting for some; nothing at the body's end.

        Raises:
            IncompleteRead: The connection ended before the body.
        """
        if not self._left:
            return b""
        came = self._stream.read1(size if 0 <= size < self._left else self._left + 1)
        if not came:
            raise IncompleteRead(b"", self._left)
        body = came[: self._left]
        self._left -= len(body)
        if len(came) > len(body):
            self._on_surplus()
        return body

    def close(self) -> None:
        """Close the stream too."""
        self._stream.close()
        super().close()


class ChunkedBody(BufferedIOBase):
    """A body without the frames of its chunks.

    Args:
        stream: What comes after the response's headers; closed with the body.
    """

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self._rest = b""
        self._left = 0
        self._after_chunk = False
        self._trailers: int | None = None
        self._ended = False
        self._broken: HTTPException | None = None

    def read1(self, size: int = -1, /) -> bytes:
        """Return what has come, after waiting for some; nothing at the body's end.

        Raises:
            IncompleteRead: The connection ended before the body.
            HTTPException: The frames are not as the RFC asks.
        """
        while self._broken is None and not self._ended:
            came = self._stream.read1(size)
            if not came:
                raise IncompleteRead(b"")
            if body := self._unframe(self._rest + came):
                return body
        if self._broken is not None:
            raise self._broken
        return b""

    def close(self) -> None:
        """Close the stream too."""
        self._stream.close()
        super().close()

    def _unframe(self, came: bytes) -> bytes:
        """Return what `came` holds of the body; what is wrong is raised at the next read."""
        parts: list[bytes] = []
        start = 0
        try:
            while start < len(came):
                if self._left:
                    part = came[start : start + self._left]
                    parts.append(part)
                    self._left -= len(part)
                    start += len(part)
                elif stop := came.find(b"\n", start) + 1:
                    self._take_line(came[start : stop - 1].removesuffix(b"\r"))
                    start = stop
                else:
                    break
        except HTTPException as error:
            self._broken = error
        self._rest = came[start:]
        if len(self._rest) > (0 if self._ended else _LONGEST_LINE):
            self._broken = HTTPException("more came than a line or the body holds")
        return b"".join(parts)

    def _take_line(self, line: bytes) -> None:
        """Take a line between chunks: the end of one, the size of the next, or a trailer."""
        if self._ended or (self._after_chunk and line):
            raise HTTPException("more came than a chunk or the body holds")
        if self._after_chunk:
            self._after_chunk = False
        elif self._trailers is not None:
            self._trailers += 1
            self._ended = not line
            if self._trailers > _MOST_TRAILERS:
                raise HTTPException("too many trailers")
        elif size := _SIZE.fullmatch(line):
            self._left = int(size[1], 16)
            self._after_chunk = self._left > 0
            self._trailers = None if self._left else 0
        else:
            raise HTTPException("no size of a chunk")
