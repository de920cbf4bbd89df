"""Versions of a conversation: where it was asked otherwise, what was said before is kept.

Pure: knows turns by their numbers, which are never given twice, and a list of those that stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from secondme_magics.conversation.turns import Turn

START = 0
"""The number of the turn before the first one."""


class Point(NamedTuple):
    """Where a conversation parts: ways on from a turn, of which one stands.

    Args:
        after: The number of the turn before.
        others: The ways that do not stand, in the order in which they began; none is empty.
        standing: How many of them began before the one that stands.
    """

    after: int
    others: tuple[tuple[Turn, ...], ...]
    standing: int


class Versions:
    """The points where a conversation parts; at each of them, one way stands.

    Args:
        points: Those that are there already.
    """

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self._points = {point.after: point for point in points}

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, also those within a way that does not stand."""
        return tuple(self._points.values())

    @property
    def put_away(self) -> list[Turn]:
        """The turns that do not stand."""
        return [turn for point in self.points for way in point.others for turn in way]

    def part(self, turns: list[Turn], number: int) -> None:
        """Put the turn of `number` in `turns` away, with all behind it: what comes now stands."""
        index = _index_of(turns, number)
        after = _number_before(turns, index)
        ways = self._ways(after, tuple(turns[index:]))
        del turns[index:]
        self._points[after] = Point(after, tuple(ways), len(ways))

    def places(self, turns: list[Turn]) -> list[tuple[int, int]]:
        """Return which version each of `turns` is, from 1, and how many of it there are."""
        before = [START, *(turn.number for turn in turns)]
        points = [self._points.get(number) for number in before[: len(turns)]]
        return [(p.standing + 1, len(p.others) + 1) if p else (1, 1) for p in points]

    def choose(self, turns: list[Turn], number: int, version: int) -> None:
        """Let `version`, from 1, of the turn of `number` stand in `turns`, with all behind it.

        Raises:
            ConfigurationError: There is no such turn, or no such version of it.
        """
        index = _index_of(turns, number)
        after = _number_before(turns, index)
        ways = self._ways(after, tuple(turns[index:]))
        if not 1 <= version <= len(ways):
            raise ConfigurationError(
                f"turn {number} has no version {version} (there: {len(ways)})",
                "Choose one that is there.",
            )
        turns[index:] = ways.pop(version - 1)
        if ways:
            self._points[after] = Point(after, tuple(ways), version - 1)

    def stand_again(self, turns: list[Turn], number: int) -> None:
        """Let the way that begins with the turn of `number` stand instead of the last of `turns`.

        If it has no answer, the nearest way that has one; what gave way stays away.
        """
        after = _number_before(turns, len(turns) - 1)
        point = self._points.get(after)
        answered = [way for way in _nearest_first(point) if _may_stand(way)] if point else []
        answered.sort(key=lambda way: way[0].number != number)
        if answered:
            ways = self._ways(after, standing=())
            self.choose(turns, turns[-1].number, ways.index(answered[0]) + 1)

    def finish(self, turn: Turn) -> None:
        """Give a turn that does not stand its final reply."""
        for point in self.points:
            others = tuple(_with(way, turn) for way in point.others)
            self._points[point.after] = point._replace(others=others)

    def take_back(self, turns: list[Turn], number: int) -> None:
        """Take the last `number` of `turns` away: what was answered before stands instead.

        Where nothing was, the tries that got no answer go along: none comes back by itself.
        """
        del turns[len(turns) - number :]
        last = _number_before(turns, len(turns))
        ways = [way for point in self._within({last}) for way in point.others]
        if not any(map(_may_stand, ways)):
            self._points.pop(last, None)
        self.settle(turns)

    def settle(self, turns: list[Turn]) -> None:
        """Let another way stand where none does any more; forget the points after turns gone.

        It is the nearest with an answer, or just the nearest if none has one.
        """
        last = _number_before(turns, len(turns))
        while point := self._points.pop(last, None):
            ways = _nearest_first(point)
            way = next(filter(_may_stand, ways), ways[0])
            index = point.others.index(way)
            if others := point.others[:index] + point.others[index + 1 :]:
                self._points[last] = Point(last, others, index)
            turns += way
            last = turns[-1].number
        self._prune(turns)

    def forget_after(self, number: int) -> None:
        """Forget the other ways on from the turn of `number`."""
        self._points.pop(number, None)

    def join(self, earlier: Iterable[Point], last: int) -> None:
        """Take in the points of what was said before all of this, up to the turn of `last`."""
        first = self._points.pop(START, None)
        self._points |= {point.after: point for point in earlier}
        if first is not None:
            self._points[last] = first._replace(after=last)

    def _prune(self, turns: list[Turn]) -> None:
        kept = {point.after for point in self._within({START, *(turn.number for turn in turns)})}
        self._points = {after: point for after, point in self._points.items() if after in kept}

    def _within(self, numbers: set[int]) -> list[Point]:
        """Return the points after the turns of `numbers`, and all within their ways."""
        points, reachable = [], set(numbers)
        for point in sorted(self.points):
            if point.after in reachable:
                points.append(point)
                reachable.update(turn.number for way in point.others for turn in way)
        return points

    def _ways(self, after: int, standing: tuple[Turn, ...]) -> list[tuple[Turn, ...]]:
        """Return all ways on from the turn of `after`, in their order."""
        point = self._points.get(after)
        if point is None:
            return [standing]
        return [*point.others[: point.standing], standing, *point.others[point.standing :]]


def _may_stand(way: tuple[Turn, ...]) -> bool:
    """Return whether `way` has an answer that is sent, or is being given one."""
    return any(turn.is_sent or turn.reply.state == "streaming" for turn in way)


def _nearest_first(point: Point) -> list[tuple[Turn, ...]]:
    """Return the ways that do not stand, from the neighbours of the one that does outwards."""
    order = sorted(range(len(point.others)), key=lambda i: abs(2 * (i - point.standing) + 1))
    return [point.others[index] for index in order]


def _index_of(turns: list[Turn], number: int) -> int:
    for index, turn in enumerate(turns):
        if turn.number == number:
            return index
    raise ConfigurationError(
        f"turn {number} does not stand in this conversation",
        "It was taken back, or another version was chosen meanwhile.",
    )


def _number_before(turns: list[Turn], index: int) -> int:
    return turns[index - 1].number if index else START


def _with(way: tuple[Turn, ...], turn: Turn) -> tuple[Turn, ...]:
    return tuple(turn if each.number == turn.number else each for each in way)
