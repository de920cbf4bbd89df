from __future__ import annotations

import re
from itertools import product
from string import ascii_letters, ascii_lowercase, digits

import pytest
from allowed_html import faults_of, text_of, typeset_in
from attacks import ATTACKS, GROUPS
from pygments.token import STANDARD_TYPES

from secondme_magics.markdown.blocks import MarkdownStream, render_markdown, render_text
from secondme_magics.markdown.safety import (
    CODE_CLASS,
    TextCleaner,
    clean_text,
    escape_text,
    host_of,
    is_safe_link,
    sanitize,
)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_leaves_anything_that_is_not_allowed(attack: str) -> None:
    stream = MarkdownStream()
    shown = [*stream.feed(attack + "\n\nmore"), stream.tail(), *stream.finish()]
    for html in (
        render_markdown(attack),
        render_text(attack),
        *shown,
        sanitize(clean_text(attack)),
    ):
        assert faults_of(html) == []


_HOSTILE = (
    r"href|url|style|class|css|require|unicode|def|include|rule|let|data|mmlToken|tooltip|toggle|"
    r"enclose|bbox|lap|box|\\cancel\[|\*\{\d|mat\{|hspace|kern|raise|command|Declare|tagform|catcode"
)


@pytest.mark.parametrize("attack", GROUPS["math"])
def test_no_hostile_macro_reaches_the_host(attack: str) -> None:
    for math in typeset_in(render_markdown(attack)):
        assert not re.search(_HOSTILE, math)


def test_every_word_of_raw_html_is_shown_as_text() -> None:
    text = "<b onclick=x>bold</b> & <!-- c -->"
    assert text_of(render_markdown(text)).strip() == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain text\twith\nlines", "plain text\twith\nlines"),
        ("a\r\nb\rc\n\rd", "a\nb\nc\n\nd"),
        ("\x00\x07\x1b[0m\x0b\x0c", "\u2400\u2407\u241b[0m\u240b\u240c"),
        ("a\r\n\nb", "a\n\nb"),
        ("\x7f\x80\x85\x9b", "\u2421\ufffd\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\udb40\udc41x", "x"),
        ("a\u202e\u2066b\u2069\U000e0041", "ab"),
        ("\u0645\u200c\u200d\u200e\u200f\U0001f468\u200d\U0001f469", None),
        ("\u2028\u2029\u00a0\ufffd\u4f60", None),
    ],
)
def test_text_is_made_fit_for_any_sink(text: str, clean: str | None) -> None:
    assert clean_text(text) == (text if clean is None else clean)
    assert clean_text(clean_text(text)) == clean_text(text)


def test_no_host_takes_text_for_math() -> None:
    assert escape_text('a$b\\<"') == 'a<span>$</span>b<span>\\</span>&lt;"'


def test_a_half_of_a_pair_is_replaced_and_held_back_text_comes_once() -> None:
    halves = [chr(point) for point in range(0xD800, 0xE000)]
    assert {clean_text(half) for half in halves} == {"\ufffd"}
    cleaner = TextCleaner()
    assert (cleaner.feed("a\r"), cleaner.flush(), cleaner.flush()) == ("a", "\n", "")


def test_no_other_character_is_touched() -> None:
    suspects = {
        *(point for point in range(0x20) if chr(point) not in "\t\n"),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
        *range(0xE0000, 0xE0080),
    }
    near = [*range(0x3000), *range(0xD700, 0xE100), *range(0xDFF00, 0xE0200), 0x10FFFF]
    assert {point for point in near if clean_text(chr(point)) != chr(point)} == suspects
    others = "".join(chr(point) for point in near if point not in suspects)
    assert clean_text(others + "\x7f") == others + "\u2421"


@pytest.mark.parametrize("character", ["\U00010000", "\U000103ff", "\U0010fc00", "\U0010ffff"])
def test_each_surrogate_pair_is_joined_also_in_pieces(character: str) -> None:
    units = character.encode("utf-16-le")
    first, second = (chr(int.from_bytes(units[at : at + 2], "little")) for at in (0, 2))
    cleaner = TextCleaner()
    assert cleaner.feed(first) + cleaner.feed(second) == clean_text(first + second) == character


def test_nothing_is_held_back_but_a_carriage_return_and_the_first_half_of_a_pair() -> None:
    points = [*range(0x250), *range(0x2000, 0x2100), *range(0xD700, 0xE100), 0x1F600, 0xE0041]
    held = {point for point in points if TextCleaner().feed("a" + chr(point)) == "a"}
    gone = {point for point in points if clean_text("a" + chr(point)) == "a"}
    assert held - gone == {0x0D, *range(0xD800, 0xDC00)}


@pytest.mark.parametrize("text", ["a\r\nb\r\r\n", "\ud83d\ude00\ud83d", "\r", "\udb40\udc41\r\n"])
def test_text_cleaned_in_pieces_is_the_text_cleaned_whole(text: str) -> None:
    for cut in range(len(text) + 1):
        cleaner = TextCleaner()
        pieces = [cleaner.feed(text[:cut]), cleaner.feed(""), cleaner.feed(text[cut:])]
        assert "".join(pieces) + cleaner.flush() == clean_text(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example", "a.example"),
        ("HTTP://A.example:8080/x?y=@z#f", "a.example"),
        ("https://[::1]:80/", "[::1]"),
        ("https://xn--80ak6aa92e.com/%20()[];,!$&'*+=~", "xn--80ak6aa92e.com"),
        ("mailto:a.b+c@d.example", "d.example"),
        ("https://a.example/" + "a" * 1_982, "a.example"),
        ("https://a.example/" + "a" * 1_983, ""),
        ("https://a.example\n", ""),
        ("https://a.example/\u00e9", ""),
        ("//a.example", ""),
        ("mailto:a@b?subject=x", ""),
        ("", ""),
    ],
)
def test_a_link_is_live_only_where_it_says_plainly_whom_it_asks(url: str, host: str) -> None:
    assert host_of(url) == host
    assert is_safe_link(url) == bool(host)


ALPHANUMERIC = ascii_letters + digits


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("https://a.example/", "", "!#$%&'()*+,-./:;=?@[]_~" + ALPHANUMERIC),
        ("https://a.example", "b", "/?#.-_" + ALPHANUMERIC),
        ("https://a", "b", "/?#.-_" + ALPHANUMERIC),
        ("https://[", "]", ":." + "abcdefABCDEF" + digits),
        ("https://a.example:", "", digits),
        ("mailto:", "@b", "._+'-" + ALPHANUMERIC),
        ("mailto:a@", "", ".-" + ALPHANUMERIC),
    ],
)
def test_a_live_link_has_no_other_character(before: str, after: str, allowed: str) -> None:
    live = [chr(point) for point in range(0x250) if is_safe_link(f"{before}{chr(point)}{after}")]
    assert live == sorted(allowed)
    assert not is_safe_link(f"{before}\u212a{after}")


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example:123456/",
        "https://a.example:",
        "https://a.example:1:2",
        "https://",
        "https:///x",
        "https://[]",
        "ttp://a.example",
        "https:/a.example",
        "httpss://a.example",
        "https//a.example",
        "xhttps://a.example",
        "https://a@b.example",
        "https://a:b@c.example",
        "mailto:@b",
        "mailto:a@",
        "mailtoa@b",
        "javascript:alert(1)",
    ],
)
def test_what_is_almost_a_link_is_none(url: str) -> None:
    assert host_of(url) == ""


def test_the_classes_of_code_are_those_that_pygments_has() -> None:
    letters = ascii_lowercase + digits
    names = ["".join(each) for size in (1, 2, 3) for each in product(letters, repeat=size)]
    kept = {name for name in names if CODE_CLASS.fullmatch(name)}
    uncoloured = {
        "",
        "err",
        "esc",
        "g",
        "ges",
        "go",
        "l",
        "ld",
        "n",
        "nx",
        "p",
        "pm",
        "py",
        "w",
        "x",
    }
    assert kept == set(STANDARD_TYPES.values()) - uncoloured


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<span class="k x">a</span>', "<span>a</span>"),
        ('<span class="kc">a</span>', '<span class="kc">a</span>'),
        (
            '<p class="secondme-note" id="x" style="color:red">a</p>',
            '<p class="secondme-note">a</p>',
        ),
        ('<td align="justify">a</td>', "a"),
        ('<ol start="-1"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="1234567890"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="7"><li>a</li></ol>', '<ol start="7"><li>a</li></ol>'),
        ('<a href="/x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ("<script>alert(1)</script><b>x</b>", "x"),
    ],
)
def test_the_second_lock_holds_without_the_first(html: str, left: str) -> None:
    assert sanitize(html) == left


_NOTE = "highlight secondme-cut secondme-display secondme-math secondme-note secondme-text kc"
_LIVE = '<a href="{}" rel="noopener noreferrer nofollow">a</a>'


@pytest.mark.parametrize(
    "html",
    [
        *(f'<{tag} class="{_NOTE}">a</{tag}>' for tag in ("div", "p", "pre", "span")),
        *(f"<{tag}>a</{tag}>" for tag in ("code", "em", "strong", "s", "blockquote")),
        *(f"<h{level}>a</h{level}>" for level in range(1, 7)),
        *("a<br>b", "<hr>", "<ul><li>a</li></ul>", '<ol start="123456789"><li>a</li></ol>'),
        '<table><thead><tr><th align="left">a</th></tr></thead></table>',
        '<div class="secondme-table">a</div>',
        '<table><tbody><tr><td align="center">b</td><td align="right">c</td></tr></tbody></table>',
        *map(_LIVE.format, ("http://a.example", "https://a.example/b", "mailto:a@b.example")),
    ],
)
def test_all_that_is_ours_passes_the_second_lock(html: str) -> None:
    assert sanitize(html) == html


@pytest.mark.parametrize("tag", ["th", "td"])
def test_a_cell_is_aligned_to_a_side_or_not_at_all(tag: str) -> None:
    cell = f"<table><tbody><tr><{tag}>a</{tag}></tr></tbody></table>"
    for value in ("justify", "LEFT", "left ", "left right", ""):
        assert sanitize(cell.replace(f"<{tag}>", f'<{tag} align="{value}">')) == cell
