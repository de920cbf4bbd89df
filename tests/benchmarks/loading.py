"""What loading costs in a fresh kernel: `%load_ext`, and what the first prompt imports.

    python tests/benchmarks/loading.py               five fresh kernels each
    python tests/benchmarks/loading.py --kernels 1   a look

The seconds are taken inside the kernel, by its own clock; those of imports are CPU. The package is
compiled first, as pip compiles what it installs. What only shows the answer is loaded while the
server is waited for.
"""

from __future__ import annotations

import argparse
import compileall
import json
from pathlib import Path
from statistics import median

from front_end import FrontEnd
from paced_server import Script, Server
from ratios import is_here, machine, say, say_missing, spread, table

import secondme_magics

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
reply = get_ipython().run_cell_magic("secondme", "-i {url} -m bench --no-history", "Hello")
seconds = time.monotonic() - begun
"""

WATCH = """\
connected = []
def watch(event, _):
    if event == "socket.connect":
        connected.extend([list(sys.modules)] * (not connected))
sys.addaudithook(watch)
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
def load(names):
    for name in names:
        with suppress(ImportError):
            import_module(name)
load({earlier})
begun = time.thread_time()
load({names})
seconds = time.thread_time() - begun
"""


def main() -> None:
    """Print a table of medians, with the lowest and the highest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernels", type=int, default=5, help="fresh ones for each number")
    count = parser.parse_args().kernels
    compileall.compile_dir(Path(secondme_magics.__file__).parent, quiet=1)
    say(f"{machine()}\n")
    rows = [(f"`%load_ext {OURS}`", load := [time_loading(OURS) for _ in range(count)])]
    if is_here(PEER):
        rows.append((f"`%load_ext {PEER}`", peer := [time_loading(PEER) for _ in range(count)]))
    with Server() as server:
        url = server.url(Script("stamps", 5))
        before, after = imports_of_first_prompt(url)
        for name, modules, earlier in (
            ("imports of the first prompt, until it connects", before, []),
            ("of which requests alone", ["requests"], []),
            ("imports while the answer is waited for", after, before),
        ):
            rows.append((name, [time_imports(modules, earlier) for _ in range(count)]))
        prompts = [time_prompts(url) for _ in range(count)]
    for column, name in enumerate(PROMPTS):
        rows.append((name, [times[column] for times in prompts]))
    say(table(["", "milliseconds"], ([name, spread(numbers)] for name, numbers in rows)))
    if is_here(PEER):
        say(f"\n{PEER} takes {median(peer) / median(load):.0f} times as long to load.")
    say(f"\nThe first prompt imports {len(before)} and {len(after)} modules.")
    say_missing([] if is_here(PEER) else [PEER])


def time_loading(name: str) -> float:
    """Return the milliseconds of `%load_ext` in a fresh kernel."""
    with FrontEnd() as front_end:
        return _milliseconds(front_end, LOAD.format(name=name))


def imports_of_first_prompt(url: str) -> tuple[list[str], list[str]]:
    """Return the modules that the first prompt loads until it connects, and those after it."""
    with FrontEnd() as front_end:
        front_end.run(LOAD.format(name=OURS) + WATCH)
        front_end.run(PROMPT.format(url=url))
        names = "[m for m in {} if m not in loaded]"
        before, all_ = (
            json.loads(front_end.value(f"__import__('json').dumps({names.format(modules)})"))
            for modules in ("connected[0]", "sys.modules")
        )
        return before, [name for name in all_ if name not in before]


def time_imports(names: list[str], earlier: list[str]) -> float:
    """Return the milliseconds that importing `names` takes after `%load_ext` and `earlier`."""
    with FrontEnd() as front_end:
        front_end.run(LOAD.format(name=OURS))
        return _milliseconds(front_end, IMPORT.format(names=names, earlier=earlier))


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
