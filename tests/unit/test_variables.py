from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from secondme_magics.notebook.variables import describe_variable


class Frame:
    """The part of a data frame that pandas and polars share."""

    shape = (1_200, 2)
    columns = ("city", "people")
    dtypes = ("str", "int64")

    def head(self) -> str:
        return "Bern 134000"


class Broken(Frame):
    def head(self) -> str:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        return "<broken>"


class Series:
    shape = (1_000_000,)
    dtype = "float64"

    def head(self) -> str:
        return "0 1.5"

    def __str__(self) -> str:
        raise AssertionError("all of it was written out")


class Array:
    """The part of an array that numpy and others share; shows what of it was asked for."""

    dtype = "int8"

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def __getitem__(self, corner: Any) -> str:  # noqa: ANN401 - an array takes any index
        return f"corner {[each.stop for each in corner]}"

    def __str__(self) -> str:
        return "all of it"


class Spiteful:
    def __getattr__(self, name: str) -> object:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


VALUES: dict[str, tuple[object, str, str]] = {
    "a number": (3, "int", "3"),
    "text": ("one\ntwo", "str, 7 characters", "one\ntwo"),
    "a list": ([1, 2], "list, length 2", "[1, 2]"),
    "a table": ({"a": 1}, "dict, length 1", "{'a': 1}"),
    "a table in its order": ({"b": 1, "a": {2: []}}, "dict, length 2", "{'b': 1, 'a': {2: []}}"),
    "a table of tables": (
        {0: {0: {0: {0: {0: 0}}}}, 1: {}},
        "dict, length 2",
        "{0: {0: {0: {0: {...}}}}, 1: {}}",
    ),
    "a long table": (
        dict.fromkeys(range(31)),
        "dict, length 31",
        f"{{{', '.join(f'{i}: None' for i in range(30))}, ...}}",
    ),
    "a data frame": (
        Frame(),
        "Frame",
        "data frame, 1,200 rows x 2 columns\ncity (str), people (int64)\nBern 134000",
    ),
    "a data frame that breaks": (Broken(), "Broken", "<broken>"),
    "a class of data frames": (Frame, "type", repr(Frame)),
    "a class of arrays": (Array, "type", repr(Array)),
    "a series": (Series(), "Series, 1,000,000, float64", "0 1.5"),
    "no dimension": (Array(), "Array, one element, int8", "all of it"),
    "a short array": (Array(100), "Array, 100, int8", "all of it"),
    "a small array": (Array(2, 5, 10), "Array, 2 x 5 x 10, int8", "all of it"),
    "a long array": (Array(10**9), "Array, 1,000,000,000, int8; its beginning", "corner [5]"),
    "a matrix": (Array(3, 60), "Array, 3 x 60, int8; its beginning", "corner [5, 5]"),
    "a stack": (Array(9, 3, 4), "Array, 9 x 3 x 4, int8; its beginning", "corner [1, 5, 5]"),
    "a mock": (
        SimpleNamespace(shape=None, dtype=1),
        "SimpleNamespace",
        "namespace(shape=None, dtype=1)",
    ),
}


@pytest.mark.parametrize(("value", "kind", "text"), VALUES.values(), ids=VALUES)
def test_a_variable_is_shown_by_what_it_is(value: object, kind: str, text: str) -> None:
    assert describe_variable(value) == (kind, text)


@pytest.mark.parametrize(
    "value",
    [
        list(range(10**6)),
        {n: n for n in range(10**5)},
        ["x" * 10**6],
        [[[[[1] * 99] * 99] * 99] * 99],
    ],
    ids=["a list", "a table", "a text in a list", "lists in lists"],
)
def test_a_large_value_is_not_written_out(value: object) -> None:
    _, text = describe_variable(value)
    assert "..." in text
    assert len(text) < 400_000


def test_a_value_that_cannot_be_shown_is_not_the_end() -> None:
    kind, text = describe_variable(Spiteful())
    assert kind == "Spiteful"
    assert "Spiteful" in text


class list_(list[int]):  # noqa: N801 - the name is what is tested
    def __iter__(self) -> Any:  # noqa: ANN401 - never returns
        raise RuntimeError("no")


def test_a_kind_whose_iteration_raises_says_so() -> None:
    list_.__name__ = "list"
    assert describe_variable(list_([1]))[1] == "(it cannot be shown: RuntimeError)"
