"""What a panel's page changes: versions, turns, settings, conversations, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from counting import Parsing
from fake_client import FakeClient, begin
from panels import HI, PATIENCE, FakeHost, Gate, ask_and_wait, join_workers, open_panel, said

from secondme_magics.conversation.messages import Reply
from secondme_magics.errors import ConnectionFailed
from secondme_magics.panel.host import NamedRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panels import Page

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


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


@pytest.mark.parametrize("kind", ["edit", "regenerate"])
def test_a_version_that_fails_leaves_the_conversation_as_it_was_and_says_why(kind: str) -> None:
    host = said("one", "two", "three")
    host.answering = FakeClient(ConnectionFailed("no answer", "Start it."))
    panel, page = open_panel(host)
    page.send(kind, turn="1", prompt_id="p", **({"prompt": "eins"} if kind == "edit" else {}))
    panel.wait(PATIENCE)
    assert [turn["prompt"] for turn in page.turns] == ["one", "two", "three"]
    (refused,) = page.of_kind("refused")
    assert (refused["what"], refused["hint"]) == (
        "no answer",
        "Start it. What stood before is back; the failed attempt is kept as another version.",
    )
    page.send("version", turn="1", index=2)
    (tried,) = page.turns
    assert tried["prompt"] == ("eins" if kind == "edit" else "one")
    assert tried["error"] == {"what": "no answer", "hint": "Start it."}
    assert page.agrees


def test_a_version_that_is_stopped_before_its_first_word_leaves_the_conversation_too() -> None:
    gate = Gate()
    host = said("one", "two")
    host.answering = FakeClient(gate, *HI)
    panel, page = open_panel(host)
    page.send("regenerate", turn="1", prompt_id="p")
    gate.wait()
    page.send("stop")
    gate.opened.set()
    panel.wait(PATIENCE)
    assert [turn["prompt"] for turn in page.turns] == ["one", "two"]
    assert page.of_kind("refused")[0]["what"] == "the new version was given no answer"
    assert page.agrees


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
    cut = Reply("```python\nprint(2)", state="complete", finish_reason="length")
    for reply in (Reply("```python\nprint(", state="interrupted"), cut):
        talk.finish(begin(talk, "half"), reply)
        for kind in ("next_cell", "insert_code"):
            page.send(kind, turn=str(len(talk.turns)))
            assert (host.cells, page.heard[-1]["kind"]) == (["print(1)"], "refused")
    page.send("ready")
    assert [turn["has_code"] for turn in page.turns] == [True, False, False]


def test_settings_hold_for_the_prompts_of_this_panel() -> None:
    client = FakeClient(*HI)
    host = FakeHost(client)
    panel, page = open_panel(host)
    page.send("roles")
    join_workers()
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


def test_roles_that_cannot_be_had_are_told_of() -> None:
    host = FakeHost()
    host.roles = ConnectionFailed("no answer", "Start it.")
    _, page = open_panel(host)
    page.send("roles")
    join_workers()
    assert (page.heard[-1]["kind"], page.heard[-1]["what"]) == ("no_roles", "no answer")
    assert page.head["roles"] is None
    host.roles = (NamedRole("2", "Cook"),)
    page.send("roles")
    join_workers()
    assert page.head["roles"] == [{"id": "2", "name": "Cook"}]


def choose_role(page: Page) -> None:
    page.send("roles")
    join_workers()
    page.send("set", role="1", temperature=0.5)
    assert page.head["role"] == "1"


def test_roles_and_the_chosen_one_are_those_of_their_instance() -> None:
    client = FakeClient(*HI)
    host = FakeHost(client)
    panel, page = open_panel(host)
    choose_role(page)
    host.name = "second"
    host.board.refresh()
    assert (page.head["roles"], page.head["role"]) == (None, None)
    page.send("set", role="1")
    assert page.heard[-1]["what"] == "the instance has no such role"
    ask_and_wait(panel, page)
    assert client.parameters is not None
    assert (client.parameters.role_id, client.parameters.temperature) == (None, 0.5)
    assert "Poet" not in page.turns[0]["footer"]
    assert page.agrees


def test_a_prompt_takes_no_role_to_an_instance_of_which_the_page_does_not_know() -> None:
    client = FakeClient(*HI)
    host = FakeHost(client)
    panel, page = open_panel(host)
    choose_role(page)
    host.name = "second"
    ask_and_wait(panel, page)
    assert client.parameters is not None
    assert client.parameters.role_id is None


def test_a_server_that_is_no_second_me_is_asked_for_no_notes() -> None:
    client = FakeClient(*HI)
    host = FakeHost(client)
    panel, page = open_panel(host)
    page.send("set", l0=True, l1=False, temperature=0.5)
    host.is_second_me = False
    ask_and_wait(panel, page)
    asked = client.parameters
    assert asked is not None
    assert (asked.enable_l0_retrieval, asked.enable_l1_retrieval, asked.temperature) == (
        (None, None, 0.5)
    )


def test_roles_that_come_when_another_instance_was_connected_are_not_its() -> None:
    gate = Gate()
    host = FakeHost()

    def slow_roles() -> Sequence[NamedRole]:
        gate()
        return (NamedRole("1", "Poet"),)

    host.ask_roles = slow_roles  # type: ignore[method-assign]
    _, page = open_panel(host)
    page.send("roles")
    gate.wait()
    host.name = "second"
    gate.opened.set()
    join_workers()
    assert (page.head["instance"]["name"], page.head["roles"]) == ("second", None)
    page.send("roles")
    join_workers()
    assert page.head["roles"] == [{"id": "1", "name": "Poet"}]


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
    [("md", "text/markdown", "> one"), ("html", "text/html", "<h1 "), ("json", "json", '"role"')],
)
def test_a_conversation_is_exported_as_a_file(format_: str, mime: str, words: str) -> None:
    _, page = open_panel(said("one"))
    with Parsing() as parsing:
        page.send("export", format=format_)
    assert parsing.characters == 0
    join_workers()
    file = page.heard[-1]
    assert (file["name"], words in file["text"]) == (f"default.{format_}", True)
    assert file["mime"].endswith(mime)
