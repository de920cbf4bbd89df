"""The body of a response as it comes; of one that refuses, what it says and what that means."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from secondme_magics.api import statuses
from secondme_magics.api.connection import iter_body
from secondme_magics.errors import SecondMeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from urllib3 import BaseHTTPResponse

    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.api.lever import Lever
    from secondme_magics.errors import StatusError

LONGEST_BODY = 64 * 1024
"""Bytes that are kept of a body that is no answer, such as an error's."""

_SECONDS = 5.0


def iter_chunks(
    client: Client, response: BaseHTTPResponse, lever: Lever, total: float
) -> Iterator[bytes]:
    """Yield a response's body, which may take `total` seconds with all before it.

    Raises:
        SecondMeError: It broke, or took too long.
        Cut: It was stopped.
    """
    with client.translating(lever, total, speaking=True):
        yield from iter_body(response)
        lever.check()


def status_error(
    client: Client,
    response: BaseHTTPResponse,
    lever: Lever,
    meaning: tuple[str, str] | None = None,
) -> StatusError:
    """Return the error for a response with a status other than 200; its body is read.

    Args:
        client: Whose request it answers.
        response: The response, not read yet.
        lever: Ends the reading, which takes a few seconds at most.
        meaning: What the status means and what helps, where that is not what it means to a chat.
    """
    endpoint = client.endpoint
    if location := response.get_redirect_location():
        location = endpoint.key.hide_in(location) if endpoint.key else location
        return statuses.redirect_error(endpoint, response.status, location)
    body = read_briefly(iter_chunks(client, response, lever, _SECONDS), lever, endpoint)
    wait = statuses.parse_retry_after(response.headers.get("Retry-After"), time.time())
    return statuses.status_error(endpoint, response.status, body, wait, meaning)


def read_briefly(
    chunks: Iterable[bytes], lever: Lever, endpoint: Endpoint, seconds: float = _SECONDS
) -> str:
    """Return what comes in `seconds`, up to `LONGEST_BODY` and without the endpoint's key.

    However it ends is no matter. The key is hidden first: what is cut would show its beginning.
    """
    more = len(endpoint.key.reveal()) * len("\\u0000") if endpoint.key else 0
    lever.cut_after(seconds, "enough")
    body = bytearray()
    with suppress(SecondMeError):
        for chunk in chunks:
            body += chunk
            if len(body) >= LONGEST_BODY + more:
                break
    text = bytes(body[: LONGEST_BODY + more]).decode("utf-8-sig", "replace")
    return (endpoint.key.hide_in(text) if endpoint.key else text)[:LONGEST_BODY]
