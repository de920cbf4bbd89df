"""Brings messages to an endpoint; with `troubles`, the one module that knows requests.

Redirects are not followed, cookies not kept, and a prompt that may have come is not sent again.
Knows no conversation and no notebook.
"""

from __future__ import annotations

import json
from concurrent.futures import CancelledError
from contextlib import contextmanager
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, cast

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

from secondme_magics import __version__
from secondme_magics.api.body import Preview, to_body
from secondme_magics.api.connection import LEVER, StaleError, close_kept, give_levers
from secondme_magics.api.inquiry import SECONDS, fetch_json
from secondme_magics.api.key_header import KeyHeader
from secondme_magics.api.lever import Cut, Lever
from secondme_magics.api.probing import Way, check_bundle, parse_proxy
from secondme_magics.api.stream import STOPPED, Stream
from secondme_magics.api.troubles import FOREIGN, iter_causes, translate
from secondme_magics.errors import ConfigurationError, ResponseTimeout

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
        self._adapter = _Adapter(pool_maxsize=_KEPT_CONNECTIONS)

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
            timeout: Seconds for the whole answer, silent or not; `None` is the endpoint's own
                limit.

        Raises:
            ConfigurationError: A parameter or the timeout is out of its bounds.
        """
        body = to_body(messages, parameters, self.endpoint.kind)
        total = self.endpoint.timeouts.total if timeout is None else timeout
        if not 0 < total <= TIMEOUT_MAX:
            raise ConfigurationError(
                f"an answer cannot be given {total:g} seconds",
                "Give the seconds for the whole answer, as in --timeout 60 (or timeout=60).",
            )
        waits = timeout is not None or parameters.stream is False
        return Stream(self, body, total, None if waits else self.endpoint.timeouts.silence)

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
        self._adapter.close()

    def send(
        self, body: Mapping[str, object] | None, lever: Lever, path: str = ""
    ) -> BaseHTTPResponse:
        """Post `body`, or get `path`, through a connection that `lever` can cut.

        It is sent once more, through a new connection, if an old one ended at once and before a
        byte came: as browsers do, since the server had closed it. The response is not read yet.
        """
        endpoint, session = self.endpoint, self._session
        if body is None:
            request = requests.Request("GET", endpoint.origin + path, _HEADERS_OF_GET)
        else:
            data = json.dumps(body, ensure_ascii=False).encode()
            request = requests.Request("POST", endpoint.url, _HEADERS, data=data)
        request.auth = KeyHeader(endpoint.key)
        prepared = session.prepare_request(request)
        token = LEVER.set(lever)
        try:
            return self._send(prepared, lever)
        except requests.ConnectionError as error:
            lever.check()
            if not any(isinstance(cause, StaleError) for cause in iter_causes(error)):
                raise
            self._adapter.close_kept()  # the server has left them too
            return self._send(prepared, lever)
        finally:
            LEVER.reset(token)

    def _send(self, request: requests.PreparedRequest, lever: Lever) -> BaseHTTPResponse:
        proxies, verify = self._settings()
        # Session.send() would read the whole body of a redirect, and keep cookies.
        raw: BaseHTTPResponse = self._adapter.send(
            request,
            stream=True,
            timeout=cast("tuple[float, float]", (self.endpoint.timeouts.connect, lever.silence)),
            verify=verify,
            proxies=proxies,
        ).raw
        return raw

    def _settings(self) -> tuple[Mapping[str, str], bool | str]:
        """Return the environment's proxies for the endpoint, and what certificates it trusts.

        Raises:
            ConfigurationError: They cannot be used.
        """
        settings = self._session.merge_environment_settings(
            self.endpoint.url, proxies={}, stream=True, verify=None, cert=None
        )
        verify: bool | str = settings["verify"] or True
        if self.endpoint.origin.startswith("https:"):  # nobody else shows a certificate
            check_bundle(verify)
        proxies = {} if self.endpoint.is_local else settings["proxies"]
        if proxy := select_proxy(self.endpoint.url, proxies):
            parse_proxy(proxy)
        return proxies, verify

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
        except (*FOREIGN, CancelledError, Cut) as error:
            if lever.why == STOPPED:
                raise Cut(STOPPED) from None
            if lever.why is not None:
                raise ResponseTimeout(
                    f"{self.endpoint.origin} did not finish its answer in {total:g} s",
                    "Give it more time with --timeout S (or timeout=S), or ask for less.",
                ) from None
            raise translate(error, self.endpoint.origin, speaking=speaking) from None


class _Adapter(HTTPAdapter):
    """Gives each connection its lever, also those that lead to a proxy, and reads no response."""

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

    def build_response(
        self, req: requests.PreparedRequest, resp: BaseHTTPResponse
    ) -> requests.Response:
        """Return a response with nothing but what came.

        requests would read its cookies and its charset, which nobody needs: in some of them it
        fails, and of others http.cookiejar warns with a traceback.
        """
        response = requests.Response()
        response.request, response.raw = req, resp
        return response

    def close(self) -> None:
        self.close_kept()
        super().close()

    def close_kept(self) -> None:
        """Close the connections that no answer is using."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            close_kept(manager)
