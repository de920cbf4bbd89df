"""The panel's page alone: what a reader does with what stands there, and what is said around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_page import streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage

CLIPBOARD = ["clipboard-read", "clipboard-write"]
IS_COPIED = "async text => await navigator.clipboard.readText() === text"
CODE = '<div class="highlight"><pre><span></span>x = 1\n</pre></div>\n'
WIDE = "a_word_without_end_" * 30


def test_what_was_asked_is_copied_as_it_was_written(panel: PanelPage) -> None:
    panel.page.context.grant_permissions(CLIPBOARD)
    panel.open(turns=[turn_of("1", "Words.", prompt="**What**\n  was it?")])
    panel.page.locator(".smp-asked").get_by_role("button", name="Copy").click()
    panel.page.wait_for_function(IS_COPIED, arg="**What**\n  was it?")
    expect(panel.page.get_by_role("status")).to_have_text("Copied")


def test_code_is_copied_while_its_answer_grows(panel: PanelPage) -> None:
    panel.page.context.grant_permissions(CLIPBOARD)
    panel.open(turns=[streaming()], status="answering")
    panel.tell("grow", turn="1", keep=0, html=f"{CODE}<p>And", keep_end=0, cuts=[len(CODE)])
    copy = panel.button("Copy code")
    copy.focus()
    panel.grow("And more.", tail="<p>to")
    expect(copy).to_be_focused()
    copy.press("Enter")
    panel.page.wait_for_function(IS_COPIED, arg="x = 1\n")
    panel.grow("to come.", tail="<p>yet")
    expect(copy).to_be_focused()


def test_a_thought_says_that_it_goes_on_and_then_how_long_it_took(panel: PanelPage) -> None:
    panel.open(turns=[streaming(thought={"html": "<p>Hm</p>", "seconds": 1.2, "open": True})])
    summary = panel.page.locator("summary")
    expect(summary).to_have_text("Thinking…")
    expect(panel.page.get_by_text("Hm")).to_be_hidden()
    thought = {"html": "<p>Hm, so.</p>", "seconds": 3.4, "open": False}
    panel.tell("grow", turn="1", keep=0, html="<p>So", keep_end=0, cuts=[], thought=thought)
    expect(summary).to_have_text("Thought for 3 s")
    summary.click()
    expect(panel.page.get_by_text("Hm, so.")).to_be_visible()


def test_the_header_says_what_the_instance_does(panel: PanelPage) -> None:
    panel.open()
    dot = panel.page.locator(".smp-header").get_by_role("img")
    for status, words in {
        "idle": "Ready",
        "answering": "Answering",
        "stopping": "Stopping…",
    }.items():
        panel.head(status=status)
        expect(dot).to_have_accessible_name(words)


def test_a_quiet_line_says_who_answered_and_how(panel: PanelPage) -> None:
    line = "Ada · role poet · 0.4 s · length"
    panel.open(turns=[turn_of("1", "Words.", footer=line), turn_of("2", "More.", footer="Bo")])
    quiet = panel.page.locator(".smp-footer")
    expect(quiet).to_have_text([line, "Bo"])
    faint = "each => Number(getComputedStyle(each).opacity)"
    panel.page.mouse.move(0, 0)
    panel.page.wait_for_function(
        "() => Number(getComputedStyle(document.querySelector('.smp-footer')).opacity) === 0"
    )
    assert quiet.last.evaluate(faint) == 1


@pytest.mark.parametrize("kind", ["Code", "Table"])
def test_what_is_wider_than_the_panel_is_scrolled_with_the_keyboard(
    panel: PanelPage, kind: str
) -> None:
    wide = {
        "Code": f"```\n{WIDE}\n```\n",
        "Table": f"| a | b | c |\n| --- | --- | --- |\n| {' | '.join([f'`{WIDE[:60]}`'] * 3)} |\n",
    }
    panel.page.set_viewport_size({"width": 400, "height": 700})
    panel.open(turns=[turn_of("1", wide[kind])])
    shown = panel.page.get_by_role("group", name=kind)
    shown.focus()
    for _ in range(3):
        panel.page.keyboard.press("ArrowRight")
    panel.page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    expect(shown).to_be_focused()


def test_what_is_said_covers_nothing_that_is_being_written(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.box.fill("A line\n" * 6)
    panel.tell("refused", prompt_id="", what="No room.", hint="Wait.")
    panel.tell("said", text="Copied")
    said = panel.page.locator(".smp-toast").bounding_box()
    below = panel.page.locator(".smp-cards").bounding_box()
    assert said is not None
    assert below is not None
    assert said["y"] + said["height"] < below["y"]
    assert said["y"] > 0


def test_up_brings_back_what_was_sent_last_and_sends_nothing(panel: PanelPage) -> None:
    panel.open(turns=[turn_of(prompt="Before")])
    panel.box.fill("One\ntwo")
    panel.box.press("Enter")
    panel.box.press("ArrowUp")
    expect(panel.box).to_have_value("One\ntwo")
    assert panel.box.evaluate("box => box.selectionStart") == len("One\ntwo")
    assert len(panel.sent("ask")) == 1


def test_the_next_prompt_is_sent_while_one_is_answered(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.box.fill("And then?")
    panel.box.press("Enter")
    [message] = panel.sent("ask")
    assert message["prompt"] == "And then?"
    waiting = {"prompt_id": message["prompt_id"], "prompt": "And then?"}
    panel.head(status="answering", waiting=waiting)
    expect(panel.page.locator(".smp-next")).to_contain_text("And then?")
    expect(panel.page.locator(".smp-pending")).to_have_count(0)
    expect(panel.box).to_be_focused()
