"""The panel's page alone: where the focus is once what had it is gone, and what is read out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_page import streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage

ERROR = {"what": "no answer from x", "hint": "Is it running?"}
FAILED = turn_of("1", state="failed", error=ERROR)
WAITING = {"prompt_id": "w", "prompt": "And then?"}


def test_a_suggestion_that_is_asked_leaves_the_focus_in_the_box(panel: PanelPage) -> None:
    panel.open(suggestions=["What can you do?"])
    panel.button("What can you do?").press("Enter")
    expect(panel.box).to_be_focused()


def test_a_conversation_that_is_brought_back_leaves_the_focus_in_the_box(panel: PanelPage) -> None:
    panel.open(can_bring_back=True)
    panel.button("Bring the conversation back").press("Enter")
    panel.tell("turns", **{"from": 0, "turns": [turn_of("1", "Words.")]})
    expect(panel.box).to_be_focused()


def test_a_prompt_that_waits_no_more_leaves_the_focus_in_the_box(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering", waiting=WAITING)
    panel.button("Take back").press("Enter")
    expect(panel.button("Take back")).to_be_focused()
    panel.head(status="answering")
    expect(panel.box).to_be_focused()


def test_a_menu_that_goes_away_leaves_the_focus_in_the_box(panel: PanelPage) -> None:
    panel.open(roles=[{"id": "t", "name": "Teacher"}])
    panel.menu("Role").press("Enter")
    expect(panel.button("No role")).to_be_focused()
    panel.head(instance={"name": "llama", "is_second_me": False})
    expect(panel.box).to_be_focused()


def test_an_editor_that_is_left_while_an_answer_grows_leaves_the_focus_in_the_box(
    panel: PanelPage,
) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.button("Edit").click()
    panel.head(status="answering")
    panel.tell("turns", **{"from": 1, "turns": [streaming("2")]})
    panel.page.keyboard.press("Escape")
    expect(panel.box).to_be_focused()


def test_all_of_a_long_prompt_is_shown_and_the_focus_stays_with_it(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.", prompt="word " * 1_000), streaming("2")])
    panel.head(status="answering")
    panel.button("Show all 5,000 characters").press("Enter")
    expect(panel.page.locator(".smp-said").first).to_have_text("word " * 1_000)
    expect(panel.button("Copy").first).to_be_focused()


def test_an_error_is_read_out_when_it_comes_and_not_when_it_is_seen_again(
    panel: PanelPage,
) -> None:
    alert = panel.page.get_by_role("alert")
    panel.open()
    panel.head(status="answering")
    panel.tell("turns", **{"from": 0, "turns": [streaming()]})
    panel.tell("turns", **{"from": 0, "turns": [FAILED]})
    panel.head()
    expect(alert).to_contain_text("no answer from x")
    panel.tell("turns", **{"from": 0, "turns": []})
    panel.tell("turns", **{"from": 0, "turns": [FAILED, turn_of("2", "Words.")]})
    expect(panel.page.locator(".smp-card")).to_contain_text("no answer from x")
    expect(alert).to_have_count(0)


def test_an_error_that_is_too_quick_to_be_seen_is_read_out(panel: PanelPage) -> None:
    panel.open()
    state = panel.state()
    panel.page.evaluate(
        """([head, turns]) => {
            const tell = message => window.model.tell('msg:custom', message);
            tell({kind: 'head', seq: 1, head: {...head, status: 'answering'}});
            tell({kind: 'turns', seq: 2, from: 0, turns});
            tell({kind: 'head', seq: 3, head});
        }""",
        [state["head"], [FAILED]],
    )
    expect(panel.page.get_by_role("alert")).to_contain_text("no answer from x")


def test_what_is_said_again_is_read_out_again(panel: PanelPage) -> None:
    panel.open()
    panel.tell("said", text="Copied")
    panel.page.evaluate(
        """() => new MutationObserver(() => { window.isSaid = true; })
            .observe(document.querySelector('.smp-hidden[role=status]'), {childList: true})"""
    )
    panel.tell("said", text="Copied")
    panel.page.wait_for_function("() => window.isSaid")


def test_the_box_is_not_named_anew_while_words_come(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.page.evaluate(
        """() => {
            window.changes = [];
            new MutationObserver(records => {
                window.changes.push(...records.map(record => record.attributeName));
            }).observe(document.querySelector('.smp-composer .smp-box'), {attributes: true});
        }"""
    )
    for count in range(3):
        panel.grow(f"Words {count}.")
    panel.head(status="answering", instance={"name": "Bo"})
    expect(panel.box).to_have_accessible_name("Message Bo")
    assert panel.page.evaluate("() => window.changes") == ["placeholder", "aria-label"]
