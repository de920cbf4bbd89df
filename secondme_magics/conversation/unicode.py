"""Text that every sink can take: JSON writes what is no character, and values hold it too."""

from __future__ import annotations


def without_surrogates(text: str) -> str:
    """Return `text` with surrogate pairs joined, and U+FFFD for lone ones."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
