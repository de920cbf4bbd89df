"""When a stream shows what, to the character: what is finished, what is open, and how it ends."""

from __future__ import annotations

import pytest
from allowed_html import text_of

from secondme_magics.markdown import blocks
from secondme_magics.markdown.blocks import (
    FIRST_LOOK,
    LONGEST_LINE,
    LONGEST_PIECE,
    LONGEST_TAIL,
    LONGEST_TAIL_HTML,
    MOST_TAIL_TOKENS,
    MarkdownStream,
    render_markdown,
    render_text,
)
from secondme_magics.markdown.room import NOTE, plain

FIRST = "<p>a</p>\n"


def tail_of(*pieces: str) -> str:
    stream = MarkdownStream()
    for piece in pieces:
        stream.feed(piece)
    return stream.tail()


def test_a_text_is_shown_as_far_as_its_room_goes() -> None:
    assert render_text("a\x1b<b>") == plain("a\u241b<b>")
    assert render_text("abc" * 20, 40) == plain("a", NOTE).replace(
        "a</pre>", "abc" * 13 + "a</pre>"
    )


def test_it_is_looked_for_blocks_after_so_many_characters_and_then_half_more() -> None:
    words = "b" * (FIRST_LOOK - 4)
    assert MarkdownStream().feed(f"a\n\n{words[1:]}\n") == []
    assert MarkdownStream().feed(f"a\n\n{words}") == []
    assert MarkdownStream().feed(f"a\n\n{words}\n") == [FIRST]
    first = f"{'c' * (FIRST_LOOK - 1)}\n"
    for number, shown in [(1, []), (0, [f"<p>{first.strip()}</p>\n"])]:
        stream = MarkdownStream()
        assert stream.feed(first) == []
        assert stream.feed(f"\n{'d' * (FIRST_LOOK + FIRST_LOOK // 2 - 2 - number)}\n") == shown


def test_only_the_blocks_before_the_last_are_finished_and_blank_lines_begin_none() -> None:
    stream = MarkdownStream()
    assert stream.feed(f" \n\t\n\n# a\n\n- b\n\n{'c' * FIRST_LOOK}\n") == [
        "<h1>a</h1>\n<ul>\n<li>b</li>\n</ul>\n"
    ]
    assert stream.tail() == f"<p>{'c' * FIRST_LOOK}</p>\n"
    assert stream.finish() == [stream.whole().removeprefix("<h1>a</h1>\n<ul>\n<li>b</li>\n</ul>\n")]
    assert (stream.tail(), stream.finish()) == ("", [])


@pytest.mark.parametrize("has_pieces", [True, False])
def test_pieces_are_made_of_a_long_block_where_someone_looks(*, has_pieces: bool) -> None:
    stream = MarkdownStream(has_pieces=has_pieces)
    text = "".join(f"Sentence {number} of it.\n" for number in range(400))
    shown = [html for line in text.splitlines(keepends=True) for html in stream.feed(line)]
    assert (len(shown) > 1) is has_pieces
    assert all(html.startswith('<p class="secondme-cut">Sentence') for html in shown)
    end = stream.finish()
    assert stream.whole() == render_markdown(text)
    if has_pieces:
        assert text_of("".join(shown + end)).split() == text.split()


def test_a_block_comes_in_pieces_from_a_length_on() -> None:
    words = "word " * LONGEST_PIECE
    assert MarkdownStream().feed(words[: LONGEST_PIECE - 2] + "\n") == []
    assert len(MarkdownStream().feed(words[: LONGEST_PIECE - 1] + "\n")) == 1


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("ab\nc\n", 0, 3),
        ("ab\nc\n", 3, 5),
        ("ab", 0, 0),
        ("", 0, 0),
        ("a\nb", 2, 0),
        ("x" * (LONGEST_LINE - 1), 0, 0),
        ("x" * LONGEST_LINE, 0, LONGEST_LINE),
        ("x" * LONGEST_LINE, 1, 0),
        ("x" * (LONGEST_LINE + 1), 1, LONGEST_LINE + 1),
        ("x" * (LONGEST_LINE - 1) + "\n", 0, LONGEST_LINE),
        ("x" * LONGEST_LINE + "\n", 0, LONGEST_LINE),
        ("x" * LONGEST_LINE + "\n", 1, LONGEST_LINE + 1),
    ],
)
def test_a_line_ends_with_its_line_feed_or_its_longest(text: str, start: int, end: int) -> None:
    assert blocks._end_of_line(text, start) == end  # noqa: SLF001 - what feeds all the rest
    assert blocks._end_of_plain("p" * LONGEST_PIECE + text, start) == (  # noqa: SLF001 - the same
        end and LONGEST_PIECE + end
    )


MARKS = [
    f"{before}{mark}{after}"
    for before in ("", " ", "\t", "> ")
    for mark in "-=*_+#`~|:"
    for after in ("", " \t")
]


@pytest.mark.parametrize("mark", [*MARKS, "---", "> > |--:|"])
def test_a_line_of_marks_alone_is_not_shown_yet(mark: str) -> None:
    assert tail_of("a\n", mark) == FIRST
    assert tail_of("a\n", mark + "b") != FIRST
    assert tail_of("a\n", "b" + mark) != FIRST


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a `b", "a <code>b</code>"),
        ("a `b` c", "a <code>b</code> c"),
        ("a `b` `c", "a <code>b</code> <code>c</code>"),
        ("a `b **c", "a <code>b **c</code>"),
        ("a **b", "a <strong>b</strong>"),
        ("a **b \t", "a <strong>b</strong>"),
        ("a **b** c", "a <strong>b</strong> c"),
        ("a **b** **", "a <strong>b</strong> "),
        ("a **b c**", "a <strong>b c</strong>"),
        ("a *b", "a *b"),
    ],
)
def test_the_last_words_are_shown_as_what_they_begin(text: str, html: str) -> None:
    assert tail_of(text) == f"<p>{html}</p>\n"
    assert tail_of(f"**a\n\n{text}") == f"<p>**a</p>\n<p>{html}</p>\n"
    assert tail_of(f"- {text}") == f"<ul>\n<li>{html}</li>\n</ul>\n"


@pytest.mark.parametrize("code", ["```\na ** `", "    a ** `"])
def test_code_that_is_open_is_closed_by_nothing_above_it(code: str) -> None:
    assert tail_of(f"**a\n\n{code}").startswith("<p>**a</p>\n")
    assert text_of(tail_of(code)).strip() == "a ** `"


def test_of_what_is_open_and_long_the_end_is_shown_as_plain_text() -> None:
    lines = [f"{number:09}\n" for number in range(LONGEST_TAIL // 10 + 1)]
    fits, is_long = "```\n" + "".join(lines[:-2]), "> " + "".join(lines)
    stream = MarkdownStream(has_pieces=False)
    stream.feed(fits)
    assert stream.tail().startswith('<div class="highlight">')
    assert tail_of(is_long) == plain("\u2026\n" + is_long[-LONGEST_PIECE:])
    assert tail_of(is_long, "abc") == plain("\u2026\n" + (is_long + "abc")[-LONGEST_PIECE:])


@pytest.mark.parametrize("size", [1, 700, LONGEST_PIECE, LONGEST_PIECE + 1, LONGEST_PIECE + 200])
def test_what_is_open_as_plain_text_is_cut_where_it_is_long(size: int) -> None:
    stream = MarkdownStream()
    stream.feed("#\n" * 60_000)
    stream.finish()
    text = ("abcdefghi" * size)[:size]
    assert stream.feed(text) == []
    assert stream.tail() == plain("\u2026\n" * (size > LONGEST_PIECE) + text[-LONGEST_PIECE:])


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("-\n" * (MOST_TAIL_TOKENS // 4 - 1), False),
        ("-\n" * (MOST_TAIL_TOKENS // 2 + 1), True),
        ("<" * (LONGEST_TAIL_HTML // 4 - 2), False),
        ("> " * 3 + "[a](http://b) " * 320, True),
    ],
)
def test_what_is_open_and_becomes_much_is_shown_as_plain_text(text: str, *, is_plain: bool) -> None:
    stream = MarkdownStream(has_pieces=False)
    stream.feed(text[:LONGEST_TAIL])
    assert stream.tail().startswith('<pre class="secondme-text">') is is_plain
