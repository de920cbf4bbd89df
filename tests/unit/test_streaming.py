"""The reader's thread and the shower's loop, with a client whose words come when told."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from contextlib import suppress
from queue import Empty, Queue
from typing import TYPE_CHECKING

import pytest

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Delta, Message, Parameters
from secondme_magics.errors import ConnectionFailed, SecondMeError, StreamInterrupted
from secondme_magics.notebook.interrupts import Interrupted, Interrupts
from secondme_magics.panel.worker import NoInterrupts
from secondme_magics.showing.streaming import FRAME, is_enough, stream_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.showing.streaming import View

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


def shown(turn: StreamingTurn, view: View) -> Reply:
    with Interrupts() as interrupts:
        reply = stream_answer(turn, lambda _: view, interrupts).reply
        interrupts.acknowledge()
    return reply


def test_all_words_are_shown_in_order_and_the_reply_is_returned() -> None:
    view = Recorder()
    script = Script(Delta("<think>hm</think>Hello"), Delta(" world"), END)
    reply = shown(ask(Conversation(), script, "Hi"), view)
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
    assert shown(ask(Conversation(), script, "Hi"), view).text == "late"
    assert (view.waits[0], view.waits[-1]) == (False, True)


def test_a_long_pause_is_told_of_ever_more_rarely() -> None:
    script = Script(Delta("Hello"))
    view = Recorder()
    timer = threading.Timer(5, script.steps.put, (END,))
    timer.start()
    shown(ask(Conversation(), script, "Hi"), view)
    timer.join()
    assert len(view.waits) == 2


class Slow(Script):
    """Says a word every few milliseconds, until it is stopped."""

    def __enter__(self) -> Iterator[Delta]:
        while True:
            with suppress(Empty):
                if self.steps.get(timeout=0.005) is END:
                    return
            yield Delta("word ")


class Counting(Recorder):
    """Ends the answer after some updates, and notes when each came."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script
        self.times: list[float] = []

    def update(self, content: str, reasoning: str) -> None:
        super().update(content, reasoning)
        self.times.append(time.monotonic())
        if len(self.times) == 10:
            self.script.stop()


def test_a_few_letters_wait_for_a_second_frame_where_that_is_wanted() -> None:
    script = Slow()
    view = Counting(script)
    stream_answer(
        ask(Conversation(), script, "Hi"), lambda _: view, NoInterrupts(), enough=lambda: 10_000
    )
    took = view.times[9] - view.times[0]
    assert took >= 9 * 2 * FRAME - 0.01  # a wait may end a hair too early


@pytest.mark.parametrize(
    ("waiting", "is_shown"),
    [
        pytest.param([120], True, id="many letters at once"),
        pytest.param([40], False, id="some letters"),
        pytest.param([40, 80], False, id="as many will have come in time"),
        pytest.param([40, 80, 120], True, id="as many have come"),
        pytest.param([60, 60], True, id="the end of a burst"),
        pytest.param([0, 60, 60], True, id="the end of a burst that began late"),
        pytest.param([5, 10], True, id="a slow answer"),
        pytest.param([1, 40, 50, 119], True, id="one that became slow"),
    ],
)
def test_letters_wait_for_others_only_if_enough_of_them_come_soon(
    waiting: list[int], *, is_shown: bool
) -> None:
    assert is_enough(waiting, 120) == is_shown


def test_a_failure_is_raised_after_what_had_come_was_shown() -> None:
    view = Recorder()
    cut = StreamInterrupted("cut", "ask again")
    with pytest.raises(SecondMeError) as caught:
        shown(ask(Conversation(), Script(Delta("Hel"), cut), "Hi"), view)
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
    reply = shown(ask(conversation, Script(*steps), "Hi"), view)
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
        shown(ask(conversation, Script(Delta("Hel")), "Hi"), Broken())
    assert conversation.turns[0].reply.state == "interrupted"


def test_an_interrupt_waits_until_it_does_no_harm() -> None:
    steps: list[str] = []
    with Interrupts() as interrupts:
        _thread.interrupt_main()
        steps.append("went on")
        with pytest.raises(KeyboardInterrupt), interrupts.welcome():
            steps.append("never")
        with interrupts.welcome():
            steps.append("heard once")
        assert interrupts.acknowledge()
    assert steps == ["went on", "heard once"]


def test_an_interrupt_that_nobody_heard_is_raised_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), Interrupts():
        _thread.interrupt_main()


def test_an_interrupt_after_the_answer_was_looked_for_stops_the_loop_around_it() -> None:
    def press_late() -> None:
        with Interrupts() as interrupts:
            assert not interrupts.acknowledge()
            _thread.interrupt_main()

    with pytest.raises(Interrupted):
        press_late()


def test_an_interrupt_is_not_lost_where_a_loop_goes_on_after_our_errors() -> None:
    def fail() -> None:
        with Interrupts():
            _thread.interrupt_main()
            raise ConnectionFailed("no answer", "Is it running?")

    with pytest.raises(Interrupted), suppress(SecondMeError):
        fail()


def test_an_error_is_not_hidden_by_an_interrupt() -> None:
    def fail() -> None:
        with Interrupts():
            _thread.interrupt_main()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_the_handler_that_was_there_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_on_another_thread_nothing_is_caught() -> None:
    def work() -> None:
        with Interrupts() as interrupts, interrupts.welcome():
            came.append(interrupts.acknowledge())

    came: list[bool] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert came == [False]
