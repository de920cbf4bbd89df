"""A turn of a conversation, and where a turn comes. Values only: no rule of what is sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from secondme_magics.conversation.messages import Reply


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a notebook a prompt stands.

    Args:
        cell: The cell's id.
        prompt: Which of the cell's prompts it is, from 1, among those of its conversation.
    """

    cell: str
    prompt: int = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """A user's prompt and its answer.

    Args:
        number: Counts from 1 in its conversation and is never given to another prompt.
        prompt: What was asked.
        reply: The answer, or as much of it as came.
        place: Where it was asked, if that is known: asked there again, it takes this turn's place.
        revision: How many answers the conversation had been given with this one; 0 before its end.
    """

    number: int
    prompt: str
    reply: Reply = field(default_factory=Reply)
    place: Place | None = None
    revision: int = 0

    @property
    def is_sent(self) -> bool:
        """Whether the server is told of this turn again: not if it failed or said nothing."""
        return self.reply.state in {"complete", "interrupted"} and bool(self.reply.text.strip())

    @property
    def is_unfinished(self) -> bool:
        """Whether its answer can be continued: it was stopped, or cut at its longest."""
        return self.reply.is_unfinished

    def gives_way_to(self, reply: Reply) -> bool:
        """Return whether `reply` takes the place of this answer: a failure of a good one's not."""
        return replace(self, reply=reply).is_sent or not self.is_sent


class Position(NamedTuple):
    """Where a prompt comes in its conversation: at its end, if nothing is said.

    Args:
        place: Where in the notebook it is asked.
        replaces: The turn whose place it takes; the turns before that one are sent.
        continues: Whether that turn is sent too, and the answer is appended to its answer.
        truncates: Whether the turns behind it go, once there is an answer.
        last: How many earlier turns are sent at most.
        varies: The turn of which it is another version: that one and those behind it are put away.
    """

    place: Place | None = None
    replaces: Turn | None = None
    continues: bool = False
    truncates: bool = False
    last: int | None = None
    varies: Turn | None = None


END = Position()


MOST_TRUNKS = 20
"""Conversations, parted one from the other, that are remembered."""


class Trunk(NamedTuple):
    """What a conversation was parted from, and when.

    Args:
        name: The name of that conversation.
        revision: How many answers that one had been given.
    """

    name: str
    revision: int
