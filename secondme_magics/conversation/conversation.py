"""A conversation: its turns, their life, and which messages are sent.

Knows neither who asks nor who shows. It is locked: a cell and a worker thread may both come.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import RLock

from secondme_magics.conversation.messages import Message, Reply
from secondme_magics.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Turn:
    """A user's prompt and its answer.

    Args:
        number: Counts from 1 in its conversation and is never given twice.
        prompt: What was asked.
        reply: The answer, or as much of it as came.
    """

    number: int
    prompt: str
    reply: Reply = field(default_factory=Reply)

    @property
    def is_sent(self) -> bool:
        """Whether the server is told of this turn again: not if it failed or said nothing."""
        return self.reply.state in {"complete", "interrupted"} and bool(self.reply.text.strip())


class Conversation:
    """Turns in their order, and the system message above them.

    Args:
        name: What the user calls it.
        system: The system message, or none.
    """

    def __init__(self, name: str = "default", system: str | None = None) -> None:
        self.name = name
        self._system = system
        self._turns: list[Turn] = []
        self._count = 0
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

    def messages(
        self, prompt: str, *, system: str | None = None, afresh: bool = False
    ) -> list[Message]:
        """Return what is sent to ask `prompt` now.

        Args:
            prompt: The new user message.
            system: A system message in place of the conversation's own.
            afresh: Whether the earlier turns are left out.

        Raises:
            ConfigurationError: The prompt is empty.
        """
        if not prompt.strip():
            raise ConfigurationError("the prompt is empty", "Write what you want to ask.")
        with self._lock:
            system = self._system if system is None else system
            turns = [] if afresh else [turn for turn in self._turns if turn.is_sent]
        sent = [Message("system", system)] if system else []
        for turn in turns:
            sent.append(Message("user", turn.prompt))
            sent.append(Message("assistant", turn.reply.text))
        return [*sent, Message("user", prompt)]

    def begin(self, prompt: str) -> Turn:
        """Add a turn that is being answered, and return it."""
        turn = self.prepare(prompt)
        self.add(turn)
        return turn

    def prepare(self, prompt: str) -> Turn:
        """Return a turn with a number of its own that has not been added yet."""
        with self._lock:
            self._count += 1
            return Turn(self._count, prompt)

    def add(self, turn: Turn) -> None:
        """Add a turn that `prepare` returned: it is being answered."""
        with self._lock:
            self._turns.append(turn)

    def finish(
        self, turn: Turn, reply: Reply, *, system: str | None = None, afresh: bool = False
    ) -> Turn:
        """Give `turn` its final reply, and return it so.

        Args:
            turn: A turn that was added; one that was reset meanwhile stays away.
            reply: What came of it.
            system: The conversation's system message from now on, unless the turn failed.
            afresh: Whether the turns before it go, unless it failed.
        """
        finished = replace(turn, reply=reply)
        with self._lock:
            numbers = [each.number for each in self._turns]
            if turn.number in numbers:
                index = numbers.index(turn.number)
                self._turns[index] = finished
                if reply.state != "failed":
                    self._system = self._system if system is None else system
                    del self._turns[: index if afresh else 0]
        return finished

    def reset(self) -> None:
        """Forget all turns; the system message stays."""
        with self._lock:
            self._turns.clear()

    def __repr__(self) -> str:
        return f"<Conversation {self.name!r}: {len(self.turns)} turns>"
