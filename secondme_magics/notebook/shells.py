"""What kind of shell this is, and whether the running cell is all ours. Light: loads nothing."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ONLY_OURS = re.compile(r"%%secondme\b|%secondme\b.*\Z")


def in_notebook(shell: InteractiveShell) -> bool:
    """Return whether `shell` belongs to a kernel, whose output is rich and can be updated."""
    return getattr(shell, "kernel", None) is not None


def owns_cell(shell: InteractiveShell) -> bool:
    """Return whether the running cell is a magic of ours and nothing else: all output is ours."""
    return is_ours(_running_code(shell))


def is_ours(code: str) -> bool:
    """Return whether a cell of `code` is a magic of ours and nothing else."""
    return _ONLY_OURS.match(code.strip()) is not None


def write(text: str) -> None:
    """Write clean `text` to the output at once; a `?` stands for what its encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _running_code(shell: InteractiveShell) -> str:
    get_parent = getattr(shell, "get_parent", None)  # a kernel's shell has it
    if get_parent is not None:
        code = get_parent().get("content", {}).get("code")
    else:
        code = getattr(shell.history_manager, "input_hist_raw", [""])[-1]
    return code if isinstance(code, str) else ""
