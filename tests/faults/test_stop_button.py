"""The stop button of a real kernel, two hundred times in a row, in each phase of an answer."""

from __future__ import annotations

import time
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, Cell, RunningKernel, connect, only_output
from partners import TIMES
from roads import STUCK
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, heartbeat, sse

from secondme_magics.api.lever import DIALLING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from roads import Road
    from scripted_server import Answer, Request

STOPS = 200 * TIMES
AT_ONCE = 1.0
"""Seconds that most stops take at most, however busy the machine is."""

HALF = chunk("Half")

PHASES: list[tuple[Answer, str]] = [
    ([UNTIL_GONE], ""),
    ([b"HTTP/1.1 200 OK\r\nContent", UNTIL_GONE], ""),
    (sse(heartbeat, UNTIL_GONE), ""),
    (sse(HALF, UNTIL_GONE), "Half"),
    (sse(HALF, UNTIL_GONE, framing="close"), "Half"),
]

RESOURCES = f"""
import pathlib, threading
for each in threading.enumerate():
    each.name == {DIALLING!r} and each.join(10)
sockets = sum(each.is_socket() for each in pathlib.Path("/dev/fd").iterdir())
print(sorted(each.name for each in threading.enumerate()), sockets)
"""


STOPS_ON_A_ROAD = 3 * TIMES


@pytest.fixture(scope="module")
def kernel() -> Iterator[RunningKernel]:
    with RunningKernel() as running:
        assert running.run("%load_ext secondme_magics").outputs == []
        yield running


def stop(kernel: RunningKernel, server: ScriptedServer, text: str) -> tuple[Cell, float]:
    """Press the button once the request has come, or the text of the answer is seen.

    Returns the cell, and the seconds until it was idle.
    """
    cell = Cell()
    request = kernel.send("%%secondme --no-history\nHi")
    if text:
        kernel.go_on(cell, request, until=lambda cell: text in cell.html)
    assert server.asked.wait(10)
    server.asked.clear()
    begun = time.monotonic()
    kernel.interrupt()
    kernel.go_on(cell, request)
    seconds = time.monotonic() - begun
    assert server.gone.wait(10), "the connection lives on"
    server.gone.clear()
    return cell, seconds


def test_two_hundred_stops_in_a_row_leave_nothing_behind(kernel: RunningKernel) -> None:
    current: list[Answer] = []

    def answer(_: Request) -> Answer:
        return current[-1]

    resources: list[str] = []
    taken: list[float] = []
    with ScriptedServer(answer) as server:
        connect(kernel, server)
        for number, (phase, text) in enumerate(islice(cycle(PHASES), STOPS)):
            current[:] = [phase]
            cell, seconds = stop(kernel, server, text)
            taken.append(seconds)
            assert cell.status == "error"
            output = only_output(cell)
            assert output["metadata"]["secondme"]["state"] == "interrupted"
            assert output["data"]["text/plain"] == text
            if number in {len(PHASES), STOPS - 1}:
                resources.append(kernel.run(RESOURCES).text)
        current[:] = [HELLO]
        assert kernel.run("%%secondme\nAgain").text == "Hello **world**"
    assert resources[0] == resources[1], "a thread or a socket is left"
    assert median(taken) < AT_ONCE


def stop_on(kernel: RunningKernel, road: Road) -> Cell:
    """Press the button once the prompt is stuck on `road`."""
    cell = Cell()
    request = kernel.send("%%secondme\n" + "{part}" * road.parts)
    kernel.go_on(cell, request, until=lambda cell: "onnecting" in cell.html)
    if road.reached is not None:
        road.reached()
    kernel.interrupt()
    kernel.go_on(cell, request)
    road.left()
    return cell


@pytest.mark.parametrize("stuck", STUCK.values(), ids=STUCK)
def test_a_stop_on_the_way_leaves_nothing_and_the_mended_way_leads_on(
    kernel: RunningKernel, stuck: Callable[[], AbstractContextManager[Road]]
) -> None:
    with stuck() as road:
        kernel.run(f"import os\nos.environ.update({road.environment})\npart = {road.part!r}")
        assert kernel.run(f"%secondme connect {road.url}\n%secondme new").status == "ok"
        before = kernel.run(RESOURCES).text
        for _ in range(STOPS_ON_A_ROAD):
            cell = stop_on(kernel, road)
            assert cell.status == "error"
            assert only_output(cell)["metadata"]["secondme"]["state"] == "interrupted"
        road.mend()
        assert kernel.run("%%secondme\nNext?").text == "Next"
        assert kernel.run(RESOURCES).text == before
