"""urllib3's connections, each on the lever of the answer that it brings. Knows no requests."""

from __future__ import annotations

import re
from concurrent.futures import TimeoutError as DialTimeout
from contextvars import ContextVar
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, cast

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError

from secondme_magics.api.chunked import ChunkedBody

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable
    from io import BufferedReader

    from _typeshed import ReadableBuffer, SupportsRead
    from urllib3.connectionpool import HTTPConnectionPool

    from secondme_magics.api.lever import Lever

    _Data = SupportsRead[bytes] | Iterable[ReadableBuffer] | ReadableBuffer | str

_LENGTH = re.compile(r"[0-9]{1,15}")

_INTERIM = range(102, 200)
"""Responses before the response (RFC 9110, 15.2); http.client knows 100, nobody asked for 101."""
_MOST_INTERIM = 10

LEVER: ContextVar[Lever] = ContextVar("LEVER")
"""The lever of the answer that this thread asks for; set around the request."""


def give_levers(pool: HTTPConnectionPool) -> None:
    """Let the connections that `pool` opens from now on, also to a proxy, have levers."""
    pool.ConnectionCls = _with_lever(type(pool).ConnectionCls)


@cache
def _with_lever(connection: type) -> type[HTTPConnection]:
    return type(f"{connection.__name__}WithLever", (_WithLever, connection), {})


class _Response(HTTPResponse):
    """Hands over all chunks that have come, and not one at a time."""

    def begin(self) -> None:
        """Read the headers; what follows them is read without its frames."""
        super().begin()
        for _ in range(_MOST_INTERIM):
            if self.status not in _INTERIM:
                break
            self.headers = self.msg = None  # type: ignore[assignment] # what begin() starts from
            super().begin()
        lengths = self._values_of("Content-Length")
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise HTTPException("Content-Length is no number")
        codings = self._values_of("Transfer-Encoding")
        if codings - {"chunked"}:
            raise HTTPException("the body is framed in a way that nobody asked for")
        if codings:
            self.chunked = False
            self.length = None
            self.fp = cast("BufferedReader", ChunkedBody(self.fp))

    def _values_of(self, header: str) -> set[str]:
        lines = self.headers.get_all(header, ())
        return {value.strip(" \t").lower() for line in lines for value in line.split(",")}


class _WithLever(HTTPConnection):
    _lever: Lever | None = None

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """Connect so that it can be ended at every moment, and within `timeout` in all."""
        lever = LEVER.get()
        try:
            sock = lever.dial(super()._new_conn, self.timeout)
        except DialTimeout as error:
            raise ConnectTimeoutError(self, "connecting took too long") from error
        try:
            self._take(lever, sock)
        except BaseException:
            sock.close()
            raise
        return sock

    def send(self, data: _Data) -> None:
        """Send, unless the answer was stopped before."""
        lever = LEVER.get()
        if self.sock is not None and self._lever is not lever:
            self._take(lever, self.sock)
        if self.sock is not None:
            self.sock.settimeout(lever.silence)  # so far it was the time to connect in
        super().send(data)

    def _take(self, lever: Lever, sock: socket.socket) -> None:
        if self._lever is not None:
            self._lever.drop()
        lever.hold(sock)
        self._lever = lever
