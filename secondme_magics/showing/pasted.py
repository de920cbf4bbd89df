"""A prompt with more above it, as of a notebook: how the two are joined, and parted again.

Light: it stands before the answer does.
"""

from __future__ import annotations

ABOVE = "# From my notebook"
_BELOW = "\n\n# My request\n\n"


def join(blocks: list[str], request: str) -> str:
    """Return `request` below `blocks`."""
    return "\n\n".join([ABOVE, *blocks]) + _BELOW + request


def part(prompt: str) -> tuple[str, str]:
    """Return what stands above the user's own words, if anything does, and those words."""
    above, joint, request = prompt.rpartition(_BELOW)
    is_joined = bool(joint) and above.startswith(f"{ABOVE}\n")
    return (above.removeprefix(ABOVE).strip("\n"), request) if is_joined else ("", prompt)
