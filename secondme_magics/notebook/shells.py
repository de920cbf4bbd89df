"""What kind of shell this is, and whether the running cell is all ours. Light: loads nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ONLY_OURS = re.compile(r"%%secondme\b|%secondme\b.*\Z")


def in_notebook(shell: InteractiveShell) -> bool:
    """Return whether `shell` belongs to a kernel, whose output is rich and can be updated."""
    return getattr(shell, "kernel", None) is not None


def owns_cell(shell: InteractiveShell) -> bool:
    """Return whether the running cell is a magic of ours and nothing else: all output is ours."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    code = parent.get("content", {}).get("code", "")
    return isinstance(code, str) and _ONLY_OURS.match(code.strip()) is not None
