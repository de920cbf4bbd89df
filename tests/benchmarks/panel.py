"""An answer that grows in the chat panel's page: its frames, beside the whole answer each time.

    python tests/benchmarks/panel.py                        80,000 characters in 16 seconds
    python tests/benchmarks/panel.py --characters 20000

No Jupyter and no kernel: a page of its own in Chromium plays what the kernel would say, 20 times a
second, and counts its frames and its long tasks (over 50 ms). A machine that is busy with other
things shows in all of these, but in the last column: the most CPU time that one task of the page
took, by Chromium's own trace, layout and painting included.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ratios import machine, progress, say, table

from secondme_magics.panel.growth import Growth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser

SECTION = """## Section {number}

A paragraph with *some* words, **strong** ones, and `code`, as they come from a model that has a
lot to say and says it at length, because it was asked to.

1. First a thing
2. Then another thing

```python
def number() -> int:
    return {number}  # a comment
```

| name | value |
| --- | --- |
| number | {number} |

"""

PER_UPDATE = 250
"""Characters that come with an update: 5,000 a second."""

WAYS = {
    "the panel: finished blocks once, and a tail": """message =>
        window.model.tell('msg:custom', message)""",
    "the whole answer at each update": """message => {
        const {keep, html, keep_end: end, cuts} = message;
        const body = document.querySelector('.smp-body');
        const log = document.querySelector('.smp-log');
        const state = window.whole ??= {done: '', tail: ''};
        const {tail} = state;
        state.tail = tail.slice(0, keep) + html + tail.slice(tail.length - end);
        const cut = cuts.reduce((sum, each) => sum + each, 0);
        state.done += state.tail.slice(0, cut);
        state.tail = state.tail.slice(cut);
        body.innerHTML = state.done + state.tail;
        log.scrollTop = log.scrollHeight;
    }""",
}

PLAY = """async ([messages, source]) => {
    const apply = eval(source);
    const tasks = [];
    const gaps = [];
    let isOver = false;
    let before = performance.now();
    new PerformanceObserver(list => list.getEntries().forEach(each => tasks.push(each.duration)))
        .observe({type: 'longtask'});
    const look = now => {
        gaps.push(now - before);
        before = now;
        if (!isOver) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    for (const message of messages) {
        apply(message);
        await new Promise(done => setTimeout(done, 50));
    }
    isOver = true;
    await new Promise(done => setTimeout(done, 300));
    const sum = tasks.reduce((all, each) => all + each, 0);
    const words = document.querySelector('.smp-body').textContent.length;
    return {frames: gaps.length, gap: Math.max(...gaps), tasks: tasks.length, sum,
            longest: Math.max(0, ...tasks), words};
}"""


def messages(characters: int) -> list[dict[str, object]]:
    """Return what the kernel says of an answer of so many characters."""
    sections = characters // len(SECTION.format(number=1)) + 1
    text = "".join(SECTION.format(number=number) for number in range(sections))[:characters]
    growth = Growth()
    pieces = (text[start : start + PER_UPDATE] for start in range(0, characters, PER_UPDATE))
    changes = (change for piece in pieces for change in growth.feed(piece, ""))
    return [
        {"kind": "grow", "seq": seq, "turn": "1", **change} for seq, change in enumerate(changes, 1)
    ]


def play(browser: Browser, told: Sequence[dict[str, object]], way: str) -> dict[str, float]:
    """Return what a fresh page counts while it shows what it is told."""
    from panel_page import PanelPage, streaming  # noqa: PLC0415 - on the path from here on

    page = browser.new_page(viewport={"width": 1000, "height": 800})
    PanelPage(page).open(turns=[streaming()], status="answering")
    page.set_default_timeout(0)
    browser.start_tracing(page=page, categories=["toplevel"])
    counted = page.evaluate(PLAY, [told, way])
    counted["cpu"] = most_cpu(browser.stop_tracing())
    page.close()
    assert isinstance(counted, dict)
    return counted


def most_cpu(trace: bytes) -> float:
    """Return the most CPU time of a task in a page's main thread, in milliseconds."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [event for event in events if (event["pid"], event["tid"]) in mains]
    return float(max(event.get("tdur", 0) for event in tasks) / 1000)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--characters", type=int, default=80_000)
    wanted = parser.parse_args(arguments)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is measured

    told = messages(wanted.characters)
    rows = []
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, way in WAYS.items():
            progress(name)
            counted = play(browser, told, way)
            rows.append([
                name, f"{counted['frames']:.0f}", f"{counted['gap']:.0f} ms",
                f"{counted['tasks']:.0f}", f"{counted['longest']:.0f} ms",
                f"{counted['sum'] / 1000:.1f} s", f"{counted['cpu']:.0f} ms",
            ])  # fmt: skip
        browser.close()
    head = [
        "way",
        "frames",
        "longest frame",
        "long tasks",
        "the longest",
        "all of them",
        "most CPU",
    ]
    say(f"{wanted.characters:,} characters, {len(told)} updates, 20 a second. {machine()}\n")
    say(table(head, rows))


if __name__ == "__main__":
    main()
