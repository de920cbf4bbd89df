"""What requests, urllib3 and sockets raise, as errors of ours: one table. Opens nothing."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

import requests
import urllib3.exceptions

from secondme_magics.api.probing import CERTIFICATE_TROUBLES
from secondme_magics.errors import (
    ConfigurationError,
    ConnectionFailed,
    ProtocolError,
    ResponseTimeout,
    SecondMeError,
    StreamInterrupted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Row(NamedTuple):
    """Exceptions that mean the same, and what they become; `{}` is the origin."""

    kinds: tuple[type[BaseException], ...]
    becomes: type[SecondMeError]
    what: str
    hint: str


FOREIGN = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)

_AGAIN = "Check your connection to the network, and ask again."

_SPEAKING = _Row(
    (urllib3.exceptions.ProtocolError, urllib3.exceptions.SSLError),
    StreamInterrupted,
    "the answer was cut: the connection to {} broke",
    "What came is kept. Ask again.",
)

_TROUBLES = (
    _Row(
        (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError),
        ConnectionFailed,
        "no way to {} through the proxy",
        "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or add the host to NO_PROXY.",
    ),
    _Row(
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
        ),
        ConfigurationError,
        "the environment's proxy for {} cannot be used",
        "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; a socks proxy needs `pip install pysocks`.",
    ),
    _Row(
        (urllib3.exceptions.NameResolutionError, socket.gaierror),
        ConnectionFailed,
        "no answer from {} (unknown host)",
        f"Check the spelling of the address. {_AGAIN}",
    ),
    _Row(
        (ConnectionRefusedError,),
        ConnectionFailed,
        "no answer from {} (connection refused)",
        "Is the server running? Start it, or name another instance with %secondme connect TARGET.",
    ),
    _Row(
        (ssl.SSLCertVerificationError,),
        ConnectionFailed,
        "{} did not prove who it is ({detail})",
        "If you trust it, put its certificate into a file and name that in REQUESTS_CA_BUNDLE.",
    ),
    _Row(
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError),
        ConnectionFailed,
        "no secure connection to {} (TLS failed)",
        "If the server speaks plain http, write http:// in its address.",
    ),
    _Row(
        (urllib3.exceptions.NewConnectionError,), ConnectionFailed, "{} cannot be reached", _AGAIN
    ),
    _Row(
        (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError),
        ResponseTimeout,
        "no connection to {} in time",
        "Is the address right, and the server running? A firewall may stand in between.",
    ),
    _Row(
        (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError),
        ResponseTimeout,
        "{} was silent for too long",
        "Give it more time, silent or not, with --timeout S (or timeout=S), and ask again.",
    ),
    _Row(
        (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError),
        ProtocolError,
        "the answer of {} is compressed in a way that cannot be read",
        "Ask again; if it keeps failing, check the server, and any proxy in between.",
    ),
    _Row(
        (ConnectionError, http.client.IncompleteRead, requests.exceptions.ChunkedEncodingError),
        ConnectionFailed,
        "{} closed the connection without an answer",
        "It may have begun to answer: ask again if that does no harm.",
    ),
    _Row(
        (http.client.HTTPException, requests.exceptions.InvalidHeader),
        ProtocolError,
        "{} does not answer in HTTP as it should",
        "Check the address and the port: another program may answer there.",
    ),
    _Row(FOREIGN, ConnectionFailed, "the connection to {} failed ({detail})", _AGAIN),
)


def translate(error: BaseException, origin: str, *, speaking: bool) -> SecondMeError:
    """Return what `error` means: the first row that it, or what caused it, belongs to."""
    causes = list(iter_causes(error))
    rows = (_SPEAKING, *_TROUBLES) if speaking else _TROUBLES
    row, cause = next(
        (row, cause) for row in rows for cause in causes if isinstance(cause, row.kinds)
    )
    code = getattr(cause, "verify_code", 0)
    detail = CERTIFICATE_TROUBLES.get(code, type(cause).__name__)
    return row.becomes(row.what.format(origin, detail=detail), row.hint)


def iter_causes(error: object) -> Iterator[BaseException]:
    """Yield `error` and what it wraps; not its context, which may be the caller's own trouble."""
    if isinstance(error, BaseException):
        yield error
        for inner in (*error.args, getattr(error, "reason", None), error.__cause__):
            yield from iter_causes(inner)
