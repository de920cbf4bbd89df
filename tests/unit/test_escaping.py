from __future__ import annotations

from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from secondme_magics.markdown.escaping import without_html


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("a & b", "a & b"),
        ("a < b, x<3, <, <-", "a < b, x<3, <, <-"),
        ("<b>x</b>", "\\<b>x\\</b>"),
        ("<pre> <div/>", "\\<pre> \\<div/>"),
        ("<!-- a", "\\<!-- a"),
        ("![a](b) ! [a] \\![a] `![a]`", "\\![a](b) ! [a] \\![a] `![a]`"),
        ("<?php", "\\<?php"),
        ("\\<b> \\\\<b>", "\\<b> \\\\\\<b>"),
        ("<https://a.example> <a@b.example>", "<https://a.example> <a@b.example>"),
        (f"<{'a' * 32}:b> <{'a' * 33}:b>", f"<{'a' * 32}:b> \\<{'a' * 33}:b>"),
        (f"<{'a' * 64}@b> <{'a' * 65}@b>", f"<{'a' * 64}@b> \\<{'a' * 65}@b>"),
        (f"<a@{'b' * 255}> <a@{'b' * 256}>", f"<a@{'b' * 255}> \\<a@{'b' * 256}>"),
        ("<@b> <a@>", "<@b> \\<a@>"),
        ("<a:b> <https://a <b>", "\\<a:b> \\<https://a \\<b>"),
        ("`<b>` <b>", "`<b>` \\<b>"),
        ("``<b>` `` <b>", "``<b>` `` \\<b>"),
        ("`<b>", "`\\<b>"),
        ("`` <b> ` <b>`", "`` \\<b> ` <b>`"),
        ("`a\n<b>` <b>\n<i>", "`a\n<b>` \\<b>\n\\<i>"),
        ("`a\n<!-- b\n<b`", "`a\n\\<!-- b\n<b`"),
        ("> `a\n>  <Div b`", "> `a\n>  \\<Div b`"),
        ("- `a\n  </div>`", "- `a\n  \\</div>`"),
        ("- `a\n  <?`\\", "- `a\n  \\<?`\\"),
        ("- `a\n\t</div>`", "- `a\n\t\\</div>`"),
        ("`a <div>`", "`a <div>`"),
        ("`a\n<b>\n`", "`a\n<b>\n`"),
        ("`<b>` <b> `<b>`", "`<b>` \\<b> `<b>`"),
        ("[a]: <b>", "[a]: \\<b>"),
        ("`a\n\n<b>`", "`a\n\n\\<b>`"),
        ("```html\n<b>\n```\n<b>\n\n    <b>", "```html\n<b>\n```\n\\<b>\n\n    <b>"),
        ("```|<b>\n|-|\n<i>", "```&#124;<b>\n|-|\n<i>"),
        ("# `|<b>`\n|-|-|", "# `|\\<b>`\n|-|-|"),
        ("> <b>\n> a\n\n- <i>\n  <b>", "> \\<b>\n> a\n\n- \\<i>\n  \\<b>"),
    ],
)
def test_what_would_be_html_or_an_image_is_not_and_the_rest_stays(text: str, escaped: str) -> None:
    assert without_html(text) == escaped


@pytest.mark.parametrize(
    "row",
    [
        *(f"{sign}-|-" for sign in " \t>|:"),
        *(f"-|{sign}-{sign}" for sign in "-:| \t"),
        "> | -|-",
        "-",
        "-|-\r",
    ],
)
def test_code_in_what_may_be_a_table_ends_with_its_cell(row: str) -> None:
    assert without_html(f"`|<b>`\n{row}\na|b") == f"`|\\<b>`\n{row}\na|b"


@pytest.mark.parametrize(
    "text",
    [
        *("`|<b>`\n|:", "`|<b>`\n-|-a", "`|<b>`\na-|-"),
        *("a|b\n-|-\n\n`|<b>`", "`|<b>`\n\n-|-", "`` | ` | `<b>` ``\n-|-", "`<b>`|c\n-|-"),
    ],
)
def test_code_in_no_table_or_in_one_cell_stays(text: str) -> None:
    assert without_html(text) == text


@pytest.mark.parametrize(
    "row",
    [
        *(r"`\|@<b>`", r"` | `\\| ` @<b> `", r"`\\| `\| ` @<b> `"),
        *("`|@![a](b)`", "`@<b>|`", "-|-\nc|`\n@<b>`|d"),
    ],
)
def test_a_cell_ends_as_any_reader_of_tables_has_it(row: str) -> None:
    """Readers differ in what backslashes before a border mean."""
    assert without_html(row.replace("@", "") + "\n-|-") == row.replace("@", "\\") + "\n-|-"


ALPHANUMERIC = ascii_letters + digits
ASCII = "".join(map(chr, range(0x80)))
IN_LINKS = "".join(character for character in ASCII if not character.isspace())


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("<", "", ASCII.translate(dict.fromkeys(ascii_letters.encode() + b"!/?"))),
        ("<", "bc:d>", ASCII.translate(dict.fromkeys(b"!/?"))),
        ("!", "", ASCII.replace("[", "")),
        ("<a", ":b>", "+.-" + ALPHANUMERIC),
        ("<ab:", ">", IN_LINKS.replace("<", "")),
        ("<a", "@b>", IN_LINKS.replace("<", "").replace(">", "").replace("@", "")),
        ("<a@", ">", "_.-" + ALPHANUMERIC),
    ],
)
def test_before_no_other_character_is_a_backslash_needed(
    before: str, after: str, allowed: str
) -> None:
    links = [f"{before}{chr(point)}{after}" for point in range(0x80)]
    kept = [link for link in links if without_html(f"a{link}") == f"a{link}"]
    assert kept == [f"{before}{character}{after}" for character in sorted(allowed)]


_PIECES = [
    "<b>",
    "<!--",
    "![a](b)",
    "</p",
    "<pre",
    "<https://a.example>",
    "`",
    "``",
    "\\",
    "\n",
    "\n\n",
    "    ",
    "> ",
    "a ",
    "|",
    "\n|-|\n",
    "\n|-|-|\n",
    "# ",
    "- ",
    "~~~",
]


@pytest.mark.parametrize("rules", [[], ["table"]], ids=["commonmark", "tables"])
@given(text=st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_neither_html_nor_an_image_is_left_for_a_reader_of_markdown(
    text: str, rules: list[str]
) -> None:
    reader = MarkdownIt("commonmark").disable("reference").enable(rules)
    tokens = reader.parse(without_html(text))
    inner = [child for token in tokens for child in token.children or []]
    assert not [
        token for token in [*tokens, *inner] if "html" in token.type or token.type == "image"
    ]
