"""Panels beside each other, beside cells, and beside pages that come and go."""

from __future__ import annotations

import pytest
from fake_client import FakeClient
from panels import HI, PATIENCE, FakeHost, Gate, Page, ask_and_wait, open_panel, said

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ConnectionFailed
from secondme_magics.panel.worker import NoInterrupts
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.streaming import stream_answer

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def test_two_panels_on_one_conversation_show_the_same() -> None:
    host = FakeHost()
    panel, page = open_panel(host)
    _, other = open_panel(host)
    ask_and_wait(panel, page)
    assert other.turns == page.turns
    assert page.agrees
    assert other.agrees


def test_two_panels_on_two_conversations_do_not_mix() -> None:
    gate = Gate()
    host = FakeHost(FakeClient(gate, *HI))
    panel, page = open_panel(host)
    second, other = open_panel(host, host.new())
    page.send("ask", prompt="one", prompt_id="1")
    gate.wait()
    other.send("ask", prompt="two", prompt_id="2")
    gate.opened.set()
    panel.wait(PATIENCE)
    second.wait(PATIENCE)
    assert [turn["prompt"] for turn in page.turns] == ["one"]
    assert [turn["prompt"] for turn in other.turns] == ["two"]
    assert {each["turn"] for each in page.of_kind("grow")} == {"1"}


def test_an_answer_of_a_cell_grows_in_the_open_panel_and_can_be_stopped_there() -> None:
    gate = Gate()
    host = FakeHost()
    panel, page = open_panel(host)
    turn = ask(panel.conversation, FakeClient(Delta("half"), gate, *HI), "Hello")
    with host.board.answering(panel.conversation, turn, Origin("me", "default")) as running:
        with turn as deltas:
            running.begin(turn.recorded)
            running.update(next(iter(deltas)).content, "")
            assert page.turns[0]["state"] == "streaming"
            assert page.turns[0]["tail"] == "<p>half</p>\n"
            page.send("stop")
        running.finish(turn.recorded)
    assert (page.turns[0]["state"], page.turns[0]["text"]) == ("interrupted", "half")
    assert page.agrees


def test_a_prompt_of_the_panel_waits_for_the_answer_of_a_cell() -> None:
    host = FakeHost()
    panel, page = open_panel(host)
    turn = ask(panel.conversation, FakeClient(*HI), "from a cell")
    with host.board.answering(panel.conversation, turn, Origin("me", "default")) as running:
        page.send("ask", prompt="from the panel", prompt_id="p")
        assert page.head["waiting"] is not None
        stream_answer(turn, running.begin, NoInterrupts())
    panel.wait(PATIENCE)
    assert [each["prompt"] for each in page.turns] == ["from a cell", "from the panel"]


def test_a_cell_that_fails_shows_why_in_the_panel() -> None:
    host = FakeHost()
    panel, page = open_panel(host)
    client = FakeClient(ConnectionFailed("no answer", "Start it."))
    turn = ask(panel.conversation, client, "Hello")
    with (
        pytest.raises(ConnectionFailed),
        host.board.answering(panel.conversation, turn, Origin("me", "default")) as running,
    ):
        stream_answer(turn, running.begin, NoInterrupts())
    assert page.turns[0]["error"]["what"] == "no answer"


def test_a_page_that_asks_for_all_of_it_in_mid_answer_goes_on_from_there() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(Delta("One, "), gate, Delta("two"), *HI)))
    page.send("ask", prompt="Hello", prompt_id="p")
    assert page.grew.wait(PATIENCE)
    page.send("ready")
    assert page.of_kind("snapshot")[0]["state"]["turns"][0]["state"] == "streaming"
    late = Page(panel, page.comm)
    gate.opened.set()
    panel.wait(PATIENCE)
    assert late.turns[0]["text"] == "One, twoHi there"
    assert late.agrees


def test_the_snapshot_of_a_page_that_loads_is_made_on_demand() -> None:
    panel, page = open_panel(FakeHost())
    ask_and_wait(panel, page)
    state = panel.get_state("snapshot")["snapshot"]
    assert state == panel.state()
    assert state["turns"][0]["text"] == "Hi there"


def test_where_nothing_may_be_kept_a_page_asks_for_what_is_shown() -> None:
    host = said("one")
    host.keeps_transcript = False
    panel, page = open_panel(host)
    assert panel.get_state("snapshot") == {"snapshot": None}
    page.send("ready", page="a")
    assert page.of_kind("snapshot")[0]["state"]["turns"][0]["prompt"] == "one"
    host.keeps_transcript = True
    assert panel.get_state("snapshot")["snapshot"]["turns"]


def test_a_page_cannot_write_what_the_kernel_says() -> None:
    panel, _ = open_panel(said("one"))
    panel.set_state({"snapshot": {"turns": []}})
    assert panel.get_state("snapshot")["snapshot"]["turns"]


def test_a_closed_panel_ends_its_answer_and_says_no_more() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(gate, *HI)))
    page.send("ask", prompt="one", prompt_id="1")
    gate.wait()
    page.send("ask", prompt="two", prompt_id="2")
    panel.close()
    count = len(page.heard)
    gate.opened.set()
    panel.wait(PATIENCE)
    assert panel.is_closed
    assert len(page.heard) == count
    assert [turn.reply.state for turn in panel.conversation.turns] == ["interrupted"]


def test_an_answer_whose_turn_is_taken_away_ends() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(Delta("half"), gate, *HI)))
    page.send("ask", prompt="one", prompt_id="1")
    gate.wait()
    assert page.grew.wait(PATIENCE)
    panel.conversation.reset()
    panel.host.board.refresh()
    assert page.head["status"] == "stopping"
    gate.opened.set()
    panel.wait(PATIENCE)
    assert page.turns == []
    assert page.agrees


def test_what_changed_elsewhere_is_told_once() -> None:
    host = said("one")
    panel, page = open_panel(host)
    host.board.refresh()
    assert page.heard == []
    panel.conversation.undo()
    host.board.refresh()
    assert [each["kind"] for each in page.heard] == ["turns", "head"]
    assert page.agrees


def test_a_conversation_of_other_readers_is_not_shown() -> None:
    host = FakeHost()
    _, page = open_panel(host)
    stranger = Conversation("stranger")
    turn = ask(stranger, FakeClient(*HI), "Hello")
    with host.board.answering(stranger, turn, Origin("me", "stranger")) as running:
        stream_answer(turn, running.begin, NoInterrupts())
    assert page.heard == []
