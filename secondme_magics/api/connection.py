"""urllib3's connections, each on the lever of the answer that it brings. Knows no requests."""

from __future__ import annotations

import os
import re
import socket
import ssl
import time
from concurrent.futures import TimeoutError as DialTimeout
from contextlib import suppress
from contextvars import ContextVar
from copy import copy
from functools import cache, partial
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any, cast

from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.connection import allowed_gai_family

from secondme_magics.api.chunked import ChunkedBody, SizedBody
from secondme_magics.api.head import Head
from secondme_magics.api.lever import shut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

    from _typeshed import ReadableBuffer, SupportsRead
    from urllib3 import BaseHTTPResponse, PoolManager
    from urllib3.connectionpool import HTTPConnectionPool
    from urllib3.response import HTTPResponse as UrllibResponse

    from secondme_magics.api.lever import Lever

    _Data = SupportsRead[bytes] | Iterable[ReadableBuffer] | ReadableBuffer | str

_LENGTH = re.compile(r"[0-9]{1,15}")

_INTERIM = range(102, 200)
"""Responses before the response (RFC 9110, 15.2); http.client knows 100, nobody asked for 101."""
_MOST_INTERIM = 10

_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
"""Their body ends with the head, whatever that says of it."""

_PACKED = ("gzip", "deflate")
"""How a body may be packed: as the request asks, and once. Others grow beyond all bounds."""
_PLAIN = ("", "identity", "none", "utf-8", "utf8")
"""What servers write who mean that it is not packed; only the first two are right."""

_PIECE = 64 * 1024
_PACKED_PIECE = 4 * 1024
"""Bytes that are read at once; a packed one becomes a thousand times as many at the worst."""

LEAST_SHARE = 2.5
"""Seconds that each address of a host has to connect in, if so much is left; a satellite's link
needs one or two."""

_ENDED = (ConnectionAbortedError, ssl.SSLEOFError)
"""Raised where the server has closed what is sent through; urllib3 knows but the other two."""

STALE_WITHIN = 1.0
"""Seconds after sending in which an old connection's end says that the server had closed it."""

LEVER: ContextVar[Lever] = ContextVar("LEVER")
"""The lever of the answer that this thread asks for; set around the request."""


class StaleError(ConnectionResetError):
    """A connection that was kept ended soon after sending, before a byte of this answer came.

    A server closes one that has rested for long enough, and cannot know that a request is on its
    way: RFC 9112, 9.5. One that ends later may have been at work on the request.
    """


def give_levers(pool: HTTPConnectionPool) -> None:
    """Let the connections that `pool` opens from now on, also to a proxy, have levers."""
    pool.ConnectionCls = _with_lever(type(pool).ConnectionCls)


def close_kept(manager: PoolManager) -> None:
    """Close the connections that are kept for the next prompt, whoever still holds their pools.

    An answer that is held, or an error's traceback, holds its pool. The pools can still be used.
    """
    for key in manager.pools.keys():  # noqa: SIM118 - the only safe way through it
        kept = getattr(manager.pools.get(key), "pool", None) or LifoQueue()
        with suppress(Empty):
            while True:
                if connection := kept.get(block=False):
                    connection.close()


@cache
def _with_lever(connection: type) -> type[HTTPConnection]:
    is_direct = getattr(connection, "_new_conn", None) is HTTPConnection._new_conn  # noqa: SLF001 - a SOCKS proxy looks names up by itself
    ours = _Direct if is_direct else _WithLever
    return type(f"{connection.__name__}WithLever", (ours, connection), {})


def iter_body(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Yield the body as it comes, unpacked.

    Raises:
        DecodeError: It is packed in a way that nobody asked for.
    """
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    is_packed = coding in _PACKED
    if not is_packed and coding not in _PLAIN:
        raise DecodeError("packed in a way that nobody asked for")
    size = _PACKED_PIECE if is_packed else _PIECE
    while piece := response.read1(size, decode_content=is_packed):
        yield piece


class _Response(HTTPResponse):
    """Hands over all chunks that have come, and not one at a time.

    What comes behind the body would be read as the head of the next response: its connection is
    ended, so that no other prompt gets it.
    """

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:  # noqa: ANN401 - http.client's own
        super().__init__(sock, *args, **named)
        self._socket = sock

    def begin(self) -> None:
        """Read the headers; what follows them is read without its frames.

        Raises:
            RemoteDisconnected: The connection ended before a byte came.
        """
        stream = self.fp
        if not _brings(stream):
            raise RemoteDisconnected("not a byte came")
        self.fp = cast("BufferedReader", Head(stream))
        try:
            super().begin()
            for _ in range(_MOST_INTERIM):
                if self.status not in _INTERIM:
                    break
                self.headers = self.msg = None  # type: ignore[assignment] # begin() starts there
                super().begin()
        finally:
            self.fp = self.fp and stream  # none where http.client has closed it
        self._check_frames()

    def _check_frames(self) -> None:
        """Take the body out of its frames (RFC 9112, 6.3)."""
        lengths = set(self._values_of("Content-Length"))
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise HTTPException("Content-Length is no number")
        codings = [each for each in self._values_of("Transfer-Encoding") if each != "identity"]
        if codings not in ([], ["chunked"]):
            raise HTTPException("the body is framed in a way that nobody asked for")
        self.chunked = False
        if codings and self.status not in _WITHOUT_BODY:
            self.will_close = self.will_close or bool(lengths)
            self.length = None
            self.fp = cast("BufferedReader", ChunkedBody(self.fp))
        elif self.length:
            body = SizedBody(self.fp, self.length, partial(shut, self._socket))
            self.fp = cast("BufferedReader", body)
            self.length = None
        elif self.length == 0:
            self.will_close = True

    def _values_of(self, header: str) -> list[str]:
        lines = self.headers.get_all(header, ())
        return [value.strip(" \t\r\n").lower() for line in lines for value in line.split(",")]


def _brings(stream: BufferedReader) -> bool:
    """Return whether a byte comes, and not the connection's end."""
    try:
        return bool(stream.peek(1))
    except ConnectionError:
        return False


class _WithLever(HTTPConnection):
    _lever: Lever | None = None
    _process = 0
    _is_kept = False
    _is_connecting = False
    _sent_at = 0.0

    response_class = _Response
    debuglevel = 0
    """Whatever http.client's own is: it would print the headers, and the key with them."""

    @property
    def is_connected(self) -> bool:
        """Whether it is ours, and nothing came since the last answer; TLS may have unpacked it.

        A process that was forked has its parent's connections, and would take its answers.
        """
        pending = getattr(self.sock, "pending", int)
        return self._process == os.getpid() and super().is_connected and not pending()

    def connect(self) -> None:
        """Connect, through a proxy's tunnel and TLS too: as long as it takes counts as connecting.

        Raises:
            ConnectTimeoutError: The proxy, or who speaks TLS, was silent for longer than `timeout`.
        """
        self._is_connecting = True
        try:
            super().connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "connecting took too long") from error
        finally:
            self._is_connecting = False

    def _new_conn(self) -> socket.socket:
        """Connect so that it can be ended at every moment, and within `timeout` in all."""
        lever = LEVER.get()
        try:
            sock = lever.dial(self._dial, self.timeout)
        except DialTimeout as error:
            raise ConnectTimeoutError(self, "connecting took too long") from error
        try:
            self._take(lever, sock)
        except BaseException:
            sock.close()
            raise
        self._is_kept = False
        self._process = os.getpid()
        return sock

    def _dial(self) -> socket.socket:
        return super()._new_conn()

    def send(self, data: _Data) -> None:
        """Send, unless the answer was stopped before.

        Raises:
            BrokenPipeError: The connection has ended. urllib3 then looks for an answer that came
                before the end, as of a server that does not read what is too long for it.
        """
        lever = LEVER.get()
        if self.sock is not None and not (self._lever is lever and lever.is_held):
            self._take(lever, self.sock)
            self._is_kept = True
        if self.sock is not None and not self._is_connecting:
            self.sock.settimeout(lever.silence)  # so far it was the time to connect in
        try:
            super().send(data)
        except _ENDED as error:
            raise BrokenPipeError from error
        finally:
            self._sent_at = time.monotonic()

    def getresponse(self) -> UrllibResponse:  # type: ignore[override] # as urllib3 has it
        """Return the response, its body not read yet.

        Raises:
            StaleError: The connection is an old one, and ended soon, before a byte came.
        """
        try:
            return super().getresponse()
        except RemoteDisconnected:
            if not self._is_kept or time.monotonic() - self._sent_at >= STALE_WITHIN:
                raise
            raise StaleError from None

    def _take(self, lever: Lever, sock: socket.socket) -> None:
        if self._lever is not None:
            self._lever.drop()
        lever.hold(sock)
        self._lever = lever


class _Direct(_WithLever):
    """Looks the host up by itself, to try its addresses one by one, each in its share of the time.

    Otherwise one that swallows what is sent to it, as IPv6 often does where it is half set up,
    leaves no time for the next.
    """

    def _dial(self) -> socket.socket:
        trouble: Exception = OSError("no address")
        addresses = self._look_up()
        start = time.monotonic()
        for number, (host, port) in enumerate(addresses):
            twin = copy(self)  # this thread may outlive the attempt, and must not change it
            twin.host, twin.port = host, port
            if self.timeout is not None:
                left = self.timeout - (time.monotonic() - start)
                if left <= 0:
                    break
                twin.timeout = min(left, max(left / (len(addresses) - number), LEAST_SHARE))
            try:
                return HTTPConnection._new_conn(twin)  # noqa: SLF001 - what it is called in urllib3
            except (NewConnectionError, ConnectTimeoutError) as error:
                trouble = error
        raise trouble

    def _look_up(self) -> list[tuple[str, int]]:
        try:
            found = socket.getaddrinfo(
                self._dns_host, self.port, allowed_gai_family(), socket.SOCK_STREAM
            )
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError as error:
            raise LocationParseError(self.host) from error
        return [(_host_of(address), int(address[1])) for *_, address in found]


def _host_of(address: tuple[object, ...]) -> str:
    """Return the host of a socket's address, a link-local one with its zone: RFC 4007, 11."""
    zone = [f"%{scope}" for scope in address[3:] if scope]
    return "".join([str(address[0]), *zone])
