"""The panel in a real kernel: its command, one conversation with the cells, what stays of it."""

from __future__ import annotations

import json
from ast import literal_eval
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from kernels import FORGET, HELLO, TIMEOUT, Cell, RunningKernel, connect
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def server(kernel: RunningKernel) -> Iterator[ScriptedServer]:
    with ScriptedServer(HELLO) as running:
        connect(kernel, running)
        yield running


def open_panel(kernel: RunningKernel, options: str = "") -> tuple[Cell, str]:
    """Return the cell of a new panel, which is `panel`, and its comm."""
    cell = kernel.run(f"panel = %secondme panel {options}")
    assert cell.status == "ok", cell.error
    return cell, str(cell.outputs[0]["data"][WIDGET]["model_id"])


def shown(kernel: RunningKernel) -> list[dict[str, Any]]:
    """Return the turns of the panel, once nothing is being answered."""
    kernel.run("panel.wait(20)")
    turns = json.loads(literal_eval(kernel.value("__import__('json').dumps(panel.state())")))
    return list(turns["turns"])


def told(cell: Cell) -> list[dict[str, Any]]:
    """Return what pages were told while `cell` ran."""
    messages = [each["content"]["data"] for each in cell.of_type("comm_msg")]
    return [each["content"] for each in messages if each["method"] == "custom"]


@pytest.mark.usefixtures("server")
def test_the_command_shows_a_panel_once_and_returns_it(kernel: RunningKernel) -> None:
    cell, _ = open_panel(kernel)
    assert [WIDGET in each["data"] for each in cell.outputs] == [True, False]
    assert "%%secondme asks without it" in cell.outputs[0]["data"]["text/plain"]
    assert "install secondme-magics" in cell.outputs[1]["data"]["text/plain"]
    assert kernel.value("type(panel).__name__") == "'Panel'"
    assert len(kernel.run("%secondme panel").outputs) == 2
    again = kernel.run("panel")
    assert [WIDGET in each["data"] for each in again.outputs] == [True]


@pytest.mark.usefixtures("server")
def test_a_cell_that_is_run_again_shows_the_same_panel(kernel: RunningKernel) -> None:
    models = set()
    for _ in range(2):
        cell = kernel.run("%secondme panel", cell_id="the-panel")
        models.add(cell.outputs[0]["data"][WIDGET]["model_id"])
    assert len(models) == 1
    assert kernel.run("%secondme panel -c other", cell_id="the-panel").status == "ok"


@pytest.mark.usefixtures("server")
def test_python_asks_and_the_answer_grows_in_the_panel(kernel: RunningKernel) -> None:
    open_panel(kernel)
    cell = kernel.run("panel.ask('Hello?')\nprint(panel.wait(20), len(panel.conversation.turns))")
    assert "Hello **world** 1" in cell.text
    assert [each["seq"] for each in told(cell)] == list(range(1, len(told(cell)) + 1))
    assert {"turns", "grow", "head"} <= {each["kind"] for each in told(cell)}


@pytest.mark.usefixtures("server")
def test_a_turn_asked_in_a_cell_appears_in_the_panel_and_the_other_way_round(
    kernel: RunningKernel,
) -> None:
    _, comm = open_panel(kernel)
    cell = kernel.run("%secondme from a cell")
    assert "grow" in {each["kind"] for each in told(cell)}
    kernel.say(comm, {"kind": "ask", "prompt": "from the panel", "prompt_id": "p"})
    turns = shown(kernel)
    assert [turn["prompt"] for turn in turns] == ["from a cell", "from the panel"]
    assert [turn["place"] for turn in turns] == [True, False]
    assert "from the panel" in kernel.run("%secondme history").text
    undone = kernel.run("%secondme undo")
    assert [each["from"] for each in told(undone) if each["kind"] == "turns"] == [1]
    assert len(shown(kernel)) == 1


def test_what_was_said_is_sent_whoever_said_it(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    open_panel(kernel)
    kernel.run("%secondme one")
    kernel.run("panel.ask('two'); panel.wait(20)")
    kernel.run("%secondme three")
    messages: Any = server.requests[-1].json()["messages"]
    assert [each["content"] for each in messages if each["role"] == "user"] == [
        "one", "two", "three"
    ]  # fmt: skip


def test_stop_ends_the_answer_and_its_request(kernel: RunningKernel) -> None:
    spoken = Event()
    with ScriptedServer(sse(chunk("Half"), lambda _: spoken.set(), UNTIL_GONE)) as server:
        connect(kernel, server)
        open_panel(kernel)
        kernel.run("panel.ask('Hello?')")
        assert spoken.wait(TIMEOUT)
        assert "interrupted" in kernel.run("panel.stop()\nprint(panel.wait(20).state)").text
        assert server.gone.wait(TIMEOUT)


WAIT = """\
print("busy")
with panel.host.board.ended:
    panel.host.board.ended.wait(60)
print("over")
"""
"""A cell that keeps the kernel busy until an answer has ended."""


def test_ask_and_stop_are_heard_beside_a_running_cell(kernel: RunningKernel) -> None:
    subshell = kernel.subshell()
    if subshell is None:
        pytest.skip("this kernel has no subshells")
    spoken = Event()
    with ScriptedServer(sse(chunk("Half"), lambda _: spoken.set(), UNTIL_GONE)) as server:
        connect(kernel, server)
        _, comm = open_panel(kernel)
        kernel.say(comm, {"kind": "ready"}, subshell=subshell)
        cell = Cell()
        request = kernel.send(WAIT)
        kernel.go_on(cell, request, until=lambda cell: "busy" in cell.text)
        kernel.say(comm, {"kind": "ask", "prompt": "Hello?", "prompt_id": "p"}, subshell=subshell)
        assert spoken.wait(TIMEOUT)
        kernel.say(comm, {"kind": "stop"}, subshell=subshell)
        kernel.go_on(cell, request, until=lambda cell: "over" in cell.text)
        kernel.go_on(cell, request)
    assert shown(kernel)[0]["state"] == "interrupted"


def transcripts(opened: Cell, cell: Cell) -> list[dict[str, Any]]:
    """Return what stood below the panel of `opened`, anew each time, while `cell` ran."""
    shown = [each["content"] for each in cell.of_type("update_display_data")]
    ours = opened.outputs[1]["id"]
    return [each for each in shown if each["transient"]["display_id"] == ours]


@pytest.mark.usefixtures("server")
def test_the_transcript_below_the_panel_follows_when_a_turn_ends(kernel: RunningKernel) -> None:
    opened, _ = open_panel(kernel)
    name = kernel.value("panel.conversation.name").strip("'")
    cell = kernel.run("panel.ask('Who <b>are</b> you?'); panel.wait(20)")
    (output,) = transcripts(opened, cell)
    assert "Hello <strong>world</strong>" in output["data"]["text/html"]
    assert "Who &lt;b&gt;are&lt;/b&gt; you?" in output["data"]["text/html"]
    assert "> Who \\<b>are\\</b> you?" in output["data"]["text/plain"]
    (talk,) = output["metadata"]["secondme"]["transcript"]
    assert (talk["conversation"], talk["turns"][0]["text"]) == (name, "Hello **world**")


@pytest.mark.usefixtures("server")
def test_a_notebook_can_keep_no_transcript(kernel: RunningKernel) -> None:
    opened, _ = open_panel(kernel)
    kernel.run("panel.ask('Secret?'); panel.wait(20)")
    (emptied,) = transcripts(opened, kernel.run("%config SecondMe.keep_transcript = False"))
    assert "Secret" not in json.dumps(emptied)
    asked = kernel.run("panel.ask('Secret?'); panel.wait(20)")
    assert "Secret" not in json.dumps(transcripts(opened, asked))
    (kept,) = transcripts(opened, kernel.run("%config SecondMe.keep_transcript = True"))
    assert kept["data"]["text/plain"].count("> Secret?") == 2


@pytest.mark.usefixtures("server")
def test_restore_brings_the_conversations_of_panels_back(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    opened, comm = open_panel(kernel, "-c chat")
    cell = kernel.run("%secondme -c chat from a cell", cell_id="asked")
    kernel.say(comm, {"kind": "ask", "prompt": "from the panel", "prompt_id": "p"})
    kernel.run("panel.wait(20)")
    again = kernel.run("%secondme panel -c chat")
    notebook = tmp_path / "saved.ipynb"
    notebook.write_text(json.dumps(saved({"opened": opened, "asked": cell, "again": again})))
    kernel.run(FORGET)
    assert "chat: 2 turns" in kernel.run(f"%secondme restore {notebook}").text
    open_panel(kernel, "-c chat")
    history = kernel.run("%secondme use chat\n%secondme history").text
    assert history.count("from a cell") == history.count("from the panel") == 1


@pytest.mark.usefixtures("server")
def test_an_empty_panel_shows_what_is_restored_under_its_name(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    asked = kernel.run("%secondme -c talk before")
    notebook = tmp_path / "saved.ipynb"
    notebook.write_text(json.dumps(saved({"asked": asked})))
    kernel.run(FORGET)
    open_panel(kernel, "-c talk")
    kernel.run(f"%secondme restore {notebook}")
    assert [turn["prompt"] for turn in shown(kernel)] == ["before"]


def saved(cells: dict[str, Cell]) -> dict[str, object]:
    """Return a notebook of `cells`, as far as it is read again."""
    kept = [
        {"id": name, "execution_count": number, "outputs": cell.outputs}
        for number, (name, cell) in enumerate(cells.items(), start=1)
    ]
    return {"nbformat": 4, "cells": kept}


@pytest.mark.usefixtures("server")
def test_unloading_the_extension_ends_its_panels(kernel: RunningKernel) -> None:
    open_panel(kernel)
    kernel.run("%unload_ext secondme_magics")
    assert kernel.value("panel.is_closed") == "True"
    kernel.run("%load_ext secondme_magics")


def test_what_has_come_of_an_answer_stays_when_the_extension_is_unloaded(
    kernel: RunningKernel,
) -> None:
    with ScriptedServer(sse(chunk("Half of it"), UNTIL_GONE)) as server:
        connect(kernel, server)
        open_panel(kernel)
        kernel.run(RECORD)
        kernel.run("panel.ask('Tell me')")
        kernel.run(UNTIL_WORDS)
        kernel.run("%unload_ext secondme_magics")
        turn = json.loads(kernel.run(LAST_TURN).text)  # whoever told it, the cell or the answer
    kernel.run("%load_ext secondme_magics")
    assert (turn["prompt"], turn["text"], turn["state"]) == ("Tell me", "Half of it", "interrupted")


RECORD = """
import json
publisher, told = get_ipython().display_pub, []
publish = publisher.publish
def record(data, metadata=None, **rest):
    told.append(metadata)
    publish(data, metadata, **rest)
publisher.publish = record
"""
LAST_TURN = """
publisher.publish = publish
print(json.dumps(told[-1]['secondme']['transcript'][0]['turns'][-1]))
"""
UNTIL_WORDS = """
from time import monotonic, sleep
end = monotonic() + 20
while not any('Half' in turn['tail'] for turn in panel.state()['turns']) and monotonic() < end:
    sleep(0.01)
"""


def test_suggestions_are_the_users_own_or_the_demos(kernel: RunningKernel) -> None:
    kernel.run("%secondme connect demo")
    open_panel(kernel)
    head = "panel.state()['head']"
    assert "Which options" in kernel.value(f"{head}['suggestions']")
    kernel.run("%config SecondMe.suggestions = ['Mine']")
    assert kernel.value(f"{head}['suggestions']") == "['Mine']"
    assert kernel.value(f"{head}['instance']['is_demo']") == "True"


def test_a_panel_costs_nothing_until_it_is_used() -> None:
    with RunningKernel() as fresh:
        fresh.run("%load_ext secondme_magics\n%secondme status")
        assert fresh.value("'anywidget' in __import__('sys').modules") == "False"


def test_half_a_character_from_a_server_breaks_neither_page_nor_file(kernel: RunningKernel) -> None:
    half = chunk("half \ud800 of it", finish_reason="\ud800")
    with ScriptedServer(sse(half, done)) as server:
        connect(kernel, server)
        opened, _ = open_panel(kernel)
        cell = kernel.run("panel.ask('Half \\ud800 here'); panel.wait(20).state")
        assert cell.status == "ok"
        turn = shown(kernel)[-1]
        (kept,) = transcripts(opened, cell)
    json.dumps([turn, kept], ensure_ascii=False).encode()
    assert turn["text"] == "half \ufffd of it"
    assert turn["prompt"] == "Half \ufffd here"


def test_code_takes_the_answer_that_came_last_to_a_panel_or_to_a_cell(
    kernel: RunningKernel,
) -> None:
    answers = [sse(chunk(f"```python\nx = {n}\n```"), done) for n in range(3)]
    with ScriptedServer(*answers) as server:
        connect(kernel, server)
        inserted = []
        open_panel(kernel)
        for ask in ("%secondme Hi", "panel.ask('Hi')\npanel.wait(20)", "%secondme -c other Hi"):
            assert kernel.run(ask).status == "ok"
            inserted += [each["text"] for each in kernel.run("%secondme code").reply["payload"]]
    assert inserted == ["x = 0", "x = 1", "x = 2"]
