from __future__ import annotations

import pytest
from allowed_html import text_of, typeset_in

from secondme_magics.markdown.blocks import MarkdownStream, render_markdown
from secondme_magics.markdown.room import (
    MOST_HTML,
    MOST_TEX,
    NOTE,
    NOTE_TEX,
    Room,
    is_plain,
    plain,
)

OPEN, CLOSE = '<pre class="secondme-text"><span></span>', "</pre>\n"
NOTED = f'<p class="secondme-note">{NOTE}</p>\n'


def test_plain_text_is_shown_as_it_is_with_a_note_below_it() -> None:
    assert plain('a <b> & "c"') == f'{OPEN}a &lt;b&gt; &amp; "c"{CLOSE}'
    assert plain("", "<&") == f'{OPEN}{CLOSE}<p class="secondme-note">&lt;&amp;</p>\n'


def test_only_what_was_made_of_plain_text_is_plain() -> None:
    assert is_plain(plain("a", "b"))
    assert not is_plain("<p>a</p>" + plain("a"))


@pytest.mark.parametrize("html", ["<p>a</p>", "<p>é你</p>"])
def test_what_fits_to_the_byte_is_shown_and_then_nothing_more(html: str) -> None:
    room = Room(2 * len(html.encode()))
    assert room.fit(html, "a") == html
    assert room.fit(html, "a") == html
    assert (room.fit("", ""), room.is_full) == ("", False)
    assert (room.fit("b", "b"), room.is_full) == (f"{OPEN}{CLOSE}{NOTED}", True)
    assert room.fit("", "") == room.fit("c", "c") == ""


@pytest.mark.parametrize(
    ("source", "most", "beginning"),
    [
        ("abcdefgh", 7, "abcdefg"),
        ("abcdefgh", 1, "a"),
        ("<<<<", 8, "&lt;&lt;"),
        ('"' * 9, 8, '"' * 8),
        ("éééé", 6, "ééé"),
        ("ab<<<<", 3, "a"),
        ("a", 1, "a"),
    ],
)
def test_of_what_does_not_fit_the_beginning_is_shown(
    source: str, most: int, beginning: str
) -> None:
    assert Room(most).fit("<p>" + "x" * most, source) == f"{OPEN}{beginning}{CLOSE}{NOTED}"


def test_a_page_has_the_same_room_unless_it_is_said() -> None:
    html = "x" * MOST_HTML
    assert Room().fit(html, "x") == html
    assert Room().fit(html + "x", "x").startswith(OPEN)


def formula(size: int) -> str:
    return f'<p>a <span class="secondme-math">\\({"x" * (size - 4)}\\)</span></p>\n'


@pytest.mark.parametrize("left", [0, 4])
def test_formulas_that_fit_to_the_character_are_typeset_and_then_none(left: int) -> None:
    room = Room()
    fitting = [formula(MOST_TEX // 2), formula(MOST_TEX // 2 - left)]
    assert [room.fit(html, "") for html in fitting] == fitting
    assert room.fit("<p>a</p>", "") == "<p>a</p>"
    noted, more = room.fit(formula(5), ""), room.fit(formula(6), "")
    assert typeset_in(noted + more) == []
    assert text_of(noted) == f"{NOTE_TEX}\na \\(x\\)\n"
    assert text_of(more) == "a \\(xx\\)\n"


def test_in_a_block_that_has_too_many_formulas_the_first_ones_are_typeset() -> None:
    html = Room().fit(formula(MOST_TEX // 4) * 5, "")
    assert len(typeset_in(html)) == 4
    assert text_of(html).startswith(NOTE_TEX)


def test_an_answer_of_formulas_alone_is_typeset_up_to_a_bound_also_while_it_grows() -> None:
    text = "Some words of the square $x^2 + y^2 + z^2$.\n\n" * 1_500
    stream = MarkdownStream()
    grown = stream.feed(text) + stream.finish()
    for html in ("".join(grown), render_markdown(text)):
        assert MOST_TEX - 2_000 < sum(map(len, typeset_in(html))) <= MOST_TEX
        assert html.count(NOTE_TEX) == 1
