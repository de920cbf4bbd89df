"""What loading costs in a fresh kernel: `%load_ext`, and what the first prompt imports.

    python tests/benchmarks/loading.py               five fresh kernels each
    python tests/benchmarks/loading.py --kernels 1   a look

The seconds are taken inside the kernel, by its own clock.
"""

from __future__ import annotations

import argparse
import json
from statistics import median

from front_end import FrontEnd
from paced_server import Script, Server
from ratios import is_here, machine, say, say_missing, spread, table

OURS, PEER = "secondme_magics", "jupyter_ai_magics"

LOAD = """\
import sys, time
before = set(sys.modules)
begun = time.perf_counter()
get_ipython().run_line_magic("load_ext", "{name}")
seconds = time.perf_counter() - begun
loaded = set(sys.modules)
"""

PROMPT = """\
begun = time.monotonic()
reply = get_ipython().run_cell_magic("secondme", "-i {url} -m bench --no-history -q", "Hello")
seconds = time.monotonic() - begun
"""

SENT = """\
seconds = int(reply.text.split("@")[1]) / 1e9 - begun  # when the server sent its first word
"""

PROMPTS = (
    "the first prompt, until the server answers",
    "the first prompt, answered at once",
    "the second prompt, until the server answers",
    "the second prompt, answered at once",
)

IMPORT = """\
from importlib import import_module
from contextlib import suppress
begun = time.perf_counter()
for name in {names}:
    with suppress(ImportError):
        import_module(name)
seconds = time.perf_counter() - begun
"""


def main() -> None:
    """Print a table of medians, with the lowest and the highest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernels", type=int, default=5, help="fresh ones for each number")
    count = parser.parse_args().kernels
    say(f"{machine()}\n")
    rows = [(f"`%load_ext {OURS}`", load := [time_loading(OURS) for _ in range(count)])]
    if is_here(PEER):
        rows.append((f"`%load_ext {PEER}`", peer := [time_loading(PEER) for _ in range(count)]))
    with Server() as server:
        url = server.url(Script("stamps", 5))
        names = imports_of_first_prompt(url)
        rows.append(("imports of the first prompt", [time_imports(names) for _ in range(count)]))
        prompts = [time_prompts(url) for _ in range(count)]
    for column, name in enumerate(PROMPTS):
        rows.append((name, [times[column] for times in prompts]))
    say(table(["", "milliseconds"], ([name, spread(numbers)] for name, numbers in rows)))
    if is_here(PEER):
        say(f"\n{PEER} takes {median(peer) / median(load):.0f} times as long to load.")
    say(f"\nThe first prompt imports {len(names)} modules.")
    say_missing([] if is_here(PEER) else [PEER])


def time_loading(name: str) -> float:
    """Return the milliseconds of `%load_ext` in a fresh kernel."""
    with FrontEnd() as front_end:
        return _milliseconds(front_end, LOAD.format(name=name))


def imports_of_first_prompt(url: str) -> list[str]:
    """Return the modules that the first prompt loads, in their order."""
    with FrontEnd() as front_end:
        front_end.run(LOAD.format(name=OURS))
        front_end.run(PROMPT.format(url=url))
        names: list[str] = json.loads(
            front_end.value("__import__('json').dumps([m for m in sys.modules if m not in loaded])")
        )
        return names


def time_imports(names: list[str]) -> float:
    """Return the milliseconds that importing `names` takes after `%load_ext`."""
    with FrontEnd() as front_end:
        front_end.run(LOAD.format(name=OURS))
        return _milliseconds(front_end, IMPORT.format(names=names))


def time_prompts(url: str) -> list[float]:
    """Return the milliseconds of `PROMPTS` in a fresh kernel."""
    times: list[float] = []
    with FrontEnd() as front_end:
        front_end.run(LOAD.format(name=OURS))
        for _ in range(2):
            whole = _milliseconds(front_end, PROMPT.format(url=url))
            times += [_milliseconds(front_end, SENT), whole]
    return times


def _milliseconds(front_end: FrontEnd, code: str) -> float:
    front_end.run(code)
    return float(front_end.value("seconds")) * 1e3


if __name__ == "__main__":
    main()
