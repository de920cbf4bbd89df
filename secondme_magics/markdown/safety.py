"""What may reach a sink: text without tricks, HTML of a strict list, links that may be live.

Knows nothing of Markdown: it is the lock behind the renderer, and distrusts it too.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SUSPECT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
_HALF = re.compile(r"[\ud800-\udfff]")
_LONE = re.compile(r"[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")
_HARMLESS: dict[int, str | None] = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080)]),
}


def clean_text(text: str) -> str:
    """Return `text` fit for any sink: a terminal, a notebook, HTML that escapes it.

    Line ends become line feeds, other control characters but tab become visible, halves of a
    surrogate pair are joined or replaced, bidirectional overrides, isolates and tag characters
    go; joiners and right-to-left marks stay. Cleaning twice changes nothing.
    """
    if not _SUSPECT.search(text):
        return text
    if _HALF.search(text):
        text = json.loads(json.dumps(_LONE.sub("\ufffd", text)))  # which joins halves, and soon
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_HARMLESS)


def escape_text(text: str) -> str:
    """Return clean `text` as HTML that no host takes for math."""
    return hide_math(escape(text, quote=False))


def hide_math(html: str) -> str:
    """Return `html`, text without elements, so that no host finds math: it looks inside of one."""
    return _DELIMITER.sub(r"<span>\g<0></span>", html)


_DELIMITER = re.compile(r"[$\\]")


def with_math_as_written(html: str) -> str:
    """Return safe `html` with its formulas as TeX, which no host typesets."""
    return FORMULA.sub(as_written, html)


def as_written(found: re.Match[str]) -> str:
    """Return a `FORMULA` that was found in safe HTML as TeX, which no host typesets."""
    return found["begin"] + hide_math(found["tex"])


FORMULA = re.compile(r'(?P<begin><span class="secondme-math(?: secondme-display)?">)(?P<tex>[^<]+)')
"""A formula in safe HTML, up to where its element ends."""


class TextCleaner:
    """`clean_text` for text that comes in pieces: what it returns adds up to the same.

    A carriage return or half a surrogate pair at the end of a piece is held back until the next.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the clean text of what was held back and `text`."""
        text = self._held + text
        self._held = text[-1:] if text[-1:] == "\r" or "\ud800" <= text[-1:] <= "\udbff" else ""
        return clean_text(text[: len(text) - len(self._held)])

    def flush(self) -> str:
        """Return the clean text of what is still held back."""
        held, self._held = self._held, ""
        return clean_text(held)


_WEB = re.compile(
    r"https?://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][!#-;=?-\[\]_a-z~]*)?",
    re.ASCII | re.IGNORECASE,
)
_MAIL = re.compile(r"mailto:[a-z0-9._+'-]+@(?P<host>[a-z0-9.-]+)", re.ASCII | re.IGNORECASE)
LONGEST_LINK = 2_000
"""Characters of a link; a longer one is text."""


def host_of(url: str) -> str:
    """Return the host that a link to `url` leads to, or nothing where no link may be live.

    A link is absolute, http(s) without user info or mailto without header fields, in plain ASCII:
    a parser has percent-encoded the rest before.
    """
    found = _WEB.fullmatch(url) or _MAIL.fullmatch(url)
    return found["host"].lower() if found and len(url) <= LONGEST_LINK else ""


def is_safe_link(url: str) -> bool:
    """Return whether a link to `url` may be live."""
    return bool(host_of(url))


CODE_CLASS = re.compile(
    r"bp|c[1hmps]?|cpf|dl|fm|g[dehiprstu]|il|k[cdnprt]?|m[bfhio]?|n[abcdefilnotv]|ow?"
    r"|s[12abcdehirsx]?|v[cgim]"
)
"""The classes of Pygments that a theme colours; the other tokens go without a mark."""
LONGEST_NUMBER = 9
"""Digits of a list's first number, as CommonMark has it."""

_CLASSES = {
    "highlight",
    "secondme-cut",
    "secondme-display",
    "secondme-math",
    "secondme-note",
    "secondme-table",
    "secondme-task",
    "secondme-text",
}
_TAGS = {"div", "span", "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "code"}
_TAGS |= {"a", "em", "strong", "s", "ul", "ol", "li", "blockquote"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
    **{tag: {"class"} for tag in ("div", "p", "pre", "span")},
}


_LINK_REL = "noopener noreferrer nofollow"


def sanitize(html: str) -> str:
    """Return `html` with nothing in it but our own elements, classes and safe links."""
    import nh3  # noqa: PLC0415 - loads with the first answer

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed_value,
        link_rel=_LINK_REL,
        url_schemes={"http", "https", "mailto"},
    )


def _allowed_value(_tag: str, attribute: str, value: str) -> str | None:
    is_allowed = _IS_ALLOWED.get(attribute)
    return value if is_allowed and is_allowed(value) else None


_IS_ALLOWED: dict[str, Callable[[str], bool]] = {
    "align": {"left", "center", "right"}.__contains__,
    "class": lambda names: all(
        each in _CLASSES or CODE_CLASS.fullmatch(each) for each in names.split()
    ),
    "href": is_safe_link,
    "rel": _LINK_REL.__eq__,
    "start": lambda number: number.isdecimal() and len(number) <= LONGEST_NUMBER,
}
