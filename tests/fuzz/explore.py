"""Look for bytes that break a target, guided by coverage, for so many seconds.

    python tests/fuzz/explore.py markdown 300

What stands after the seconds goes to libFuzzer, as `-seed=1`. Needs `pip install atheris`. What is
found is written to the working directory, as `crash-...`: give it to the target in
tests/unit/test_fuzz.py before it is mended.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["secondme_magics", "markdown_it"]):
    from fuzz_targets import SEEDS, TARGETS

    importlib.import_module("secondme_magics.markdown.render")


def main(name: str, seconds: str, *more: str) -> None:
    """Fuzz the target `name`."""
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]):
            Path(corpus, str(number)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", "-rss_limit_mb=0"]
        atheris.Setup([sys.argv[0], corpus, *options, *more], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
