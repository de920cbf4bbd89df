"""What of the notebook goes into a prompt: which cells and variables, how written, how much.

Pure: cells and names come in, text and what was put in go out. Knows neither IPython nor the
network, and puts in nothing that the user has not named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.notebook.prompts import Inserted
from secondme_magics.notebook.variables import describe_variable
from secondme_magics.showing.counting import counted
from secondme_magics.showing.pasted import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LONGEST_PART = 10_000
"""Characters of one source, one output, one variable."""

LONGEST_CONTEXT = 60_000
"""Characters of all parts together; beyond, the longest are cut alike."""


NOT_KEPT = "What the cells printed is not known: this IPython does not keep it."
"""What is said, to reader and model, where a cell's printed text is missing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was executed.

    Args:
        number: The number beside it.
        source: Its code as it was written.
        printed: What it printed; none where that is not known.
        result: Its last value, as it was shown.
        raised: The traceback of what it raised.
    """

    number: int
    source: str
    printed: str | None = ""
    result: str = ""
    raised: str = ""


class Cells(Protocol):
    """The cells that were executed before the running one."""

    def numbers(self) -> list[int]:
        """Return the numbers of the cells that hold more than a prompt or a command of ours."""

    def read(self, number: int) -> Cell | None:
        """Return a cell, or none if there is none of this number; a cell of ours has no source."""

    def last_error(self) -> Cell | None:
        """Return the cell of the last exception that is not ours."""


class Wanted(Protocol):
    """What the user asked to put in; the options of these names."""

    @property
    def last(self) -> int | None:
        """How many of the last cells."""

    @property
    def cells(self) -> tuple[int, ...]:
        """The numbers of cells."""

    @property
    def var(self) -> tuple[str, ...]:
        """The names of variables."""

    @property
    def error(self) -> bool:
        """Whether the last exception goes in with its cell."""


@dataclass(frozen=True, slots=True)
class Part:
    """One block of text.

    Args:
        kind: What it is: `source`, `printed`, `result`, `raised`, or `value`.
        text: The text, unbounded.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What is put in of one cell or variable.

    Args:
        name: What the user calls it, as `cell [3]` or `df`.
        heading: What stands above it in the prompt.
        parts: Its blocks, none of them empty.
        is_complete: Whether all that there was is known.
    """

    name: str
    heading: str
    parts: tuple[Part, ...]
    is_complete: bool = True


def collect(wanted: Wanted, cells: Cells, names: Mapping[str, object]) -> list[Section]:
    """Return what was asked for: cells in the order in which they ran, then variables.

    Raises:
        ConfigurationError: A cell or a variable is not there, or nothing was raised.
    """
    found = {cell.number: cell for cell in [*_last(wanted.last, cells), *_named(wanted, cells)]}
    if wanted.error:
        failed = _last_error(cells)
        found.setdefault(failed.number, Cell(failed.number, failed.source, raised=failed.raised))
    variables = dict.fromkeys(wanted.var)
    return [
        *(_cell_section(found[number]) for number in sorted(found)),
        *(_variable_section(name, names) for name in variables),
    ]


def _last(count: int | None, cells: Cells) -> list[Cell]:
    if count is None:
        return []
    read = [cells.read(number) for number in cells.numbers()[-count:]]
    if not read:
        raise ConfigurationError(
            "--last found no cell that ran before this one",
            "Run a cell first; prompts and commands of %secondme do not count.",
        )
    return [cell for cell in read if cell is not None]


def _named(wanted: Wanted, cells: Cells) -> list[Cell]:
    read = {number: cells.read(number) for number in wanted.cells}
    missing = [number for number, cell in read.items() if cell is None]
    if missing:
        raise ConfigurationError(
            f"--cells found no cell {_brackets(missing)}",
            "Name cells that ran since the kernel started, by the number beside them.",
        )
    found = [cell for cell in read.values() if cell is not None and cell.source]
    if read and not found:
        raise ConfigurationError(
            f"--cells found only prompts of %secondme in {_brackets(read)}",
            "They are in their conversation already; name cells of code.",
        )
    return found


_MOST_NAMED = 10


def _brackets(numbers: Iterable[int]) -> str:
    first = [f"[{number}]" for number in numbers]
    more = " …" if len(first) > _MOST_NAMED else ""
    return ", ".join(first[:_MOST_NAMED]) + more


def _last_error(cells: Cells) -> Cell:
    failed = cells.last_error()
    if failed is None:
        raise ConfigurationError(
            "no cell has raised an error yet", "Run the cell that fails, and ask again."
        )
    return failed


def _cell_section(cell: Cell) -> Section:
    texts = {
        "source": cell.source,
        "printed": _as_shown(cell.printed or ""),
        "result": _as_shown(cell.result),
        "raised": _as_shown(cell.raised),
    }
    parts = tuple(Part(kind, text) for kind, text in texts.items() if text.strip())
    name = f"cell [{cell.number}]"
    return Section(name, name.capitalize(), parts, is_complete=cell.printed is not None)


def _variable_section(name: str, names: Mapping[str, object]) -> Section:
    if name not in names:
        from difflib import get_close_matches  # noqa: PLC0415 - only for a typing error

        near = get_close_matches(name, [each for each in names if each[0] != "_"], n=1)
        hint = f"Did you mean {near[0]}?" if near else "Run the cell that assigns it first."
        raise ConfigurationError(f"--var found no variable {name}", hint)
    kind, text = describe_variable(names[name])
    return Section(name, one_line(f"Variable {name}: {kind}"), (Part("value", text),))


_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""A terminal's sequences after ECMA-48: colours, moves of the cursor, links, titles."""


def _as_shown(text: str) -> str:
    """Return `text` without colours, and of a line that was written over only what stayed."""
    lines = _ESCAPE.sub("", text).split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


@dataclass(frozen=True, slots=True)
class Written:
    """A prompt with its context.

    Args:
        text: What is sent.
        inserted: What was put in, part by part.
        is_complete: Whether all that there was is known.
    """

    text: str
    inserted: tuple[Inserted, ...] = ()
    is_complete: bool = True


def write(request: str, sections: Sequence[Section]) -> Written:
    """Return `request` below `sections`, each part fenced, and cut in the middle if too long.

    Args:
        request: The prompt as it was written.
        sections: What is put in above it; with none the request stays alone.
    """
    if not sections:
        return Written(request)
    lengths = [len(part.text) for section in sections for part in section.parts]
    limit = _fair_limit(lengths)
    blocks: list[str] = []
    is_complete = all(section.is_complete for section in sections)
    if not is_complete:
        blocks.append(f"({NOT_KEPT})")
    inserted: list[Inserted] = []
    for section in sections:
        blocks.append(f"## {section.heading}")
        for part in section.parts:
            text, left_out = _cut(part.text, limit)
            blocks.append(_HEADS.get(part.kind, "") + _fenced(text, _LANGUAGES.get(part.kind, "")))
            inserted.append(Inserted(section.name, len(text), part.kind, left_out))
    return Written(join(blocks, request), tuple(inserted), is_complete)


_HEADS = {"printed": "It printed:\n\n", "result": "Its result:\n\n", "raised": "It raised:\n\n"}
_LANGUAGES = {"source": "python"}


def _fair_limit(lengths: Iterable[int]) -> int:
    """Return the length to which parts are cut, so that all fit: the short ones stay whole."""
    rest = LONGEST_CONTEXT
    shortest_first = sorted(lengths)
    for done, length in enumerate(shortest_first):
        share = rest // (len(shortest_first) - done)
        if min(length, LONGEST_PART) > share:
            return share
        rest -= min(length, LONGEST_PART)
    return LONGEST_PART


def _cut(text: str, limit: int) -> tuple[str, int]:
    """Return `text`, without its middle if it is too long, and how many characters went."""
    left_out = len(text) - limit
    if left_out <= 0:
        return text, 0
    head, tail = text[: limit - limit // 2], text[len(text) - limit // 2 :]
    return f"{head}\n… ({counted(left_out, 'character')} left out)\n{tail}", left_out


def _fenced(text: str, language: str) -> str:
    """Return `text` in a fence that nothing inside can close."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"
