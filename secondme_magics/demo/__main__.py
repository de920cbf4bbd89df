"""`python -m secondme_magics.demo`: the demo instance on its own, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress

from secondme_magics.demo.instance import LAST_PORT, WORDS_PER_SECOND, start_demo
from secondme_magics.errors import ConfigurationError


def main() -> int:
    """Run the demo until it is interrupted; return the exit code."""
    options = _parse_options()
    try:
        demo = start_demo(options.port, words_per_second=options.words_per_second)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with demo, suppress(KeyboardInterrupt):
        address = f"http://localhost:{demo.port}"
        sys.stdout.write(f"The demo listens: %secondme connect {address} (Ctrl-C ends it)\n")
        sys.stdout.flush()
        while True:  # in short sleeps: on Windows Ctrl-C ends no other wait
            time.sleep(1)
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m secondme_magics.demo",
        description="Run the demo instance on this machine: it quotes the manual.",
    )
    parser.add_argument("--port", type=_port, default=8002, help="8002, or 0 for a free one")
    parser.add_argument(
        "--words-per-second",
        type=_pace,
        default=WORDS_PER_SECOND,
        metavar="N",
        help="how fast an answer comes",
    )
    return parser.parse_args()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {LAST_PORT}")
    return port


def _pace(text: str) -> float:
    pace = float(text)
    if not 0 < pace < float("inf"):
        raise argparse.ArgumentTypeError("the pace is a number above 0")
    return pace


if __name__ == "__main__":
    sys.exit(main())
