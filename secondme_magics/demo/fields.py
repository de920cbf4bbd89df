"""A request's JSON body, read field by field, with all that is wrong with it gathered.

Knows what a refusal says; knows neither HTTP nor which fields there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NoReturn, TypeVar

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field.

    Args:
        loc: Where it stands, as keys and indexes from the body down.
        msg: What was expected.
        status: The HTTP status that fits it.
    """

    loc: tuple[str | int, ...]
    msg: str
    status: int = 422


class RefusedError(Exception):
    """A request that is answered with an error.

    Args:
        status: The HTTP status.
        message: What is wrong, for a person.
        problems: Which fields are wrong, where it is about fields.
    """

    def __init__(self, status: int, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = problems


class Fields:
    """The fields of a JSON object; a missing one and `null` are alike.

    Args:
        values: The object.
        loc: Where the object stands in the body.
        problems: Where problems are gathered; those of an outer object, or a new list.
    """

    def __init__(
        self,
        values: dict[str, object],
        loc: tuple[str | int, ...] = (),
        problems: list[Problem] | None = None,
    ) -> None:
        self._values = values
        self._loc = loc
        self._problems = [] if problems is None else problems

    def text(self, name: str) -> str | None:
        """Return a string, with each lone surrogate replaced."""
        value = self._read(name, str, "a string")
        return None if value is None else value.encode("utf-8", "replace").decode()

    def boolean(self, name: str) -> bool | None:
        """Return a boolean."""
        return self._read(name, bool, "true or false")

    def integer(self, name: str, least: int) -> int | None:
        """Return an integer that is at least `least`."""
        value = self._read(name, int, "an integer")
        if value is not None and value < least:
            self.add_problem(name, f"must be at least {least}")
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """Return a number from `least` to `most`."""
        value = self._read(name, (int, float), "a number")
        if value is not None and not least <= value <= most:
            self.add_problem(name, f"must be a number from {least:g} to {most:g}")
        return value

    def inner(self, name: str) -> Fields:
        """Return the fields of an object inside this one, without any where there is none."""
        values = self._read(name, dict, "an object") or {}
        return Fields(values, (*self._loc, name), self._problems)

    def objects(self, name: str) -> list[Fields]:
        """Return the fields of each object in an array."""
        found = []
        for index, value in enumerate(self._read(name, list, "an array") or []):
            loc = (*self._loc, name, index)
            if isinstance(value, dict):
                found.append(Fields(value, loc, self._problems))
            else:
                self._problems.append(Problem(loc, "must be an object"))
        return found

    def add_problem(self, name: str, msg: str, status: int = 422) -> None:
        """Say what is wrong with the field `name`."""
        self._problems.append(Problem((*self._loc, name), msg, status))

    def refuse_if_wrong(self) -> None:
        """End the reading.

        Raises:
            RefusedError: At least one field is wrong.
        """
        if self._problems:
            status = min(problem.status for problem in self._problems)
            raise RefusedError(status, "Invalid request parameters", tuple(self._problems))

    def _read(self, name: str, kind: type[Kind] | tuple[type[Kind], ...], noun: str) -> Kind | None:
        value = self._values.get(name)
        is_bool_in_disguise = isinstance(value, bool) and kind is not bool
        if isinstance(value, kind) and not is_bool_in_disguise:
            return value
        if value is not None:
            self.add_problem(name, f"must be {noun}")
        return None


def parse_fields(body: bytes) -> Fields:
    """Return the fields of the JSON object in `body`.

    Raises:
        RefusedError: It is no JSON, or no object.
    """
    try:
        values = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RefusedError(400, "The request body is not valid JSON") from None
    if not isinstance(values, dict):
        raise RefusedError(422, "The request body is no JSON object", (Problem((), "an object"),))
    return Fields(values)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
