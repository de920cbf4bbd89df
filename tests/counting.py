"""What rendering costs, counted: the same on each machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from secondme_magics.markdown.render import parse_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from typing_extensions import Self


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions `work` calls, those written in C too."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


class Parsing:
    """Counts the characters handed to the parser of blocks, and the tokens that it made.

    Lines that stand in quotes are counted once for each quote: so often the parser reads them.
    """

    def __init__(self) -> None:
        self.characters = 0
        self.tokens = 0
        self.quoted_lines = 0

    def __enter__(self) -> Self:
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, returned: object) -> None:
        if frame.f_code is parse_blocks.__code__:
            self.characters += len(frame.f_locals["text"]) if event == "call" else 0
            if event == "return" and isinstance(returned, list):
                self.tokens += len(returned)
                quotes = [t.map for t in returned if t.type == "blockquote_open" and t.map]
                self.quoted_lines += sum(last - first for first, last in quotes)
