"""The panel's page alone: views that come and go, and what is under way then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from panel_page import streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage

CELL = """outputs => {
    const cell = document.querySelector('main');
    cell.className = 'jp-Notebook-cell';
    cell.dataset.windowedListIndex = '0';
    window.outputs = {
        length: outputs.length,
        get: index => ({toJSON: () => outputs[index]}),
        set: (index, output) => { outputs[index] = output; },
    };
    window.model.widget_manager.context.model = {cells: {get: () => ({outputs: window.outputs})}};
}"""
"""What JupyterLab has of a cell with such outputs."""


def with_a_prompt_unheard(panel: PanelPage) -> str:
    """Open a panel in which an answer grows and a prompt is not heard; return the prompt's id."""
    panel.page.clock.install()
    panel.open(turns=[streaming()], status="answering")
    panel.box.fill("And then?")
    panel.box.press("Enter")
    panel.page.clock.run_for(2_000)
    return str(panel.sent("ask")[0]["prompt_id"])


def grow(panel: PanelPage, words: str) -> None:
    panel.grow(tail=f"<p>{words}</p>")
    panel.page.clock.run_for(50)
    expect(panel.log).to_contain_text(words)


@pytest.mark.usefixtures("own_pages")
def test_the_focus_stays_on_a_prompt_that_is_not_heard_while_words_come(panel: PanelPage) -> None:
    with_a_prompt_unheard(panel)
    take_back = panel.button("Take back")
    take_back.focus()
    grow(panel, "One")
    expect(take_back).to_be_focused()


@pytest.mark.usefixtures("own_pages")
def test_a_prompt_that_is_not_heard_is_taken_back_by_a_click_in_the_midst_of_words(
    panel: PanelPage,
) -> None:
    with_a_prompt_unheard(panel)
    grow(panel, "One")
    panel.button("Take back").hover()
    panel.page.mouse.down()
    grow(panel, "One two")
    panel.page.mouse.up()
    panel.page.clock.run_for(50)
    expect(panel.page.locator(".smp-pending")).to_have_count(0)
    expect(panel.box).to_have_value("And then?")


def test_a_turn_that_moves_keeps_the_focus(panel: PanelPage) -> None:
    turns = [turn_of("1", "One."), turn_of("2", "Two.")]
    panel.open(turns=turns)
    edit = panel.page.locator("[data-turn='2'] [data-action=edit]")
    edit.focus()
    panel.tell("snapshot", state=panel.state(turns=turns[::-1]))
    expect(panel.page.locator(".smp-body").first).to_have_text("Two.")
    expect(edit).to_be_focused()


@pytest.mark.parametrize("is_between", [True, False], ids=["before it", "after it"])
def test_what_is_refused_is_given_back_by_a_view_that_was_made_anew(
    panel: PanelPage, *, is_between: bool
) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    prompt_id = panel.sent("ask")[0]["prompt_id"]
    panel.close_view()
    if is_between:
        panel.tell("refused", prompt_id=prompt_id, what="No room.", hint="Wait.")
        panel.add_view()
    else:
        panel.add_view()
        panel.tell("refused", prompt_id=prompt_id, what="No room.", hint="Wait.")
    expect(panel.page.get_by_role("alert")).to_contain_text("No room.")
    expect(panel.box).to_have_value("Hello")


def test_what_is_refused_after_it_waited_is_given_back_where_it_was_asked(
    panel: PanelPage,
) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.add_view()
    box = panel.page.locator(".smp-composer .smp-box").last
    box.fill("And then?")
    box.press("Enter")
    prompt_id = panel.sent("ask")[0]["prompt_id"]
    waiting = {"prompt_id": prompt_id, "prompt": "And then?"}
    panel.head(status="answering", waiting=waiting)
    panel.head(status="answering")
    panel.tell("refused", prompt_id=prompt_id, what="Too hot.", hint="Cool it.")
    expect(box).to_have_value("And then?")
    expect(panel.box).to_have_value("")
    expect(panel.page.get_by_role("alert")).to_have_count(1)


def test_code_comes_once_also_where_the_view_that_asked_is_gone(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.", has_code=True)])
    panel.add_view()
    panel.button("Put the code into a new cell").first.click()
    panel.close_view()
    panel.add_view()
    panel.tell("cell", prompt_id=panel.sent("insert_code")[0]["prompt_id"], code="1")
    assert panel.sent("next_cell") == [{"kind": "next_cell", "turn": "1"}]


def transcript(panel: str, words: str) -> dict[str, Any]:
    html = f'<style></style><div class="secondme-transcript" data-panel="{panel}">{words}</div>'
    return {"data": {"text/html": html, "text/plain": words}, "metadata": {}}


def test_the_transcript_of_another_panel_in_the_same_cell_stays(panel: PanelPage) -> None:
    panel.open()
    other = transcript("b", "Other")
    panel.page.evaluate(CELL, [transcript("a", "One"), {"data": {"text/plain": "3"}}, other])
    for kept in (transcript("a", "One, two"), transcript("c", "Elsewhere")):
        panel.tell("kept", output=kept)
    texts = panel.page.evaluate("""() => [0, 1, 2].map(
        index => window.outputs.get(index).toJSON().data['text/plain'])""")
    assert texts == ["One, two", "3", "Other"]
