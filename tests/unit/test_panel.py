"""A panel and a page that only does what it is told: what is said, asked, changed and refused."""

from __future__ import annotations

from threading import Thread
from threading import enumerate as enumerate_threads
from typing import TYPE_CHECKING

import pytest
from fake_client import FakeClient, RefusingClient
from panels import HI, PATIENCE, FakeHost, Gate, Page, open_panel

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Delta, Reply
from secondme_magics.errors import ConfigurationError, ConnectionFailed, StreamInterrupted
from secondme_magics.markdown.blocks import render_text
from secondme_magics.panel.host import NamedRole
from secondme_magics.panel.worker import NoInterrupts
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.streaming import stream_answer

if TYPE_CHECKING:
    from secondme_magics.panel.panel import Panel

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def said(*prompts: str, reply: str = "Hi") -> FakeHost:
    """Return a notebook whose conversation has these prompts already."""
    host = FakeHost()
    for prompt in prompts:
        talk = host.talks["default"]
        talk.finish(talk.begin(prompt), Reply(reply, state="complete"))
    return host


def ask_and_wait(panel: Panel, page: Page, prompt: str = "Hello", prompt_id: str = "p") -> None:
    page.send("ask", prompt=prompt, prompt_id=prompt_id)
    panel.wait(PATIENCE)


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


def test_ids_of_prompts_are_forgotten_some_day() -> None:
    panel, page = open_panel(said("one"))
    for number in range(1_000):
        page.send("insert_code", turn="1", prompt_id=str(number))
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
    talk.finish(talk.begin("Again"), Reply(state="failed"))
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
    assert page.heard[-1]["what"] == "that answer cannot be gone on with"


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


def test_an_edited_prompt_begins_a_version_and_both_can_be_chosen() -> None:
    host = said("one", "two", "three")
    panel, page = open_panel(host)
    page.send("edit", turn="2", prompt="zwei", prompt_id="p")
    panel.wait(PATIENCE)
    assert [turn["prompt"] for turn in page.turns] == ["one", "zwei"]
    assert page.turns[1]["version"] == [2, 2]
    page.send("version", turn="4", index=1)
    assert [turn["prompt"] for turn in page.turns] == ["one", "two", "three"]
    assert page.turns[1]["version"] == [1, 2]
    assert page.agrees


def test_an_answer_given_again_keeps_the_first_one() -> None:
    panel, page = open_panel(said("one", reply="first"))
    for kind in ("regenerate", "retry"):
        page.send(kind, turn=page.turns[0]["key"], prompt_id=kind)
        panel.wait(PATIENCE)
    assert (page.turns[0]["prompt"], page.turns[0]["version"]) == ("one", [3, 3])
    page.send("version", turn="3", index=1)
    assert page.turns[0]["text"] == "first"


def test_what_is_asked_of_a_turn_that_is_gone_gives_the_draft_back() -> None:
    panel, page = open_panel(said("one"))
    page.send("edit", turn="7", prompt="x", prompt_id="p")
    assert page.heard[-1]["prompt_id"] == "p"
    assert page.heard[-1]["what"] == "turn 7 does not stand in this conversation"
    panel.wait(0)


def test_a_turn_taken_back_while_its_new_version_is_under_way_refuses_it() -> None:
    gate = Gate()
    host = said("one")

    def slow_client() -> FakeClient:
        gate()
        return FakeClient(*HI)

    host.client = slow_client  # type: ignore[method-assign]
    panel, page = open_panel(host)
    page.send("edit", turn="1", prompt="eins", prompt_id="p")
    gate.wait()
    panel.conversation.undo()
    gate.opened.set()
    panel.wait(PATIENCE)
    assert page.of_kind("refused")[0]["prompt_id"] == "p"
    assert page.turns == []
    assert page.agrees


CHANGES = {
    "edit": {"turn": "1", "prompt": "x", "prompt_id": "e"},
    "regenerate": {"turn": "1", "prompt_id": "r"},
    "version": {"turn": "1", "index": 1},
    "undo": {},
    "clear": {},
    "bring_back": {},
    "use": {"conversation": "default"},
    "new": {},
}


@pytest.mark.parametrize(("kind", "fields"), CHANGES.items(), ids=CHANGES)
def test_nothing_changes_under_an_answer_that_grows(kind: str, fields: dict[str, object]) -> None:
    gate = Gate()
    host = said("one")
    host.answering = FakeClient(gate, *HI)
    panel, page = open_panel(host)
    page.send("ask", prompt="two", prompt_id="2")
    gate.wait()
    page.send(kind, **fields)
    assert page.heard[-1]["what"] == "an answer is still on its way"
    gate.opened.set()
    panel.wait(PATIENCE)
    assert [turn["prompt"] for turn in page.turns] == ["one", "two"]
    assert panel.conversation is host.talks["default"]


def test_what_was_taken_back_and_cleared_is_gone_and_what_was_cleared_comes_back() -> None:
    _, page = open_panel(said("one", "two"))
    page.send("undo")
    assert [turn["prompt"] for turn in page.turns] == ["one"]
    page.send("clear")
    assert page.turns == []
    assert (page.head["can_undo"], page.head["can_bring_back"]) == (False, True)
    page.send("bring_back")
    assert [turn["prompt"] for turn in page.turns] == ["one"]
    assert (page.head["can_undo"], page.head["can_bring_back"]) == (True, False)
    page.send("bring_back")
    assert page.agrees


def test_nothing_to_take_back_is_said() -> None:
    _, page = open_panel(FakeHost())
    page.send("undo")
    assert page.heard[-1]["kind"] == "refused"


def test_code_goes_into_a_cell_and_only_code_that_is_whole() -> None:
    host = said("code", reply="```python\nprint(1)\n```")
    _, page = open_panel(host)
    assert page.turns[0]["has_code"]
    page.send("insert_code", turn="1", prompt_id="c")
    assert (page.heard[-1]["prompt_id"], page.heard[-1]["code"]) == ("c", "print(1)")
    page.send("next_cell", turn="1")
    assert (host.cells, page.heard[-1]["kind"]) == (["print(1)"], "said")
    talk = host.talks["default"]
    talk.finish(talk.begin("half"), Reply("```python\nprint(", state="interrupted"))
    page.send("next_cell", turn="2")
    assert (host.cells, page.heard[-1]["kind"]) == (["print(1)"], "refused")


def test_settings_hold_for_the_prompts_of_this_panel() -> None:
    client = FakeClient(*HI)
    host = FakeHost(client)
    panel, page = open_panel(host)
    page.send("roles")
    for thread in threads():
        thread.join(PATIENCE)
    assert page.head["roles"] == [{"id": "1", "name": "Poet"}]
    page.send("set", role="1", temperature=0.5, l0=True, l1=False, max_tokens=9)
    assert page.head["role"] == "1"
    assert page.head["settings"] == {"temperature": 0.5, "l0": True, "l1": False, "max_tokens": 9}
    ask_and_wait(panel, page)
    assert client.parameters is not None
    sent = client.parameters
    assert (sent.role_id, sent.temperature, sent.max_tokens) == ("1", 0.5, 9)
    assert (sent.enable_l0_retrieval, sent.enable_l1_retrieval) == (True, False)
    assert "role Poet" in page.turns[0]["footer"]
    page.send("set", temperature=None, role=None)
    assert (page.head["role"], page.head["settings"]["temperature"]) == (None, None)


def threads() -> list[Thread]:
    return [each for each in enumerate_threads() if each.name == "secondme-panel"]


def test_roles_that_cannot_be_had_are_told_of() -> None:
    host = FakeHost()
    host.roles = ConnectionFailed("no answer", "Start it.")
    _, page = open_panel(host)
    page.send("roles")
    for thread in threads():
        thread.join(PATIENCE)
    assert page.heard[-1]["what"] == "no answer"
    assert page.head["roles"] is None
    host.roles = (NamedRole("2", "Cook"),)


def test_a_conversation_is_chosen_begun_and_renamed() -> None:
    host = said("one")
    panel, page = open_panel(host)
    page.send("new")
    assert (page.head["conversation"], page.turns) == ("talk-2", [])
    page.send("use", conversation="default")
    assert page.turns[0]["prompt"] == "one"
    page.send("rename", conversation="travel")
    assert (page.head["conversation"], panel.conversation.name) == ("travel", "travel")
    page.send("use", conversation="nowhere")
    assert page.heard[-1]["kind"] == "refused"
    assert page.agrees


@pytest.mark.parametrize(
    ("format_", "mime", "words"),
    [("md", "text/markdown", "> one"), ("html", "text/html", "<h1>"), ("json", "json", '"role"')],
)
def test_a_conversation_is_exported_as_a_file(format_: str, mime: str, words: str) -> None:
    _, page = open_panel(said("one"))
    page.send("export", format=format_)
    file = page.heard[-1]
    assert (file["name"], words in file["text"]) == (f"default.{format_}", True)
    assert file["mime"].endswith(mime)


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
