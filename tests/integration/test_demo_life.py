"""The life of a demo instance: its pace, its start and end, and the module that runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from demo_client import AT_ONCE, Answer, chat, listening, read_until, send

from secondme_magics.demo.instance import DemoInstance, shared_demo, start_demo
from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoInstance]:
    with start_demo(words_per_second=AT_ONCE) as instance:
        yield instance


def test_words_come_one_by_one_at_their_pace() -> None:
    with start_demo(words_per_second=200) as demo, listening(demo, "hello") as connection:
        pieces = [read_until(connection, b"\n\n") for _ in range(4)]
    assert all(piece.count(b"data: ") < 20 for piece in pieces)


def test_a_silent_stream_shows_that_it_lives() -> None:
    with (
        start_demo(words_per_second=0.001, heartbeat=0.005) as demo,
        listening(demo, "hello") as connection,
    ):
        got = read_until(connection, b": heartbeat #3\n\n")
    assert got.index(b": initial heartbeat") < got.index(b"data: ") < got.index(b": heartbeat #1")
    assert got.count(b"data: ") == 1


def test_answering_ends_when_the_client_leaves() -> None:
    with start_demo(words_per_second=0.001) as demo:
        with listening(demo, "hello") as connection:
            read_until(connection, b"data: ")
        assert send(demo, "GET", "/api/kernel2/health").status == 200
        demo.stop()
    assert not demo.is_running


def test_stopping_cuts_an_answer_short() -> None:
    with start_demo(words_per_second=0.001) as demo, listening(demo, "hello") as connection:
        read_until(connection, b"data: ")
        demo.stop()
        rest = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"[DONE]" not in rest


def test_starting_and_stopping_leaves_no_thread_and_no_socket() -> None:
    threads, files = threading.active_count(), _open_files()
    for _ in range(20):
        with start_demo(words_per_second=AT_ONCE) as demo:
            assert chat(demo, "hello").status == 200
            assert threading.active_count() == threads + 1
        demo.stop()
        with pytest.raises(ConnectionRefusedError):
            chat(demo)
    assert threading.active_count() == threads
    assert _open_files() == files


def _open_files() -> int:
    """Return how many files are open, where the system lists them."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208 - one line


def test_a_demo_says_where_it_answers_and_whether_it_runs() -> None:
    with start_demo() as demo:
        assert demo.url == f"http://127.0.0.1:{demo.port}/api/kernel2/chat"
        assert repr(demo) == f"<DemoInstance {demo.url}: running>"
    assert repr(demo) == f"<DemoInstance {demo.url}: stopped>"


def test_a_demo_starts_beside_a_loop_that_runs() -> None:
    async def ask() -> Answer:
        with start_demo(words_per_second=AT_ONCE) as demo:
            return await asyncio.to_thread(chat, demo)

    with ThreadPoolExecutor() as thread:  # this one may run a browser's loop already
        assert thread.submit(asyncio.run, ask()).result().status == 200


def test_a_port_that_is_in_use_is_an_error_in_two_lines(demo: DemoInstance) -> None:
    with pytest.raises(ConfigurationError) as caught:
        start_demo(demo.port)
    assert str(caught.value).splitlines() == [
        f"the demo cannot listen on 127.0.0.1:{demo.port} (address already in use)",
        "Name another port; 0 takes a free one.",
    ]


@pytest.mark.parametrize("port", [-1, 65_536, 70_000, 1 << 70])
def test_a_port_that_is_none_is_an_error_in_two_lines(port: int) -> None:
    with pytest.raises(ConfigurationError) as caught:
        start_demo(port)
    assert str(caught.value).splitlines() == [
        f"the demo cannot listen on 127.0.0.1:{port} (a port is a number from 0 to 65535)",
        "Name another port; 0 takes a free one.",
    ]


@pytest.mark.parametrize("number", [0.0, -1.0, float("inf"), float("nan")])
def test_a_pace_that_is_none_is_a_wrong_use(number: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        start_demo(words_per_second=number)
    with pytest.raises(ValueError, match="positive"):
        start_demo(heartbeat=number)


def test_a_process_has_one_shared_demo_and_a_new_one_when_that_has_ended() -> None:
    found: list[DemoInstance] = []
    threads = [threading.Thread(target=lambda: found.append(shared_demo())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1
    found[0].stop()
    again = shared_demo()
    assert again is not found[0]
    assert again.is_running
    again.stop()


AFTER_FORK = """
import os, sys
from secondme_magics.demo.instance import shared_demo
before = shared_demo()
child = os.fork()
if not child:
    after = shared_demo()
    well = not before.is_running and after.is_running and after.port != before.port
    after.stop()
    os._exit(0 if well else 1)
_, status = os.waitpid(child, 0)
well = before.is_running and shared_demo() is before
before.stop()
sys.exit(0 if well and status == 0 else 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_starts_a_demo_of_its_own() -> None:
    command = [sys.executable, "-c", AFTER_FORK]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0  # noqa: S603 - our own text


def run_module(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-X", "dev", "-W", "error", "-m", "secondme_magics.demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C there")
def test_the_module_says_how_to_connect_and_ends_on_an_interrupt() -> None:
    with run_module("--port", "0", "--words-per-second", "1000") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate(timeout=60)
    assert "%secondme connect http://localhost:" in line
    errors = [line for line in told.splitlines() if not line.startswith("Executing <")]
    assert (process.returncode, rest, errors) == (0, "", [])  # but for asyncio on a busy machine


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--port", "{port}"], 1, "address already in use"),
        (["--port", "70000"], 2, "from 0 to 65535"),
        (["--words-per-second", "0"], 2, "above 0"),
    ],
    ids=["in use", "no port", "no pace"],
)
def test_the_module_refuses_what_it_cannot_do(
    demo: DemoInstance, options: list[str], code: int, words: str
) -> None:
    with run_module(*(each.format(port=demo.port) for each in options)) as process:
        printed, errors = process.communicate(timeout=60)
    assert (process.returncode, printed) == (code, "")
    assert words in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 2 or code == 2
