"""A conversation: its turns, their life, and which messages are sent.

Knows neither who asks nor who shows. It is locked: a cell and a worker thread may both come.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import replace
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from secondme_magics.conversation.messages import Message, Reply
from secondme_magics.conversation.turns import END, MOST_TRUNKS, Position, Trunk, Turn
from secondme_magics.conversation.versions import Versions
from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from secondme_magics.conversation.turns import Place
    from secondme_magics.conversation.versions import Point


_number = attrgetter("number")


class Said(NamedTuple):
    """What was said in a conversation: the turns that stand, and the points where it parts."""

    turns: tuple[Turn, ...]
    points: tuple[Point, ...]


class Conversation:
    """Turns in their order, and the system message above them.

    Args:
        name: What the user calls it.
        system: The system message, or none.
        turns: What was said already, in the order of its numbers.
        count: How many numbers were given, if more than the turns show.
        trunks: What it was parted from, the last one last: its first turns were theirs.
        points: Where it parts into versions.
    """

    def __init__(  # noqa: PLR0913 - all that a conversation is made again from
        self,
        name: str = "default",
        system: str | None = None,
        turns: Iterable[Turn] = (),
        count: int = 0,
        *,
        trunks: tuple[Trunk, ...] = (),
        points: Iterable[Point] = (),
    ) -> None:
        self.name = name
        self.trunks = trunks
        self._system = system
        self._turns = list(turns)
        self._versions = Versions(points)
        self._versions.settle(self._turns)
        there = [*self._turns, *self._versions.put_away]
        self._count = max([count, *(turn.number for turn in there)])
        parted = [trunk.revision for trunk in trunks]
        self._revision = max([0, *parted, *(turn.revision for turn in there)])
        self._lock = RLock()

    @property
    def system(self) -> str | None:
        """The system message that leads what is sent."""
        return self._system

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, failed and streaming ones too."""
        with self._lock:
            return tuple(self._turns)

    @property
    def count(self) -> int:
        """How many numbers were given to turns."""
        return self._count

    @property
    def points(self) -> tuple[Point, ...]:
        """Where it parts into versions, of which one stands."""
        with self._lock:
            return self._versions.points

    @property
    def said(self) -> Said:
        """The turns and the points, as they were at one moment."""
        with self._lock:
            return Said(tuple(self._turns), self._versions.points)

    @property
    def versions(self) -> list[tuple[Turn, tuple[int, int]]]:
        """The turns, each with which version it is, from 1, and how many there are."""
        with self._lock:
            return list(zip(self._turns, self._versions.places(self._turns), strict=True))

    def has_put_away(self, turn: Turn) -> bool:
        """Return whether `turn` is of a version that does not stand."""
        with self._lock:
            return any(each.number == turn.number for each in self._versions.put_away)

    def choose(self, number: int, version: int) -> None:
        """Let another version of a turn stand, with all that was said behind it.

        Args:
            number: The number of a turn that stands.
            version: Which version of it, from 1.

        Raises:
            ConfigurationError: There is no such turn or version, or one is being answered.
        """
        with self._lock:
            if any(turn.reply.state == "streaming" for turn in self._turns):
                raise ConfigurationError(
                    "a turn of this conversation is being answered", "Stop it first, or wait."
                )
            self._versions.choose(self._turns, number, version)

    def at(self, place: Place | None) -> Turn | None:
        """Return the last turn that was asked at `place`, if there is one."""
        there = [turn for turn in self.turns if place is not None and turn.place == place]
        return there[-1] if there else None

    def messages(
        self,
        prompt: str,
        *,
        system: str | None = None,
        afresh: bool = False,
        position: Position = END,
    ) -> list[Message]:
        """Return what is sent to ask `prompt` now.

        Args:
            prompt: The new user message.
            system: A system message in place of the conversation's own.
            afresh: Whether the earlier turns are left out.
            position: Where in the conversation it is asked.

        Raises:
            ConfigurationError: The prompt is empty.
        """
        if not prompt.strip():
            raise ConfigurationError("the prompt is empty", "Write what you want to ask.")
        with self._lock:
            system = self._system if system is None else system
            turns = [] if afresh else self._earlier(position)
        sent = [Message("system", system)] if system else []
        for turn in turns[_first_sent(turns, position) :]:
            sent.append(Message("user", turn.prompt))
            sent.append(Message("assistant", turn.reply.text))
        return [*sent, Message("user", prompt)]

    def left_out(self, position: Position) -> int:
        """Return how many turns are not sent because `position` limits their number."""
        return _first_sent(self._earlier(position), position)

    def _earlier(self, position: Position) -> list[Turn]:
        replaced = position.replaces or position.varies
        end = None if replaced is None else replaced.number + position.continues
        with self._lock:
            return [t for t in self._turns if t.is_sent and (end is None or t.number < end)]

    def prepare(self, prompt: str, position: Position = END) -> Turn:
        """Return a turn to be added: with a new number, or with that of the turn it replaces."""
        if position.replaces is not None:
            return replace(position.replaces, prompt=prompt, reply=Reply())
        with self._lock:
            self._count += 1
            return Turn(self._count, prompt, place=position.place)

    def add(self, turn: Turn, position: Position = END) -> None:
        """Add a turn that `prepare` returned: it is being answered.

        Raises:
            ConfigurationError: The turn of which it is another version is gone.
        """
        with self._lock:
            if position.varies is not None:
                self._versions.part(self._turns, position.varies.number)
            insort(self._turns, turn, key=_number)  # another thread may have added a later one

    def finish(
        self,
        turn: Turn,
        reply: Reply,
        *,
        system: str | None = None,
        afresh: bool = False,
        position: Position = END,
    ) -> Turn:
        """Give `turn` its final reply, and return it so.

        A turn that stands already, with an answer, only gives way to an answer; another version
        without one lets the version before stand again, or the nearest that has one, unless more
        was asked behind it.

        Args:
            turn: A turn that was added, or replaces one; one that was reset meanwhile stays away.
            reply: What came of it.
            system: The conversation's system message from now on, if there is an answer.
            afresh: Whether the turns before it go, if there is an answer.
            position: Where it was asked: if there is an answer, the turns behind it may go.
        """
        with self._lock:
            self._revision += 1
            finished = replace(turn, reply=reply, revision=self._revision)
            index = next((i for i, t in enumerate(self._turns) if t.number == turn.number), None)
            if index is None:
                self._versions.finish(finished)
            elif self._turns[index].gives_way_to(reply):
                self._turns[index] = finished
                if finished.is_sent and position.truncates:
                    del self._turns[index + 1 :]
                    self._versions.forget_after(turn.number)
                if finished.is_sent:
                    self._system = self._system if system is None else system
                    self._begin_with(index if afresh else 0)
                elif position.varies is not None and finished is self._turns[-1]:
                    self._versions.stand_again(self._turns, position.varies.number)
                self._versions.settle(self._turns)
        return finished

    def _begin_with(self, index: int) -> None:
        """Forget what was said before the turn at `index`, and how it was said otherwise."""
        if index:
            del self._turns[:index]
            self._versions = Versions()

    def undo(self, number: int = 1) -> tuple[Turn, ...]:
        """Take the last `number` turns back, and return them.

        Where they were another version of turns that were answered, those stand again; tries
        without an answer are taken back with the only answer that there was.

        Raises:
            ConfigurationError: There are not as many, or it is not even one.
        """
        with self._lock:
            there = len(self._turns)
            if not there:
                raise ConfigurationError(
                    f"conversation {self.name} has no turn that could be taken back",
                    "Ask something first; %secondme list shows the other conversations.",
                )
            if not 1 <= number <= there:
                raise ConfigurationError(
                    f"{number} turns cannot be taken back: conversation {self.name} has {there}",
                    "See them with %secondme history; %secondme undo 2 takes back the last two.",
                )
            taken = tuple(self._turns[there - number :])
            self._versions.take_back(self._turns, number)
        return taken

    def copy(self, name: str) -> Conversation:
        """Return a copy under another name, without what is still being answered."""
        with self._lock:
            said = [turn for turn in self._turns if turn.reply.state != "streaming"]
            trunks, points = self.lineage(), self._versions.points
            return Conversation(name, self._system, said, self._count, trunks=trunks, points=points)

    def lineage(self) -> tuple[Trunk, ...]:
        """Return what a conversation is parted from that goes on from here under another name."""
        return (*self.trunks, Trunk(self.name, self._revision))[-MOST_TRUNKS:]

    def reset(self) -> Said:
        """Forget all turns, and return them; the system message stays."""
        with self._lock:
            said = self.said
            self._turns.clear()
            self._versions = Versions()
        return said

    def bring_back(self, said: Said) -> None:
        """Put what `reset` returned before all that was asked since."""
        with self._lock:
            if said.turns:
                self._versions.join(said.points, said.turns[-1].number)
            self._turns[:0] = said.turns

    def __repr__(self) -> str:
        return f"<Conversation {self.name!r}: {len(self.turns)} turns>"


def _first_sent(turns: list[Turn], position: Position) -> int:
    """Return from which of `turns` on they are sent; one that is continued always is."""
    if position.last is None:
        return 0
    return max(0, len(turns) - max(position.last, position.continues))
