"""Text that every sink can take: no lone surrogate in it, and in a file nothing that deceives."""

from __future__ import annotations

import json
import re

_TRICKS = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
"""What JSON may hold as it stands, and a terminal or an editor obeys."""


def to_json(value: object, indent: int = 1) -> str:
    """Return `value` as JSON for a reader: what would deceive one is escaped, and stays the same.

    Raises:
        ValueError: It holds what JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return _TRICKS.sub(lambda found: json.dumps(found[0])[1:-1], without_surrogates(text))


def without_surrogates(text: str) -> str:
    """Return `text` with surrogate pairs joined, and U+FFFD for lone ones."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
