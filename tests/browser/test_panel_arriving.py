"""The panel's page alone: new words are there at once, and painted one by one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from panel_page import PanelPage, streaming, turn_of
from playwright.sync_api import expect

pytestmark = pytest.mark.usefixtures("own_pages")  # whose clock stands still

UNSEEN = """() => [...CSS.highlights.get('secondme-arriving') ?? []].map(each => {
    const range = new Range();
    range.setStart(each.startContainer, each.startOffset);
    range.setEnd(each.endContainer, each.endOffset);
    return String(range);
}).join('')"""
TELL = "message => window.model.tell('msg:custom', message)"
FRAME = 16


@pytest.fixture
def growing(panel: PanelPage) -> PanelPage:
    """A panel in which an answer has begun; its time stands still."""
    panel.page.clock.install(time=0)
    panel.open(turns=[streaming()], status="answering")
    panel.page.clock.pause_at(100)
    return panel


def grow(panel: PanelPage, html: str, kept: int = 0, cuts: tuple[int, ...] = ()) -> None:
    """Let words come, and draw them."""
    panel.seq += 1
    message = {"kind": "grow", "seq": panel.seq, "turn": "1", "keep": kept, "html": html}
    panel.page.evaluate(TELL, {**message, "keep_end": 0, "cuts": list(cuts)})
    panel.page.clock.run_for(FRAME)


def unseen(panel: PanelPage) -> str:
    found = panel.page.evaluate(UNSEEN)
    assert isinstance(found, str)
    return found


def test_new_words_are_seen_little_by_little_and_soon(growing: PanelPage) -> None:
    words = "Ten words that came all at once, as they do."
    grow(growing, f"<p>{words}</p>")
    expect(growing.page.locator(".smp-tail")).to_have_text(words)
    left = [unseen(growing)]
    while left[-1] and len(left) < 20:
        growing.page.clock.run_for(FRAME)
        left.append(unseen(growing))
    assert left[-1] == ""
    assert 5 < len(left) < 15
    assert all(words.endswith(each) for each in left)
    assert all(len(before) > len(after) for before, after in pairwise(left))


def test_words_that_were_seen_stay_seen(growing: PanelPage) -> None:
    grow(growing, "<p>Seen **bol</p>")
    growing.page.clock.run_for(300)
    grow(growing, "<strong>bold</strong> and</p>", kept=len("<p>Seen "))
    assert "and".endswith(unseen(growing))
    growing.page.clock.run_for(300)
    block = "<p>Seen <strong>bold</strong> and more</p>"
    grow(growing, f"{block}<ul><li>Next</li></ul>", cuts=(len(block),))
    assert unseen(growing) == " moreNext"[-len(unseen(growing)) :] != ""
    growing.page.clock.run_for(300)
    assert unseen(growing) == ""


def test_what_ends_is_seen_at_once(growing: PanelPage) -> None:
    grow(growing, "<p>Half an answer")
    assert unseen(growing)
    done = turn_of("1", blocks=["<p>Half an answer, and the other half.</p>"])
    growing.page.evaluate(TELL, {"kind": "turns", "seq": 2, "from": 0, "turns": [done]})
    growing.page.clock.run_for(FRAME)
    assert unseen(growing) == ""
    expect(growing.page.locator(".smp-body")).to_have_text("Half an answer, and the other half.")


def test_what_stood_there_before_the_page_was_loaded_is_seen_at_once(panel: PanelPage) -> None:
    panel.page.clock.install(time=0)
    panel.open(turns=[streaming(blocks=["<p>Old</p>"], tail="<p>words</p>")], status="answering")
    panel.page.clock.pause_at(100)
    assert unseen(panel) == ""
    grow(panel, "words and</p>", kept=len("<p>"))
    assert " and".endswith(unseen(panel))
    assert unseen(panel)


def test_a_page_full_of_words_is_seen_at_once(growing: PanelPage) -> None:
    grow(growing, f"<p>{'word ' * 1_000}</p>")
    assert unseen(growing) == ""


def test_a_selection_is_left_alone_while_words_come(growing: PanelPage) -> None:
    grow(growing, "<p>Some words</p>")
    growing.page.evaluate(
        "() => getSelection().selectAllChildren(document.querySelector('.smp-tail p'))"
    )
    for _ in range(3):
        growing.page.clock.run_for(FRAME)
        assert unseen(growing)
    assert growing.page.evaluate("() => String(getSelection())") == "Some words"


def test_all_is_seen_at_once_where_motion_is_not_wanted(panel: PanelPage) -> None:
    panel.page.emulate_media(reduced_motion="reduce")
    panel.open(turns=[streaming()], status="answering")
    panel.grow(tail="<p>Words</p>")
    expect(panel.page.locator(".smp-tail")).to_have_text("Words")
    assert unseen(panel) == ""


def test_two_views_let_their_words_come_and_a_closed_one_leaves_none(growing: PanelPage) -> None:
    growing.add_view()
    grow(growing, "<p>Words</p>")
    assert unseen(growing)[:2] == "Wo"
    assert len(unseen(growing)) > len("Words")
    growing.page.evaluate("() => window.views.forEach(close => close())")
    growing.page.clock.run_for(300)
    assert unseen(growing) == ""
