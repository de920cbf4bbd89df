"""What a cell raised, as text: the same with every IPython, without the values of variables."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

LONGEST_SUMMARY = 10_000
"""Characters that are kept of an exception's own words."""

LONGEST_TRACEBACK = 20_000
"""Characters that are kept of a traceback: its end, where the error stands."""

_FILE = re.compile(r'^([ |]*)File "([^"\n]+)", line ', re.MULTILINE)

CellName = tuple[str, str]
"""What kind of code a file holds and what it is called, as `("Cell", "In[3]")`."""


def summarise(error: BaseException) -> str:
    """Return the name of `error` and its own words."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception's own code may raise anything
        text = "(it has no text)"
    return f"{type(error).__name__}: {text}"[:LONGEST_SUMMARY]


def render_traceback(error: BaseException, name_of: Callable[[str], CellName | None]) -> str:
    """Return the traceback of `error` from the cell's own line on.

    Args:
        error: What a cell raised.
        name_of: Returns what a file is called that holds a cell's code; none for other files.
    """
    frames = _from_cell(error.__traceback__, name_of)
    try:
        lines = "".join(traceback.format_exception(type(error), error, frames))
    except Exception:  # noqa: BLE001 - an exception's own code may raise anything
        return summarise(error)

    def renamed(match: re.Match[str]) -> str:
        name = name_of(match[2])
        return f"{match[1]}{' '.join(name)}, line " if name else match[0]

    return _FILE.sub(renamed, lines)[-LONGEST_TRACEBACK:].strip("\n")


def _from_cell(
    frames: TracebackType | None, name_of: Callable[[str], CellName | None]
) -> TracebackType | None:
    """Return `frames` without those of IPython; none for code that never ran."""
    while frames is not None and name_of(frames.tb_frame.f_code.co_filename) is None:
        frames = frames.tb_next
    return frames
