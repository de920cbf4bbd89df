"""One GET from its request to the JSON value that came: bounded in time and in size.

Knows neither requests nor what the value means; the client sends, and says what an exception means.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from secondme_magics.api import failures
from secondme_magics.api.connection import iter_body
from secondme_magics.api.hiding import hide_in_value
from secondme_magics.api.refusal import status_error
from secondme_magics.errors import ProtocolError, ResponseTimeout, SecondMeError, StatusError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from secondme_magics.api.client import Client
    from secondme_magics.api.lever import Lever

SECONDS = 20.0
"""How long a GET may take, from the look-up of the name to the last byte."""

LONGEST_JSON = 1024 * 1024
"""Bytes of an answer, after decompression."""

MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
"""How a server says that it has nothing at a path."""

_ABOUT_THE_KEY = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_NOTHING = ("has nothing for", "Check the address: another program may answer there.")
_REFUSED = ("did not answer", "Try again in a moment; if it keeps failing, check the server's log.")

_IN_TIME = "in time"


def fetch_json(client: Client, path: str, lever: Lever, seconds: float) -> object:
    """Return the JSON value that the server of `client` has at `path`, without the key in it.

    Args:
        client: Whose endpoint is asked.
        path: Path and query under the endpoint's origin.
        lever: Ends it from another thread.
        seconds: How long all of it may take.

    Raises:
        StatusError: The server has nothing at `path` (a status of `MISSING`), or refused.
        SecondMeError: There is no way to it, or what came is no JSON.
        Cut: The lever was pulled.
        ValueError: The path does not begin with a slash.
    """
    if not path.startswith("/"):
        raise ValueError(f"a path begins with a slash: {path!r}")
    try:
        lever.cut_after(seconds, _IN_TIME)
        with client.translating(lever, seconds):
            lever.check()
            response = client.send(None, lever, path)
            try:
                return _read(client, response, path, lever)
            finally:
                response.close()
                response.release_conn()
    except SecondMeError as error:
        failed = failures.without_key(error, client.endpoint.key)
        if lever.why == _IN_TIME and isinstance(failed, ResponseTimeout):
            failed = _too_late(client.endpoint.origin, path, seconds)
        raise failed from None
    finally:
        lever.release()


def _too_late(origin: str, path: str, seconds: float) -> ResponseTimeout:
    return ResponseTimeout(
        f"{origin} gave no answer to GET {_shown(path)} in {seconds:g} s",
        "Try again; if it keeps failing, check that the server still works.",
    )


def _read(client: Client, response: BaseHTTPResponse, path: str, lever: Lever) -> object:
    if response.status != HTTPStatus.OK:
        raise _status_error(client, response, path, lever)
    endpoint = client.endpoint
    body = bytearray()
    for chunk in iter_body(response):
        body += chunk
        if len(body) > LONGEST_JSON:
            raise ProtocolError(
                f"{endpoint.origin} sent more than {LONGEST_JSON:,} bytes at {_shown(path)}",
                "Another program may answer there: check the address.",
            )
    lever.check()  # a body without a length has no other end
    text = body.decode("utf-8-sig", "replace")
    try:
        value = failures.parse_json(text)
        return hide_in_value(value, endpoint.key) if endpoint.key else value
    except (ValueError, RecursionError):
        if text.lstrip().startswith("<"):
            page = endpoint.key.hide_in(text) if endpoint.key else text
            raise failures.no_answer(endpoint.origin, "", page.strip()) from None
        raise ProtocolError(
            f"{endpoint.origin} sent no JSON at {_shown(path)}",
            "Another program may answer there: check the address.",
        ) from None


def _status_error(
    client: Client, response: BaseHTTPResponse, path: str, lever: Lever
) -> StatusError:
    status = response.status
    if status in _ABOUT_THE_KEY:
        return status_error(client, response, lever)
    what, hint = _NOTHING if status in MISSING else _REFUSED
    meaning = f"{client.endpoint.origin} {what} GET {_shown(path)}", hint
    return status_error(client, response, lever, meaning)


def _shown(path: str) -> str:
    """Return `path` without its query."""
    return path.partition("?")[0]
