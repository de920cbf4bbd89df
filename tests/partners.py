"""A conversation whose prompts may fail: what came of each, and whether it can be gone on with."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clients import client_of
from scripted_server import chunk, done, sse

from secondme_magics.api.lever import DIALLING
from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.errors import SecondMeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripted_server import Answer, Request
    from typing_extensions import Self

    from secondme_magics.api.endpoint import Key, Timeouts
    from secondme_magics.conversation.messages import State


TIMES = int(os.environ.get("SECONDME_TEST_TIMES", "1"))
"""How much longer than usual the tests are that do one thing again and again."""

NEXT = sse(chunk("Next"), done, headers=[("Connection", "close")])
"""What a server answers to the prompt after the one that failed; the connection is not kept."""


def first(answer: Answer) -> Callable[[Request], Answer]:
    """Return the answers of a server: `answer`, but for the prompt after it."""

    def choose(request: Request) -> Answer:
        messages = request.json()["messages"]
        assert isinstance(messages, list)
        return NEXT if messages[-1]["content"] == "Next?" else answer

    return choose


@dataclass(frozen=True)
class Outcome:
    """What the user has in the end; without an error its `kind` is none."""

    kind: type[SecondMeError] | None = None
    state: State = "failed"
    text: str = ""


def complete(text: str) -> Outcome:
    return Outcome(None, "complete", text)


class Partner:
    """A client and one conversation with it; entered, it ends with nothing left behind.

    Args:
        url: Who is asked.
        timeouts: How long is waited.
        key: The endpoint's key.
    """

    def __init__(self, url: str, timeouts: Timeouts | None = None, key: Key | None = None) -> None:
        self.client = client_of(url, timeouts, key)
        self.conversation = Conversation()
        self.error: SecondMeError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def begin_anew(self) -> None:
        """Go on with the same client, in a new conversation."""
        self.conversation = Conversation()

    def ask(self, prompt: str = "Hi") -> Outcome:
        """Ask, and return what came of it; an error is two lines, and has what came."""
        turn = ask(self.conversation, self.client, prompt)
        self.error = None
        try:
            turn.read()
        except SecondMeError as error:
            self.error = error
        reply = turn.recorded.reply
        if self.error is not None:
            assert len(str(self.error).splitlines()) == 2
            assert self.error.reply == reply
        assert self.conversation.turns[-1] is turn.recorded
        return Outcome(type(self.error) if self.error else None, reply.state, reply.text)

    def goes_on(self) -> None:
        """Assert that the conversation is sound, and the next prompt works on the same client."""
        turns = self.conversation.turns
        assert all(turn.reply.state != "streaming" for turn in turns)
        sent = [message.role for message in self.conversation.messages("Next?")]
        assert sent == ["user", "assistant"] * (len(sent) // 2) + ["user"]
        assert self.ask("Next?") == complete("Next"), self.error


def resources() -> tuple[int, int]:
    """Return how many threads and file descriptors this process has."""
    for thread in threading.enumerate():
        if thread.name == DIALLING:
            thread.join(10)
    return threading.active_count(), len(list(Path("/dev/fd").iterdir()))


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Fail if there are more threads or file descriptors than before."""
    before = resources()
    yield
    after = resources()
    assert after[0] <= before[0], "a thread is left"
    assert after[1] <= before[1], "a file descriptor is left"
