"""What kind of shell this is, and whether the running cell is all ours. Light: loads nothing."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

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


def run_of(shell: InteractiveShell) -> object:
    """Return what tells one run of a cell from the next."""
    if not in_notebook(shell):
        return shell.execution_count
    return request_of(shell).get("header", {}).get("msg_id")


def request_of(shell: InteractiveShell) -> dict[str, Any]:
    """Return the front end's message that runs the cell; nothing where there is no front end."""
    get_parent = getattr(shell, "get_parent", None)  # a kernel's shell has it
    request: dict[str, Any] = {} if get_parent is None else get_parent()
    return request


def write(text: str) -> None:
    """Write clean `text` to the output at once; a `?` stands for what its encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def insert_below(shell: InteractiveShell, code: str) -> None:
    """Put `code` into a new cell below, behind what the running cell puts there already."""
    payloads = shell.payload_manager.read_payload() if shell.payload_manager else []
    inputs = [
        each["text"]
        for each in payloads
        if each.get("source") == "set_next_input" and not each.get("replace")
    ]
    shell.set_next_input("\n\n".join([*inputs, code]), replace=False)


def _running_code(shell: InteractiveShell) -> str:
    if in_notebook(shell):
        code = request_of(shell).get("content", {}).get("code")
    else:
        code = getattr(shell.history_manager, "input_hist_raw", [""])[-1]
    return code if isinstance(code, str) else ""
