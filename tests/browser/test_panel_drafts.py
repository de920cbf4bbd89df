"""The panel's page alone: what a reader has written is theirs, whatever becomes of the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_page import streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage
    from playwright.sync_api import Locator

WAITING = {"prompt_id": "w", "prompt": "And then?"}


def cards(panel: PanelPage) -> Locator:
    return panel.page.locator(".smp-cards .smp-card")


def ask(panel: PanelPage, prompt: str) -> str:
    panel.box.fill(prompt)
    panel.box.press("Enter")
    return str(panel.sent("ask")[-1]["prompt_id"])


def test_a_prompt_that_waits_is_taken_back_beside_a_draft(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering", waiting=WAITING)
    panel.box.fill("A draft")
    panel.button("Take back").click()
    panel.head(status="answering")
    expect(panel.box).to_have_value("A draft")
    expect(cards(panel)).to_contain_text("And then?")
    panel.button("Put it into the box").click()
    expect(panel.box).to_have_value("And then?")
    expect(cards(panel)).to_have_count(0)


@pytest.mark.parametrize("has_other", [False, True], ids=["as the last", "before another"])
def test_a_prompt_of_python_that_waits_is_taken_back(panel: PanelPage, *, has_other: bool) -> None:
    """It has no id, as the turns that cells have asked."""
    panel.open(turns=[streaming("2")], status="answering")
    panel.head(status="answering", waiting={"prompt_id": None, "prompt": "From Python"})
    panel.button("Take back").click()
    other = {"prompt_id": None, "prompt": "Another"} if has_other else None
    panel.head(status="answering", waiting=other)
    expect(panel.box).to_have_value("From Python")
    shown = panel.page.locator(".smp-next")
    expect(shown).to_contain_text("Another") if has_other else expect(shown).to_be_hidden()


def test_a_refused_prompt_is_kept_until_the_reader_has_done_with_it(panel: PanelPage) -> None:
    panel.open()
    first = ask(panel, "First")
    second = ask(panel, "Second")
    panel.box.fill("A draft")
    for prompt_id in (first, second, None, None):
        panel.tell("refused", prompt_id=prompt_id, what="No room.", hint="Wait.")
    expect(cards(panel)).to_contain_text(["First", "Second", "No room."])
    ask(panel, "A draft")
    expect(cards(panel)).to_contain_text(["First", "Second"])
    cards(panel).last.get_by_role("button", name="Dismiss").click()
    cards(panel).get_by_role("button", name="Put it into the box").click()
    expect(panel.box).to_have_value("First")
    expect(cards(panel)).to_have_count(0)


def test_what_is_put_into_the_box_is_undone_to_what_stood_there(panel: PanelPage) -> None:
    panel.open()
    prompt_id = ask(panel, "Hello")
    panel.box.press_sequentially("A draft")
    panel.tell("refused", prompt_id=prompt_id, what="No room.", hint="Wait.")
    panel.button("Put it into the box").click()
    expect(panel.box).to_have_value("Hello")
    panel.box.press("Control+z")
    expect(panel.box).to_have_value("A draft")


def edit_first(panel: PanelPage, text: str) -> None:
    panel.button("Edit").first.click()
    panel.page.get_by_label("Edit your message").fill(text)


ELSEWHERE = {
    "taken back": [],
    "of another conversation": [turn_of("1", "Other words.", prompt="Another question")],
}


@pytest.mark.parametrize("turns", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_was_being_edited_is_given_back_where_its_turn_is_gone(
    panel: PanelPage, turns: list[dict[str, object]]
) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    edit_first(panel, "A better question")
    panel.tell("turns", **{"from": 0, "turns": turns})
    expect(panel.page.get_by_label("Edit your message")).to_have_count(0)
    expect(panel.box).to_have_value("A better question")
    expect(panel.page.locator(".smp-said")).to_have_text([str(turn["prompt"]) for turn in turns])


def test_an_editor_in_which_nothing_was_written_leaves_nothing(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.button("Edit").first.click()
    panel.tell("turns", **{"from": 0, "turns": []})
    expect(panel.box).to_have_value("")
    expect(cards(panel)).to_have_count(0)


def test_what_is_edited_stays_while_its_turn_is_told_again(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    edit_first(panel, "A better question")
    panel.tell("snapshot", state=panel.state(turns=[turn_of("1", "Words.", version=[1, 2])]))
    expect(panel.page.get_by_label("Edit your message")).to_have_value("A better question")


def test_a_prompt_that_is_taken_back_unheard_is_not_asked_later(panel: PanelPage) -> None:
    panel.open()
    prompt_id = ask(panel, "Hello")
    panel.button("Take back").click()
    assert panel.sent("withdraw") == [{"kind": "withdraw", "prompt_id": prompt_id}]
    expect(panel.box).to_have_value("Hello")


@pytest.mark.usefixtures("own_pages")
def test_each_file_that_was_asked_for_is_saved(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    saved: list[str] = []
    panel.page.on("download", lambda download: saved.append(download.suggested_filename))
    for name in ("Markdown", "HTML"):
        panel.menu("More").click()
        panel.button(f"Export as {name}").click()
    for name in ("talk.md", "talk.html"):
        with panel.page.expect_download():
            panel.tell("file", name=name, mime="text/plain", text="# Talk")
    panel.tell("file", name="another-page-s.md", mime="text/plain", text="# Talk")
    panel.menu("More").click()
    panel.button("Export as HTML").click()
    with panel.page.expect_download():
        panel.tell("file", name="last.html", mime="text/plain", text="# Talk")
    assert saved == ["talk.md", "talk.html", "last.html"]
