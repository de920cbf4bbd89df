"""Brings messages to an endpoint; the one module that knows requests, and what it raises.

Redirects are not followed, cookies not kept, and a prompt is never sent twice by itself. Knows no
conversation and no notebook.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from concurrent.futures import CancelledError
from contextlib import contextmanager
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, NamedTuple, cast

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

from secondme_magics import __version__
from secondme_magics.api.body import Preview, to_body
from secondme_magics.api.connection import LEVER, close_kept, give_levers
from secondme_magics.api.inquiry import SECONDS, fetch_json
from secondme_magics.api.key_header import KeyHeader
from secondme_magics.api.lever import Cut, Lever
from secondme_magics.api.probing import CERTIFICATE_TROUBLES, Way, check_bundle, parse_proxy
from secondme_magics.api.stream import STOPPED, Stream
from secondme_magics.errors import (
    ConfigurationError,
    ConnectionFailed,
    ProtocolError,
    ResponseTimeout,
    SecondMeError,
    StreamInterrupted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.conversation.messages import Message, Parameters

_KEPT_CONNECTIONS = 64

_HEADERS = {
    "Accept": "text/event-stream, application/json",
    "Accept-Encoding": "gzip, deflate",
    "Content-Type": "application/json",
    "User-Agent": f"secondme-magics/{__version__}",
}
_HEADERS_OF_GET = {name: _HEADERS[name] for name in ("Accept-Encoding", "User-Agent")}
_HEADERS_OF_GET["Accept"] = "application/json"


class Client:
    """Asks one endpoint; any number of threads may use it at once.

    Args:
        endpoint: Who is asked.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(pool_maxsize=_KEPT_CONNECTIONS))

    def stream(
        self,
        messages: Sequence[Message],
        parameters: Parameters,
        *,
        timeout: float | None = None,
    ) -> Stream:
        """Return a stream that connects once it is iterated.

        Args:
            messages: What is sent, in the conversation's order.
            parameters: The request's optional fields.
            timeout: Seconds for the whole answer; `None` is the endpoint's own limit.

        Raises:
            ConfigurationError: A parameter or the timeout is out of its bounds.
        """
        body = to_body(messages, parameters, self.endpoint.kind)
        total = self.endpoint.timeouts.total if timeout is None else timeout
        if not 0 < total <= TIMEOUT_MAX:
            raise ConfigurationError(
                f"{total:g} seconds are no time for an answer",
                "Give the seconds for the whole answer, as in --timeout 60 (or timeout=60).",
            )
        return Stream(self, body, total)

    def preview(self, messages: Sequence[Message], parameters: Parameters) -> Preview:
        """Return what would be sent, and send nothing.

        Raises:
            ConfigurationError: A parameter is out of its bounds.
        """
        body = to_body(messages, parameters, self.endpoint.kind)
        key = {"Authorization": f"Bearer {self.endpoint.key}"} if self.endpoint.key else {}
        url, mark, _ = self.endpoint.url.partition("?")
        shown = f"{url}?•••" if mark else url  # a key may stand in a query
        return Preview("POST", shown, _HEADERS | key, body)

    def get_json(
        self, path: str, *, lever: Lever | None = None, seconds: float = SECONDS
    ) -> object:
        """Return the JSON value that the endpoint's server has at `path`.

        Args:
            path: Path and query under the endpoint's origin, which alone gets the key.
            lever: Ends it from another thread.
            seconds: How long all of it may take.

        Raises:
            SecondMeError: There is none, or no way to it.
            Cut: The lever was pulled.
        """
        return fetch_json(self, path, lever or Lever(), seconds)

    def way(self) -> Way:
        """Return the proxy that the endpoint is asked through, and which certificates count."""
        proxies, verify = self._settings()
        proxy = select_proxy(self.endpoint.url, proxies)
        return Way(
            parse_proxy(proxy) if proxy else None,
            verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH,
        )

    def close(self) -> None:
        """Close the connections that were kept."""
        self._session.close()

    def send(
        self, body: Mapping[str, object] | None, lever: Lever, path: str = ""
    ) -> BaseHTTPResponse:
        """Post `body`, or get `path`, through a connection that `lever` can cut.

        The response is not read yet.
        """
        endpoint, session = self.endpoint, self._session
        if body is None:
            request = requests.Request("GET", endpoint.origin + path, _HEADERS_OF_GET)
        else:
            data = json.dumps(body, ensure_ascii=False).encode()
            request = requests.Request("POST", endpoint.url, _HEADERS, data=data)
        request.auth = KeyHeader(endpoint.key)
        proxies, verify = self._settings()
        timeouts = (endpoint.timeouts.connect, endpoint.timeouts.silence)
        token = LEVER.set(lever)
        try:
            # Session.send() would read the whole body of a redirect, and keep cookies.
            adapter = session.get_adapter(endpoint.url)
            raw: BaseHTTPResponse = adapter.send(
                session.prepare_request(request),
                stream=True,
                timeout=timeouts,
                verify=verify,
                proxies=proxies,
            ).raw
        finally:
            LEVER.reset(token)
        return raw

    def _settings(self) -> tuple[Mapping[str, str], bool | str]:
        """Return the environment's proxies for the endpoint, and what certificates it trusts."""
        settings = self._session.merge_environment_settings(
            self.endpoint.url, proxies={}, stream=True, verify=None, cert=None
        )
        verify: bool | str = settings["verify"] or True
        check_bundle(verify)
        return ({} if self.endpoint.is_local else settings["proxies"]), verify

    @contextmanager
    def translating(self, lever: Lever, total: float, *, speaking: bool = False) -> Iterator[None]:
        """Raise what requests, urllib3 and sockets raise as a `SecondMeError`.

        Args:
            lever: Tells whether it was us who ended the connection.
            total: Seconds that the whole answer had.
            speaking: Whether the answer has begun.

        Raises:
            Cut: The answer was stopped.
        """
        try:
            yield
        except (*_FOREIGN, CancelledError, Cut) as error:
            if lever.why == STOPPED:
                raise Cut(STOPPED) from None
            if lever.why is not None:
                raise ResponseTimeout(
                    f"{self.endpoint.origin} did not finish its answer in {total:g} s",
                    "Give it more time with --timeout S (or timeout=S), or ask for less.",
                ) from None
            raise _translate(error, self.endpoint.origin, speaking=speaking) from None


class _Adapter(HTTPAdapter):
    """Gives each connection its lever, also those that lead to a proxy."""

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001 - requests' own signature
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        found = super().get_connection_with_tls_context(request, verify, proxies, cert)
        pool = cast("HTTPConnectionPool", found)
        give_levers(pool)
        return pool

    def close(self) -> None:
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            close_kept(manager)
        super().close()


class _Row(NamedTuple):
    """Exceptions that mean the same, and what they become; `{}` is the origin."""

    kinds: tuple[type[BaseException], ...]
    becomes: type[SecondMeError]
    what: str
    hint: str


_FOREIGN = (
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
        "Ask again; if it stays, look whether the server is still at work.",
    ),
    _Row(
        (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError),
        ProtocolError,
        "the answer of {} is compressed in a way that cannot be read",
        "Ask again; if it stays, look at the server, or at a proxy in between.",
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
    _Row(_FOREIGN, ConnectionFailed, "the connection to {} failed ({detail})", _AGAIN),
)


def _translate(error: BaseException, origin: str, *, speaking: bool) -> SecondMeError:
    """Return what `error` means: the first row that it, or what caused it, belongs to."""
    causes = list(_iter_causes(error))
    rows = (_SPEAKING, *_TROUBLES) if speaking else _TROUBLES
    row, cause = next(
        (row, cause) for row in rows for cause in causes if isinstance(cause, row.kinds)
    )
    code = getattr(cause, "verify_code", 0)
    detail = CERTIFICATE_TROUBLES.get(code, type(cause).__name__)
    return row.becomes(row.what.format(origin, detail=detail), row.hint)


def _iter_causes(error: object) -> Iterator[BaseException]:
    """Yield `error` and what it wraps; not its context, which may be the caller's own trouble."""
    if isinstance(error, BaseException):
        yield error
        for inner in (*error.args, getattr(error, "reason", None), error.__cause__):
            yield from _iter_causes(inner)
