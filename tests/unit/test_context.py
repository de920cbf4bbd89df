from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondme_magics.conversation.fences import iter_fences
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.context import (
    LONGEST_CONTEXT,
    LONGEST_PART,
    NOT_KEPT,
    Cell,
    Part,
    Section,
    collect,
    write,
)
from secondme_magics.notebook.lines import Options
from secondme_magics.notebook.prompts import Inserted


@dataclass
class FakeCells:
    """Cells by their number; those without a source are ours."""

    cells: dict[int, Cell] = field(default_factory=dict)
    failed: int | None = None

    def numbers(self) -> list[int]:
        return [number for number, cell in self.cells.items() if cell.source]

    def read(self, number: int) -> Cell | None:
        return self.cells.get(number)

    def last_error(self) -> Cell | None:
        return None if self.failed is None else self.cells[self.failed]


CELLS = FakeCells(
    {
        1: Cell(1, "import this", "The Zen\n"),
        2: Cell(2, ""),
        3: Cell(3, "x = 1\nx", result="1"),
        4: Cell(4, "print(x)\n1/0", "1\n", raised="ZeroDivisionError: division by zero"),
    },
    failed=4,
)

SOURCE_1, PRINTED_1 = Part("source", "import this"), Part("printed", "The Zen\n")
CELL_1 = Section("cell [1]", "Cell [1]", (SOURCE_1, PRINTED_1))
CELL_3 = Section("cell [3]", "Cell [3]", (Part("source", "x = 1\nx"), Part("result", "1")))
SOURCE_4, PRINTED_4 = Part("source", "print(x)\n1/0"), Part("printed", "1\n")
RAISED_4 = Part("raised", "ZeroDivisionError: division by zero")
CELL_4 = Section("cell [4]", "Cell [4]", (SOURCE_4, PRINTED_4, RAISED_4))
ERROR = Section("cell [4]", "Cell [4]", (SOURCE_4, RAISED_4))
X = Section("x", "Variable x: int", (Part("value", "1"),))

WANTED = {
    "nothing": (Options(), []),
    "the last cell": (Options(last=1), [CELL_4]),
    "the last cells, without ours": (Options(last=2), [CELL_3, CELL_4]),
    "more than there are": (Options(last=9), [CELL_1, CELL_3, CELL_4]),
    "named cells in the order in which they ran": (Options(cells=(3, 1)), [CELL_1, CELL_3]),
    "a range with one of ours": (Options(cells=(1, 2, 3)), [CELL_1, CELL_3]),
    "a cell that is named twice": (Options(last=1, cells=(4, 4)), [CELL_4]),
    "the last error": (Options(error=True), [ERROR]),
    "the last error in a cell that is put in": (Options(error=True, last=1), [CELL_4]),
    "a variable, once": (Options(var=("x", "x")), [X]),
    "cells, then variables": (Options(var=("x",), cells=(3,)), [CELL_3, X]),
}


@pytest.mark.parametrize(("wanted", "sections"), WANTED.values(), ids=WANTED)
def test_what_was_asked_for_is_collected_and_nothing_else(
    wanted: Options, sections: list[Section]
) -> None:
    assert collect(wanted, CELLS, {"x": 1, "secret": "hush"}) == sections


REFUSED = {
    "no cell ran": (Options(last=1), FakeCells({2: Cell(2, "")}), "found no cell that ran before"),
    "no such cell": (Options(cells=(3, 5, 6)), CELLS, "found no cell [5], [6]"),
    "many of them": (Options(cells=tuple(range(50, 90))), CELLS, "[58], [59] …"),
    "only ours": (Options(cells=(2,)), CELLS, "only prompts of %secondme in [2]"),
    "no error": (Options(error=True), FakeCells(), "no cell has raised an error yet"),
    "no variable": (Options(var=("y",)), CELLS, "--var found no variable y"),
}


@pytest.mark.parametrize(("wanted", "cells", "what"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_is_refused(wanted: Options, cells: FakeCells, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        collect(wanted, cells, {"x": 1})
    assert what in caught.value.what


@pytest.mark.parametrize(
    ("name", "hint"), [("frmae", "Did you mean frame?"), ("_h", "Run the cell that assigns it")]
)
def test_a_name_that_is_near_is_offered_unless_it_is_hidden(name: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        collect(Options(var=(name,)), CELLS, {"frame": 1, "_h2": 1})
    assert hint in caught.value.hint


def test_output_goes_in_as_it_was_shown() -> None:
    printed = "\x1b[31mred\x1b[0m \x1b]8;;http://a.example\x07link\x1b]8;;\x07\n 9%\r100%\r\nend"
    (section,) = collect(Options(last=1), FakeCells({1: Cell(1, "run()", printed)}), {})
    assert section.parts[1] == Part("printed", "red link\n100%\nend")


def test_a_prompt_without_context_stays_as_it_is() -> None:
    assert write("Hello", []).text == "Hello"


def test_context_stands_above_the_prompt_in_sections_of_markdown() -> None:
    written = write("Why?", [CELL_4, X])
    assert written.text == (
        "# From my notebook\n\n"
        "## Cell [4]\n\n"
        "```python\nprint(x)\n1/0\n```\n\n"
        "It printed:\n\n```\n1\n```\n\n"
        "It raised:\n\n```\nZeroDivisionError: division by zero\n```\n\n"
        "## Variable x: int\n\n"
        "```\n1\n```\n\n"
        "# My request\n\n"
        "Why?"
    )
    assert written.inserted == (
        Inserted("cell [4]", 12, "source"),
        Inserted("cell [4]", 2, "printed"),
        Inserted("cell [4]", 35, "raised"),
        Inserted("x", 1, "value"),
    )


@given(st.lists(st.text(alphabet="`~\n a"), min_size=1, max_size=3))
def test_no_part_can_end_its_fence(texts: list[str]) -> None:
    section = Section("x", "Variable x: str", tuple(Part("value", text) for text in texts))
    found = [fence.code for fence in iter_fences(write("Why?", [section]).text)]
    assert [code.strip("\n") for code in found] == [text.strip("\n") for text in texts]


def test_printed_text_that_is_not_known_is_not_passed_off_as_none() -> None:
    sections = collect(Options(last=1), FakeCells({1: Cell(1, "f()", None, "1")}), {})
    written = write("Why?", sections)
    assert not written.is_complete
    assert NOT_KEPT in written.text
    assert write("Why?", [CELL_1]).is_complete


def test_a_long_part_loses_its_midst_and_says_how_much() -> None:
    section = Section("x", "Variable x: str", (Part("value", "a" * 6_000 + "b" * 6_000),))
    written = write("Why?", [section])
    assert "a\n… (2,000 characters left out)\nb" in written.text
    assert written.inserted[0].left_out == 2_000
    assert written.inserted[0].characters == len(written.text) - len(write("Why?", [EMPTY]).text)


EMPTY = Section("x", "Variable x: str", (Part("value", ""),))


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=30))
def test_all_parts_together_are_bounded_and_short_ones_stay_whole(lengths: list[int]) -> None:
    section = Section("x", "Variable x: str", tuple(Part("value", "x" * n) for n in lengths))
    inserted = write("Why?", [section]).inserted
    kept = [length - each.left_out for length, each in zip(lengths, inserted, strict=True)]
    assert sum(kept) <= LONGEST_CONTEXT
    assert max(kept) <= LONGEST_PART
    cut = [each for each, length in zip(kept, lengths, strict=True) if each < length]
    assert all(
        each == length or each >= min(cut) for each, length in zip(kept, lengths, strict=True)
    )
    if cut and min(cut) < LONGEST_PART:
        assert len(set(cut)) == 1
        assert sum(kept) > LONGEST_CONTEXT - len(lengths)
