"""What a kernel tells a panel's page of an answer: messages and bytes, their envelopes included.

    python tests/benchmarks/panel_wire.py                              2,000 and 20,000 characters
    python tests/benchmarks/panel_wire.py --characters 200000 --rate 400

A real kernel, and a server in a process of its own that answers in Markdown, in deltas of four
characters. The transcript is what is saved below the panel: it is sent when the answer has ended.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paced_server import Script, Server
from ratios import machine, progress, say, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kernels import RunningKernel

HEAD = ["characters", "messages", "a second", "bytes of the answer", "an envelope", "transcript"]
DELTA = 4
SPARE = 60.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--characters", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--rate", type=int, default=200, help="deltas a second")
    wanted = parser.parse_args(arguments)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import kernels  # noqa: PLC0415 - on the path from here on

    kernels.TIMEOUT = max(wanted.characters) / DELTA / wanted.rate + SPARE
    rows = []
    with Server() as server, kernels.RunningKernel() as kernel:
        kernel.run("%load_ext secondme_magics\n%config SecondMe.model = 'any'")
        for characters in wanted.characters:
            progress(f"{characters:,} characters")
            script = Script("markdown", characters // DELTA, wanted.rate, characters)
            rows.append(measure(kernel, server.url(script), characters))
    say(f"{wanted.rate} deltas a second, of {DELTA} characters each. {machine()}\n")
    say(table(HEAD, rows))


def measure(kernel: RunningKernel, url: str, characters: int) -> list[str]:
    """Return the cells of one answer's row."""
    kernel.run(f"%secondme connect {url}\n%secondme new\npanel = %secondme panel")
    cell = kernel.run("panel.ask('Tell me')\nprint(panel.wait().elapsed)")
    told = cell.of_type("comm_msg")
    kept = cell.of_type("update_display_data")
    data = sum(len(_json(message["content"]["data"])) for message in told)
    return [
        f"{characters:,}",
        f"{len(told)}",
        f"{len(told) / float(cell.text):.1f}",
        f"{_size(told) / characters:.1f}x",
        f"{(_size(told) - data) / len(told):.0f} B",
        f"{_size(kept) / characters:.1f}x",
    ]


def _size(messages: Iterable[dict[str, Any]]) -> int:
    parts = ("header", "parent_header", "metadata", "content")
    return sum(len(_json(message[part])) for message in messages for part in parts)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


if __name__ == "__main__":
    main()
