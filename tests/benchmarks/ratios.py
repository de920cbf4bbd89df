"""What the benchmarks share to tell their results: tables, medians, the machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PEERS = Path(__file__).with_name("requirements.txt")


def say(text: str = "") -> None:
    """Print at once, so that a long run shows how far it is."""
    print(text, flush=True)  # noqa: T201 - a benchmark prints its results


def progress(text: str) -> None:
    """Show what runs now, apart from the results."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the same


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first hold numbers."""
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of `values` do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def spread(values: Sequence[float], unit: str = "") -> str:
    """Return the median, with the lowest and the highest where there are several."""
    middle = f"{median(values):.3g}{unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.3g} to {max(values):.3g})"


def machine() -> str:
    """Return what the numbers depend on."""
    system = f"{platform.system()} {platform.machine()}"
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {system}{load}"


def is_here(*modules: str) -> bool:
    """Return whether all of `modules` can be imported."""
    return all(find_spec(module) for module in modules)


def say_missing(names: Sequence[str]) -> None:
    """Tell which peers were left out, and how to have them."""
    if names:
        progress(f"left out, because it is not installed: {', '.join(names)}")
        progress(f"to have it beside ours: pip install -r {os.path.relpath(PEERS)}")
