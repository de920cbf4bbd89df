"""A conversation as the content of a file, and back: JSON with a version; a true round trip.

A file is hostile until shown otherwise: every value is checked, and nothing half-read comes out.
Knows no paths and opens nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import NoReturn, TypeVar, cast

from secondme_magics.conversation.bounds import COUNT
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply, State, Usage
from secondme_magics.conversation.turns import Place, Turn
from secondme_magics.conversation.unicode import to_json, without_surrogates
from secondme_magics.conversation.versions import START, Point
from secondme_magics.errors import ConfigurationError

FORMAT = "secondme_magics conversation"
VERSION = 1

MOST_BYTES = 16 * 2**20
"""Bytes of a saved conversation; a larger file is not read."""

HIGHEST_NUMBER = 2**31
"""No turn and no count has a higher number than this."""

LONGEST = 1e9
"""Seconds; nothing takes longer."""

ENDED = ("complete", "interrupted", "failed")
"""The states of a turn that has ended."""

T = TypeVar("T")
Fields = dict[str, object]


class FormatError(ValueError):
    """What a file says is not what belongs there."""


def to_saved(conversation: Conversation) -> bytes:
    """Return `conversation` as the content of a file; a turn that streams is cut where it is."""
    said = conversation.said  # first: a panel may go on, and only ever adds to the count
    saved: Fields = {
        "format": FORMAT,
        "version": VERSION,
        "name": conversation.name,
        "system": conversation.system,
        "count": conversation.count,
        "turns": [_to_fields(turn) for turn in said.turns],
    }
    if said.points:
        saved["versions"] = [_to_version(point) for point in said.points]
    return f"{to_json(saved)}\n".encode()


def parse_saved(content: bytes) -> Conversation:
    """Return the conversation that `to_saved` made `content` of.

    Raises:
        ConfigurationError: It is none of ours, of another version, or was changed to nonsense.
    """
    try:
        return _parse_conversation(parse_object(content))
    except ValueError as error:
        raise ConfigurationError(
            f"this cannot be loaded as a conversation: {error}",
            "Nothing was changed; give a file that %secondme save has written.",
        ) from None


def parse_object(content: bytes) -> Fields:
    """Return the JSON object in `content`.

    Raises:
        FormatError: There is none, or it is nested beyond all measure.
    """
    try:
        value: object = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise FormatError("it is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise FormatError(f"it is not JSON (line {error.lineno})") from None
    except RecursionError:
        raise FormatError("it is nested too deeply") from None
    except FormatError:
        raise
    except ValueError:  # more digits than Python reads
        raise FormatError("it holds a number that is too long") from None
    if not isinstance(value, dict):
        raise FormatError("it is not a JSON object")
    return value


def parse_usage(value: object) -> Usage | None:
    """Return the tokens that were counted, or none.

    Raises:
        FormatError: It is neither.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise FormatError("usage is not an object")
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return Usage(*(_parse_tokens(value, name) for name in names))


def _parse_tokens(fields: Fields, name: str) -> int | None:
    number = _optional(fields, name, int)
    if number is not None and not COUNT.admit(number):
        raise FormatError(f"{name} is out of its bounds")
    return number


def parse_state(value: object) -> State:
    """Return the state of a turn that has ended.

    Raises:
        FormatError: There is no such state.
    """
    if not isinstance(value, str) or value not in ENDED:
        raise FormatError("state is none of complete, interrupted, failed")
    return cast("State", value)


def parse_seconds(value: object) -> float:
    """Return a number of seconds.

    Raises:
        FormatError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError("a number of seconds is missing")
    if not 0 <= value <= LONGEST:
        raise FormatError("seconds are out of their bounds")
    return float(value)


def parse_number(value: object) -> int:
    """Return the number of a turn.

    Raises:
        FormatError: It is none.
    """
    if type(value) is not int or not 1 <= value <= HIGHEST_NUMBER:
        raise FormatError("a turn has no number")
    return value


def parse_revision(value: object) -> int:
    """Return which answer of its conversation one is; 0 if that is not told.

    Raises:
        FormatError: It is no such number.
    """
    is_told = value is not None and value != 0
    return parse_number(value) if is_told else 0


def _to_fields(turn: Turn) -> Fields:
    if turn.reply.state == "streaming":
        turn = replace(turn, reply=replace(turn.reply, state="interrupted"))
    return asdict(turn)


def _to_version(point: Point) -> Fields:
    others = [[_to_fields(turn) for turn in way] for way in point.others]
    return {"after": point.after, "standing": point.standing, "others": others}


def _parse_conversation(fields: Fields) -> Conversation:
    if fields.get("format") != FORMAT:
        raise FormatError("%secondme save has not written it")
    if (version := fields.get("version")) != VERSION:
        raise FormatError(
            f"it is of version {str(version)[:20]}, and {VERSION} is what is known here"
        )
    count = _get(fields, "count", int)
    if not 0 <= count <= HIGHEST_NUMBER:
        raise FormatError("count is out of its bounds")
    turns = _parse_turns(fields, "turns")
    points = [_parse_version(_object(each)) for each in _optional(fields, "versions", list) or ()]
    _check_numbers(turns, points, count)
    name, system = _get(fields, "name", str), _optional(fields, "system", str)
    return Conversation(name, system, turns, count, points=points)


def _parse_turns(fields: Fields, name: str) -> list[Turn]:
    """Return turns in the order of their numbers."""
    turns = [_parse_turn(each) for each in _get(fields, name, list)]
    numbers = [turn.number for turn in turns]
    if numbers != sorted(numbers):
        raise FormatError("its turns are not in order")
    return turns


def _parse_version(fields: Fields) -> Point:
    after, standing = _get(fields, "after", int), _get(fields, "standing", int)
    ways = [_parse_turns({"turns": way}, "turns") for way in _get(fields, "others", list)]
    if not ways or not all(way and way[0].number > after for way in ways):
        raise FormatError("a version has no turns, or not where it belongs")
    if not 0 <= standing <= len(ways):
        raise FormatError("a version stands nowhere")
    return Point(after, tuple(map(tuple, ways)), standing)


def _check_numbers(turns: list[Turn], points: list[Point], count: int) -> None:
    """Check that no number was given twice, and that each version follows a turn that is there."""
    ways = [turns, *(way for point in points for way in point.others)]
    numbers = [turn.number for way in ways for turn in way]
    if len(numbers) != len(set(numbers)) or max([0, *numbers]) > count:
        raise FormatError("its turns are not in order")
    places = [point.after for point in points]
    if len(places) != len(set(places)) or not set(places) <= {START, *numbers}:
        raise FormatError("a version follows no turn")


def _parse_turn(value: object) -> Turn:
    fields = _object(value)
    number = parse_number(fields.get("number"))
    prompt = _get(fields, "prompt", str)
    if not prompt.strip():
        raise FormatError("a prompt is empty")
    place = None if fields.get("place") is None else _parse_place(_object(fields["place"]))
    reply = _parse_reply(_object(fields.get("reply")))
    return Turn(number, prompt, reply, place, parse_revision(fields.get("revision")))


def _parse_place(fields: Fields) -> Place:
    return Place(_get(fields, "cell", str), parse_number(fields.get("prompt")))


def _parse_reply(fields: Fields) -> Reply:
    first = fields.get("first")
    return Reply(
        text=_get(fields, "text", str),
        reasoning=_get(fields, "reasoning", str),
        state=parse_state(fields.get("state")),
        finish_reason=_optional(fields, "finish_reason", str),
        usage=parse_usage(fields.get("usage")),
        first=None if first is None else parse_seconds(first),
        elapsed=parse_seconds(fields.get("elapsed")),
    )


def _object(value: object) -> Fields:
    if not isinstance(value, dict):
        raise FormatError("an object is missing")
    return value


def _optional(fields: Fields, name: str, kind: type[T]) -> T | None:
    return None if fields.get(name) is None else _get(fields, name, kind)


def _get(fields: Fields, name: str, kind: type[T]) -> T:
    """Return a field of exactly this type; what is no character in it is replaced."""
    value = fields.get(name)
    if type(value) is not kind:
        raise FormatError(f"{name} is not {_KINDS[kind]}")
    return cast("T", without_surrogates(value)) if isinstance(value, str) else value


def _refuse(name: str) -> NoReturn:
    raise FormatError(f"{name} is not JSON")


_KINDS: dict[type, str] = {str: "text", int: "a whole number", list: "a list"}
