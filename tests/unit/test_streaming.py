"""The reader's thread and the shower's loop, with a client whose words come when told."""

from __future__ import annotations

import _thread
import threading
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation, Turn
from secondme_magics.conversation.messages import Delta, Message, Parameters
from secondme_magics.errors import SecondMeError, StreamInterrupted
from secondme_magics.notebook.streaming import stream_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

END = None


class Script:
    """A client and its stream: deltas and errors from a queue; `stop` ends it."""

    def __init__(self, *steps: Delta | Exception | None) -> None:
        self.steps: Queue[Delta | Exception | None] = Queue()
        for step in steps:
            self.steps.put(step)

    def stream(
        self, messages: Sequence[Message], parameters: Parameters, *, timeout: float | None = None
    ) -> Script:
        return self

    def __enter__(self) -> Iterator[Delta]:
        while (step := self.steps.get()) is not END:
            if isinstance(step, Exception):
                raise step
            yield step

    def __exit__(self, *_: object) -> None:
        pass

    def stop(self) -> None:
        self.steps.put(END)


class Recorder:
    """A view that notes what it is told, and does what a test wants at each step."""

    def __init__(self) -> None:
        self.waits: list[bool] = []
        self.pieces: list[tuple[str, str]] = []
        self.shown: Turn | None = None

    def wait(self, seconds: float, *, connected: bool) -> None:
        assert seconds >= 0
        self.waits.append(connected)

    def update(self, content: str, reasoning: str) -> None:
        self.pieces.append((content, reasoning))

    def finish(self, turn: Turn) -> None:
        assert self.shown is None
        self.shown = turn


def test_all_words_are_shown_in_order_and_the_reply_is_returned() -> None:
    view = Recorder()
    script = Script(Delta("<think>hm</think>Hello"), Delta(" world"), END)
    reply = stream_answer(ask(Conversation(), script, "Hi"), view)
    assert "".join(content for content, _ in view.pieces) == "Hello world"
    assert "".join(reasoning for _, reasoning in view.pieces) == "hm"
    assert (reply.text, reply.state) == ("Hello world", "complete")
    assert view.shown is not None
    assert view.shown.reply is reply


class Patient(Recorder):
    """Lets the script go on once it was told to wait: unheard first, then heard."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script

    def wait(self, seconds: float, *, connected: bool) -> None:
        super().wait(seconds, connected=connected)
        self.script.steps.put(Delta("late") if connected else Delta())
        if connected:
            self.script.steps.put(END)


def test_a_view_is_told_that_it_waits_and_whether_the_server_was_heard() -> None:
    script = Script()
    view = Patient(script)
    assert stream_answer(ask(Conversation(), script, "Hi"), view).text == "late"
    assert (view.waits[0], view.waits[-1]) == (False, True)


def test_a_failure_is_raised_after_what_had_come_was_shown() -> None:
    view = Recorder()
    cut = StreamInterrupted("cut", "ask again")
    with pytest.raises(SecondMeError) as caught:
        stream_answer(ask(Conversation(), Script(Delta("Hel"), cut), "Hi"), view)
    assert caught.value is cut
    assert view.shown is not None
    assert (view.shown.reply.text, view.shown.reply.state) == ("Hel", "interrupted")


class Impatient(Recorder):
    """Presses the stop button at its first sight of something."""

    def wait(self, seconds: float, *, connected: bool) -> None:
        _thread.interrupt_main()

    def update(self, content: str, reasoning: str) -> None:
        super().update(content, reasoning)
        _thread.interrupt_main()


@pytest.mark.parametrize(
    "steps", [(), (Delta(),), (Delta("Hel"),)], ids=["connecting", "silent", "speaking"]
)
def test_an_interrupt_ends_the_answer_and_keeps_it(steps: tuple[Delta, ...]) -> None:
    view = Impatient()
    conversation = Conversation()
    reply = stream_answer(ask(conversation, Script(*steps), "Hi"), view)
    assert reply.state == "interrupted"
    assert reply.text == "".join(step.content for step in steps)
    assert view.shown is not None
    assert conversation.turns == (view.shown,)
    assert not [each for each in threading.enumerate() if each.name == "secondme-reader"]


def test_a_bug_in_a_view_stops_the_answer_and_is_raised() -> None:
    class Broken(Recorder):
        def update(self, content: str, reasoning: str) -> None:
            raise ZeroDivisionError

    conversation = Conversation()
    with pytest.raises(ZeroDivisionError):
        stream_answer(ask(conversation, Script(Delta("Hel")), "Hi"), Broken())
    assert conversation.turns[0].reply.state == "interrupted"
