"""What fences are found with: where a list begins and is cut, and what stands before a line."""

from __future__ import annotations

import pytest

from secondme_magics.conversation.fences import (
    _LONGEST_LEAD,
    _PIECE,
    Fence,
    _end_of_nested,
    _has_its_lines,
    _iter_cuts,
    _start_of_paragraph,
    iter_fences,
    parse_json,
)


@pytest.mark.parametrize(
    ("indent", "line", "code"),
    [
        (" ", "x", "x"),
        (" ", " x", "x"),
        (" ", "  x", " x"),
        ("  ", " x", "x"),
        ("  ", "     x", "   x"),
        ("   ", "\tx", " x"),
        ("  ", "\tx", "  x"),
        (" ", "\tx", "   x"),
        ("   ", " \tx", " x"),
        ("   ", "  \t\tx", " \tx"),
        ("  ", "", ""),
        ("   ", "  ", ""),
        ("", "  \tx", "  \tx"),
    ],
)
def test_code_loses_as_many_columns_as_its_fence_has(indent: str, line: str, code: str) -> None:
    assert list(iter_fences(f"{indent}```\n{line}\ny\n{indent}```")) == [Fence("", f"{code}\ny\n")]


@pytest.mark.parametrize(
    ("text", "start", "begin"),
    [
        ("- c", 0, 0),
        ("b\n- c", 0, 0),
        ("a\n\nb\n- c", 0, 3),
        ("\n\nb\n- c", 0, 2),
        ("a\n\nb\n\n- c", 0, 6),
        ("a\n\nb\n- c", 4, 4),
        ("a\n\nb\n- c", 2, 2),
        ("b" * _LONGEST_LEAD + "- c", 0, 0),
        ("\n" + "b" * (_LONGEST_LEAD - 1) + "\n- c", 0, _LONGEST_LEAD + 1),
        ("a\nb\n" + "b" * (_LONGEST_LEAD - 4) + "\n- c", 0, 2),
        ("ab\n" + "b" * (_LONGEST_LEAD - 2) + "\n- c", 0, 3),
    ],
)
def test_a_list_is_read_with_the_words_above_it(text: str, start: int, begin: int) -> None:
    assert _start_of_paragraph(text, start, text.rindex("- c")) == begin


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("- a\n  ```\n", 10),
        ("- a\n```\nx", 4),
        ("- a\n````py\nx", 4),
        ("- a\n``` a`b\nx", 13),
        ("- a\n~~~ a`b\nx", 4),
        ("- a\n~~\nx", 8),
        ("- a\n\nx", 5),
        ("- a\n \t\nx", 7),
        ("- a\n\n  x", 8),
        *((f"- a\n\n{sign}x", 7) for sign in ">*+-09 \t"),
        ("- a\nx", 5),
        ("- a\n\n\n", 6),
    ],
)
def test_a_list_ends_at_a_fence_or_at_words_below_an_empty_line(text: str, end: int) -> None:
    assert _end_of_nested(text, 1) == end


@pytest.mark.parametrize("item", ["- a\n", "+\ta\n", "1. a\n", "12) a\n", "> a\n", ">a\n"])
@pytest.mark.parametrize("begin", [0, 7])
def test_a_long_list_is_cut_before_an_item(item: str, begin: int) -> None:
    text = "x" * begin + "```" + "y" * (_PIECE - 4) + "\n" + item + " z\n-z\n" + item * 3
    first, cut = begin + _PIECE, begin + _PIECE + len(item) + 6
    assert list(_iter_cuts(text, begin, len(text) - 1)) == [cut, len(text) - 1]
    assert list(_iter_cuts("x" + text, begin + 1, len(text) + 1)) == [cut + 1, len(text) + 1]
    assert list(_iter_cuts(text[:first], begin, first)) == [first]
    assert list(_iter_cuts(text, begin + 3, len(text))) == []


@pytest.mark.parametrize(
    ("text", "has_its_lines"),
    [
        ("[1]", True),
        ("\n[1]\n", True),
        (" \t[1] \t\nx", True),
        ("x\n[1]", True),
        ("x [1]", False),
        ("x[1]", False),
        ("\nx[1]", False),
        ("a\nx [1]", False),
        ("[1]x", False),
        ("[1] x\n", False),
    ],
)
def test_an_array_has_its_lines_to_itself(text: str, *, has_its_lines: bool) -> None:
    start = text.index("[")
    assert _has_its_lines(text, start, start + 3) is has_its_lines


def test_the_first_fence_says_what_is_wrong_with_its_json() -> None:
    with pytest.raises(ValueError, match=r"\(Expecting value: line 1 column 2 "):
        parse_json("```\n[\n```\n```json\n[,]\n```\n```\nx\n```")
