"""A panel and a page that only does what it is told: what is asked, answered and refused."""

from __future__ import annotations

import pytest
from fake_client import FakeClient, RefusingClient, begin
from panels import HI, PATIENCE, FakeHost, Gate, ask_and_wait, open_panel, said

from secondme_magics.conversation.messages import Delta, Reply
from secondme_magics.errors import ConfigurationError, ConnectionFailed, StreamInterrupted
from secondme_magics.markdown.blocks import render_text

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def test_a_prompt_of_the_page_is_answered_in_the_conversation_and_shown() -> None:
    host = FakeHost()
    panel, page = open_panel(host)
    ask_and_wait(panel, page)
    (turn,) = page.turns
    assert (turn["prompt"], turn["text"], turn["state"]) == ("Hello", "Hi there", "complete")
    assert "".join(turn["blocks"]) == "<p>Hi there</p>\n"
    assert (turn["prompt_id"], turn["tail"], turn["place"]) == ("p", "", False)
    assert turn["footer"].startswith("me · ")
    assert [each.reply.text for each in panel.conversation.turns] == ["Hi there"]
    assert page.agrees


def test_python_asks_stops_and_waits_as_the_page_does() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(Delta("half"), gate, Delta(" whole"))))
    panel.ask("Hello")
    gate.wait()
    panel.stop()
    gate.opened.set()
    reply = panel.wait(PATIENCE)
    assert reply is not None
    assert (reply.state, reply.text) == ("interrupted", "half")
    assert page.turns[0]["state"] == "interrupted"
    assert page.turns[0]["can_continue"]
    assert page.turns[0]["notes"][0].startswith("Interrupted after")
    assert page.agrees


def test_a_stop_before_the_client_is_there_ends_the_answer_too() -> None:
    gate = Gate()
    host = FakeHost(FakeClient(*HI))

    def slow_client() -> FakeClient:
        gate()
        return FakeClient(*HI)

    host.client = slow_client  # type: ignore[method-assign]
    panel, page = open_panel(host)
    page.send("ask", prompt="Hello", prompt_id="p")
    gate.wait()
    page.send("stop")
    assert page.head["status"] == "stopping"
    gate.opened.set()
    panel.wait(PATIENCE)
    assert page.turns[0]["state"] == "interrupted"
    assert page.head["status"] == "idle"


def test_waiting_has_an_end() -> None:
    gate = Gate()
    panel, _ = open_panel(FakeHost(FakeClient(gate, *HI)))
    assert panel.wait() is None
    panel.ask("Hello")
    with pytest.raises(TimeoutError):
        panel.wait(0)
    gate.opened.set()
    assert str(panel.wait(PATIENCE)) == "Hi there"


def test_what_is_no_prompt_is_refused_and_changes_nothing() -> None:
    panel, page = open_panel(FakeHost())
    with pytest.raises(TypeError):
        panel.ask(3)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="the prompt is empty"):
        panel.ask(" \n")
    page.send("ask", prompt=" ", prompt_id="p")
    assert page.heard[-1]["prompt_id"] == "p"
    assert page.turns == []


def test_one_prompt_waits_and_a_second_is_refused() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(gate, *HI)))
    page.send("ask", prompt="one", prompt_id="1")
    gate.wait()
    page.send("ask", prompt="two", prompt_id="2")
    assert page.head["waiting"] == {"prompt_id": "2", "prompt": "two"}
    page.send("ask", prompt="three", prompt_id="3")
    (refused,) = page.of_kind("refused")
    assert (refused["prompt_id"], refused["what"]) == ("3", "one prompt waits already")
    gate.opened.set()
    panel.wait(PATIENCE)
    assert [turn["prompt"] for turn in page.turns] == ["one", "two"]
    assert page.head["waiting"] is None
    assert page.agrees


def test_the_prompt_that_waits_can_be_taken_back() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(gate, *HI)))
    page.send("ask", prompt="one", prompt_id="1")
    gate.wait()
    page.send("ask", prompt="two", prompt_id="2")
    page.send("unqueue")
    assert page.head["waiting"] is None
    gate.opened.set()
    panel.wait(PATIENCE)
    assert len(page.turns) == 1


def test_a_prompt_that_is_withdrawn_before_it_comes_is_not_asked() -> None:
    """The kernel hears a page on two threads, and one may be held up by a running cell."""
    client = FakeClient(*HI)
    panel, page = open_panel(FakeHost(client))
    page.send("withdraw", prompt_id="1")
    ask_and_wait(panel, page, "one", prompt_id="1")
    assert (page.turns, client.parameters) == ([], None)
    assert page.heard[-1]["kind"] == "over"
    ask_and_wait(panel, page, "two", prompt_id="2")
    assert [turn["prompt"] for turn in page.turns] == ["two"]


def test_a_prompt_that_is_withdrawn_waits_no_more_or_is_stopped() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(gate, *HI)))
    for prompt_id in ("1", "2"):
        page.send("ask", prompt=f"Question {prompt_id}", prompt_id=prompt_id)
        gate.wait()
    page.send("withdraw", prompt_id="another")
    assert (page.head["status"], page.head["waiting"]["prompt_id"]) == ("answering", "2")
    page.send("withdraw", prompt_id="2")
    assert (page.head["status"], page.head["waiting"]) == ("answering", None)
    page.send("withdraw", prompt_id="1")
    assert page.head["status"] == "stopping"
    gate.opened.set()
    panel.wait(PATIENCE)
    assert [turn["state"] for turn in page.turns] == ["interrupted"]
    assert page.agrees


def test_a_prompt_that_comes_twice_is_asked_once() -> None:
    panel, page = open_panel(FakeHost())
    for _ in range(3):
        ask_and_wait(panel, page, prompt_id="same")
    assert len(page.turns) == 1
    ask_and_wait(panel, page, prompt_id="another")
    assert len(page.turns) == 2


def test_a_refused_prompt_that_comes_again_is_refused_again() -> None:
    panel, page = open_panel(FakeHost(RefusingClient()))
    for _ in range(2):
        ask_and_wait(panel, page, prompt_id="same")
    assert [each["what"] for each in page.of_kind("refused")] == ["temperature is 3"] * 2
    assert (page.turns, panel.conversation.turns) == ([], ())
    assert page.head["status"] == "idle"


def test_what_became_of_a_prompt_is_told_again_to_a_page_that_did_not_hear_of_it() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(gate, *HI)))
    for prompt_id in ("1", "2"):
        for _ in range(2):
            page.send("ask", prompt=f"Question {prompt_id}", prompt_id=prompt_id)
        gate.wait()
    assert page.of_kind("over") == []
    gate.opened.set()
    panel.wait(PATIENCE)
    page.send("undo")
    page.send("ask", prompt="Question 2", prompt_id="2")
    assert [each["prompt_id"] for each in page.of_kind("over")] == ["2"]
    assert [turn["prompt"] for turn in page.turns] == ["Question 1"]


def test_code_that_is_asked_for_again_is_told_again() -> None:
    _, page = open_panel(said("one", reply="```python\nprint(1)\n```"))
    for _ in range(2):
        page.send("insert_code", turn="1", prompt_id="same")
    assert [each["code"] for each in page.of_kind("cell")] == ["print(1)"] * 2


def test_ids_of_prompts_are_forgotten_some_day() -> None:
    panel, page = open_panel(said("one"))
    for number in range(1_000):
        page.send("ask", prompt=" ", prompt_id=str(number))
    assert len(panel._seen) <= 256  # noqa: SLF001 - what is bounded


def test_a_failure_shows_its_cause_and_can_be_asked_again_in_place() -> None:
    host = FakeHost(FakeClient(ConnectionFailed("no answer", "Start it.")))
    panel, page = open_panel(host)
    ask_and_wait(panel, page)
    assert page.turns[0]["state"] == "failed"
    assert page.turns[0]["error"] == {"what": "no answer", "hint": "Start it."}
    host.answering = FakeClient(*HI)
    page.send("retry", turn="1", prompt_id="again")
    panel.wait(PATIENCE)
    (turn,) = page.turns
    assert (turn["key"], turn["text"], turn["error"]) == ("1", "Hi there", None)
    assert turn["version"] == [1, 1]
    assert page.agrees


def test_a_failure_of_which_no_more_is_known_still_says_so() -> None:
    host = said("Hello")
    talk = host.talks["default"]
    talk.finish(begin(talk, "Again"), Reply(state="failed"))
    _, page = open_panel(host)
    assert page.turns[1]["error"]["what"] == "this prompt got no answer"


def test_an_answer_that_is_cut_says_why_and_goes_on() -> None:
    cut = StreamInterrupted("the answer was cut", "Go on.")
    host = FakeHost(FakeClient(Delta("One, "), cut))
    panel, page = open_panel(host)
    ask_and_wait(panel, page)
    assert page.turns[0]["error"]["what"] == "the answer was cut"
    host.answering = FakeClient(Delta("two"), Delta(finish_reason="stop"))
    page.send("continue", turn="1", prompt_id="on")
    panel.wait(PATIENCE)
    assert page.turns[0]["text"] == "One, two"
    assert not page.turns[0]["can_continue"]
    assert page.agrees
    page.send("continue", turn="1", prompt_id="more")
    assert page.heard[-1]["what"] == "that answer cannot be continued"


def test_a_bug_is_shown_as_one_and_the_panel_lives_on() -> None:
    host = FakeHost()
    host.answering = RuntimeError("oops")
    panel, page = open_panel(host)
    ask_and_wait(panel, page)
    assert "RuntimeError: oops" in page.of_kind("refused")[0]["what"]
    host.answering = FakeClient(*HI)
    ask_and_wait(panel, page, prompt_id="again")
    assert page.turns[0]["text"] == "Hi there"


def test_a_thought_is_seen_while_it_goes_on_and_folded_then() -> None:
    gate = Gate()
    steps = (Delta(reasoning="Hmm, "), gate, Delta(reasoning="yes"), Delta("Hi"))
    panel, page = open_panel(FakeHost(FakeClient(*steps, Delta(finish_reason="stop"))))
    page.send("ask", prompt="Hello", prompt_id="p")
    assert page.grew.wait(PATIENCE)
    assert page.turns[0]["thought"] | {"seconds": 0} == {
        "html": render_text("Hmm, "),
        "seconds": 0,
        "open": True,
    }
    gate.opened.set()
    panel.wait(PATIENCE)
    thought = page.turns[0]["thought"]
    assert ("Hmm, yes" in thought["html"], thought["open"]) == (True, False)
    assert thought["seconds"] >= 0
    assert page.agrees
