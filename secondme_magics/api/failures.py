"""What a server says when it fails: bodies and frames of all shapes -> its own words, errors.

Knows no sockets. What it reads is hostile until shown otherwise: bounded, and never trusted.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from secondme_magics.errors import (
    ProtocolError,
    StatusError,
    one_line,
)

if TYPE_CHECKING:
    from secondme_magics.api.endpoint import Key
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
    said = f": {bounded(words)}" if words.strip() else ", and did not say which"
    return ProtocolError(f"the server reported an error{said}", with_advice(_AGAIN, words))


def broken_off(reason: str) -> ProtocolError:
    """Return the error for an answer that failed with no other words than its finish reason."""
    return ProtocolError(f"the server broke the answer off (finish reason {reason!r})", _AGAIN)


_AGAIN = "What came of the answer is kept. Ask again; if it keeps failing, check the server's log."


_OF_LENGTH = re.compile(
    r"context (?:length|window|size|limit)|too (?:long|large)"
    r"|\btokens\b.{0,60}\b(?:exceed|maximum|limit)|\b(?:exceed|maximum|limit).{0,60}\btokens\b",
    re.IGNORECASE,
)
"""What servers say, in their own words each, when a prompt and its conversation are too much."""

SEND_LESS = (
    "shorten the prompt, or send fewer earlier turns with --last-turns N (for all prompts "
    "%config SecondMe.max_turns = N), or none in a new conversation."
)
"""What helps when a prompt and its conversation are too much."""


def with_advice(hint: str, words: str) -> str:
    """Return `hint`, and what helps where the server's words speak of length."""
    return f"{hint} If it is too long: {SEND_LESS}" if _OF_LENGTH.search(words[:4096]) else hint


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


def without_key(error: SecondMeError, key: Key | None) -> SecondMeError:
    """Return `error` with `key` made unreadable in it: a server may echo what it was sent.

    It also forgets how it came about: the variables there hold the request, and what was answered.
    """
    if key is None:
        return error
    error.what, error.hint = key.hide_in(error.what), key.hide_in(error.hint)
    error.args = (error.what, error.hint)
    if isinstance(error, StatusError):
        error.body = key.hide_in(error.body)
        error.args = (*error.args, error.status, error.body, error.retry_after)
    error.__context__ = None
    return error.with_traceback(None)


def bounded(words: str) -> str:
    """Return a server's words as one line of a message, with its end cut off if it is long."""
    line = one_line(words[: 8 * LONGEST_WORDS])
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"


def no_answer(origin: str, content_type: str, start: str) -> ProtocolError:
    """Return the error for what came under status 200 and is neither a stream nor JSON.

    Args:
        origin: Who sent it.
        content_type: What it says that it is.
        start: How it begins; empty if nothing came.
    """
    if start.startswith("<"):
        title = page_title(start)
        named = f", {bounded(title)!r}," if title else ""
        return ProtocolError(
            f"{origin} sent a web page{named} in place of an answer",
            "It may be a login or a proxy's page: open the address in a browser, and check it.",
        )
    sent = f"{content_type[:80] or 'something'}: {start[:80]!r}" if start else "an empty answer"
    return ProtocolError(
        f"{origin} sent {sent}", "Check the address: this is not how a chat answers."
    )
