"""A prompt from the notebook: which values were put in, and what stayed as it stands.

One pass: a value that was put in is never scanned again, so a value cannot pull out another.
No calls, no builtins, no dunder names. Knows nothing of the network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAME = r"[^\W\d]\w*"
_STEP = rf"""\.{_NAME}|\[(?:-?\d+|'[^'\]]*'|"[^"\]]*")\]"""
_FIELD = re.compile(
    rf"""
    (?P<tex>\\[A-Za-z]+(?:\{{[^{{}}]*\}})+)         # \frac{{a}}{{b}} is TeX, whatever a is
    | \{{\{{(?P<escaped>{_NAME}(?:{_STEP})*)\}}\}}  # {{{{name}}}} writes {{name}}
    | \{{(?P<name>{_NAME})(?P<steps>(?:{_STEP})*)
        (?:!(?P<conversion>[rsa]))?
        (?::(?P<spec>[^\s{{}}][^{{}}]*))?\}}
    | \{{(?P<called>{_NAME})(?:{_STEP})*[(\[][^{{}}\n]{{,80}}\}}  # {{name[i]}}: no code is run
    """,
    re.VERBOSE,
)
_STEPS = re.compile(
    rf"""\.(?P<attribute>{_NAME})|\[(?:(?P<index>-?\d+)|['"](?P<key>[^\]]*)['"])\]"""
)
_TEX_WORD = re.compile(rf"\\[A-Za-z]+\{{({_NAME}\w)\}}")
"""What a path or an escaped line break may have made look like TeX; a letter alone is TeX."""

_NAMES = re.compile(_NAME)
_MISSING = object()

LONGEST_VALUE = 200_000
"""Characters that one field may put in."""

_CONVERSIONS: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}


class Inserted(NamedTuple):
    """What was put into a prompt.

    Args:
        name: A field as it was written, a cell, or a variable.
        characters: How many it put in.
        part: Which part of a cell it is.
        left_out: How many characters of it were too many.
    """

    name: str
    characters: int
    part: str = ""
    left_out: int = 0


class Prompt(NamedTuple):
    """A prompt as it is sent.

    Args:
        text: The prompt, with the values put in.
        inserted: What was put in, in its order.
        unknown: The lone names that are no variable, and the fields with variables that do not
            resolve or call: they were left.
        notes: What the reader should know of it besides, a sentence each.
    """

    text: str
    inserted: tuple[Inserted, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def interpolate(text: str, names: Mapping[str, object]) -> Prompt:
    """Return `text` with the values of its `{name}` fields put in.

    A field is `{name}`, with `.attribute`, `[0]` or `['key']` behind the name, then `!r` and
    `:spec` as in `str.format`. What does not resolve stays as it stands: JSON, TeX, CSS and lone
    braces are text. `{{name}}` writes `{name}`.

    Args:
        text: The prompt as it was written.
        names: The notebook's variables.

    Raises:
        ConfigurationError: A value is too long.
    """
    inserted: list[Inserted] = []
    unknown: list[str] = []
    notes: list[str] = []

    def put_in(match: re.Match[str]) -> str:
        if match["tex"]:
            word = _TEX_WORD.fullmatch(match[0])
            if word is not None and word[1] in names:
                notes.append(f"{match[0]} is TeX, and stays: a space before {{ puts {word[1]} in.")
            return match[0]
        if match["escaped"]:
            return match[0][1:-1]
        value = _value_of(match, names)
        if value is None:
            field = match[0][1:-1]
            meant = _NAMES.findall(field) if match["called"] else [match["name"]]
            if field == match["name"] or not names.keys().isdisjoint(meant):
                unknown.append(field)
            return match[0]
        inserted.append(Inserted(match[0], len(value)))
        return value

    sent = _FIELD.sub(put_in, text)
    return Prompt(sent, tuple(inserted), tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(notes)))


def put_in_word(word: str, names: Mapping[str, object]) -> str:
    """Return `word` with the values of its fields put in; it stays one word, whatever they are.

    A name, a path, a number with a field that does not resolve means nothing, unlike a text; and a
    backslash before a field is a path's, not TeX.

    Args:
        word: A word of a magic's line.
        names: The notebook's variables.

    Raises:
        ConfigurationError: A field does not resolve, or its value is too long.
    """

    def put_in(match: re.Match[str]) -> str:
        if match["tex"]:
            command, brace, rest = match[0].partition("{")
            return command + put_in_word(brace + rest, names)
        if match["escaped"]:
            return match[0][1:-1]
        value = _value_of(match, names)
        if value is None:
            raise ConfigurationError(f"nothing can be put in for {match[0]}", _hint(match))
        return value

    return _FIELD.sub(put_in, word)


def _hint(match: re.Match[str]) -> str:
    if match["called"]:
        return "No code is run here: assign the value to a name first, and write that."
    return f"Assign it first, in a cell; {{{match[0]}}} writes {match[0]} itself."


def _value_of(match: re.Match[str], names: Mapping[str, object]) -> str | None:
    """Return the text of a field, or none if it does not resolve or is code."""
    value = None if match["called"] else _format(match, names)
    if value is not None and len(value) > LONGEST_VALUE:
        raise ConfigurationError(
            f"the value of {match[0]} has {len(value):,} characters",
            f"Put in a part of it or a summary: {LONGEST_VALUE:,} characters at most.",
        )
    return value


def _format(match: re.Match[str], names: Mapping[str, object]) -> str | None:
    value = _resolve(match["name"], match["steps"], names)
    if value is _MISSING:
        return None
    _check_size(match)
    try:
        if match["conversion"]:
            value = _CONVERSIONS[match["conversion"]](value)
        return format(value, match["spec"]) if match["spec"] else describe(value)
    except Exception:  # noqa: BLE001 - a value's own code may raise anything; the field stays text
        return None


def _check_size(match: re.Match[str]) -> None:
    """Refuse a width or precision beyond all bounds before so much is written."""
    numbers = re.findall(r"\d+", match["spec"] or "")
    if any(len(each) > len(str(LONGEST_VALUE)) or int(each) > LONGEST_VALUE for each in numbers):
        raise ConfigurationError(
            f"{match[0]} asks for more characters than a prompt takes",
            f"Write a width of {LONGEST_VALUE:,} at most; {{{match[0]}}} writes {match[0]} itself.",
        )


def _resolve(name: str, steps: str, names: Mapping[str, object]) -> object:
    value = _MISSING if name.startswith("__") else names.get(name, _MISSING)
    for step in _STEPS.finditer(steps):
        if value is not _MISSING:
            value = _step(value, step)
    return value


def _step(value: object, step: re.Match[str]) -> object:
    attribute, index, key = step["attribute"], step["index"], step["key"]
    if attribute and attribute.startswith("__"):
        return _MISSING
    try:
        if attribute:
            return getattr(value, attribute)
        return value[int(index) if index else key]  # type: ignore[index] # anything may be indexed
    except Exception:  # noqa: BLE001 - a value's own code may raise anything; the field stays text
        return _MISSING


def describe(value: object) -> str:
    """Return `value` as a prompt shows it: a data frame as its shape, columns and first rows."""
    if isinstance(value, str):
        return value
    return _describe_frame(value) if is_frame(value) else str(value)


def is_frame(value: object) -> bool:
    """Return whether `value` is a data frame, of pandas or of a kind that behaves alike."""
    has_form = all(hasattr(value, name) for name in ("shape", "columns", "dtypes", "head"))
    return has_form and not isinstance(value, type)


def _describe_frame(frame: object) -> str:
    rows, _ = frame.shape  # type: ignore[attr-defined] # pandas or polars, by what they share
    names = list(frame.columns)  # type: ignore[attr-defined]
    kinds = list(frame.dtypes)  # type: ignore[attr-defined]
    columns = ", ".join(f"{name} ({kind})" for name, kind in zip(names, kinds, strict=True))
    head = frame.head()  # type: ignore[attr-defined]
    table = head.to_string() if hasattr(head, "to_string") else str(head)
    return f"data frame, {rows:,} rows x {len(names):,} columns\n{columns}\n{table}"
