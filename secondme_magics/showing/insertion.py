"""Which code of an answer goes into a new cell: never prose, never a console's output, never run.

Pure. What counts is what the fence says of itself; where it says nothing, it must read as Python
that does something.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from secondme_magics.conversation.fences import iter_fences
from secondme_magics.markdown.safety import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from secondme_magics.conversation.messages import Reply

LONGEST_UNNAMED = 20_000
"""Characters of unnamed code that are read as Python: on hostile code that takes their square."""

_PYTHON = {"python", "python3", "py", "py3", "ipython", "ipython3"}
_CONSOLE = re.compile(r"\s*(?:>>> ?|In \[\d*\]: ?)")
_MAGIC = re.compile(r"^([ \t]*)(?:%[A-Za-z]|![A-Za-z./]).*$", re.MULTILINE)
_CELL_MAGIC = re.compile(r"%%[A-Za-z]")


def cell_code(text: str) -> str:
    """Return the Python code in the fences of `text`, ready for a cell; empty if there is none.

    Fences that are named Python count. Where none is, those without a name count that read as
    Python. Several are joined by an empty line. A console's session is none: its prompts and
    outputs do not run.
    """
    fences = [fence for fence in iter_fences(text) if not _CONSOLE.match(fence.code)]
    named = [fence.code for fence in fences if _name(fence.language) in _PYTHON]
    unnamed = (fence.code for fence in fences if not fence.language)
    chosen = named or [code for code in _within_bound(unnamed) if _does_something(code)]
    return clean_text("\n\n".join(code.strip("\n") for code in chosen if code.strip()))


def whole_code(reply: Reply) -> str:
    """Return the code of an answer for a cell; empty where it may not be whole."""
    return cell_code(reply.text) if reply.is_whole else ""


def why_no_cell(reply: Reply, has_cell: str | None) -> str:
    """Return why no cell is added for a complete answer; empty if one is.

    Args:
        reply: The answer.
        has_cell: The code that a cell has already, put there for the same prompt.
    """
    if not reply.is_whole:
        return "The answer was cut, and its code may not be whole: no cell was added."
    code = cell_code(reply.text)
    if not code:
        return "The answer holds no Python code in a fence: no cell was added."
    if code == has_cell:
        return "This code was put into a cell before: no other was added. %secondme code adds one."
    return ""


def _within_bound(codes: Iterable[str]) -> Iterator[str]:
    """Yield those of `codes` that end within `LONGEST_UNNAMED` characters of all."""
    read = 0
    for code in codes:
        read += len(code)
        if read <= LONGEST_UNNAMED:
            yield code


def _name(language: str) -> str:
    """Return the bare name: `{python}` and `Python,` are written too."""
    return language.strip("{}.,:").lower()


def _does_something(code: str) -> bool:
    """Return whether `code` is Python that calls, assigns or defines: `Hello` and `42` do not."""
    if _CELL_MAGIC.match(code):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile(_MAGIC.sub(r"\1magic()", code), "<answer>", "exec", flags)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return any(map(_acts, tree.body))


def _acts(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None  # `Note: this` is prose
    if isinstance(statement, ast.Expr):
        return any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(statement))
    return True
