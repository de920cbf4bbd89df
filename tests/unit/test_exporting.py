from __future__ import annotations

import json
import re
from datetime import date
from html import escape
from itertools import pairwise

import pytest
from allowed_html import faults_of, text_of
from counting import calls_of
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply, State
from secondme_magics.conversation.turns import Turn
from secondme_magics.markdown.escaping import without_html
from secondme_magics.showing.exporting import EXPORTS, to_markdown, to_messages, to_page
from secondme_magics.showing.pasted import join

OURS = {
    "<main>",
    "<h1 dir='auto'>",
    "<p dir='auto'>",
    "<p class='secondme-speaker'>",
    "<blockquote dir='auto'>",
    "<details>",
    "<details dir='auto'>",
    "<summary>",
    "<summary dir='auto'>",
    "<div class='secondme'>",
    "<div class='secondme-note'>",
    "<div dir='auto'>",
}
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    "![x](http://evil.example/x.png) [y](javascript:alert(1))",
    "\x1b[31m red \u202e back \ud800",
    "{name} {style}",
    "</section></body>",
]


def turn(number: int, text: str, state: State = "complete", thought: str = "") -> Turn:
    return Turn(number, "first\n\nsecond", Reply(text, thought, state))


def body_of(page: str) -> str:
    return page.partition("<body>")[2].partition("</body>")[0]


@settings(max_examples=60, deadline=None)
@given(*[st.sampled_from(HOSTILE) | st.text() for _ in range(4)])
def test_a_page_holds_nothing_but_our_own_elements(
    name: str, system: str, text: str, thought: str
) -> None:
    said = [Turn(1, text or "x", Reply(text, thought, "complete"))]
    page = to_page(Conversation(name, system, said))
    assert set(faults_of(body_of(page))) <= OURS
    head = page.partition("</head>")[0]
    assert head.count("<") == to_page(Conversation("talk")).partition("</head>")[0].count("<")
    assert "\x1b" not in page
    page.encode()


SWALLOWING = [
    "Look: <!-- and so on",
    "\t<!a",
    "<!--\nnever closed",
    "- a list\n\n  <!-- in it",
    "```html\n<!-- cut in code",
    "~~~~\n```\ncut",
    "> ```\n> quoted",
    "- ```\n  in a list",
    "<details><summary>All of it</summary>",
    "use the <textarea> tag, <title>, <plaintext>",
    "<script>",
    "<?php",
    "<![CDATA[ x",
    "<!DOCTYPE",
    "`<b>` and `` ` <i> `` and ` <u>",
    "\\`<s>\\`",
    "<div\nclass=",
    "    <!-- indented",
    "<https://example.com> a < b, x<y",
    "![x](https://evil.example/x.png) [![y][z]](v)\n\n[z]: https://evil.example/y.png",
    "`![code](x)` \\![x](y) \\\\![x](z) !\\[x](y)",
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SWALLOWING) | st.text("<!->?[]()`~/abx \n\\\t>#*&"),
    st.sampled_from(SWALLOWING) | st.text("<!->?[]()`~/abx \n\\\t>#*&"),
)
def test_nothing_in_one_turn_reaches_into_the_next(prompt: str, answer: str) -> None:
    said = [Turn(1, prompt or "x", Reply(answer, state="complete")), turn(2, "Yes")]
    tokens = MarkdownIt("commonmark").parse(to_markdown(Conversation("talk", prompt, said)))
    parts = [token for block in tokens for token in (block, *(block.children or ()))]
    assert not [token for token in parts if token.type in {"html_block", "html_inline", "image"}]
    top = [after.content for token, after in pairwise(tokens) if token.level == 0]
    assert top.count("**You**") == 2
    assert [token.type for token in tokens if token.level == 0].count("hr") >= 1 + bool(prompt)
    page = to_page(Conversation("talk", prompt, said))
    assert page.count("<strong>You</strong></p><blockquote") == 2


TABLES = [
    "| a | b |\n|---|---|\n| `x | <img src=x onerror=alert(1)> ` |",
    "`a |\n:-\n|<img> `|",
    "> `a | ![b](c)`\n> -|-\n> x | `y | <i>`",
    "a|b\n-|-\n`a \\| b` <img> `c`|",
    "a|b\n-|-\n`a \\\\| b` <img> `c`|",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(TABLES)
    | st.builds("{}|{}\n-|-\n{}|{}\n{}".format, *[st.text("<b>`|\\ ![]()\n", max_size=9)] * 5)
)
def test_no_reading_of_a_table_has_anything_live(text: str) -> None:
    written = without_html(text)
    for parser in (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable("table")):
        children = [child for token in parser.parse(written) for child in token.children or ()]
        assert not [token for token in children if token.type in {"html_inline", "image"}]


def test_code_that_is_whole_in_its_cell_is_kept() -> None:
    for kept in (
        "| `<a>` | `![b]` |\n|-|-|\n| `a` | `List<int>` |",
        "`a | b<c>`",
        "`a | <b>`\n- c",
    ):
        assert without_html(kept) == kept


@pytest.mark.growth
def test_a_table_of_code_costs_in_proportion() -> None:
    def cost(rows: int) -> int:
        return calls_of(lambda: without_html("a|b\n-|-\n" + "`<a>`|`<b\n" * rows))

    assert cost(2_000) <= 11 * cost(200)


def test_only_what_would_be_html_or_an_image_is_changed_in_an_answer() -> None:
    kept = "a < b, x<3 `<b> ![]` <https://example.com> \\<i> [x](y)!\n\n```html\n<p> ![]\n```"
    written = to_markdown(Conversation("talk", turns=[turn(1, f"{kept}\n\n<p>![x](y)")]))
    assert f"{kept}\n\n\\<p>\\![x](y)\n" in written


def test_a_page_has_everything_that_was_said() -> None:
    conversation = Conversation(
        "talk", "Brief", [turn(1, "**Yes**", thought="hm"), turn(2, "", "failed")]
    )
    page = to_page(conversation)
    assert "<strong>Yes</strong>" in page
    words = text_of(body_of(page))
    for part in ("talk", "Brief", "second", "hm", "It failed."):
        assert part in words


def test_markdown_quotes_prompts_and_leaves_answers_as_they_are() -> None:
    conversation = Conversation(
        "talk", "Be\nbrief", [turn(1, "**Yes**\n"), turn(2, "No", "interrupted")]
    )
    assert to_markdown(conversation, {2: "ada <b>"}, date(2026, 11, 24)) == (
        "# talk\n\n*Conversation talk: 2 turns, exported on 2026-11-24*\n\n"
        "**System message**\n\n> Be\n> brief\n\n---\n\n"
        "**You**\n\n> first\n>\n> second\n\n**Answer**\n\n**Yes**\n\n*0.0 s*\n\n---\n\n"
        "**You**\n\n> first\n>\n> second\n\n**ada \\<b>**\n\nNo\n\n"
        "*Interrupted after 0.0 s.*\n\n*0.0 s*\n"
    )


def test_a_page_says_who_answered_and_when_it_was_written() -> None:
    page = to_page(Conversation("talk", turns=[turn(1, "Yes")]), {1: "ada"}, date(2026, 11, 24))
    words = text_of(body_of(page)).split("\n")
    assert "Conversation talk: 1 turn, exported on 2026-11-24" in words
    assert "Youfirst" in text_of(body_of(page))
    assert "adaYes" in text_of(body_of(page))


def test_a_file_is_of_its_day() -> None:
    conversation = Conversation("talk", turns=[turn(1, "Yes")])
    for suffix in (".md", ".html"):
        assert re.search(r"exported on 20\d\d-\d\d-\d\d\b", EXPORTS[suffix].to_text(conversation))


TITLES = {
    "a name": ("ideas", "What is it?", "ideas"),
    "no name of the user's": ("default", "What\nis  it?", "What is it?"),
    "another": ("conversation-2", "What is <b>it</b>?", "What is <b>it</b>?"),
    "a long prompt": ("default", "word " * 40, "word " * 15 + "word …"),
    "what was pasted": ("default", join(["## Variable df"], "Why?"), "Why?"),
}


@pytest.mark.parametrize(("name", "prompt", "title"), TITLES.values(), ids=TITLES)
def test_what_has_no_name_is_called_as_it_begins(name: str, prompt: str, title: str) -> None:
    conversation = Conversation(name, turns=[Turn(1, prompt, Reply("Yes", state="complete"))])
    page = to_page(conversation)
    assert f"<title>{escape(title)}</title>" in page
    assert text_of(body_of(page)).strip().split("\n")[0] == title
    assert to_markdown(conversation).startswith(f"# {without_html(title)}\n")


def test_what_was_pasted_above_a_prompt_is_folded_and_so_is_the_end_of_a_long_one() -> None:
    long = "line after line\n" * 1_000
    said = [Turn(1, join(["rows and rows"], "Why?")), Turn(2, long)]
    page = body_of(to_page(Conversation("talk", turns=said)))
    shown = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert "<p>Why?</p>" in shown
    assert "rows and rows" in page
    assert "rows and rows" not in shown
    assert page.count("line after line") == 1_000
    assert shown.count("line after line") <= 70


CUT = ["```python\nprint(1)", "~~~~\na\n~~~", "* a\n\n  ```\n  b", "> ```\n> c", "```\nd\n```", "e"]


@pytest.mark.parametrize("text", CUT)
def test_an_answer_that_was_cut_in_its_code_does_not_take_in_what_follows(text: str) -> None:
    said = [turn(1, text, "interrupted"), turn(2, "Yes")]
    tokens = MarkdownIt().parse(to_markdown(Conversation("talk", None, said)))
    headings = [each.content for each in tokens if each.type == "inline"]
    assert headings.count("**You**") == headings.count("**Answer**") == 2
    assert {"Yes", "*Interrupted after 0.0 s.*"} <= {*headings}


def test_markdown_has_no_tricks_for_a_terminal() -> None:
    assert "\x1b" not in to_markdown(Conversation(turns=[turn(1, "\x1b[2J")]))


def test_messages_are_what_is_sent_with_the_next_prompt() -> None:
    conversation = Conversation(turns=[turn(1, "Yes"), turn(2, "half", "failed")])
    assert json.loads(to_messages(conversation)) == [
        {"role": "user", "content": "first\n\nsecond"},
        {"role": "assistant", "content": "Yes"},
    ]


def test_an_empty_conversation_is_exported_too() -> None:
    assert [bool(kind.to_text(Conversation())) for kind in EXPORTS.values()] == [True] * 3
    assert json.loads(to_messages(Conversation())) == []
