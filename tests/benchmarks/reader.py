"""CPU, memory and delay from the socket to an answer's text, ours beside others', in one run.

    python tests/benchmarks/reader.py                              20,000 and 200,000 events
    python tests/benchmarks/reader.py --events 2000 --rounds 1     a look

The server is another process on the loopback; each reader has a fresh process for each of its
rounds, and the rounds are interleaved. CPU is user and system time of the reader's process.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from paced_server import Framing, Script, Server
from ratios import is_here, machine, percentile, progress, say, say_missing, table
from stream_readers import OPENAI, OURS, PROMPTERS, RAW, READERS, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Result = dict[str, float]


def main() -> None:
    """Run what was asked for, and print a table of each."""
    options = _options()
    if options.worker:
        say(json.dumps(_MEASURES[options.worker](*options.rest)))
        return
    left_out = missing()
    names = [name for name in READERS if name not in left_out]
    say(f"{machine()}\n")
    with Server() as server:
        compare_work(server, names, options.events, options.rounds)
        compare_delays(server, names, options.deltas)
    if is_here("trustme"):
        compare_next_prompt()
    say_missing([*left_out, *([] if is_here("trustme") else ["next prompt over TLS"])])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=_counts, default=[20_000, 200_000], metavar="N,N")
    parser.add_argument("--rounds", type=int, default=3, help="of each reader and count")
    parser.add_argument("--deltas", type=int, default=1000, help="at 200 a second, for the delay")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def _counts(text: str) -> list[int]:
    return [int(count) for count in text.split(",")]


def compare_work(server: Server, names: Sequence[str], counts: Sequence[int], rounds: int) -> None:
    """Print what each reader costs per event, how that grows, and its memory."""
    results: dict[tuple[str, int], list[Result]] = {}
    for count in counts:
        for number in range(rounds):
            for name in names:
                progress(f"{count:,} events, round {number + 1}: {name}")
                result = _run("work", name, server.url(Script("words", count)))
                results.setdefault((name, count), []).append(result)
    head = ["reader", *(f"{count:,} events" for count in counts), "growth", "memory"]
    say(table(head, (_work_row(name, counts, results) for name in names)) + "\n")
    for count in counts if OPENAI in names else ():
        ratio = _cpu(results[OPENAI, count]) / _cpu(results[OURS, count])
        say(f"{count:,} events cost the openai SDK {ratio:.1f} times what they cost ours.")


def _work_row(
    name: str, counts: Sequence[int], results: dict[tuple[str, int], list[Result]]
) -> list[str]:
    seconds = [_cpu(results[name, count]) for count in counts]
    limits = [_cpu(results[RAW, count]) for count in counts]
    cells = [
        f"{cpu / limit:.1f}x ({cpu / count * 1e6:.1f} us)"
        for cpu, limit, count in zip(seconds, limits, counts, strict=True)
    ]
    memory = median(result["memory"] for result in results[name, counts[-1]])
    return [name, *cells, f"{seconds[-1] / seconds[0]:.1f}x", f"{memory / 1e6:.1f} MB"]


def _cpu(results: Sequence[Result]) -> float:
    return median(result["cpu"] for result in results)


def _run(measure: str, name: str, url: str) -> Result:
    """Return what a fresh process measured."""
    command = [sys.executable, __file__, "--worker", measure, name, url]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - this very file
    result: Result = json.loads(done.stdout)
    return result


def measure_work(name: str, url: str) -> Result:
    """Return CPU seconds and bytes of memory that reading all of `url` takes."""
    read = READERS[name]
    script = Script.parse("/" + url.split("/", 3)[3])
    _warm_up(name, url)
    before, cpu = _memory("VmRSS", reset=True), time.process_time()
    characters = sum(map(len, read(url)))
    cpu = time.process_time() - cpu
    assert characters == script.deltas * len("word"), f"{name} lost text: {characters}"
    return {"cpu": cpu, "memory": _memory("VmHWM") - before}


def _warm_up(name: str, url: str) -> None:
    """Read a short answer, so that what loads with the first one is not counted."""
    base = url.split("/", 3)
    for _ in READERS[name]("/".join(base[:3]) + Script("words", 100).path):
        pass
    gc.collect()


def _memory(field: str, *, reset: bool = False) -> int:
    """Return a field of Linux' account of this process in bytes; elsewhere 0."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return next(
        int(line.split()[1]) * 1024
        for line in status.read_text().splitlines()
        if line.startswith(field)
    )


def compare_delays(server: Server, names: Sequence[str], deltas: int) -> None:
    """Print how long after its sending each reader has a delta's text."""
    framings: list[Framing] = ["chunked", "close"]
    scripts = [Script("stamps", deltas, rate=200, framing=framing) for framing in framings]
    rows = []
    for name in names:
        progress(f"delay: {name}")
        results = [_run("delay", name, server.url(script)) for script in scripts]
        rows.append([name, *(f"{r['p50']:.2f} / {r['p99']:.2f} ms" for r in results)])
    head = ["delay at 200 deltas a second, p50 / p99", "chunked", "close-delimited"]
    say("\n" + table(head, rows) + "\n")


def measure_delay(name: str, url: str) -> Result:
    """Return milliseconds from the server's sending of a delta until its text is here."""
    _warm_up(name, url)
    delays = [
        (time.monotonic_ns() - int(text.strip("@"))) / 1e6 for text in READERS[name](url) if text
    ]
    return {"p50": percentile(delays, 0.5), "p99": percentile(delays, 0.99)}


def compare_next_prompt() -> None:
    """Print how long the first word of the next prompt takes on a TLS connection that was kept."""
    import trustme  # noqa: PLC0415 - may be missing

    with tempfile.TemporaryDirectory() as folder:
        pem, authority = Path(folder, "server.pem"), Path(folder, "authority.pem")
        issuer = trustme.CA()
        issuer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
        issuer.cert_pem.write_to_path(str(authority))
        os.environ["REQUESTS_CA_BUNDLE"] = str(authority)
        with Server(pem) as server:
            url = server.url(Script("words", 5))
            rows = [(name, _run("next", name, url)) for name in PROMPTERS]
    head = ["first word over TLS", "new connection", "kept connection"]
    cells = ([name, f"{r['first']:.2f} ms", f"{r['next']:.2f} ms"] for name, r in rows)
    say(table(head, cells) + "\n")
    limit, ours = (dict(rows)[name]["next"] for name in (RAW, OURS))
    say(f"Our own share of the next prompt is {ours - limit:.2f} ms.")


def measure_next_prompt(name: str, url: str) -> Result:
    """Return the milliseconds to the first word of a prompt, on a new and on a kept connection."""
    firsts, nexts = [], []
    for _ in range(10):
        begun = time.perf_counter()
        with PROMPTERS[name](url) as ask:
            firsts.append(_first_word(ask, begun))
            nexts += [_first_word(ask, time.perf_counter()) for _ in range(10)]
    return {"first": median(firsts), "next": median(nexts)}


def _first_word(ask: Callable[[], Iterator[str]], begun: float) -> float:
    """Return the milliseconds until `ask` yields; its answer is read to the end."""
    texts = ask()
    next(texts)
    delay = time.perf_counter() - begun
    for _ in texts:
        pass
    return delay * 1e3


_MEASURES: dict[str, Callable[..., Result]] = {
    "work": measure_work,
    "delay": measure_delay,
    "next": measure_next_prompt,
}

if __name__ == "__main__":
    main()
