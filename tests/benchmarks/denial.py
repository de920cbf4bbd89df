"""What hostile Markdown costs: CPU time and bytes of HTML, whole and for an update of a stream.

    python tests/benchmarks/denial.py                the worst of all patterns and languages
    python tests/benchmarks/denial.py stars tables   every row of those whose name says so

Time is `process_time` on this machine; what must hold on each is counted in
tests/unit/test_denial.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

from ratios import say

from secondme_magics.conversation.fences import iter_fences, open_fence
from secondme_magics.markdown.blocks import MarkdownStream, render_markdown
from secondme_magics.markdown.code import tame_languages

sys.path.insert(0, str(Path(__file__).parents[1]))
from pathological import PATTERNS, code_patterns

if TYPE_CHECKING:
    from pathological import Pattern

SHORT, LONG = 200_000, 4_000_000
UPDATES, UPDATES_OF_CODE = 5_000, 50
"""How often a text that streams is shown; the code of all languages would take hours."""


class Cost(NamedTuple):
    """What one way to use a text takes."""

    way: str
    seconds: float
    html: int


def main(words: list[str]) -> None:
    """Print a line for each pattern that has one of `words` in its name, then the worst."""
    codes = code_patterns(tame_languages())
    rows: list[tuple[str, Cost]] = []
    render_markdown("# warm\n\n```python\nx\n```\n\n$x$ <a> [a](b) | a")
    for name, pattern in {**PATTERNS, **codes}.items():
        if not words or any(word in name for word in words):
            costs = costs_of(pattern, UPDATES_OF_CODE if name in codes else UPDATES)
            rows += [(name, cost) for cost in costs]
            cells = "".join(
                f"{c.way} {c.seconds * 1e3:6.1f} ms {c.html / 1e6:5.2f} MB  " for c in costs
            )
            say(f"{name:<36}{cells}")
    for way in dict.fromkeys(cost.way for _, cost in rows):
        of_way = [(name, cost) for name, cost in rows if cost.way == way]
        name, slowest = max(of_way, key=lambda row: row[1].seconds)
        largest, largest_cost = max(of_way, key=lambda row: row[1].html)
        say(
            f"worst {way}: {slowest.seconds * 1e3:.1f} ms ({name}), "
            f"{largest_cost.html / 1e6:.2f} MB ({largest})"
        )


def costs_of(pattern: Pattern, updates: int) -> list[Cost]:
    """Return what a text of `pattern` costs, short and long."""
    short, long = pattern.grow(SHORT), pattern.grow(LONG)
    return [
        _whole("200 kB", short),
        _streamed("update", short, updates),
        _whole("4 MB", long),
        _streamed("update", long, updates),
        _fences("fences", long),
    ]


def _whole(way: str, text: str) -> Cost:
    begun = process_time()
    html = render_markdown(text)
    return Cost(way, process_time() - begun, len(html.encode()))


def _streamed(way: str, text: str, updates: int) -> Cost:
    """Return what one of so many updates costs, and the HTML of all."""
    delta = len(text) // updates
    begun = process_time()
    stream = MarkdownStream()
    shown = 0
    for start in range(0, len(text), delta):
        shown += sum(map(len, stream.feed(text[start : start + delta])))
        stream.tail()
    shown += sum(map(len, stream.finish()))
    seconds = (process_time() - begun) / updates
    return Cost(f"{way} of {len(text) // 1000} kB", seconds, shown)


def _fences(way: str, text: str) -> Cost:
    begun = process_time()
    size = sum(len(fence.code) for fence in iter_fences(text))
    open_fence(text)
    return Cost(way, process_time() - begun, size)


if __name__ == "__main__":
    main(sys.argv[1:])
