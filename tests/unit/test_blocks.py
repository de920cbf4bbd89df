from __future__ import annotations

import subprocess
import sys

import pytest
from allowed_html import faults_of, text_of
from counting import Parsing

from secondme_magics.markdown import blocks, budget, render
from secondme_magics.markdown.blocks import MarkdownStream, render_markdown, render_text
from secondme_magics.markdown.render import parse_blocks
from secondme_magics.markdown.safety import clean_text

REL = 'rel="noopener noreferrer nofollow"'
OPEN, DONE = (f'<span class="secondme-task">{box}</span>' for box in "\u2610\u2611")
RENDERED = [
    ("", ""),
    (" \n\n", ""),
    ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>\n"),
    ("# a\n## b #\nc\n===", "<h1>a</h1>\n<h2>b</h2>\n<h1>c</h1>\n"),
    ("a\nb  \nc\\\nd", "<p>a\nb<br>\nc<br>\nd</p>\n"),
    ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
    ("- a\n\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>\n"),
    (
        "- [ ] a *b*\n- [X] [c](https://d.example)\n- [x](https://d.example)\n- [ ]\n- # [ ] e",
        (
            f"<ul>\n<li>{OPEN} a <em>b</em></li>\n"
            f'<li>{DONE} <a href="https://d.example" {REL}>c</a></li>\n'
            f'<li><a href="https://d.example" {REL}>x</a></li>\n'
            "<li>[ ]</li>\n<li>\n<h1>[ ] e</h1>\n</li>\n</ul>\n"
        ),
    ),
    ("[ ] a", "<p>[ ] a</p>\n"),
    ("7. a\n8. b", '<ol start="7">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
    ("> a\nb", "<blockquote>\n<p>a\nb</p>\n</blockquote>\n"),
    ("---", "<hr>\n"),
    ("    a", '<div class="highlight"><pre><span></span>a\n</pre></div>\n'),
    ("```\na\n```", '<div class="highlight"><pre><span></span>a\n</pre></div>\n'),
    ("a & b < c &amp; &copy; \\*", "<p>a &amp; b &lt; c &amp; © *</p>\n"),
    ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
    (
        "|a|b|c|\n|:-|:-:|-:|\n|1|2|",
        (
            '<div class="secondme-table"><table>\n<thead>\n<tr>\n<th align="left">a</th>\n'
            '<th align="center">b</th>\n<th align="right">c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
            '<td align="left">1</td>\n<td align="center">2</td>\n<td align="right"></td>\n</tr>\n'
            "</tbody>\n</table></div>\n"
        ),
    ),
    ("[a](https://b.example)", f'<p><a href="https://b.example" {REL}>a</a></p>\n'),
    ("<a@b.example>", f'<p><a href="mailto:a@b.example" {REL}>a@b.example</a></p>\n'),
    ("https://a.example", "<p>https://a.example</p>\n"),
    ("[](https://b.example)", f'<p><a href="https://b.example" {REL}>b.example</a></p>\n'),
    (
        "[bank.example](https://evil.example)",
        f'<p><a href="https://evil.example" {REL}>bank.example (evil.example)</a></p>\n',
    ),
    (
        "[https://www.b.example/x](https://b.example)",
        f'<p><a href="https://b.example" {REL}>https://www.b.example/x</a></p>\n',
    ),
    (
        "x![*a* b](https://h.example/x.png)",
        f'<p>x<a href="https://h.example/x.png" {REL}><em>a</em> b (image at h.example)</a></p>\n',
    ),
    (
        "![](https://h.example/x.png)",
        f'<p><a href="https://h.example/x.png" {REL}>(image at h.example)</a></p>\n',
    ),
    (
        "[![a](https://h.example/x.png)](https://c.example)",
        f'<p><a href="https://c.example" {REL}>a (image at h.example) (c.example)</a></p>\n',
    ),
    ("![a](x.png)", "<p>![a](x.png)</p>\n"),
    ("[a](b)", "<p>[a](b)</p>\n"),
    ("[a]: https://b.example\n\n[a]", "<p>[a]: https://b.example</p>\n<p>[a]</p>\n"),
]


@pytest.mark.parametrize(("text", "html"), RENDERED)
def test_markdown_is_rendered_as_commonmark_says(text: str, html: str) -> None:
    assert render_markdown(text) == html


@pytest.mark.parametrize("text", ["a\n\n  b <c> & $x$\td", "\n\nfirst", "", "\x1b[0m\r\n\ud800"])
def test_text_is_shown_as_it_is(text: str) -> None:
    html = render_text(text)
    assert faults_of(html) == []
    assert text_of(html) == clean_text(text) + "\n"


PROSE = "Some *words* of a sentence, and [more](https://a.example) of it. "
GIANTS = {
    "fence": "```python\n" + "x = [1, 2]  # why\n\ny = x\n" * 300 + "```\n\nAfter *it*.\n",
    "fence of one line": "```\n" + "x" * 9_000 + "\n```\nAfter.",
    "fence in no end": "~~~js\n" + "let a = 1;\n" * 500,
    "list": "".join(f"- item **{i}**\n  - more\n" for i in range(300)) + "\nAfter.\n",
    "loose list": "".join(f"{i}. item\n\n   more\n\n" for i in range(300)) + "After.\n",
    "list of pipes": "".join(f"- a | {i}\n" for i in range(500)),
    "one item": "- " + "word\n  " * 1_500 + "\n\nAfter.\n",
    "table": "| a | b |\n|---|--:|\n" + "| *1* | $2 |\n" * 400 + "\nAfter.\n",
    "table of one row": "| a | b |\n|---|--:|\n" + "| " + "word " * 900 + "| 2 |\n\nAfter.",
    "paragraph": PROSE * 100 + "\n\nAfter.",
    "paragraph of lines": (PROSE + "\n") * 100 + "===\n\nAfter.",
    "paragraph without spaces": "你好世界" * 1_500 + "\n\nAfter.",
    "paragraph of one word": "_" + "a" * 6_000,
    "paragraph of signs": "=-+1 " * 1_500 + "\n\nAfter.",
    "math": "$$\n" + "x + \n" * 900 + "$$\n\nAfter.",
    "quote": ("> " + PROSE + "\n") * 80 + "\nAfter.",
    "indented code": "    x = 1\n" * 600 + "\nAfter.",
    "closed fence": "```\n" + "x = 1\n" * 255 + "```\n" + "\n" * 2_000 + "After.",
}


@pytest.mark.parametrize("text", GIANTS.values(), ids=GIANTS)
def test_a_long_block_grows_in_pieces_and_ends_in_one(text: str) -> None:
    stream = MarkdownStream()
    shown: list[str] = []
    for start in range(0, len(text), 7):
        shown += stream.feed(text[start : start + 7])
        if start % 210 == 0:
            tail = stream.tail()
            assert faults_of(tail) == []
            assert len(tail) < blocks.LONGEST_TAIL_HTML + 5_000
            assert tail is stream.tail()
    shown += stream.finish()
    assert stream.tail() == ""
    assert [faults_of(html) for html in shown if faults_of(html)] == []
    assert stream.whole() == render_markdown(text) == _rendered_at_once(text)


def _rendered_at_once(text: str) -> str:
    return render.render_blocks(text, parse_blocks(text))


def test_the_pieces_of_a_list_say_the_same_as_the_list() -> None:
    stream = MarkdownStream()
    shown = stream.feed(GIANTS["list"])
    shown += stream.finish()
    words = text_of("".join(shown)).split()
    assert len(shown) > 3
    assert words == text_of(stream.whole()).split()


def test_the_pieces_of_code_look_like_one_block() -> None:
    stream = MarkdownStream()
    pieces = stream.feed(GIANTS["fence"])[:-1]
    assert len(pieces) >= 2
    assert all(piece.startswith('<div class="highlight secondme-cut"><pre>') for piece in pieces)
    assert all('<span class="k">' in piece or "x = " in text_of(piece) for piece in pieces)


def test_a_finished_block_is_returned_while_the_next_one_grows() -> None:
    stream = MarkdownStream()
    assert stream.feed("First.\n\n" + "Second " * 60) == []
    assert stream.feed("\n") == ["<p>First.</p>\n"]
    assert stream.tail().startswith("<p>Second")


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("", ""),
        ("a", "<p>a</p>\n"),
        ("a **b", "<p>a <strong>b</strong></p>\n"),
        ("a **b ", "<p>a <strong>b</strong></p>\n"),
        ("a **", "<p>a </p>\n"),
        ("a `b", "<p>a <code>b</code></p>\n"),
        ("a\n-", "<p>a</p>\n"),
        ("a\n``", "<p>a</p>\n"),
        ("```pyt", '<div class="highlight"><pre><span></span></pre></div>\n'),
        ("```py\n1 ** `", '<div class="highlight"><pre><span></span>'),
        ("    a ** b", '<div class="highlight"><pre><span></span>a ** b\n</pre></div>\n'),
        ("- a\n- b **c", "<ul>\n<li>a</li>\n<li>b <strong>c</strong></li>\n</ul>\n"),
        ("<scr", "<p>&lt;scr</p>\n"),
        ("[a](https://b", "<p>[a](https://b</p>\n"),
        ("---", ""),
    ],
)
def test_what_is_open_shows_already_and_does_not_flicker(text: str, tail: str) -> None:
    stream = MarkdownStream()
    stream.feed(text)
    assert stream.tail().startswith(tail)
    assert bool(stream.tail()) == bool(tail)


DENSE = {
    "short paragraphs": "a\n\n",
    "headings": "#\n",
    "lists": "-\n+\n",
    "nested lists": "1. a\n   1. b\n      1. c\n",
    "items": "- a\n",
    "mail": "<a@b>\n\n",
    "fences": "```c\n+-+-\n```\n",
    "quotes": ">\n\n",
    "quoted lines": "> a\n",
    "rows": "|a|b|c|d\n",
    "table": "a|b\n-|-\n",
    "ampersands": "&\n\n",
    "dollars": "$ \\( ",
    "entities": "&lt;",
    "brackets": "[",
    "links": "[a](<b",
    "images": "![",
    "emphasis": "*a **b ",
    "backticks": "`a``",
    "html": "<div><!-- ",
    "math": "\\[\n",
    "line feeds": "\n",
    "spaces": " ",
    "backslashes": "\\",
    "nul": "\0",
    "surrogates": "\ud800",
    "tildes": "~",
}
WIDE = "|a" * 50 + "\n" + "|-" * 50 + "\n"
SIZES = {name: (text * 10_000)[:10_000] for name, text in DENSE.items()} | {
    "wide table": WIDE + "|\n" * 9_000,
    "wider table": "|a" * 200 + "\n" + "|-" * 200 + "\n" + "|\n" * 9_000,
    "wide tables": (WIDE + "|\n" * 66 + "\n") * 100,
    "full table": WIDE + ("|a" * 50 + "\n") * 190,
    "deep quotes": (">" * 30 + "a\n\n") * 500,
    "deep list": "".join("  " * i + "- a\n" for i in range(200)),
    "deep brackets": "[" * 9_000 + "]" * 9_000,
}


@pytest.mark.growth
@pytest.mark.parametrize("text", SIZES.values(), ids=SIZES)
def test_hostile_text_costs_in_proportion(text: str) -> None:
    with Parsing() as parsing:
        html = render_markdown(text)
    assert len(html) <= budget.HTML_ALLOWANCE + budget.HTML_GROWTH * len(text)
    assert parsing.characters <= 8 * len(text) + 10_000
    assert parsing.tokens <= budget.WORK_ALLOWANCE + 2 * len(text)
    assert faults_of(html) == []


@pytest.mark.growth
@pytest.mark.parametrize("name", ["items", "emphasis", "table", "quoted lines"])
def test_an_answer_five_times_as_long_costs_about_five_times_as_much(name: str) -> None:
    with Parsing() as short:
        _stream((DENSE[name] * 3_000)[:3_000])
    with Parsing() as long:
        _stream((DENSE[name] * 15_000)[:15_000])
    assert long.characters <= 7 * short.characters


def _stream(text: str) -> int:
    """Return the characters of HTML that an answer takes while it grows."""
    stream = MarkdownStream()
    shown = 0
    for number, start in enumerate(range(0, len(text), 12)):
        shown += sum(map(len, stream.feed(text[start : start + 12])))
        shown += len(stream.tail()) if number % 13 == 0 else 0
    return shown + sum(map(len, stream.finish()))


@pytest.mark.growth
def test_what_is_shown_of_a_growing_answer_is_in_proportion_to_it() -> None:
    answer = PROSE * 4 + "\n\n- a\n- b\n\n```python\nx = 1\n```\n\n"
    assert _stream(answer * 200) <= 12 * _stream(answer * 20)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("> " * 20 + "deep", "nested too deeply"),
        ("- " * 10 + "deep", "nested too deeply"),
        ("a" * 20_001, "too long"),
        ("```\n" + ("a" * 499 + "\n") * 201, "its code is too long"),
        ("- a\n" * 30_000, "out of proportion"),
        ("$" * 500, "out of proportion"),
        ("<a@b>\n\n" * 10_000, "out of proportion"),
        ("#\n" * 60_000, "out of proportion"),
    ],
)
def test_what_goes_over_a_bound_is_plain_text_with_a_note(text: str, note: str) -> None:
    html = render_markdown(text)
    assert note in html
    assert html.count(note) == 1
    assert text_of(html).replace(" ", "").count("a") >= text.count("a")


def test_only_so_much_code_of_an_answer_is_coloured() -> None:
    fence = "```python\n" + "if x:\n    y = 1\n" * 500 + "```\n\n"
    html = render_markdown(fence * 6)
    assert html.count('<span class="k">') == 500 * (budget.CODE_ALLOWANCE // (500 * (16 + 4 * 4)))
    assert text_of(html).count("if x:") == 3_000


def test_nothing_is_lost_below_the_deepest_block() -> None:
    assert "the end" in render_markdown("> " * 19 + "the end")
    assert "the end" in render_markdown("> " * 99 + "the end")


def test_what_comes_after_the_budget_is_spent_stays_plain_and_grows() -> None:
    stream = MarkdownStream()
    stream.feed("#\n" * 60_000)
    shown = stream.feed("**a** " * 500)
    assert shown
    assert "<strong>" not in "".join([*shown, stream.tail()])
    assert stream.tail().startswith('<pre class="secondme-text">')
    stream.finish()
    assert text_of(stream.whole()).replace("\n", "").count("**a**") == 500


@pytest.mark.growth
def test_a_big_hostile_answer_ends_soon() -> None:
    script = (
        "from secondme_magics.markdown.blocks import render_markdown as r\n"
        f"for text in {list(DENSE.values())!r}: assert len(r((text * 200_000)[:200_000])) < 2e6"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)  # noqa: S603 - our own words


def test_the_renderers_load_with_the_first_answer() -> None:
    script = (
        "import sys, secondme_magics.markdown.blocks, secondme_magics.markdown.code\n"
        "assert not {'markdown_it', 'nh3', 'pygments', 'IPython', 'requests'} & set(sys.modules)\n"
        "secondme_magics.markdown.blocks.render_markdown('*a*')\n"
        "assert 'pygments' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 - our own words


def test_a_table_of_lists_stays_a_table() -> None:
    text = "| a | b |\n|-|-|\n" + "| 1 | [1, 2, 3] |\n" * 300
    assert render_markdown(text).count("<tr>") == 301
