"""The one use case: ask, stream, record.

A turn's life has four steps:

1. `ask` puts the messages together; the client checks them. A bad value raises here, and the
   conversation has not changed.
2. Entering records the turn as `streaming`; nothing is on the wire yet. A turn that takes the
   place of another leaves that one there until its own answer has come; another version of one
   stands while it streams, and stays if words come.
3. Iterating connects, and yields each delta with its reasoning apart. It ends when the answer is
   complete, or when `stop` was called from any thread; a failure raises, with the partial reply.
4. However it ends, the turn gets its final reply. Leaving early, by a `break` or an exception,
   closes the connection and makes it `interrupted`, unless the finish reason had come.

Declares the client it needs; knows no `requests` and no notebook.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Protocol

from secondme_magics.conversation.draft import Draft
from secondme_magics.conversation.messages import Parameters
from secondme_magics.conversation.turns import END
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import ResponseTimeout, SecondMeError, StreamInterrupted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Delta, Message, Reply, State
    from secondme_magics.conversation.turns import Position, Turn

GO_ON = "Please go on exactly where you stopped."
"""What is sent below an answer that is to be continued."""


class Stream(Protocol):
    """One answer on the wire: a context manager that is iterated once.

    Iterating connects. It ends when the server said that the answer is complete, and raises a
    `SecondMeError` otherwise. A delta without text is a sign of life.
    """

    def __enter__(self) -> Iterator[Delta]: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def stop(self) -> None:
        """End the answer at once, from any thread and at any moment; iterating then ends."""


class Client(Protocol):
    """Who brings messages to an instance."""

    def stream(
        self,
        messages: Sequence[Message],
        parameters: Parameters,
        *,
        timeout: float | None = None,
    ) -> Stream:
        """Return a stream that is not connected yet.

        Args:
            messages: What is sent, in the conversation's order.
            parameters: The request's optional fields.
            timeout: Seconds for the whole answer; `None` is the endpoint's own limit.

        Raises:
            ConfigurationError: A parameter is out of its bounds.
        """


def ask(  # noqa: PLR0913 - what a user may say about one prompt; by keyword
    conversation: Conversation,
    client: Client,
    prompt: str,
    parameters: Parameters | None = None,
    *,
    system: str | None = None,
    afresh: bool = False,
    timeout: float | None = None,
    position: Position = END,
) -> StreamingTurn:
    """Return `prompt` as a turn of `conversation` that streams once it is entered.

    Args:
        conversation: Where the turn is recorded, and whose earlier turns are sent.
        client: Who brings it to the instance.
        prompt: The user's message.
        parameters: The request's optional fields.
        system: A new system message of the conversation.
        afresh: Whether the conversation starts anew with this turn.
        timeout: Seconds for the whole answer.
        position: Where in the conversation it is asked.

    Raises:
        ConfigurationError: The prompt is empty, or a parameter is out of its bounds; the
            conversation has not changed.
    """
    prompt = without_surrogates(prompt)
    messages = conversation.messages(prompt, system=system, afresh=afresh, position=position)
    stream = client.stream(messages, parameters or Parameters(), timeout=timeout)
    return StreamingTurn(
        conversation, stream, prompt, system=system, afresh=afresh, position=position
    )


class StreamingTurn:
    """A prompt being answered: enter it, iterate over its deltas, leave it.

    A bare `for` loop over it enters and leaves it too, but a loop that is left early is only
    closed when Python collects it: prefer `with`. One thread enters, reads and leaves; `stop` and
    `reply` are for any.
    """

    def __init__(  # noqa: PLR0913 - what `ask` was told; by keyword
        self,
        conversation: Conversation,
        stream: Stream,
        prompt: str,
        *,
        system: str | None = None,
        afresh: bool = False,
        position: Position = END,
    ) -> None:
        self.turn: Turn | None = None
        self._conversation = conversation
        self._stream = stream
        self._position = position
        continued = position.replaces if position.continues else None
        self._prompt = continued.prompt if continued else prompt
        self._system = system
        self._afresh = afresh
        self._stopped = False
        self._finishing = RLock()
        self._draft = Draft(continued.reply if continued else None)
        self._deltas = self._iter_deltas()

    def __enter__(self) -> Self:
        if self.turn is not None:
            raise RuntimeError("a turn is asked once: call ask() or stream() again")
        self._draft.begin()
        self.turn = self._conversation.prepare(self._prompt, self._position)
        try:
            if self._position.replaces is None:
                self._conversation.add(self.turn, self._position)
        except BaseException:
            self._finish("interrupted")
            raise
        return self

    def __iter__(self) -> Iterator[Delta]:
        return self._iter_alone() if self.turn is None else self._deltas

    def __exit__(self, *_: object) -> None:
        try:
            self._deltas.close()
        finally:
            self._finish(self._state_when_left())

    def stop(self) -> None:
        """End the answer at once, from any thread and at any moment.

        The turn is final when this returns, even if the thread that reads still waits.
        """
        self._stopped = True
        try:
            self._stream.stop()
        finally:
            self._finish(self._state_when_left())

    def read(self) -> Reply:
        """Read the answer to its end, and return it.

        Raises:
            SecondMeError: The answer failed or was cut; the error's `reply` holds what had come.
        """
        if self.turn is None:
            with self:
                return self.read()
        for _ in self._deltas:
            pass
        return self.reply

    @property
    def recorded(self) -> Turn:
        """The turn as the conversation was last told of it.

        Raises:
            RuntimeError: It has not been entered.
        """
        if self.turn is None:
            raise RuntimeError("the turn has not been entered")
        return self.turn

    @property
    def reply(self) -> Reply:
        """What has come so far; the final reply once the turn has ended."""
        return self._draft.reply

    def _iter_alone(self) -> Iterator[Delta]:
        with self:
            yield from self._deltas

    def _iter_deltas(self) -> Generator[Delta, None, None]:
        try:
            with self._stream as deltas:
                for delta in deltas:
                    yield self._draft.add(delta)
                rest = self._draft.flush()
                self._finish(self._state_when_left() if self._stopped else "complete")
        except SecondMeError as error:
            self._finish(_state_of(error, self.reply))
            error.reply = self.reply
            if not self._stopped:
                raise
            return
        except Exception:
            self._finish("failed")
            raise
        if rest:
            yield rest

    def _state_when_left(self) -> State:
        return "complete" if self._draft.is_answered else "interrupted"

    def _finish(self, state: State) -> None:
        """Make the turn final; the first state that is told stays."""
        self._draft.end(state)
        with self._finishing:
            if self.turn is not None and self.turn.reply.state == "streaming":
                self.turn = self._conversation.finish(
                    self.turn,
                    self.reply,
                    system=self._system,
                    afresh=self._afresh,
                    position=self._position,
                )


def _state_of(error: SecondMeError, reply: Reply) -> State:
    """Return the state of an answer that ended in `error`: it was cut short, or it failed."""
    cut = isinstance(error, StreamInterrupted)
    silent = isinstance(error, ResponseTimeout) and bool(reply.text or reply.reasoning)
    return "interrupted" if cut or silent else "failed"
