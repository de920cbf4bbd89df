"""What rendering costs, counted: the same on each machine."""

from __future__ import annotations

import sys
from threading import get_ident
from typing import TYPE_CHECKING

from markdown_it.parser_block import ParserBlock

from secondme_magics.markdown.render import _parser

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.utils import EnvType
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
    What other threads have parsed is not counted.
    """

    def __init__(self) -> None:
        self.characters = 0
        self.tokens = 0
        self.quoted_lines = 0

    def __enter__(self) -> Self:
        self._thread = get_ident()
        self._parser = _parser()
        self._block = self._parser.block
        self._parser.block = _Watched(self._block, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._parser.block = self._block

    def _note(self, text: str, tokens: list[Token]) -> None:
        if get_ident() != self._thread:
            return
        self.characters += len(text)
        self.tokens += len(tokens)
        quotes = [t.map for t in tokens if t.type == "blockquote_open" and t.map]
        self.quoted_lines += sum(last - first for first, last in quotes)


class _Watched(ParserBlock):
    """A parser of blocks that tells what it was given and what it made of it."""

    def __init__(self, block: ParserBlock, note: Callable[[str, list[Token]], None]) -> None:
        self.ruler = block.ruler
        self._note = note

    def parse(self, src: str, md: MarkdownIt, env: EnvType, outTokens: list[Token]) -> None:  # noqa: N803 - its name there
        super().parse(src, md, env, outTokens)
        self._note(src, outTokens)
