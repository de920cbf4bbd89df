"""The stop button at every moment, in a real kernel."""

from __future__ import annotations

import pytest
from kernels import HELLO, Cell, RunningKernel, connect, only_output
from roads import stuck_while_connecting
from scripted_server import UNTIL_GONE, Answer, ScriptedServer, chunk, heartbeat, sse

PHASES: dict[str, Answer] = {
    "no answer at all": [UNTIL_GONE],
    "silent": sse(heartbeat, UNTIL_GONE),
    "speaking": sse(chunk("Half an"), UNTIL_GONE),
}


@pytest.mark.parametrize("phase", PHASES)
def test_stop_ends_the_request_keeps_the_text_and_fails_the_cell(
    kernel: RunningKernel, phase: str
) -> None:
    with ScriptedServer(PHASES[phase], HELLO) as server:
        connect(kernel, server)
        seen = "Half an" if phase == "speaking" else "onnect"
        cell = kernel.stop("%%secondme\nHi", until=lambda cell: seen in cell.html)
        assert server.gone.wait(10)
        assert cell.status == "error"
        output = only_output(cell)
        assert output["output_type"] == "display_data"
        assert output["metadata"]["secondme"]["state"] == "interrupted"
        assert "Interrupted after" in output["data"]["text/html"]
        assert kernel.run("%%secondme\nAgain").status == "ok"
        sent = server.requests[1].json()["messages"]
    expected = [{"role": "user", "content": "Again"}]
    if phase == "speaking":
        expected = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Half an"},
            *expected,
        ]
    assert sent == expected


def test_stop_ends_a_connection_that_nobody_accepts(kernel: RunningKernel) -> None:
    with stuck_while_connecting() as road:
        kernel.run(f"%secondme connect {road.url}\n%secondme new")
        cell = kernel.stop("%%secondme\nHi", until=lambda cell: "connecting" in cell.html)
        road.mend()
        assert kernel.run("%%secondme\nNext?").text == "Next"
    assert cell.status == "error"
    assert only_output(cell)["metadata"]["secondme"]["state"] == "interrupted"


def test_stop_after_the_finish_reason_stops_the_loop_too(kernel: RunningKernel) -> None:
    lingering = sse(chunk("All of it", finish_reason="stop"), UNTIL_GONE)
    with ScriptedServer(lingering) as server:
        connect(kernel, server)
        cell = kernel.stop(
            "for i in range(2):\n    %secondme number {i}\nprint('ran on')",
            until=lambda cell: "All of it" in cell.html,
        )
    assert (cell.status, cell.error) == ("error", "Interrupted.")
    assert len(server.requests) == 1
    assert cell.outputs[0]["metadata"]["secondme"]["state"] == "complete"


def test_stop_works_in_a_cell_that_awaits(kernel: RunningKernel) -> None:
    with ScriptedServer(sse(chunk("Half"), UNTIL_GONE)) as server:
        connect(kernel, server)
        cell = kernel.stop(
            "import asyncio\nawait asyncio.sleep(0)\n%secondme Hi",
            until=lambda cell: "Half" in cell.html,
        )
    assert (cell.status, cell.error) == ("error", "Interrupted.")


def test_stop_while_the_first_prompt_loads_shows_no_traceback_and_sends_nothing() -> None:
    with ScriptedServer(HELLO) as server, RunningKernel() as kernel:
        kernel.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
        kernel.run(
            "import os, signal, sys\nclass Stop:\n def find_spec(self, name, *_):\n"
            "  if name == 'secondme_magics.api.client':\n"
            "   os.kill(os.getpid(), signal.SIGINT)\nsys.meta_path.insert(0, Stop())"
        )
        cell = kernel.run("%%secondme\nHi")
        assert (cell.status, cell.outputs) == ("error", [])
        assert server.requests == []
        assert kernel.run("%%secondme\nHi").status == "ok"


def test_stop_between_two_prompts_of_a_loop_stops_the_loop() -> None:
    with ScriptedServer(HELLO) as server, RunningKernel() as kernel:
        kernel.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
        kernel.run(
            "import os, signal\nclass Stop(dict):\n def __setitem__(self, name, value):\n"
            "  super().__setitem__(name, value)\n  if name == 'reply':\n"
            "   os.kill(os.getpid(), signal.SIGINT)\n"
            "get_ipython().user_ns = Stop(get_ipython().user_ns)"
        )
        cell = kernel.run("for i in range(2):\n    %secondme -o reply number {i}")
    assert (cell.status, cell.error) == ("error", "Interrupted.")
    assert len(server.requests) == 1


def test_stop_in_a_loop_stops_the_loop(kernel: RunningKernel) -> None:
    with ScriptedServer(sse(chunk("Half"), UNTIL_GONE)) as server:
        connect(kernel, server)
        cell = kernel.stop(
            "for i in range(3):\n    %secondme number {i}", until=lambda cell: "Half" in cell.html
        )
    assert cell.status == "error"
    assert cell.error == "Interrupted."
    assert len(server.requests) == 1


def test_cells_that_wait_behind_a_stopped_answer_do_not_run(kernel: RunningKernel) -> None:
    with ScriptedServer(sse(chunk("Half"), UNTIL_GONE)) as server:
        connect(kernel, server)
        first = kernel.send("%%secondme\nHi")
        second = kernel.send("ran_on = True")
        cell, waiting = Cell(), Cell()
        kernel.go_on(cell, first, until=lambda cell: "Half" in cell.html)
        kernel.interrupt()
        kernel.go_on(cell, first)
        kernel.go_on(waiting, second)
    assert (cell.status, waiting.status) == ("error", "aborted")
