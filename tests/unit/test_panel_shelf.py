"""What is rendered for the panels, and for how long that is kept: no more than is shown."""

from __future__ import annotations

import pytest
from counting import Parsing
from panels import FakeHost, RecordingComm, ask_and_wait, join_workers, open_panel, said

from secondme_magics.panel.board import FEW
from secondme_magics.panel.panel import Panel

pytestmark = pytest.mark.usefixtures("no_thread_is_left")

WORDS = "word " * 100


def loaded() -> FakeHost:
    return said(*[f"Question {number}" for number in range(200)], reply=WORDS)


def test_a_new_panel_renders_and_shows_the_last_turns() -> None:
    host = loaded()
    with Parsing() as parsing:
        panel = Panel(host, host.talks["default"])
        host.board.refresh()
        snapshot = panel.get_state("snapshot")["snapshot"]
    assert parsing.characters <= FEW * 2 * len(WORDS)
    assert [turn["prompt"] for turn in snapshot["turns"]][::19] == ["Question 180", "Question 199"]


def test_a_page_that_was_given_the_last_turns_asks_for_all_before_it_is_told_of_a_change() -> None:
    host = loaded()
    panel = Panel(host, host.talks["default"])
    comm = panel.comm = RecordingComm()
    snapshot = panel.get_state("snapshot")["snapshot"]
    panel.conversation.undo()
    host.board.refresh()
    assert snapshot["seq"] + 1 < comm.sent[0]["content"]["seq"]


def test_a_page_that_asks_is_given_all_and_no_handler_renders_it() -> None:
    host = loaded()
    panel = Panel(host, host.talks["default"])
    comm = panel.comm = RecordingComm()
    with Parsing() as parsing:
        comm.hear({"kind": "ready", "page": "a"})
    assert parsing.characters == 0
    join_workers()
    comm.hear({"kind": "ready", "page": "a"})
    states = [message["content"]["state"] for message in comm.sent]
    assert [len(state["turns"]) for state in states] == [200, 200]
    assert len(panel.get_state("snapshot")["snapshot"]["turns"]) == 200


def test_where_no_page_is_given_anything_nothing_is_rendered() -> None:
    host = loaded()
    host.keeps_transcript = False
    with Parsing() as parsing:
        Panel(host, host.talks["default"])
        host.board.refresh()
    assert parsing.characters == 0


def test_turns_that_were_taken_back_are_kept_no_longer() -> None:
    host = FakeHost()
    panel, page = open_panel(host)
    for number in range(20):
        ask_and_wait(panel, page, prompt_id=str(number))
        page.send("undo")
    kept = host.board._shelf(panel.conversation).shown  # noqa: SLF001 - what is bounded
    assert kept == {}


def test_turns_that_may_come_back_are_shown_then_as_they_were() -> None:
    panel, page = open_panel(FakeHost())
    ask_and_wait(panel, page, "first", "1")
    page.send("edit", turn="1", prompt="second", prompt_id="2")
    panel.wait(20)
    page.send("clear")
    ask_and_wait(panel, page, "third", "3")
    page.send("bring_back")
    page.send("version", turn="2", index=1)
    assert [turn["prompt"] for turn in page.turns] == ["first"]
    assert page.turns[0]["footer"].startswith("me · ")
    page.send("version", turn="1", index=2)
    assert [turn["prompt"] for turn in page.turns] == ["second", "third"]
    assert all(turn["footer"].startswith("me · ") for turn in page.turns)
