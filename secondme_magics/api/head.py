"""HTTP's heads (RFC 9112, 2 to 5), made ready for `http.client`. Knows no sockets."""

from __future__ import annotations

import re
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader

_LONGEST = 256 * 1024
"""Bytes of all that comes before the body, interim responses included."""

_NAMED = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(:.*)", re.DOTALL)
_ENDS = (b"\r\n", b"\n")


class Head:
    """The lines before a body, each whole: http.client takes the stream's end for a blank one.

    One that is no header is left out, as browsers do: http.client would leave out all that follow
    it too, also how the body is framed, and urllib3 log them.
    """

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._left = _LONGEST
        self._begins = True
        self._is_in_header = False

    def readline(self, limit: int) -> bytes:
        """Return the next line, or as much of it as `limit` allows.

        Raises:
            IncompleteRead: The connection ended before the head.
            HTTPException: It is too long.
        """
        while True:
            line = self._stream.readline(limit)
            self._left -= len(line)
            if self._left < 0:
                raise HTTPException("too much comes before the body")
            if len(line) == limit:
                return line
            if not line.endswith(b"\n"):
                raise IncompleteRead(line)
            if self._begins or line in _ENDS:
                self._begins, self._is_in_header = line in _ENDS, False
                return line
            if header := self._header(line):
                return header

    def _header(self, line: bytes) -> bytes:
        """Return a header's line, or one that goes on with it; nothing of another."""
        if not line.startswith((b" ", b"\t")):
            named = _NAMED.fullmatch(line)
            self._is_in_header = named is not None
            line = b"".join(named.groups()) if named else b""
        # A line's end that is a CR alone would end the header for http.client: RFC 9112, 2.2.
        return line[:-2].replace(b"\r", b" ") + line[-2:] if self._is_in_header else b""

    def close(self) -> None:
        """Close the stream, as http.client does to one whose status it cannot read."""
        self._stream.close()
