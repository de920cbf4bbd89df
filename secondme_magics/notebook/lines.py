"""How a magic's line is read by the table of options. Knows nothing of the shell."""

from __future__ import annotations

import re
from keyword import iskeyword
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from secondme_magics.conversation.bounds import CELLS, MAX_TOKENS, SECONDS, TURNS
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import BY_FLAG, FORMATS
from secondme_magics.notebook.prompts import put_in_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from secondme_magics.conversation.bounds import Bounds
    from secondme_magics.notebook.options import Option
    from secondme_magics.showing.origin import Format

_QUOTED = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')(?!\S)"""
_WORD = re.compile(rf"""((?:[^\s"'=]+=)?{_QUOTED}|(?:\{{[^{{}}\n]*\}}|\S)+)\s*""")
"""Quotes hold words together where they begin a word or a value; elsewhere they are apostrophes.

Braces hold together what stands in them, as in `{names['of all']}`.
"""
_QUOTES = ("'", '"')
_FLAG = re.compile(r"--?[A-Za-z]|--(?:\s|$)")
"""What begins an option; other dashes begin list items, numbers, arrows: a prompt."""


NOTHING: Mapping[str, object] = MappingProxyType({})
"""The variables of a line that has none."""


class Options(NamedTuple):
    """The options of one prompt; `None` where nothing was said."""

    instance: str | None = None
    conversation: str | None = None
    new: bool = False
    no_history: bool = False
    system: str | None = None
    role: str | None = None
    l0: bool | None = None
    l1: bool | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    model: str | None = None
    format: Format | None = None
    output: str | None = None
    append: bool = False
    truncate: bool = False
    last_turns: int | None = None
    insert_code: bool = False
    last: int | None = None
    cells: tuple[int, ...] = ()
    var: tuple[str, ...] = ()
    error: bool = False
    raw: bool = False
    no_stream: bool = False
    quiet: bool = False
    dry_run: bool = False
    timeout: float | None = None


class Line(NamedTuple):
    """A magic's line, read.

    Args:
        options: Its options.
        prompt: What follows them, to the letter.
    """

    options: Options
    prompt: str


def cut_word(text: str) -> tuple[str, str]:
    """Return the first word of `text`, which quotes may hold together, and what follows it."""
    match = _WORD.match(text)
    return (match[1], text[match.end() :]) if match else ("", "")


def unquote(word: str) -> str:
    """Return `word` without the quotes around it."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'":
        return re.sub(r"\\([\\\"'])", r"\1", word[1:-1])
    return word


def parse_line(line: str, names: Mapping[str, object] = NOTHING) -> Line:
    """Return `line` as options and the prompt behind them.

    A `{name}` in a value is that variable, as in a prompt; in the system message and the prompt,
    which are text, it is left to who asks.

    Args:
        line: What stands behind the magic.
        names: The notebook's variables.

    Raises:
        ConfigurationError: An unknown option, or a value that does not fit or is not there.
    """
    given: dict[str, Any] = {}
    rest = line.strip()
    while _FLAG.match(rest):
        word, rest = cut_word(rest)
        if word == "--":
            break
        flag, equals, value = word.partition("=")
        option = BY_FLAG.get(flag) or _unknown(flag)
        if not option.metavar:
            given[option.name] = _switch(option, flag, equals)
        else:
            if not equals:
                value, rest = _value(option, rest)
            converted = _convert(option, unquote(value), names)
            if isinstance(converted, tuple):  # what may be said more than once adds up
                converted = (*given.get(option.name, ()), *converted)
            given[option.name] = converted
    return Line(Options(**given), rest)


def _value(option: Option, rest: str) -> tuple[str, str]:
    """Return the value of `option`, and what follows it; another option is none."""
    value, after = cut_word(rest)
    if value in BY_FLAG or value == "--":
        raise _needs_value(option)
    return value, after


def _needs_value(option: Option) -> ConfigurationError:
    flag = option.on[-1]
    return ConfigurationError(
        f"{flag} needs a value", f"Write {flag} {option.metavar}: {option.meaning}."
    )


def _unknown(flag: str) -> Option:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a typing error

    near = get_close_matches(flag, BY_FLAG, n=1, cutoff=0.7)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise ConfigurationError(
        f"unknown option {flag}",
        f"{hint}%secondme help lists the options; -- before a prompt ends them.",
    )


def _switch(option: Option, flag: str, equals: str) -> bool:
    if equals:
        raise ConfigurationError(f"{flag} takes no value", f"Write {flag} alone.")
    return flag in option.on


def _convert(option: Option, value: str, names: Mapping[str, object]) -> object:
    flag = option.on[-1]
    if value[:1] in _QUOTES:
        raise ConfigurationError(
            f"the quote after {flag} is not closed", "Close it at the end of the value."
        )
    if option.name == "system":  # a text; an empty one takes it away
        return value
    value = put_in_word(value, names)
    if not value:
        raise _needs_value(option)
    convert, wanted = _CONVERT.get(option.name, (str, ""))
    try:
        return convert(value)
    except ValueError:
        raise ConfigurationError(f"{flag} cannot be {value!r}", f"{flag} takes {wanted}.") from None


def _format(value: str) -> str:
    if value not in FORMATS:
        raise ValueError(value)
    return value


def _seconds(value: str) -> float:
    seconds = float(value)
    if not SECONDS.admit(seconds):
        raise ValueError(value)
    return seconds


def _whole(bounds: Bounds) -> Callable[[str], int]:
    """Return what reads a whole number that is within `bounds`."""

    def convert(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", value) or not bounds.admit(int(value)):
            raise ValueError(value)
        return int(value)

    return convert


def _variable(value: str) -> str:
    if not value.isidentifier() or iskeyword(value):
        raise ValueError(value)
    return value


_NAME = "letters, digits, dots, dashes and underscores, 64 at most; no dash before them"


def conversation_name(value: str) -> str:
    """Return `value` if it can name a conversation.

    Raises:
        ValueError: It is no word of letters, digits, `.`, `-` and `_`, of 64 at most, or begins as
            an option does.
    """
    if not re.fullmatch(r"[\w.][\w.-]{0,63}", value):
        raise ValueError(value)
    return value


def check_name(name: str, what: str, taken: tuple[str, ...] = ()) -> None:
    """Check that `what`, a conversation or an instance, can be called `name`.

    Raises:
        ConfigurationError: It cannot, or the name is among those `taken`.
    """
    try:
        conversation_name(name)
    except ValueError:
        raise ConfigurationError(
            f"{what} cannot be called {name!r}",
            f"Use {_NAME}.",
        ) from None
    if name in taken:
        raise ConfigurationError(
            f"{what} cannot be called {name!r}: that name has a meaning", "Choose another name."
        )


MOST_CELLS = 1_000
"""Cells that one option may name."""


def _cells(value: str) -> tuple[int, ...]:
    """Return the numbers of `3,5-7`."""
    numbers: list[int] = []
    for part in value.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part)
        if match is None:
            raise ValueError(value)
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < first + MOST_CELLS:
            raise ValueError(value)
        numbers += range(first, last + 1)
    return tuple(numbers)


def _variables(value: str) -> tuple[str, ...]:
    return tuple(_variable(name.strip()) for name in value.split(","))


_CONVERT: dict[str, tuple[Callable[[str], object], str]] = {
    "conversation": (conversation_name, f"a name: {_NAME}"),
    "temperature": (float, "a number: 0 to 1 for a Second Me, 0 to 2 elsewhere"),
    "max_tokens": (_whole(MAX_TOKENS), MAX_TOKENS.wanted),
    "format": (_format, ", ".join(FORMATS)),
    "last_turns": (_whole(TURNS), TURNS.wanted),
    "output": (_variable, "the name of a variable"),
    "last": (_whole(CELLS), CELLS.wanted),
    "cells": (_cells, f"numbers of cells as 3,5-7, {MOST_CELLS:,} in a row at most"),
    "var": (_variables, "names of variables with a comma between them"),
    "timeout": (_seconds, SECONDS.wanted),
}
"""How a value is read, and what it has to be."""
