"""A panel with little room, as on a page at 200 %, and the way through it with Tab alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyter_page import in_lab
from jupyter_panel import ask, box, open_panel
from panel_page import PanelPage, turn_of
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_page import NotebookPage
    from playwright.sync_api import Locator, Page

TALK = [
    turn_of("1", "Words, [a link](https://example.com/).", has_code=True, version=[1, 2]),
    turn_of("2", "```python\nx = 1\n```\n", can_continue=True),
]
ADD_NEIGHBOURS = """() => {
    const button = id => Object.assign(document.createElement('button'), {id, textContent: id});
    document.body.prepend(button('before'));
    document.body.append(button('behind'));
}"""
FOCUSED = """() => {
    const each = document.activeElement;
    if (!each.closest('.secondme-panel')) return each.id || each.className || each.tagName;
    window.names ??= new Map();
    if (!window.names.has(each)) window.names.set(each, `panel ${window.names.size}`);
    return window.names.get(each);
}"""


def walked(page: Page, key: str, most: int = 60) -> list[str]:
    """Return where the focus was on its way out of the panel, and where it went then."""
    found = [str(page.evaluate(FOCUSED))]
    while found[-1].startswith("panel ") and len(found) < most:
        page.keyboard.press(key)
        found.append(str(page.evaluate(FOCUSED)))
    return found


@pytest.mark.parametrize(("key", "out"), [("Tab", "behind"), ("Shift+Tab", "before")])
@pytest.mark.parametrize("start", ["box", "editor", "Conversation", "Role", "Settings", "More"])
def test_tab_leads_out_of_the_panel_on_both_sides(
    panel: PanelPage, start: str, key: str, out: str
) -> None:
    panel.open(turns=TALK, roles=[{"id": "t", "name": "Teacher"}], can_undo=True)
    panel.page.evaluate(ADD_NEIGHBOURS)
    if start == "box":
        panel.box.fill("A draft")
    elif start == "editor":
        panel.button("Edit").first.click()
    else:
        panel.menu(start).press("Enter")
        expect(panel.page.locator(".smp-menu:not([hidden])")).to_have_count(1)
    found = walked(panel.page, key)
    assert found[-1] == out
    assert len(found) == len(set(found))
    expect(panel.page.locator(".smp-menu:not([hidden])")).to_have_count(0)


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_tab_leads_out_of_a_panel_in_a_notebook(notebook: NotebookPage, key: str) -> None:
    with ScriptedServer(sse(chunk("Words, `code`."), done)) as server:
        panel = open_panel(notebook, server, "1")
        ask(panel, "Hi")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        for start in (box(panel), panel.get_by_role("button", name="Settings")):
            start.press("Enter")
            found = walked(notebook.page, key)
            assert not found[-1].startswith("panel ")
            assert len(found) == len(set(found)) > 2


CONTROLS = "button, textarea, input, select"
TROUBLES = """panel => {
    const troubles = [];
    const shown = each => each.getClientRects().length && !each.closest('.smp-hidden');
    for (const each of [...panel.querySelectorAll('CONTROLS')].filter(shown)) {
        each.scrollIntoView({block: 'nearest'});
        const {left, right, top, bottom} = each.getBoundingClientRect();
        const {left: start, right: end} = panel.closest('.secondme-panel').getBoundingClientRect();
        const name = each.getAttribute('aria-label') || each.textContent || each.className;
        if (left < start || right > end) troubles.push(`${name} is cut off`);
        for (const [x, y] of [[left, top], [right, top], [left, bottom], [right, bottom]]) {
            const at = document.elementFromPoint((2 * x + left + right) / 4,
                                                 (2 * y + top + bottom) / 4);
            if (!each.contains(at)) troubles.push(`${name} is covered by ${at?.className}`);
        }
    }
    const outer = panel.closest('.secondme-panel');
    if (panel.getBoundingClientRect().bottom > outer.getBoundingClientRect().bottom) {
        troubles.push(`${panel.className} is cut off below`);
    }
    if (outer.scrollTop) troubles.push('the panel was scrolled');
    for (const each of [panel, ...panel.querySelectorAll('.smp-log')]) {
        if (each.scrollWidth > each.clientWidth) troubles.push(`${each.className} scrolls`);
    }
    return troubles;
}""".replace("CONTROLS", CONTROLS)


def show_menu(panel: Locator, name: str) -> None:
    panel.locator(".smp-header .smp-menu-button").filter(has_text=name).click()
    expect(panel.locator(".smp-menu:not([hidden])")).to_have_count(1)


ROOMS = {"200 %": (640, 450), "400 %": (320, 256), "narrow": (240, 700)}


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_no_control_is_cut_off_or_covered(panel: PanelPage, room: tuple[int, int]) -> None:
    panel.page.set_viewport_size({"width": room[0], "height": room[1]})
    roles = [{"id": str(number), "name": f"Role {number}"} for number in range(30)]
    names = [f"A conversation {number}" for number in range(30)]
    panel.open(turns=TALK, roles=roles, conversations=["main", *names], can_undo=True)
    shown = panel.page.locator(".secondme-panel")
    assert shown.evaluate(TROUBLES) == []
    for menu in ("Conversation", "Role", "Settings", "More"):
        show_menu(shown, menu)
        assert shown.locator(".smp-menu:not([hidden])").evaluate(TROUBLES) == [], menu
        panel.page.keyboard.press("Escape")


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_chinese_words_have_room_too(panel: PanelPage, room: tuple[int, int]) -> None:
    panel.page.set_viewport_size({"width": room[0], "height": room[1]})
    PanelPage(panel.page, language="zh-CN").open(turns=TALK, can_undo=True)
    shown = panel.page.locator(".secondme-panel")
    assert shown.evaluate(TROUBLES) == []
    for name in ("对话", "设置", "更多"):
        show_menu(shown, name)
        assert shown.locator(".smp-menu:not([hidden])").evaluate(TROUBLES) == []
        panel.page.keyboard.press("Escape")


def test_all_of_a_talk_is_printed(panel: PanelPage) -> None:
    panel.open(turns=[turn_of(str(number), "Words.\n\n" * 20) for number in range(1, 6)])
    panel.page.emulate_media(media="print")
    height = panel.page.locator(".secondme-panel").bounding_box()
    assert height is not None
    assert height["height"] > panel.log.evaluate("log => log.scrollHeight") > 3_000
    expect(panel.box).to_be_hidden()


@pytest.fixture
def small(notebook: NotebookPage) -> Iterator[NotebookPage]:
    """A page at 200 %."""
    notebook.page.set_viewport_size({"width": 640, "height": 450})
    yield notebook
    notebook.page.set_viewport_size({"width": 1280, "height": 900})


@in_lab
def test_a_notebook_at_200_percent_has_room_for_every_control(small: NotebookPage) -> None:
    words = "A paragraph, `code`.\n\n```python\nx = 'a line of code that is long enough'\n```\n"
    with ScriptedServer(sse(chunk(words), done)) as server:
        panel = open_panel(small, server)
        ask(panel, "Hi")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        assert panel.evaluate(TROUBLES) == []
        for name in ("Conversation", "Settings", "More"):
            show_menu(panel, name)
            assert panel.locator(".smp-menu:not([hidden])").evaluate(TROUBLES) == []
            small.page.keyboard.press("Escape")
