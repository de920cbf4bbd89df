"""What fences are found with: where a list begins and is cut, and what stands before a line."""

from __future__ import annotations

import json

import pytest

from secondme_magics.conversation import fences
from secondme_magics.conversation.fences import (
    _LONGEST_LEAD,
    _PIECE,
    MOST_TRIES,
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
        ("  ", "  \tx", "\tx"),
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
        ("ab\n\nb\n- c", 0, 4),
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
        ("- a\n```n\nx", 4),
        ("- a\n``` a`b\nx", 13),
        ("- a\n~~~ a`b\nx", 4),
        ("- a\n~~\nx", 8),
        ("- a\n\nx", 5),
        ("- a\n \t\nx", 7),
        ("- a\n\n  x", 8),
        *((f"- a\n\n{sign}x", 7) for sign in ">*+-059 \t"),
        *((f"- a\n\n{sign}x", 5) for sign in ",./:"),
        ("- a\nx", 5),
        ("- a\n\n\n", 6),
    ],
)
def test_a_list_ends_at_a_fence_or_at_words_below_an_empty_line(text: str, end: int) -> None:
    assert _end_of_nested(text, 1) == end


OTHERS = " z\n-z\n. z\n1.z\n1 z\n1234567890. z\n"


@pytest.mark.parametrize(
    "item", ["- a\n", "* a\n", "+\ta\n", "1.\ta\n", "1. a\n", "12) a\n", "> a\n", ">a\n"]
)
@pytest.mark.parametrize("begin", [0, 7])
def test_a_long_list_is_cut_before_an_item(item: str, begin: int) -> None:
    text = "x" * begin + "```" + "y" * (_PIECE - 4) + "\n" + item + OTHERS + item * 3
    first, cut = begin + _PIECE, begin + _PIECE + len(item) + len(OTHERS)
    assert list(_iter_cuts(text, begin, len(text) - 1)) == [cut, len(text) - 1]
    assert list(_iter_cuts("x" + text, begin + 1, len(text) + 1)) == [cut + 1, len(text) + 1]
    assert list(_iter_cuts(text, begin, first)) == [first]
    assert list(_iter_cuts("x" * 5 + text, 0, 5)) == []
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


X, Y = Fence("", "x\n"), Fence("", "y\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("```\rx\r```\r", [X], id="CR"),
        pytest.param("```\nx\0y\n```", [Fence("", "x\ufffdy\n")], id="NUL"),
        pytest.param("~~~\nx\n~~~~~\ny", [X], id="a longer mark"),
        pytest.param("```\nx\n``` \t \ny", [X], id="white space behind the mark"),
        pytest.param("```&ouml;\nx\n```", [Fence("\u00f6", "x\n")], id="an entity"),
        pytest.param("```\\+\nx\n```", [Fence("+", "x\n")], id="a backslash"),
        pytest.param("* ```\n  x\n  ```", [X], id="a star"),
        pytest.param("-\t```\n\tx\n\t```", [X], id="a tab"),
        pytest.param("-\n  ```\n  x\n  ```", [X], id="an item that begins empty"),
        pytest.param("1) ```\n   x\n   ```", [X], id="a bracket"),
        pytest.param("1.\t```\n\tx\n\t```", [X], id="a number and a tab"),
        pytest.param("1.\n   ```\n   x\n   ```", [X], id="a number that begins empty"),
        pytest.param("123456789. ```\n           x", [Fence("", "x")], id="nine digits"),
        pytest.param("1234567890. ```\n            x", [], id="ten digits"),
        pytest.param("- a\n\n  b\n" * 2_000 + "- ```\n  x\n" * 2, [X] * 2, id="after much"),
        pytest.param(
            "- a\n ```\n x\n ```\n" + f"- {'b' * 500}\n" * 40 + "- ```\n  y\n",
            [X, Y],
            id="below it",
        ),
    ],
)
def test_a_fence_is_found_wherever_it_stands(text: str, found: list[Fence]) -> None:
    assert list(iter_fences(text)) == found


@pytest.mark.parametrize(
    ("most", "found"),
    [(0, 0), (4, 0), (5, 1), (16, 1), (21, 2), (32, 2), (36, 2), (37, 3), (48, 3)],
)
def test_of_lists_so_much_is_read(most: int, found: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"MOST_NESTED": most, "_PIECE": 1, "_BLOCK": 2}.items():
            patch.setattr(fences, name, value)
        assert len(list(iter_fences("- ```\n" * 9))) == found  # each costs 6 + 2 * 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1.5, -2e3]", [1.5, -2000.0]),
        ("```py\n[1]\n```\n```json\n[2]\n```", [2]),
        ('{"a": [1, {"b" x}]} so {"c": 1}', {"c": 1}),
        ('so {\n  "a": 1}', {"a": 1}),
        *(
            (f"so\n[{space}{value}]\n", [json.loads(value)])
            for value in ("[]", '{"a": 1}', '"a"', "1", "true", "false", "null", "-1")
            for space in ("", "\n ")
        ),
    ],
)
def test_json_is_found_by_how_it_opens(text: str, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize("text", ["so {} it is", "so\n[]\n", "so\n[x]\n"])
def test_what_holds_nothing_is_no_json_in_prose(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON value"):
        parse_json(text)


def test_json_in_a_fence_that_is_nested_too_deeply_is_named() -> None:
    text = '{"a" ' * MOST_TRIES + "\n```json\n" + "[" * 100_000
    with pytest.raises(ValueError, match=r"no JSON value.*too deeply"):
        parse_json(text)
