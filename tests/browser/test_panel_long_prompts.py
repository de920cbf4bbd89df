"""The panel's page alone: prompts as long as they may be, and longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage

PASTE = """(box, text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    box.focus();
    box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
    box.setRangeText(text, box.selectionStart, box.selectionEnd, 'end');
    box.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertFromPaste'}));
}"""
LONGEST = 2**20


def test_a_megabyte_is_pasted_and_sent(panel: PanelPage) -> None:
    text = "字" * (LONGEST // 3)
    panel.open()
    panel.box.evaluate(PASTE, text)
    box = panel.box.bounding_box()
    assert box is not None
    assert box["height"] < 300
    panel.box.press("Enter")
    [message] = panel.sent("ask")
    assert message["prompt"] == text
    expect(panel.box).to_have_value("")
    assert len(panel.log.inner_text()) < 10_000


IS_TOO_LONG = """async texts => {
    const source = await (await fetch('/panel.js')).text();
    const url = URL.createObjectURL(
        new Blob([source, '\\nexport {isTooLong};'], {type: 'text/javascript'}));
    const {isTooLong} = await import(url);
    return texts.map(([letter, count]) => isTooLong(letter.repeat(count)));
}"""


def test_the_longest_prompt_is_a_megabyte_to_the_byte(panel: PanelPage) -> None:
    panel.open()
    texts = [["x", LONGEST], ["x", LONGEST + 1], ["字", LONGEST // 3], ["字", LONGEST // 3 + 1]]
    assert panel.page.evaluate(IS_TOO_LONG, texts) == [False, True, False, True]


def test_more_than_a_megabyte_is_refused_and_stays_in_the_box(panel: PanelPage) -> None:
    text = "字" * (LONGEST // 3 + 1)
    panel.open()
    panel.box.evaluate(PASTE, text)
    panel.box.press("Enter")
    expect(panel.page.get_by_role("alert")).to_contain_text("more than 1 MiB")
    assert panel.sent("ask") == []
    assert panel.box.input_value() == text
    panel.button("Dismiss").click()
    panel.box.fill("Short")
    panel.box.press("Enter")
    assert [message["prompt"] for message in panel.sent("ask")] == ["Short"]
