"""The panel's page alone: its keys, and what becomes of a prompt.

No kernel and no Jupyter: a model of the test's own says what a kernel would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_page import streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage


def asked(panel: PanelPage) -> list[str]:
    return [message["prompt"] for message in panel.sent("ask")]


def test_enter_sends_once_and_leaves_the_focus_in_an_empty_box(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    panel.box.press("Enter")
    assert asked(panel) == ["Hello"]
    assert panel.sent("ask")[0]["prompt_id"]
    expect(panel.box).to_have_value("")
    expect(panel.box).to_be_focused()


def test_shift_enter_makes_a_newline_and_the_box_grows(panel: PanelPage) -> None:
    panel.open()
    panel.box.press_sequentially("one")
    before = panel.box.evaluate("box => box.clientHeight")
    panel.box.press("Shift+Enter")
    panel.box.press_sequentially("two")
    expect(panel.box).to_have_value("one\ntwo")
    assert panel.box.evaluate("box => box.clientHeight") > before
    assert asked(panel) == []


COMPOSING = {
    "composing": {"isComposing": True},
    "the key that every input method has": {"keyCode": 229},
}


@pytest.mark.parametrize("fields", COMPOSING.values(), ids=COMPOSING)
def test_enter_that_ends_a_composition_sends_nothing(
    panel: PanelPage, fields: dict[str, object]
) -> None:
    panel.open()
    panel.box.fill("ni hao")
    panel.box.evaluate(KEY, {"key": "Enter", **fields})
    assert asked(panel) == []
    expect(panel.box).to_have_value("ni hao")


KEY = """(box, fields) => box.dispatchEvent(
    new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...fields}))"""


def test_enter_in_the_same_task_as_the_end_of_a_composition_sends_nothing(
    panel: PanelPage,
) -> None:
    panel.open()
    panel.box.fill("ni hao")
    panel.box.evaluate(
        """box => {
            box.dispatchEvent(new CompositionEvent('compositionend'));
            box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
        }"""
    )
    assert asked(panel) == []
    panel.box.press("Enter")
    assert asked(panel) == ["ni hao"]


def test_escape_leaves_the_box_or_stops_an_answer(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.box.focus()
    panel.box.press("Escape")
    panel.box.press("Escape")
    assert [message["kind"] for message in panel.sent()] == ["stop"]
    expect(panel.box).to_be_focused()
    expect(panel.button("Stopping…")).to_be_visible()
    panel.head(status="idle")
    panel.box.press("Escape")
    expect(panel.box).not_to_be_focused()


def test_up_in_an_empty_box_brings_the_last_prompt_back(panel: PanelPage) -> None:
    panel.open(turns=[turn_of(prompt="What was it?")])
    panel.box.press("ArrowUp")
    expect(panel.box).to_have_value("What was it?")
    panel.box.fill("something else")
    panel.box.press("ArrowUp")
    expect(panel.box).to_have_value("something else")


def test_no_key_reaches_the_page_around_but_saving_does(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "`code`\n\n```\nx\n```\n")], suggestions=["Hi"])
    panel.page.evaluate(
        """() => {
            window.heard = [];
            document.addEventListener('keydown', event => window.heard.push(event.key));
        }"""
    )
    for element in panel.page.locator(".secondme-panel :is(button, textarea, [tabindex])").all():
        if element.is_visible() and element.is_enabled():
            element.focus()
            for key in ("a", "x", "m", "Shift+Enter"):
                panel.page.keyboard.press(key)
    assert panel.page.evaluate("() => window.heard") == []
    panel.box.press("Control+s")
    assert "s" in panel.page.evaluate("() => window.heard")


def test_each_element_that_can_have_the_focus_keeps_shortcuts_away(panel: PanelPage) -> None:
    text = "[link](https://example.com/)\n\n```python\nx = 1\n```\n\n| a |\n| --- |\n| b |\n"
    thought = {"html": "<p>Hm.</p>", "seconds": 2, "open": False}
    panel.open(turns=[turn_of("1", text, thought=thought)], suggestions=["Hi"])
    panel.menu("Settings").click()
    found = panel.page.locator(".secondme-panel").evaluate(
        """panel => [...panel.querySelectorAll('*')]
            .filter(each => each.tabIndex >= 0 && !each.dataset.lmSuppressShortcuts)
            .map(each => each.outerHTML)"""
    )
    assert found == []


def test_tab_goes_through_the_panel_and_out_of_it(panel: PanelPage) -> None:
    panel.open()
    panel.page.evaluate(
        "() => document.body.append(Object.assign(document.createElement('button'), {id: 'out'}))"
    )
    panel.box.focus()
    panel.page.keyboard.press("Tab")
    expect(panel.button("Send")).to_be_focused()
    panel.page.keyboard.press("Tab")
    expect(panel.page.locator("#out")).to_be_focused()


def test_white_space_is_not_sent(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill(" \n ")
    panel.box.press("Enter")
    panel.button("Send").click()
    assert panel.sent() == []


def test_what_is_refused_goes_back_into_the_box(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    prompt_id = panel.sent("ask")[0]["prompt_id"]
    panel.tell("refused", prompt_id=prompt_id, what="No room.", hint="Wait.")
    expect(panel.page.get_by_role("alert")).to_contain_text("No room.")
    expect(panel.box).to_have_value("Hello")
    expect(panel.log).not_to_contain_text("Hello")


def test_what_is_refused_never_overwrites_what_is_being_written(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    panel.box.fill("And then")
    prompt_id = panel.sent("ask")[0]["prompt_id"]
    panel.tell("refused", prompt_id=prompt_id, what="No room.", hint="Wait.")
    expect(panel.box).to_have_value("And then")
    panel.button("Put it into the box").click()
    expect(panel.box).to_have_value("Hello")


def test_a_prompt_is_shown_at_once_and_only_once(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    expect(panel.log.get_by_text("Hello")).to_have_count(1)
    prompt_id = panel.sent("ask")[0]["prompt_id"]
    turn = streaming("1", prompt="Hello", prompt_id=prompt_id)
    panel.tell("turns", **{"from": 0, "turns": [turn]})
    expect(panel.log.get_by_text("Hello")).to_have_count(1)
    expect(panel.page.locator(".smp-pending")).to_have_count(0)


def test_a_prompt_that_was_lost_on_the_way_is_sent_again_under_the_same_name(
    panel: PanelPage,
) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    panel.tell("snapshot", state=panel.state())
    first, second = panel.sent("ask")
    assert first == second


def test_a_prompt_that_nobody_takes_can_be_taken_back(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    panel.button("Take back").click()
    expect(panel.box).to_have_value("Hello")
    panel.tell("snapshot", state=panel.state())
    assert len(panel.sent("ask")) == 1


def test_one_prompt_waits_and_can_be_taken_back(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.head(status="answering", waiting={"prompt_id": "w", "prompt": "And then?"})
    panel.box.fill("A third")
    panel.box.press("Enter")
    assert asked(panel) == []
    expect(panel.box).to_have_value("A third")
    panel.box.fill("")
    panel.button("Take back").click()
    assert [message["kind"] for message in panel.sent()] == ["unqueue"]
    panel.head(status="answering")
    expect(panel.box).to_have_value("And then?")


def test_a_waiting_prompt_that_began_is_not_given_back_too(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.head(status="answering", waiting={"prompt_id": "w", "prompt": "And then?"})
    panel.button("Take back").click()
    panel.tell("turns", **{"from": 1, "turns": [streaming("2", prompt_id="w")]})
    panel.head(status="answering")
    expect(panel.box).to_have_value("")


def test_the_focus_never_moves_by_itself_and_the_box_is_never_disabled(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.page.evaluate(
        """() => {
            const elsewhere = document.body.appendChild(document.createElement('input'));
            elsewhere.focus();
            window.moves = 0;
            document.addEventListener('focusin', () => { window.moves += 1; });
        }"""
    )
    panel.head(status="answering")
    panel.tell("turns", **{"from": 1, "turns": [streaming("2")]})
    panel.grow("More.", key="2")
    expect(panel.box).to_be_enabled()
    panel.head(status="stopping")
    error = {"what": "no answer from x", "hint": "Is it running?"}
    panel.tell("turns", **{"from": 1, "turns": [turn_of("2", state="failed", error=error)]})
    panel.head()
    panel.tell("refused", prompt_id=None, what="No room.", hint="Wait.")
    panel.tell("said", text="Something.")
    panel.tell_of_kernel("statusChanged", "dead")
    expect(panel.page.get_by_role("alert")).to_have_count(3)
    expect(panel.box).to_be_enabled()
    assert panel.page.evaluate("() => window.moves") == 0


def test_a_suggestion_is_asked_with_a_click(panel: PanelPage) -> None:
    panel.open(suggestions=["What can you do?"])
    panel.button("What can you do?").click()
    assert asked(panel) == ["What can you do?"]
    expect(panel.button("What can you do?")).to_be_hidden()


def test_send_is_stop_while_an_answer_comes(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering", can_interrupt=False)
    expect(panel.page.get_by_text("only when the running cell has ended")).to_be_hidden()
    panel.button("Stop").click()
    assert [message["kind"] for message in panel.sent()] == ["stop"]
    expect(panel.page.get_by_text("only when the running cell has ended")).to_be_visible()
    expect(panel.box).to_be_focused()
    expect(panel.box).to_be_enabled()
