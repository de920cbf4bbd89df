"""What a status other than 200 means, and what helps.

Knows no sockets. A redirect is told and never followed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from secondme_magics.api.failures import (
    SEND_LESS,
    bounded,
    parse_json,
    with_advice,
    words_of_body,
)
from secondme_magics.errors import (
    AuthenticationFailed,
    InstanceNotFound,
    InstanceUnavailable,
    InvalidRequest,
    RateLimited,
    StatusError,
)

if TYPE_CHECKING:
    from secondme_magics.api.endpoint import Endpoint, Kind

_KINDS: dict[int, type[StatusError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: AuthenticationFailed,
    404: InstanceNotFound,
    422: InvalidRequest,
    429: RateLimited,
    503: InstanceUnavailable,
}

_Meanings = dict[int, tuple[str, str]]
"""What a status means, and what helps: after the API document's table of errors."""

_OTHER, _DECLINED = 0, 1
_NO_CREDIT, _TOO_LARGE, _SERVER_FAILED = 402, 413, 500

_BY_CODE = {
    "insufficient_quota": _NO_CREDIT,
    "content_filter": _DECLINED,
    "content_policy_violation": _DECLINED,
}
"""What an error's code says better than its status."""

_ABOUT_WHAT_IS_SENT = (400, 422, _SERVER_FAILED)
"""Where such words are about length: elsewhere a token opens doors, or is counted by the minute."""

_MEANINGS: _Meanings = {
    _OTHER: ("{origin} gave no answer", "Check the address: this is not how a chat answers."),
    400: ("{name} refused the request", "Correct the field that the server's words name."),
    401: (
        "{origin} refused the key",
        "Check the key{source}: is it whole, valid, and allowed to do this?",
    ),
    _NO_CREDIT: (
        "{origin} says that there is no credit left",
        "Add credit to the account of the key{source}, or ask another server.",
    ),
    _DECLINED: (
        "{name} declined the prompt by its rules on content",
        "Say it in other words, or ask another model; asking the same again is of no use.",
    ),
    408: (
        "{name} stopped waiting for the request",
        "Ask again; if it keeps failing, send less, or check the network and any proxy.",
    ),
    _TOO_LARGE: ("{name} takes no request as large as this", f"Send less: {SEND_LESS}"),
    407: (
        "the proxy on the way to {origin} wants a user and a password",
        "Write them into HTTP_PROXY, as in http://user:password@proxy.example:3128.",
    ),
    429: ("{name} gets too many requests", "Wait a moment, then ask again."),
    _SERVER_FAILED: (
        "{name} failed",
        "Ask again in a moment; if it keeps failing, check the server's log.",
    ),
}
_MEANINGS_WITHOUT_KEY: _Meanings = {
    401: (
        "{origin} wants an API key",
        "Give it one in a variable: %secondme connect URL --key-env NAME (Python: api_key=).",
    )
}
_MEANINGS_AT_URL: _Meanings = {
    404: (
        "{origin} has no chat at this address",
        "A Second Me answers at /api/kernel2/chat; for another server connect {origin}/v1 -m NAME.",
    )
}
_MEANINGS_OF: dict[Kind, _Meanings] = {
    "second_me": {
        404: (
            "there is no instance {name} at {origin}",
            "Check the id, and that the instance is registered and online.",
        ),
        503: (
            "{name} is registered, but offline",
            "Start it, or wait until its owner does; then ask again.",
        ),
    },
    "openai": {
        400: (
            "{name} refused the request",
            "Correct the field that its words name; %config SecondMe.extra (or extra=) sends more.",
        ),
        404: (
            "{origin} has no such model, or no chat at this address",
            "Check the model's name (see %secondme models) and the URL: a base often ends in /v1.",
        ),
        503: ("{name} is not available now", "Wait for it, then ask again."),
    },
}
_SAME = {403: 401, 422: 400}


def status_error(
    endpoint: Endpoint,
    status: int,
    body: str,
    retry_after: float | None = None,
    meaning: tuple[str, str] | None = None,
) -> StatusError:
    """Return the error for an HTTP status other than 200.

    Args:
        endpoint: Who answered.
        status: The status.
        body: What came with it, bounded and without the key.
        retry_after: Seconds until it wants to be asked again.
        meaning: What it means and what helps, where that is not what it means to a chat.
    """
    words = bounded(words_of_body(body))
    fits = status if meaning else _fitting(status, body)
    what, hint = meaning or _meaning(endpoint, fits)
    if fits in _ABOUT_WHAT_IS_SENT and not meaning:
        hint = with_advice(hint, words)
    if retry_after and fits == status:
        hint = f"It asks to wait {retry_after:.0f} s. {hint}"
    said = f": {words}" if words else ""
    is_declined = fits != status and status == HTTPStatus.FORBIDDEN  # it is not about the key
    kind = StatusError if meaning or is_declined else _KINDS.get(status, StatusError)
    return kind(f"{what} (status {status}){said}", hint, status, body, retry_after)


def _fitting(status: int, body: str) -> int:
    """Return the status whose meaning fits: an error's body may say more than its status."""
    try:
        value = parse_json(body)
    except ValueError:
        return status
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return status
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and metadata.get("reasons"):
        return _DECLINED
    return _BY_CODE.get(str(error.get("code")), status)


def _meaning(endpoint: Endpoint, status: int) -> tuple[str, str]:
    without_key = {} if endpoint.key else _MEANINGS_WITHOUT_KEY
    is_url = endpoint.kind == "second_me" and endpoint.name in endpoint.origin
    at_url = _MEANINGS_AT_URL if is_url else {}
    meanings = _MEANINGS | _MEANINGS_OF[endpoint.kind] | at_url | without_key
    default = _SERVER_FAILED if status >= _SERVER_FAILED else _OTHER
    what, hint = meanings.get(_SAME.get(status, status), meanings[default])
    source = f" from {endpoint.key.source}" if endpoint.key and endpoint.key.source else ""
    named = {"name": endpoint.name, "origin": endpoint.origin, "source": source}
    return what.format(**named), hint.format(**named)


def redirect_error(endpoint: Endpoint, status: int, location: str) -> StatusError:
    """Return the error for a redirect, which is never followed: it may lead a key astray."""
    where = "elsewhere"
    with suppress(ValueError):
        parts = urlsplit(urljoin(endpoint.url, location))
        where = f"to {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return StatusError(
        f"{endpoint.origin} points {bounded(where)} (status {status})",
        "Redirects are not followed. If you trust that address, connect to it itself.",
        status,
    )


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3).

    Args:
        value: The header: seconds, or a date.
        now: Seconds since the epoch.
    """
    if not value:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip(), re.ASCII):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
        if date.tzinfo is None:  # asctime's format, of RFC 9110, 5.6.7: all of them are in UTC
            date = date.replace(tzinfo=timezone.utc)
        return max(0.0, date.timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
