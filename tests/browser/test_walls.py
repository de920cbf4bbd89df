"""An answer's style sheet alone, in a page without any front end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from secondme_magics.markdown.code import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

LINE = """<div class="secondme" style="margin: 100px 300px; font: 20px serif">
<p>Words of trust <span class="secondme-math"><span style="{}" id="fake">FAKE</span></span> and
<b id="after">more</b></p></div>"""
SEEN = """() => {
  const box = document.querySelector("#fake").getBoundingClientRect();
  return document.elementFromPoint(box.left + 5, box.top + box.height / 2)?.id === "fake";
}"""
BELOW = """() => ["fake", "after"].map(
  (id) => document.getElementById(id).getBoundingClientRect().bottom)"""

ELSEWHERE = {
    "to the left": "margin-left: -200px",
    "to the right": "position: relative; left: 200px",
    "far above": "position: relative; top: -80px",
    "anywhere": "position: absolute; left: 200px; top: 30px",
    "in the window's corner": "position: fixed; left: 0; top: 0",
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def test_a_formula_is_seen_where_it_stands_and_on_the_line(page: Page) -> None:
    page.set_content(STYLE + LINE.format(""))
    assert page.evaluate(SEEN)
    formula, words = page.evaluate(BELOW)
    assert formula == words


@pytest.mark.parametrize("style", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_leaves_its_formula_is_cut_off(page: Page, style: str) -> None:
    page.set_content(STYLE + LINE.format(style))
    assert not page.evaluate(SEEN)
