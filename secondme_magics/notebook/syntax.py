"""What IPython would misread of our lines: a prompt that ends in `?`, a cell that is one line.

`%secondme what is love?` is taken for a request for help, and `%%secondme prompt` without a body
is refused. Both are mended before IPython looks; nobody else's line is touched.
"""

from __future__ import annotations

import re
from tokenize import DEDENT, INDENT
from typing import TYPE_CHECKING

from IPython.core.inputtransformer2 import (
    TokenTransformBase,
    assemble_continued_line,
    find_end_of_continued_line,
)

if TYPE_CHECKING:
    from tokenize import TokenInfo

_NAME = "secondme"
_ONE_LINE_CELL = re.compile(rf"%%{_NAME}(?!\w|\?)")


def mend_one_line_cell(lines: list[str]) -> list[str]:
    """Give `%%secondme prompt` the empty body that IPython asks for."""
    if len(lines) == 1 and _ONE_LINE_CELL.match(lines[0]):
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines


# A terminal asks whether a cell is complete: there the body is still to be typed.
mend_one_line_cell.has_side_effects = True  # type: ignore[attr-defined] # IPython's own mark


class PromptLine(TokenTransformBase):
    """Turn `%secondme PROMPT` at the start of a statement into a call, before help sees a `?`."""

    priority = 4
    """Ahead of IPython's own transformer for help, which has 5."""

    def __init__(self, statement: tuple[int, int], column: int) -> None:
        super().__init__(statement)  # type: ignore[no-untyped-call] # IPython has no type there
        self._column = column

    @classmethod
    def find(cls, tokens_by_line: list[list[TokenInfo]]) -> PromptLine | None:
        """Return the first of our lines that is no request for help."""
        for tokens in tokens_by_line:
            start, index = _magic(tokens)
            if index is not None and not _is_help(tokens[index + 2 :]):
                return cls(tokens[start].start, tokens[index].start[1])
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """Return `lines` with the one that was found as a call of the magic."""
        first, column = self.start_line, self._column
        last = find_end_of_continued_line(lines, first)
        text = assemble_continued_line(lines, (first, column), last)
        argument = text.partition(_NAME)[2].strip()
        call = f"{lines[first][:column]}get_ipython().run_line_magic({_NAME!r}, {argument!r})\n"
        return [*lines[:first], call, *lines[last + 1 :]]


def _magic(tokens: list[TokenInfo]) -> tuple[int, int | None]:
    """Return where a statement starts, and where in it `%secondme` stands.

    It may stand at the start or behind the first `=`.
    """
    strings = [token.string for token in tokens]
    start = next((i for i, t in enumerate(tokens) if t.type not in {INDENT, DEDENT}), 0)
    behind = strings.index("=") + 1 if "=" in strings else start
    for index in (start, behind):
        if strings[index : index + 2] == ["%", _NAME]:
            return start, index
    return start, None


def _is_help(rest: list[TokenInfo]) -> bool:
    return "".join(token.string for token in rest).strip() in {"?", "??"}
