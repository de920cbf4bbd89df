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
    MOST_TAIL_BRACKETS,
    MOST_TAIL_TOKENS,
    MarkdownStream,
    render_markdown,
    render_text,
)
from secondme_magics.markdown.budget import CODE_ALLOWANCE, Budget
from secondme_magics.markdown.render import parse_blocks, render_blocks
from secondme_magics.markdown.room import NOTE, Room, plain

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
    is_longer = is_long + "".join(lines[:80])
    assert tail_of(is_longer) == plain("\u2026\n" + is_longer[-LONGEST_PIECE:])
    assert tail_of(is_long, "abc") == plain("\u2026\n" + (is_long + "abc")[-LONGEST_PIECE:])


@pytest.mark.parametrize("size", [1, 700, LONGEST_PIECE, LONGEST_PIECE + 1, LONGEST_PIECE + 200])
def test_what_is_open_as_plain_text_is_cut_where_it_is_long(size: int) -> None:
    stream, purse = stream_with_purse()
    purse.is_spent = True
    text = ("abcdefghi" * size)[:size]
    assert stream.feed(text) == []
    assert stream.tail() == plain("\u2026\n" * (size > LONGEST_PIECE) + text[-LONGEST_PIECE:])


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("-\n" * (MOST_TAIL_TOKENS // 2 - 1), False),
        ("-\n" * (MOST_TAIL_TOKENS // 2), True),
        ("[" * MOST_TAIL_BRACKETS, False),
        ("[" * (MOST_TAIL_BRACKETS + 1), True),
        ("<" * (LONGEST_TAIL_HTML // 4 - 2), False),
        ("> " * 3 + "[a](http://b) " * 320, True),
    ],
)
def test_what_is_open_and_becomes_much_is_shown_as_plain_text(text: str, *, is_plain: bool) -> None:
    stream = MarkdownStream(has_pieces=False)
    stream.feed(text[:LONGEST_TAIL])
    assert stream.tail().startswith('<pre class="secondme-text">') is is_plain


class Purse(Budget):
    """Notes what is taken off it."""

    def __init__(self) -> None:
        super().__init__()
        self.costs: list[tuple[int, int]] = []

    def spend(self, *, html: int = 0, work: int = 0) -> None:
        self.costs.append((html, work))
        super().spend(html=html, work=work)


def stream_with_purse() -> tuple[MarkdownStream, Purse]:
    stream, purse = MarkdownStream(), Purse()
    stream._budget = purse  # noqa: SLF001 - a purse that tells
    return stream, purse


def test_lines_tokens_quotes_fences_brackets_and_html_cost_what_they_are() -> None:
    stream, purse = stream_with_purse()
    stream.feed("d\n\n> > *a*\n> b\n\n```py\n[\n```\n- c[[")
    shown = stream.finish()
    words, quotes, fence, items = 3, 7, 1, 7
    lines, quoted, children = 8, 2 + 2, 1 + 5 + 1
    parsing = words + quotes + fence + items + 3 * lines + 2 * quoted
    rendering = words + quotes + items + children + 40
    brackets = 2 * blocks.BRACKET
    assert purse.costs == [(0, parsing), (0, brackets), (len("".join(shown)), rendering)]


@pytest.mark.parametrize("is_long", [True, False])
def test_from_where_the_budget_is_spent_it_is_plain_text_with_one_note(*, is_long: bool) -> None:
    stream, purse = stream_with_purse()
    shown = stream.feed("*a*\n\n" + "b" * FIRST_LOOK + "\n")
    assert shown == ["<p><em>a</em></p>\n"]
    purse.is_spent, purse.is_long = True, is_long
    note = blocks.NOTE_LONG if is_long else blocks.NOTE
    first, second = "*c*\n" * 400, "*d*\n" * 800
    held = "b" * FIRST_LOOK + "\n"
    shown = stream.feed(first) + stream.feed(second) + stream.finish()
    assert shown[0].startswith(plain(held + first[:8])[:-20])
    assert [note in html for html in shown] == [True] + [False] * (len(shown) - 1)
    assert len(shown) == 4
    assert text_of("".join(shown)).replace(note, "").split() == (held + first + second).split()
    assert "<em>" not in "".join(shown)
    assert stream.whole() == "<p><em>a</em></p>\n" + "".join(shown)


def test_a_block_that_spends_the_budget_is_plain_text_and_nothing_is_if_it_was_empty() -> None:
    for kind, cost in (("html", 10**9), ("work", 10**9)):
        stream, purse = stream_with_purse()
        stream.feed("*a*\n")
        purse.spend(**{kind: cost})
        assert stream.finish() == [plain("*a*\n", blocks.NOTE)]
        assert stream.finish() == []
    stream, purse = stream_with_purse()
    purse._html = 10  # noqa: SLF001 - enough for its parser, not for its HTML
    stream.feed("*a*")
    assert stream.finish() == [plain("*a*", blocks.NOTE)]


def test_only_fences_that_the_budget_has_colours_for_are_coloured() -> None:
    stream, purse = stream_with_purse()
    code = "if x\n"
    purse.has_colours_for("x" * (CODE_ALLOWANCE - 9))
    stream.feed(f"a = b\n\n    ==\n\n```py\n{code}```\n- a\n\n```py\n{code}```\n")
    html = "".join(stream.finish())
    assert html.count('<span class="k">') == 1
    assert html.index('<span class="k">') < html.index("<li>")
    assert purse.costs[-1][1] == 3 + 1 + 1 + 40 + 7 + 1 + 40


def test_a_long_block_is_parsed_again_as_one_and_shown_in_pieces() -> None:
    stream, purse = stream_with_purse()
    text = "```py\n" + "x = 1\n" * 1_000 + "```\n\nafter\n\n"
    shown = stream.feed(text) + stream.feed("b " * 2_500) + stream.finish()
    whole = stream.whole()
    assert whole.count('<div class="highlight">') == 1
    assert whole == render_markdown(text + "b " * 2_500)
    assert [html.startswith('<div class="highlight secondme-cut"><pre>') for html in shown[:2]] == [
        True,
        True,
    ]
    assert text_of("".join(shown)).split() == text_of(whole).split()
    assert purse.costs[-1][0] < 7_000


@pytest.mark.parametrize("above", ["", "\n", " \n", "\t\n", "\n\n", " \t\n \n", "a\n\n", "# a\n"])
@pytest.mark.parametrize(
    ("block", "begin"),
    [
        ("```py\n" + "x = 1\n" * 400, '<div class="highlight secondme-cut">'),
        ("- item\n" * 400, "<ul>"),
        ("|a|\n|-|\n" + "|1|\n" * 600, '<div class="secondme-table">'),
    ],
)
def test_a_long_block_comes_in_pieces_whatever_stands_above_it(
    above: str, block: str, begin: str
) -> None:
    stream = MarkdownStream()
    shown = stream.feed(above + block)
    assert shown[bool(above.strip())].startswith(begin)
    end = stream.finish()
    tokens = parse_blocks(above + block)
    assert stream.whole() == render_blocks(above + block, tokens)
    heads = "".join(shown + end).count("<th>a</th>") if "|" in block else 1
    assert (
        len(text_of("".join(shown + end)).split())
        == len(text_of(stream.whole()).split()) + heads - 1
    )


def test_blank_lines_alone_are_nothing() -> None:
    stream = MarkdownStream()
    assert (stream.tail(), stream.feed("\n" * 2 * FIRST_LOOK), stream.finish()) == ("", [], [])


def test_what_is_open_is_rendered_once_and_shown_though_it_is_short() -> None:
    stream = MarkdownStream()
    stream.feed("a\n[")
    assert stream.tail() == "<p>a\n[</p>\n"
    assert stream.tail() is stream.tail()


def test_what_is_shown_while_it_grows_has_a_page_of_its_own() -> None:
    stream = MarkdownStream()
    stream._live_page = Room(8)  # noqa: SLF001 - a page that is soon full
    stream.feed("ab")
    assert stream.finish() == [plain("ab", NOTE)]
    assert stream.whole() == "<p>ab</p>\n"
