"""The bounds of what may be said about a prompt: one place for lines, defaults, panels and wire.

Light: it loads with the magics.
"""

from __future__ import annotations

import sys
from typing import NamedTuple


class Bounds(NamedTuple):
    """The numbers that are allowed, and what they are in words."""

    lowest: float
    highest: float
    wanted: str

    def admit(self, value: float) -> bool:
        """Return whether `value` is one of them; NaN is not."""
        return self.lowest <= value <= self.highest


TEMPERATURES = {
    "second_me": Bounds(0, 1, "a number from 0 to 1"),
    "openai": Bounds(0, 2, "a number from 0 to 2"),
}
"""What each kind of server takes."""

TEMPERATURE = TEMPERATURES["openai"]
"""What any server takes."""

MAX_TOKENS = Bounds(1, 2**31 - 1, f"a whole number from 1 to {2**31 - 1:,}")
COUNT = Bounds(0, 2**53 - 1, "a number of tokens that JSON can hold everywhere")
"""What a server may say that it has counted."""
TURNS = Bounds(0, 999_999_999, "a whole number from 0 to 999,999,999")
CELLS = Bounds(1, 999_999_999, "a whole number from 1 to 999,999,999")
SECONDS = Bounds(sys.float_info.min, sys.float_info.max, "a number of seconds above 0")
