"""What hostile text costs grows with its length, also in an answer that streams: counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from allowed_html import faults_of, text_of
from counting import Parsing, calls_of
from pathological import PATTERNS, Pattern, code_patterns
from publishing import Published

from secondme_magics.conversation.fences import MOST_NESTED, Fence, iter_fences, open_fence
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Turn
from secondme_magics.markdown import blocks, room
from secondme_magics.markdown.blocks import (
    LONGEST_LINE,
    LONGEST_TAIL,
    LONGEST_TAIL_HTML,
    NOTE_LONG,
    MarkdownStream,
    render_markdown,
    render_text,
)
from secondme_magics.markdown.budget import LONGEST_MARKUP
from secondme_magics.notebook.display import CellView
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import render_body, render_thought, start_rendering

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 1_000_000
STEP = 160

TAIL, LINE, TAIL_HTML = LONGEST_TAIL // 3, LONGEST_LINE // 3, LONGEST_TAIL_HTML // 3

MOST_READ = TAIL + LINE
"""Characters that an update reads: what is open, and a line that has not ended."""

MOST_SHOWN = 2 * TAIL_HTML
"""Characters of HTML in an update; what is shown as plain text may be all signs."""


@pytest.fixture
def thirds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound an update by a third of what bounds it: that shows as well, in a third of the time."""
    monkeypatch.setattr(blocks, "LONGEST_TAIL", TAIL)
    monkeypatch.setattr(blocks, "LONGEST_LINE", LINE)
    monkeypatch.setattr(blocks, "LONGEST_TAIL_HTML", TAIL_HTML)


STREAMED = {
    name: PATTERNS[name]
    for name in (
        "lists deeper each line",
        "quotes and lists",
        "links",
        "stars and letters",
        "fences that do not close",
        "one word",
    )
}
STREAMED |= code_patterns(["csharp"])


@pytest.mark.growth
@pytest.mark.usefixtures("thirds")
@pytest.mark.parametrize("pattern", STREAMED.values(), ids=STREAMED)
def test_three_times_the_answer_takes_about_three_times_the_work_of_all_updates(
    pattern: Pattern,
) -> None:
    def stream(text: str) -> None:
        for start in range(0, len(text), STEP):
            growing.feed(text[start : start + STEP])
            growing.tail()

    growing = MarkdownStream()
    stream(pattern.grow(2 * STEP))
    growing, text = MarkdownStream(), pattern.grow(3_000)
    third = calls_of(lambda: stream(text[:1_000]))
    assert calls_of(lambda: stream(text[1_000:])) <= 3 * third + 40_000


@pytest.mark.growth
@pytest.mark.usefixtures("thirds")
def test_no_update_of_a_hostile_answer_costs_more_than_another() -> None:
    """So the sum over all updates grows with the answer, whatever that is made of."""
    costly: dict[str, tuple[int, int]] = {}
    for name, pattern in PATTERNS.items():
        growing = MarkdownStream(has_pieces=False)
        growing.feed(pattern.grow(max(MOST_READ + 100, 2 * len(pattern.repeated))))
        with Parsing() as parsing:
            tail = growing.tail()
        if len(tail) > MOST_SHOWN or parsing.characters > MOST_READ:
            costly[name] = (len(tail), parsing.characters)
    assert costly == {}


MARKS = {
    "fences": "```\n",
    "fences that do not close": "```\n~~~\n",
    "indented": " ```\n\ta\n",
    "ticks that are no fence": "``` a`\n",
    "in a list": "- ```\n",
    "in items": "- a\n  ```\n  x\n  ```\n",
    "at the margin of a list": "- a\n ```\n ```\n",
    "in deep lists": "- - - - - - - - ```\n",
    "in a quote": "> ```\n> ",
    "in deep quotes": "> > > > > > > > ```\n",
    "lines above": "a\n1. ```\n",
    "spaces": "```" + " " * 500 + "x\n",
    "one line": "`",
}


@pytest.mark.growth
@pytest.mark.parametrize("marks", MARKS.values(), ids=MARKS)
def test_three_times_the_marks_take_about_three_times_the_calls(marks: str) -> None:
    def read(size: int) -> int:
        text = (marks * size)[:size]
        return calls_of(lambda: open_fence(text))  # it looks for each, as iter_fences() does

    read(100)
    assert read(60_000) <= 3.8 * read(20_000) + 100


@pytest.mark.parametrize(
    "above", ["> " * MEGABYTE, "a\n" * MEGABYTE, "- a\n" * MEGABYTE, (">" * 19 + "a\n\n") * 90_000]
)
def test_what_stands_above_a_fence_costs_little(above: str) -> None:
    text = f"{above}\n\nWords.\n\n```py\nx\n```\n"
    found: list[Fence] = []
    assert calls_of(lambda: found.extend(iter_fences(text))) <= 3_000
    assert found == [Fence("py", "x\n")]


def test_of_lists_without_end_so_many_fences_are_read_and_those_at_the_margin() -> None:
    text = "- ```\n  a\n  ```\n" * 100_000 + "\nWords.\n\n~~~py\nx\n~~~\n"
    found = list(iter_fences(text))
    assert MOST_NESTED / 200 < len(found) < MOST_NESTED / 10
    assert found[-1] == Fence("py", "x\n")


@pytest.mark.parametrize(
    "name", ["links", "deep quotes apart", "lazy lines", "no entities", "chinese"]
)
def test_four_megabytes_become_a_page_of_two_at_most(name: str) -> None:
    text = PATTERNS[name].grow(4 * MEGABYTE)
    with Parsing() as parsing:
        html = render_markdown(text)
    assert parsing.characters <= 10 * LONGEST_MARKUP
    assert MEGABYTE < len(html.encode()) < 2 * MEGABYTE
    assert html.count(room.NOTE) == 1
    assert faults_of(html) == []


def test_a_very_long_answer_goes_on_as_plain_text_and_nothing_is_left_out() -> None:
    piece = f"*word* and many more{' words' * 50}\n\n"
    text = piece * 1_000
    html = render_markdown(text)
    assert html.count("<em>word</em>") == pytest.approx(LONGEST_MARKUP / len(piece), rel=0.01)
    assert html.count(NOTE_LONG) == 1
    assert text_of(html).count("and many more") == 1_000
    assert html.index("<em>") < html.index(NOTE_LONG) < html.rindex("*word*")


def shown(answer: str, form: str) -> list[str]:
    growing = start_rendering(Origin("ada", "talk", form))  # type: ignore[arg-type]
    pieces: list[str] = []
    for start in range(0, len(answer), 50_000):
        pieces += growing.feed(answer[start : start + 50_000])
    return pieces


@pytest.mark.parametrize("form", ["markdown", "text"])
def test_what_is_shown_of_a_long_answer_while_it_streams_is_a_page_too(form: str) -> None:
    html = "".join(shown("&" * 4 * MEGABYTE, form))
    assert MEGABYTE < len(html.encode()) < 2 * MEGABYTE
    assert html.count(room.NOTE) == 1


def test_the_pieces_of_one_long_block_are_a_page_too() -> None:
    link = "[a](http://b.example) "
    pieces = shown(link * 2_000, "markdown")
    assert room.NOTE not in "".join(pieces)
    stream = MarkdownStream()
    stream._live_page = room.Room(10_000)  # noqa: SLF001 - a page that is soon full
    html = "".join(piece for _ in range(900) for piece in stream.feed(link * 5))
    assert len(html) < 11_000
    assert html.endswith(f"{room.NOTE}</p>\n")


@pytest.mark.parametrize("text", ["x" * 4 * MEGABYTE, "<" * 4 * MEGABYTE, "\u4f60" * 4 * MEGABYTE])
@pytest.mark.parametrize("render", [render_text, render_thought])
def test_a_long_text_is_cut_where_a_page_ends(render: Callable[[str], str], text: str) -> None:
    html = render(text)
    assert 0.3 * MEGABYTE < len(html.encode()) < 1.6 * MEGABYTE
    assert room.NOTE in html


BODIES = {
    "deep": ("json", "[" * 300 + "1," * 30_000 + "1" + "]" * 300),
    "wide": ("json", json.dumps(["&"] * 500_000)),
    "code": ("code", "```python\n" + "x = [1]\n" * 250_000),
    "codes": ("code", "```python\nx = [1]\n```\n" * 15_000),
}


@pytest.mark.parametrize(("form", "text"), BODIES.values(), ids=BODIES)
def test_an_answer_as_json_or_code_is_a_page_too(form: str, text: str) -> None:
    html = render_body(Reply(text), Origin("ada", "talk", form))  # type: ignore[arg-type]
    assert html is not None
    assert len(html.encode()) < 2 * MEGABYTE
    assert html.count('class="k') <= 100_000 / 4
    assert faults_of(html) == []


def test_code_that_is_long_in_all_is_coloured_at_its_beginning() -> None:
    text = "```python\nx = [1]\n```\n" * 3_000
    html = render_body(Reply(text), Origin("ada", "talk", "code"))
    assert html is not None
    assert '<span class="o">=</span>' in html[:100]
    assert html.endswith("<span></span>x = [1]\n</pre></div>\n")


def test_all_of_a_long_answer_stays_beside_its_page() -> None:
    published = Published()
    text = "&" * 400_000
    view = CellView(published, Origin("ada", "talk"))
    view.update(text, "")
    view.finish(Turn(1, "Tell me", Reply(text, state="complete")))
    assert room.NOTE in published.bundles[-1]["text/html"]
    assert published.bundles[-1]["text/plain"] == text
