"""How an answer looks: code in the theme's colours, math typeset, and all of it legible."""

from __future__ import annotations

import re
from threading import Event
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Turn
from secondme_magics.showing.exporting import to_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_page import NotebookPage
    from playwright.sync_api import Browser

Colour = tuple[float, float, float]

ANSWER = '''<think>Let me see.</think>Words, `code`, and [a link](https://example.com/).

```python
@decorated
def area(radius: float) -> float:
    """Return the area."""
    # not of a sphere
    return 3.14159 * radius ** 2 if radius else print(f"{radius} is no radius")
```

> A quotation.

| name | value |
| --- | --- |
| pi | 3.14 |
'''

COLOURS = """output => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const read = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
        return {rgb: [red, green, blue], share: alpha / 255};
    };
    const over = (ground, {rgb, share}) =>
        ground.map((channel, i) => share * rgb[i] + (1 - share) * channel);
    const ancestry = element => element ? [...ancestry(element.parentElement), element] : [];
    const behind = element => ancestry(element)
        .map(each => read(getComputedStyle(each).backgroundColor))
        .reduce(over, [255, 255, 255]);
    const opacity = element => ancestry(element)
        .reduce((share, each) => share * Number(getComputedStyle(each).opacity), 1);
    const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const words = walker.currentNode.data.trim();
        if (element.closest('style') || !words) continue;
        const {rgb, share} = read(getComputedStyle(element).color);
        const ground = behind(element);
        const text = over(ground, {rgb, share: share * opacity(element)});
        found.push({words, name: element.className, text, ground});
    }
    return found;
}"""


LINES = """pre => {
    const text = pre.lastChild;
    const range = document.createRange();
    const lines = [];
    let height = -Infinity;
    for (let at = 0; at < text.length; at++) {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        const box = range.getClientRects()[0];
        if (box && box.top > height) { lines.push(''); height = box.bottom - 1; }
        lines[lines.length - 1] += text.data[at];
    }
    return lines;
}"""
"""The lines into which a text is broken."""


@pytest.fixture(params=["Light", "Dark"])
def themed(notebook: NotebookPage, request: pytest.FixtureRequest) -> Iterator[NotebookPage]:
    theme: Literal["Light", "Dark"] = request.param
    notebook.use_theme(theme)
    yield notebook
    notebook.use_theme("Light")


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Colour) -> float:
    shares = (channel / 255 for channel in colour)
    linear = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return sum(w * each for w, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_code_has_colours_and_every_word_is_legible_in_both_themes(themed: NotebookPage) -> None:
    with ScriptedServer(sse(chunk(ANSWER), done)) as server:
        themed.write(f"%%secondme -n -i {server.url}\nHi {{nobody}}")
        assert themed.run()
    themed.output().locator("summary").click()
    found = themed.output().evaluate(COLOURS)
    faint = [
        (each["words"], each["name"], round(ratio, 2))
        for each in found
        if (ratio := contrast(tuple(each["text"]), tuple(each["ground"]))) < 4.5
    ]
    assert faint == []
    colours = {each["words"]: each["text"] for each in found}
    assert {"Words,", "# not of a sphere", "def", "3.14159", "Let me see."} <= set(colours)
    kinds = ["def", "3.14159", "# not of a sphere", "radius"]
    assert len({tuple(colours[kind]) for kind in kinds}) == len(kinds)


def test_a_table_keeps_the_alignment_of_its_columns(notebook: NotebookPage) -> None:
    table = "| none | right | centre |\n| --- | ---: | :---: |\n| word | word | word |\n"
    with ScriptedServer(sse(chunk(table), done)) as server:
        notebook.write(f"%%secondme -n -i {server.url}\nHi")
        assert notebook.run()
    alignment = "cells => cells.map(each => getComputedStyle(each).textAlign)"
    none, right, centre = notebook.output().locator("td").evaluate_all(alignment)
    assert none in {"left", "start"}
    assert right in {"right", "end"}
    assert centre == "center"


def test_a_text_breaks_only_where_words_do(notebook: NotebookPage) -> None:
    with ScriptedServer(sse(chunk("word-by-word " * 60), done)) as server:
        notebook.write(f"%%secondme -n -f text -i {server.url}\nHi")
        assert notebook.run()
    lines = notebook.output().locator("pre.secondme-text").evaluate(LINES)
    assert len(lines) > 3
    assert [line for line in lines if not re.fullmatch(r"(word-|by-|word )*", line)] == []


def test_math_is_typeset_and_money_is_not(notebook: NotebookPage) -> None:
    words = "Square $x^2$, root \\(\\sqrt y\\), sum \\[\\sum_i z_i\\] and it costs $5 and $6."
    with ScriptedServer(sse(chunk(words), done)) as server:
        notebook.write(f"%%secondme -n -i {server.url}\nHi")
        assert notebook.run()
    expect(notebook.output().locator("mjx-container")).to_have_count(3)
    expect(notebook.output()).to_contain_text("it costs $5 and $6.")


def test_a_formula_is_typeset_once_its_output_stands(notebook: NotebookPage) -> None:
    """A host typesets all of an output each time it changes: at each word the page would stall."""
    end = Event()
    with ScriptedServer(sse(chunk("Square $x^2$.\n\nMore"), end, chunk(" words"), done)) as server:
        notebook.write(f"%%secondme -n -i {server.url}\nHi")
        notebook.start(0)
        expect(notebook.output()).to_contain_text("Square \\(x^2\\).")
        expect(notebook.output().locator("mjx-container")).to_have_count(0)
        end.set()
        assert notebook.wait()
    expect(notebook.output().locator("mjx-container")).to_have_count(1)


RIGHT_TO_LEFT = """<think>لنفكر.</think>مرحبا `a.b`

- واحد

> اقتباس

```python
x = 1
```

| اسم | قيمة |
| --- | --- |
| واحد | 3.14 |
"""
WRITTEN = ("p:has(code)", "li", "blockquote p", "table", ".highlight pre")
WORDS_AT = """each => {
    const range = document.createRange();
    range.selectNodeContents(each);
    const {left, right} = range.getBoundingClientRect();
    return [left, right];
}"""
DIRECTIONS = {
    **dict.fromkeys([".secondme", "details", "p", "li", "blockquote", "table"], "rtl"),
    **dict.fromkeys(["summary", "code", ".highlight pre", ".secondme-footer"], "ltr"),
}


def test_an_answer_from_right_to_left_has_code_from_left_to_right(notebook: NotebookPage) -> None:
    with ScriptedServer(sse(chunk(RIGHT_TO_LEFT), done)) as server:
        notebook.write(f"%%secondme -n -i {server.url}\nHi")
        assert notebook.run()
    output = notebook.output()
    output.locator("summary").click()
    direction = "each => getComputedStyle(each).direction"
    found = {name: output.locator(name).last.evaluate(direction) for name in DIRECTIONS}
    assert found == DIRECTIONS
    places = {name: output.locator(name).evaluate(WORDS_AT) for name in (".secondme", *WRITTEN)}
    left, right = places.pop(".secondme")
    middle = (left + right) / 2
    assert places.pop(".highlight pre")[1] < middle
    assert {name: left for name, (left, _) in places.items() if left < middle} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_of_an_exported_page_is_legible_where_it_is_light_and_dark(
    browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    reply = Reply(ANSWER.partition("</think>")[2], "Let me see.", "complete")
    talk = Conversation("talk", "Brief", [Turn(1, "Hi", reply)])
    page = browser.new_page(color_scheme=scheme)
    page.set_content(to_page(talk))
    page.locator("summary").click()
    found = page.locator("body").evaluate(COLOURS)
    ratios = {each["words"]: contrast(each["text"], each["ground"]) for each in found}
    assert {"talk", "You", "Words,", "# not of a sphere", "a link", "3.14"} <= set(ratios)
    assert [words for words, ratio in ratios.items() if ratio < 4.5] == []
    grounds = {luminance(each["ground"]) > 0.5 for each in found}
    assert grounds == {scheme == "light"}
    for name in ("td", "th"):
        border = page.locator(name).first.evaluate("cell => getComputedStyle(cell).borderTopWidth")
        assert border == "1px"
    code = page.locator("p code").evaluate("each => getComputedStyle(each).backgroundColor")
    assert code not in {"rgba(0, 0, 0, 0)", "transparent"}
    page.close()


def test_what_is_kept_of_a_talk_runs_as_each_part_of_it_does(browser: Browser) -> None:
    reply = Reply("مرحبا\n\n```python\nx = 1\n```\n", "Hm.", "complete")
    shown = to_page(Conversation("talk", turns=[Turn(1, "שלום", reply), Turn(2, "Hi", reply)]))
    page = browser.new_page()
    page.set_content(shown)
    direction = "all => all.map(each => getComputedStyle(each).direction)"
    assert page.locator(".secondme").evaluate_all(direction) == ["rtl", "rtl"]
    assert page.locator("blockquote").evaluate_all(direction) == ["rtl", "ltr"]
    assert page.locator(".secondme-speaker").evaluate_all(direction) == ["ltr"] * 4
    assert page.locator(".highlight").evaluate_all(direction) == ["ltr", "ltr"]
    page.close()
