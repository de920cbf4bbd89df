"""An answer in a cell, through a real kernel, as the front end gets it: ours beside others.

    python tests/benchmarks/cell.py                                    2,000 and 20,000 characters
    python tests/benchmarks/cell.py --characters 2000,20000,200000     takes an hour
    python tests/benchmarks/cell.py --characters 2000 --rate 2000      a look

The server streams Markdown in deltas of 4 characters at 200 a second from a process of its own;
then 20,000 characters in 6,296 deltas at 400 a second, and bursts with pauses. No browser: the
client keeps each message's frames and its time, and the kernel's CPU time ten times a second.
"""

from __future__ import annotations

import argparse
import re
from bisect import bisect_left
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from front_end import FrontEnd
from paced_server import BURST, FIRST_WORDS, Script, Server
from ratios import is_here, machine, percentile, progress, say, say_missing, table
from stream_readers import PROMPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from front_end import Run, Told

HURRIED = Script("markdown", deltas=6_296, rate=400, characters=20_000)
"""The answer that the table of the README tells of."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a notebook asks: a cell that prepares, a cell that prompts; `URL` is the server's."""

    name: str
    needs: tuple[str, ...]
    prepare: str
    prompt: str


OURS = Way(
    "`%%secondme`",
    ("secondme_magics",),
    "%load_ext secondme_magics",
    f"%%secondme -i URL -m bench --no-history\n{PROMPT}",
)
PRINT = Way(
    "`print` of each delta",
    (),
    "from http.client import HTTPConnection\nimport json",
    f"""\
connection = HTTPConnection("URL".split("/")[2])
messages = [{{"role": "user", "content": "{PROMPT}"}}]
body = json.dumps({{"model": "bench", "messages": messages, "stream": True}})
connection.request("POST", "/" + "URL".split("/", 3)[3] + "/chat/completions", body)
response = connection.getresponse()
while line := response.readline():
    data = line.decode().strip().removeprefix("data: ")
    if data == "[DONE]":
        break
    if data:
        print(json.loads(data)["choices"][0]["delta"].get("content", ""), end="", flush=True)
connection.close()""",
)
CHATLAS = Way(
    "chatlas",
    ("chatlas",),
    "from chatlas import ChatOpenAICompletions",
    f"""\
chat = ChatOpenAICompletions(base_url="URL", model="bench", api_key="none")
_ = chat.chat("{PROMPT}")""",
)
AI = Way(
    "jupyter_ai_magics `%%ai`",
    ("jupyter_ai_magics", "langchain_openai"),
    """\
%load_ext jupyter_ai_magics
import os
os.environ.update(OPENAI_API_KEY="none", OPENAI_API_BASE="URL")""",
    f"%%ai openai-chat:gpt-4o\n{PROMPT}",
)
WAYS = (OURS, PRINT, CHATLAS, AI)


def main() -> None:
    """Run what was asked for, and print a table of each."""
    options = _options()
    asked = [way for way in WAYS if options.ways in way.name]
    ways = [way for way in asked if is_here(*way.needs)]
    say(machine())
    with Server() as server:
        scripts = [Script("markdown", n // 4, options.rate, n) for n in options.characters]
        sizes = [compare(server, ways, script) for script in scripts]
        say_growth(ways, options.characters, sizes)
        if not options.quick:
            compare(server, ways, HURRIED)
            compare_bursts(server, [way for way in ways if way is not AI])
    say_missing([way.name for way in asked if way not in ways])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--characters", type=_counts, default=[2_000, 20_000], metavar="N,N")
    parser.add_argument("--rate", type=int, default=200, help="deltas a second")
    parser.add_argument("--ways", default="", metavar="WORD", help="only those whose name has it")
    parser.add_argument("--quick", action="store_true", help="nothing but --characters")
    return parser.parse_args()


def _counts(text: str) -> list[int]:
    return [int(count) for count in text.split(",")]


def compare(server: Server, ways: Sequence[Way], script: Script) -> list[int]:
    """Print what one answer costs each way, and return the bytes."""
    seconds = script.deltas / script.rate
    deltas = f"{script.deltas:,} deltas at {script.rate:,} a second ({seconds:.1f} s)"
    say(f"\n{script.characters:,} characters in {deltas}\n")
    runs = [_run(server, way, script) for way in ways]
    head = ["", "first words", "ended", "messages", "at most", "a message grows"]
    head += ["bytes", "of the answer", "CPU", "worst second"]
    rows = ([way.name, *_cells(run, script)] for way, run in zip(ways, runs, strict=True))
    say(table(head, rows))
    return [_bytes(run) for run in runs]


def _run(server: Server, way: Way, script: Script) -> Run:
    """Return what a fresh kernel tells of the answer, after a short one so that all is loaded."""
    progress(f"{way.name}: {script}")
    with FrontEnd() as front_end:
        for each in (Script("words", 20), script):
            url = server.url(each)
            front_end.run(way.prepare.replace("URL", url))
            run = front_end.run(way.prompt.replace("URL", url))
    return run


def _cells(run: Run, script: Script) -> list[str]:
    outputs = run.outputs
    first = next(told.at for told in outputs if FIRST_WORDS.encode() in told.said)
    tenth = len(outputs) // 10 or 1
    early, late = (
        median(told.size for told in part) for part in (outputs[:tenth], outputs[-tenth:])
    )
    return [
        f"{first - run.begun:.2f} s",
        f"{run.ended - run.begun:.1f} s",
        f"{len(outputs):,}",
        f"{_most_in_a_second(outputs)} a second",
        f"{late / early:.1f}x",
        f"{_bytes(run) / 1e6:.2f} MB",
        f"{_bytes(run) / script.characters:.0f}x",
        f"{run.cpu:.2f} s",
        f"{run.worst_second:.0%}",
    ]


def _bytes(run: Run) -> int:
    return sum(told.size for told in run.outputs)


def _most_in_a_second(outputs: Sequence[Told]) -> int:
    times = [told.at for told in outputs]
    return max(bisect_left(times, at + 1) - number for number, at in enumerate(times))


def say_growth(
    ways: Sequence[Way], characters: Sequence[int], sizes: Sequence[Sequence[int]]
) -> None:
    """Print how many times the bytes a longer answer takes."""
    for before, after, shorter, longer in zip(
        characters, characters[1:], sizes, sizes[1:], strict=False
    ):
        ratios = (
            f"{way.name} {late / early:.1f}x"
            for way, early, late in zip(ways, shorter, longer, strict=True)
        )
        say(f"\nBytes of {after:,} characters beside {before:,}: {', '.join(ratios)}.")


def compare_bursts(server: Server, ways: Sequence[Way], bursts: int = 40) -> None:
    """Print how long after its sending the last word of a burst is told to the front end."""
    script = Script("bursts", bursts * BURST)
    rows = []
    for way in ways:
        delays = sorted(_delays(_run(server, way, script)))
        rows.append([way.name, *(f"{percentile(delays, p):.1f} ms" for p in (0.5, 0.99))])
    say("\n" + table(["last word of a burst before a pause", "p50", "p99"], rows))


def _delays(run: Run) -> list[float]:
    """Return the milliseconds from each stamp's sending to the first message that has it."""
    seen: dict[int, float] = {}
    for told in run.outputs:
        for stamp in re.findall(rb"@(\d+)@", told.said):
            seen.setdefault(int(stamp), (told.at - int(stamp) / 1e9) * 1e3)
    return list(seen.values())


if __name__ == "__main__":
    main()
