"""Clients without a network: a stream follows a script, and keeps whether it is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Message, Parameters
    from secondme_magics.conversation.turns import Turn

Script: TypeAlias = Sequence[Delta | BaseException | Callable[[], object]]


class FakeStream:
    """Yields the deltas of its script; raises the exceptions and calls the rest."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.stopped = Event()
        self.is_open = False
        self.was_open = False

    def __enter__(self) -> Iterator[Delta]:
        self.is_open = self.was_open = True
        return self._iter()

    def __exit__(self, *_: object) -> None:
        self.is_open = False

    def stop(self) -> None:
        self.stopped.set()

    def _iter(self) -> Iterator[Delta]:
        for step in self.script:
            if self.stopped.is_set():
                return
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, Delta):
                yield step
            else:
                step()


class FakeClient:
    def __init__(self, *script: Delta | BaseException | Callable[[], object]) -> None:
        self.script = script
        self.streams: list[FakeStream] = []
        self.messages: Sequence[Message] = ()
        self.parameters: Parameters | None = None
        self.timeout: float | None = None

    def stream(
        self, messages: Sequence[Message], parameters: Parameters, *, timeout: float | None = None
    ) -> FakeStream:
        self.messages, self.parameters, self.timeout = messages, parameters, timeout
        self.streams.append(FakeStream(self.script))
        return self.streams[-1]

    @property
    def is_closed(self) -> bool:
        return all(not stream.is_open for stream in self.streams)


class RefusingClient:
    """A client that finds a parameter out of its bounds."""

    def stream(self, *_: object, **__: object) -> FakeStream:
        raise ConfigurationError("temperature is 3", "Choose one from 0 to 1.")


def begin(conversation: Conversation, prompt: str) -> Turn:
    """Return a turn of `conversation` that is being answered."""
    turn = conversation.prepare(prompt)
    conversation.add(turn)
    return turn
