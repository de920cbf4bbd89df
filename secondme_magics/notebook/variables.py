"""A variable as a prompt shows it: a data frame or an array by its shape, types and head.

Whatever the value is, only so much of it is looked at: a long list is not written out to be cut.
"""

from __future__ import annotations

from itertools import islice
from math import prod
from reprlib import Repr
from typing import TYPE_CHECKING

from secondme_magics.notebook.prompts import describe, is_frame
from secondme_magics.showing.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence, Sized

_MOST_ELEMENTS = 100
"""Elements of an array that is shown whole."""

_CORNER = 5
"""Elements of a larger array's last two axes that are shown; of the other axes, the first."""


class _Bounded(Repr):
    """A bounded repr in which a dictionary keeps its order."""

    def repr_dict(self, value: dict[object, object], level: int) -> str:
        """Return the first entries of `value`."""
        if level <= 0:
            return "{...}" if value else "{}"
        first = islice(value.items(), self.maxdict)
        entries = [f"{self.repr1(k, level - 1)}: {self.repr1(v, level - 1)}" for k, v in first]
        more = ["..."] if len(value) > self.maxdict else []
        return f"{{{', '.join([*entries, *more])}}}"


_bounded = _Bounded()
_bounded.maxlevel = 4
_bounded.maxlist = _bounded.maxtuple = _bounded.maxset = _bounded.maxfrozenset = 30
_bounded.maxdict = _bounded.maxdeque = _bounded.maxarray = 30
_bounded.maxstring = _bounded.maxlong = 1_000
_bounded.maxother = 10_000


def describe_variable(value: object) -> tuple[str, str]:
    """Return what `value` is, in a few words, and the text that shows it."""
    kind = type(value).__name__
    try:
        if is_frame(value):
            return kind, describe(value)
        if _is_array(value):
            return _describe_array(value)
    except Exception:  # noqa: BLE001, S110 - a value's own code may raise anything; it has a repr
        pass
    if isinstance(value, str):
        return f"{kind}, {counted(len(value), 'character')}", value
    return kind + _length(value), _repr(value)


def _is_array(value: object) -> bool:
    has_form = hasattr(value, "shape") and hasattr(value, "dtype")
    return has_form and not isinstance(value, type)


def _describe_array(value: object) -> tuple[str, str]:
    shape: Sequence[int] = value.shape  # type: ignore[attr-defined] # numpy or another, by what they share
    size = " x ".join(f"{length:,}" for length in shape) or "one element"
    kind = f"{type(value).__name__}, {size}, {value.dtype}"  # type: ignore[attr-defined] # the same
    if hasattr(value, "head"):
        return kind, str(value.head())
    if prod(shape) <= _MOST_ELEMENTS:
        return kind, str(value)
    ends = [1] * (len(shape) - 2) + [_CORNER] * min(len(shape), 2)
    corner = value[tuple(slice(end) for end in ends)]  # type: ignore[index] # the same
    return f"{kind}; its beginning", str(corner)


def _length(value: object) -> str:
    if not isinstance(value, list | tuple | dict | set | frozenset | bytes):
        return ""
    sized: Sized = value
    return f", length {len(sized):,}"


def _repr(value: object) -> str:
    try:
        return _bounded.repr(value)
    except Exception as error:  # noqa: BLE001 - a value's own code may raise anything
        return f"(it cannot be shown: {type(error).__name__})"
