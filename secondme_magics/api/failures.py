"""What a server says when it fails: bodies of all shapes -> its own words, statuses -> errors.

Knows no sockets. What it reads is hostile until shown otherwise: bounded, and never trusted.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from secondme_magics.errors import (
    AuthenticationFailed,
    InstanceNotFound,
    InstanceUnavailable,
    InvalidRequest,
    ProtocolError,
    RateLimited,
    StatusError,
    one_line,
)

if TYPE_CHECKING:
    from secondme_magics.api.endpoint import Endpoint, Key, Kind
    from secondme_magics.errors import SecondMeError

LONGEST_WORDS = 300
"""Characters of a server's own words in an error."""

_decode = json.JSONDecoder().raw_decode
_SPACE = " \t\n\r"

_NO_ERROR = (None, False, "", 0)
_WORDS_KEYS = ("message", "detail", "error", "msg", "validation_error", "body_params", "type")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,400})", re.IGNORECASE)
_HAND_BUILT = re.compile(r'\s*\{\s*"(?:error|detail|success|code)"\s*:')
_HAND_BUILT_WORDS = re.compile(
    r'"(?:message|detail|error)"\s*:\s*"(.*?)(?:"\s*,\s*"(?:type|code|data|param)"\s*:|"\s*\}|$)',
    re.DOTALL,
)


def parse_json(text: str) -> object:
    """Return the JSON value that `text` writes.

    Raises:
        ValueError: It writes none, or one that is nested too deeply.
    """
    text = text.strip(_SPACE)
    value: object
    try:
        value, end = _decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if end < len(text):
        raise ValueError("more than one value")
    return value


def error_frame(value: object) -> ProtocolError | None:
    """Return the error that a parsed value under status 200 reports, if it reports one."""
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    is_error = error not in _NO_ERROR
    if not is_error and "choices" not in value:
        code = value.get("code")
        is_coded = "code" in value and code not in (0, "0", None)
        is_error = is_coded or value.get("success") is False or "detail" in value
    return reported(words_of(error if error not in _NO_ERROR else value)) if is_error else None


def unparsed_error(text: str) -> ProtocolError | None:
    """Return the error that `text`, JSON built by hand that does not parse, reports.

    A server that puts a message with a quote or a newline into JSON by hand sends such.
    """
    if not _HAND_BUILT.match(text):
        return None
    words = _HAND_BUILT_WORDS.search(text[:4096])
    return reported(words[1] if words else text)


def reported(words: str) -> ProtocolError:
    """Return the error for what the server said in the place of an answer."""
    said = f": {_bounded(words)}" if words.strip() else ", and did not say which"
    return ProtocolError(f"the server reported an error{said}", _with_advice(_AGAIN, words))


def broken_off(reason: str) -> ProtocolError:
    """Return the error for an answer that failed with no other words than its finish reason."""
    return ProtocolError(f"the server broke the answer off (finish reason {reason!r})", _AGAIN)


_AGAIN = "What came of the answer is kept. Ask again; if it stays, look into the server's log."


def _with_advice(hint: str, words: str) -> str:
    """Return `hint`, and what helps where the server's words speak of length."""
    return f"{hint} If it is too long: {_SEND_LESS}" if _OF_LENGTH.search(words[:4096]) else hint


def words_of(value: object, depth: int = 6) -> str:
    """Return what a parsed error says in words, whatever its shape; empty if it says nothing."""
    if isinstance(value, str):
        return value[:4096]
    if isinstance(value, list) and depth:
        return "; ".join(filter(None, (words_of(item, depth - 1) for item in value[:5])))
    if isinstance(value, dict) and depth:
        said = (words_of(value[key], depth - 1) for key in _WORDS_KEYS if key in value)
        words = next(filter(None, said), "")
        where = _field_of(value.get("loc"))
        return f"{where}: {words}" if where and words else words
    return ""


def _field_of(loc: object) -> str:
    """Return the field that a validation error is about."""
    parts = loc if isinstance(loc, list) else []
    return ".".join(str(part)[:40] for part in parts[:5] if isinstance(part, str | int))


def words_of_body(body: str) -> str:
    """Return what an error's body says: its words, a web page's title, or its text."""
    try:
        return words_of(parse_json(body))
    except ValueError:
        return page_title(body) if body.lstrip().startswith("<") else body


def page_title(body: str) -> str:
    """Return the title of a web page, or nothing."""
    title = _TITLE.search(body)
    return title[1].strip() if title else ""


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
    words = _bounded(words_of_body(body))
    fits = status if meaning else _fitting(status, body)
    what, hint = meaning or _meaning(endpoint, fits)
    if fits in _ABOUT_WHAT_IS_SENT and fits != _TOO_LARGE:
        hint = _with_advice(hint, words)
    if retry_after:
        hint = f"It asks to wait {retry_after:.0f} s. {hint}"
    said = f": {words}" if words else ""
    kind = StatusError if meaning else _KINDS.get(fits, StatusError)
    return kind(f"{what} (status {status}){said}", hint, status, body, retry_after)


def hide_key(error: SecondMeError, key: Key | None) -> None:
    """Make `key` unreadable in `error`: a server may echo what it was sent."""
    if key is None:
        return
    error.what, error.hint = key.hide_in(error.what), key.hide_in(error.hint)
    error.args = (error.what, error.hint)
    if isinstance(error, StatusError):
        error.body = key.hide_in(error.body)
        error.args = (*error.args, error.status, error.body, error.retry_after)


def _bounded(words: str) -> str:
    line = one_line(words[: 8 * LONGEST_WORDS])
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"


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

_OF_LENGTH = re.compile(r"context|\btokens?\b|too (?:long|large)", re.IGNORECASE)
"""What servers say, in their own words each, when a prompt and its conversation are too much."""

_ABOUT_WHAT_IS_SENT = (400, 422, _SERVER_FAILED)
"""Where such words are about length: elsewhere a token opens doors, or is counted by the minute."""

_SEND_LESS = (
    "shorten the prompt, or send fewer earlier turns with --last-turns N (for all prompts "
    "%config SecondMe.max_turns = N), or none in a new conversation."
)

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
        "Ask again; if it stays, send less, or look at the network and a proxy in between.",
    ),
    _TOO_LARGE: ("{name} takes no request as large as this", f"Send less: {_SEND_LESS}"),
    407: (
        "the proxy on the way to {origin} wants a user and a password",
        "Write them into HTTP_PROXY, as in http://user:password@proxy.example:3128.",
    ),
    429: ("{name} gets too many requests", "Wait a moment, then ask again."),
    _SERVER_FAILED: (
        "{name} failed",
        "Ask again in a moment; if it stays, look into the server's log.",
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
        "Check the path: a Second Me's ends in /api/kernel2/chat, another server's base in /v1.",
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
            "Check the model's name and the URL: an OpenAI-compatible base often ends in /v1.",
        ),
        503: ("{name} is not available now", "Wait for it, then ask again."),
    },
}
_SAME = {403: 401, 422: 400}


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


def no_answer(origin: str, content_type: str, start: str) -> ProtocolError:
    """Return the error for what came under status 200 and is neither a stream nor JSON.

    Args:
        origin: Who sent it.
        content_type: What it says that it is.
        start: How it begins; empty if nothing came.
    """
    if start.startswith("<"):
        title = page_title(start)
        named = f", {_bounded(title)!r}," if title else ""
        return ProtocolError(
            f"{origin} sent a web page{named} in place of an answer",
            "It may be a login or a proxy's page: open the address in a browser, and check it.",
        )
    sent = f"{content_type or 'something'}: {start[:80]!r}" if start else "an empty answer"
    return ProtocolError(
        f"{origin} sent {sent}", "Check the address: this is not how a chat answers."
    )


def redirect_error(endpoint: Endpoint, status: int, location: str) -> StatusError:
    """Return the error for a redirect, which is never followed: it may lead a key astray."""
    where = "elsewhere"
    with suppress(ValueError):
        parts = urlsplit(urljoin(endpoint.url, location))
        where = f"to {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return StatusError(
        f"{endpoint.origin} points {_bounded(where)} (status {status})",
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
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
