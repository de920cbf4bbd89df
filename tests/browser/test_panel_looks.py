"""How the panel looks, and to whom: both themes, little room, no motion, few colours, no eyes."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from accessibility import violations
from panel_page import PanelPage, streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser

THEMES = Path(sys.prefix) / "share" / "jupyter" / "lab" / "themes" / "@jupyterlab"

ANSWER = '''Words, `code`, [a link](https://example.com/), and \\(x^2\\).

```python
@decorated
def area(radius: float) -> float:
    """Return the area."""
    return 3.14159 * radius ** 2  # of no sphere
```

| name | value |
| --- | ---: |
| a_name_that_cannot_be_broken_anywhere_at_all_however_narrow_the_panel_may_be | 3.14 |

1. one
2. two

> A quotation.
'''
THOUGHT = {"html": "<p>Hm.</p>", "seconds": 2.4, "open": False}
ERROR = {"what": "no answer from x", "hint": "Is it running?"}
TURNS = [
    turn_of("1", ANSWER, thought=THOUGHT, footer="Ada · 0.4 s", has_code=True, version=[1, 2]),
    turn_of(
        "2", "Half", state="interrupted", notes=["Interrupted."], can_continue=True, place=True
    ),
    turn_of("3", state="failed", error=ERROR),
]


def show_talk(panel: PanelPage) -> None:
    panel.open(turns=TURNS)
    panel.page.locator("summary").first.click()
    panel.tell("refused", prompt_id="", what="It cannot be that.", hint="Choose another.")


def show_start(panel: PanelPage) -> None:
    panel.open(suggestions=["What can you do?", "Who are you?"])


def show_answer(panel: PanelPage) -> None:
    panel.open(turns=[*TURNS[:2], streaming("3")], status="answering")
    panel.head(status="answering", waiting={"prompt_id": "w", "prompt": "And then?"})
    panel.tell("wait", turn="3", seconds=4, connected=True)


def show_settings(panel: PanelPage) -> None:
    panel.open(turns=TURNS[:1])
    panel.menu("Settings").click()


def show_conversations(panel: PanelPage) -> None:
    panel.open(conversations=["main", "ideas"])
    panel.menu("Conversation").click()


def show_editing(panel: PanelPage) -> None:
    panel.open(turns=TURNS[:1])
    panel.button("Edit").first.click()


def show_a_dead_kernel(panel: PanelPage) -> None:
    panel.open(turns=TURNS[:1])
    panel.page.evaluate("() => { window.model.isDead = true; }")
    panel.button("Answer again").click()


def show_long_names(panel: PanelPage) -> None:
    name = "Ada Augusta King, Countess of Lovelace"
    panel.open(
        instance={"name": name, "origin": "http://localhost:8002", "is_demo": True},
        conversation=name, roles=[{"id": "a", "name": name}], role="a",
    )  # fmt: skip


SCENES = [
    show_talk, show_start, show_answer, show_settings, show_conversations, show_editing,
    show_a_dead_kernel, show_long_names,
]  # fmt: skip
HOSTS = {
    "light": "theme-light-extension",
    "dark": "theme-dark-extension",
    "no host": None,
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_axe_finds_nothing(panel: PanelPage, host: str | None) -> None:
    theme = (THEMES / host / "index.css").read_text(encoding="utf-8") if host else ""
    page = panel.page
    page.emulate_media(reduced_motion="reduce")
    found = {}
    for show in SCENES:
        show(PanelPage(page, theme))
        found[show.__name__] = violations(page, ".secondme-panel")
    assert found == {show.__name__: [] for show in SCENES}


BEYOND = """panel => {
    const {left, right} = panel.getBoundingClientRect();
    const own = 'pre, .secondme-table, .smp-hidden, .smp-next-text';
    const scrolls = each => each.closest(own);
    return [...panel.querySelectorAll('*')]
        .filter(each => each.getClientRects().length && !scrolls(each))
        .filter(each => {
            const box = each.getBoundingClientRect();
            return box.right > right + 1 || box.left < left - 1;
        })
        .map(each => each.outerHTML.slice(0, 120));
}"""


def test_little_room_is_enough(panel: PanelPage) -> None:
    for show in SCENES:
        show(panel)
        for width in (640, 360, 280):
            scene = (show.__name__, width)
            panel.page.set_viewport_size({"width": width, "height": 700})
            assert panel.page.locator(".secondme-panel").evaluate(BEYOND) == [], scene
            assert panel.log.evaluate("log => log.scrollWidth - log.clientWidth") == 0, scene


@pytest.mark.parametrize("width", [280, 324, 520, 900])
def test_long_names_leave_room_in_the_header(panel: PanelPage, width: int) -> None:
    panel.page.set_viewport_size({"width": width, "height": 700})
    show_long_names(panel)
    parts = ".smp-dot, .smp-name, .smp-header .smp-menu-text, .smp-header .smp-icon"
    boxes = panel.page.locator(parts).evaluate_all(
        """all => all.map(each => each.getBoundingClientRect()).filter(box => box.width)
            .map(({left, right}) => [left, right])"""
    )
    boxes.sort()
    assert len(boxes) >= 8
    for (_, right), (left, _) in pairwise(boxes):
        assert right <= left + 0.5
    assert panel.box.evaluate("box => box.scrollHeight - box.clientHeight") == 0


def test_nothing_moves_where_motion_is_not_wanted(panel: PanelPage) -> None:
    panel.page.emulate_media(reduced_motion="reduce")
    show_answer(panel)
    assert panel.page.evaluate("() => document.getAnimations().length") == 0


def test_something_moves_where_motion_is_welcome(panel: PanelPage) -> None:
    show_answer(panel)
    assert panel.page.evaluate("() => document.getAnimations().length") > 0


def test_in_forced_colours_buttons_have_borders(panel: PanelPage) -> None:
    panel.page.emulate_media(forced_colors="active")
    show_talk(panel)
    for name in ("Send", "Retry", "Continue"):
        width = panel.button(name).evaluate("each => getComputedStyle(each).borderTopWidth")
        style = panel.button(name).evaluate("each => getComputedStyle(each).borderTopStyle")
        assert (width, style) == ("1px", "solid")


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
def test_chinese_readers_read_chinese(browser: Browser, locale: str) -> None:
    context = browser.new_context(locale=locale)
    panel = PanelPage(context.new_page())
    panel.open()
    expect(panel.button("发送")).to_be_visible()
    expect(panel.page.get_by_text("想问 Ada 什么")).to_be_visible()
    context.close()


def test_a_page_in_chinese_has_a_panel_in_chinese(panel: PanelPage) -> None:
    PanelPage(panel.page, language="zh-CN").open()
    expect(panel.button("发送")).to_be_visible()


def test_both_languages_have_the_same_words(panel: PanelPage) -> None:
    panel.open()
    names = panel.page.evaluate(
        """async () => {
            const source = await (await fetch('/panel.js')).text();
            const url = URL.createObjectURL(
                new Blob([source, '\\nexport {WORDS};'], {type: 'text/javascript'}));
            const {WORDS} = await import(url);
            const kinds = words => Object.entries(words).map(([name, word]) => name + typeof word);
            return Object.values(WORDS).map(kinds);
        }"""
    )
    assert names[0] == names[1]


def test_code_runs_from_left_to_right_in_every_message(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "مرحبا `a.b`\n\n```python\nx = 1\n```\n")])
    directions = "all => all.map(each => getComputedStyle(each).direction)"
    code = panel.page.locator(".smp-body :is(code, pre)")
    assert code.evaluate_all(directions) == ["ltr", "ltr"]


def test_each_message_has_its_own_direction(panel: PanelPage) -> None:
    turn = turn_of("1", "مرحبا", prompt="שלום")
    panel.open(turns=[turn, turn_of("2", "Hello", prompt="Hi")])
    direction = "all => all.map(each => getComputedStyle(each).direction)"
    for name in (".smp-said", ".smp-body"):
        assert panel.page.locator(name).evaluate_all(direction) == ["rtl", "ltr"]
