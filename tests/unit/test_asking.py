from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from fake_client import FakeClient, FakeStream, RefusingClient

from secondme_magics.conversation.asking import StreamingTurn, ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Delta, Parameters, Reply, State
from secondme_magics.conversation.turns import END, Position, Turn
from secondme_magics.errors import (
    ConfigurationError,
    ConnectionFailed,
    ProtocolError,
    ResponseTimeout,
    SecondMeError,
    StreamInterrupted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_client import Script

HI = (Delta("Hel"), Delta("lo"), Delta(finish_reason="stop"))


def only_turn(conversation: Conversation) -> Turn:
    (turn,) = conversation.turns
    return turn


def state_of(conversation: Conversation) -> State:
    return only_turn(conversation).reply.state


def test_an_answer_is_streamed_and_recorded() -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    with ask(conversation, client, "Hi?") as streaming:
        assert state_of(conversation) == "streaming"
        assert not client.streams[0].was_open
        deltas = list(streaming)
    assert deltas == [Delta("Hel"), Delta("lo"), Delta(finish_reason="stop")]
    assert streaming.turn == streaming.recorded == only_turn(conversation)
    assert streaming.reply == only_turn(conversation).reply
    assert (streaming.reply.text, streaming.reply.state) == ("Hello", "complete")
    assert streaming.reply.finish_reason == "stop"
    assert client.is_closed


def test_what_is_asked_goes_to_the_client() -> None:
    conversation, client = Conversation(system="old"), FakeClient(*HI)
    ask(conversation, client, "one").read()
    assert client.parameters == Parameters()
    ask(conversation, client, "two", Parameters(temperature=0), system="new", timeout=3).read()
    assert [message.role for message in client.messages] == ["system", "user", "assistant", "user"]
    assert client.messages[0].content == "new"
    assert client.parameters == Parameters(temperature=0)
    assert client.timeout == 3


@pytest.mark.parametrize(
    ("client", "prompt"), [(RefusingClient(), "Hi?"), (FakeClient(), " ")], ids=["bounds", "empty"]
)
def test_a_bad_value_raises_before_anything_changes(
    client: RefusingClient | FakeClient, prompt: str
) -> None:
    conversation = Conversation()
    with pytest.raises(ConfigurationError):
        ask(conversation, client, prompt, system="new", afresh=True)
    assert conversation.turns == ()
    assert conversation.system is None


def test_a_turn_that_is_not_entered_changes_nothing() -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    streaming = ask(conversation, client, "Hi?")
    assert conversation.turns == ()
    assert not client.streams[0].was_open
    with pytest.raises(RuntimeError, match="has not been entered"):
        _ = streaming.recorded


def test_a_turn_is_asked_once() -> None:
    streaming = ask(Conversation(), FakeClient(*HI), "Hi?")
    streaming.read()
    with pytest.raises(RuntimeError, match="asked once"):
        streaming.__enter__()
    assert list(streaming) == []
    assert streaming.read().text == "Hello"


def read(streaming: StreamingTurn) -> Reply:
    return streaming.read()


def loop(streaming: StreamingTurn) -> Reply:
    for _ in streaming:
        pass
    return streaming.reply


def read_inside(streaming: StreamingTurn) -> Reply:
    with streaming:
        return streaming.read()


def read_the_rest(streaming: StreamingTurn) -> Reply:
    with streaming:
        for _ in streaming:
            break
        return streaming.read()


WAYS = [read, loop, read_inside, read_the_rest]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_reading_records_the_same(way: Callable[[StreamingTurn], Reply]) -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    reply = way(ask(conversation, client, "Hi?"))
    assert (reply.text, reply.state) == ("Hello", "complete")
    assert only_turn(conversation).reply == reply
    assert client.is_closed


def test_what_was_held_back_is_the_last_delta_and_no_empty_one_is_made_up() -> None:
    assert [*ask(Conversation(), FakeClient(Delta("a <")), "?")] == [Delta("a "), Delta("<")]
    assert [*ask(Conversation(), FakeClient(Delta("<think>a")), "?")] == [Delta(reasoning="a")]
    assert [*ask(Conversation(), FakeClient(Delta("a")), "?")] == [Delta("a")]


def test_leaving_at_the_very_last_delta_leaves_a_complete_answer() -> None:
    conversation = Conversation()
    with ask(conversation, FakeClient(Delta("a <")), "?") as deltas:
        rest = iter(deltas)
        assert [next(rest).content, next(rest).content] == ["a ", "<"]
    assert state_of(conversation) == "complete"


FAILURES: list[tuple[Script, type[SecondMeError], State]] = [
    ([ConnectionFailed("refused", "Start it.")], ConnectionFailed, "failed"),
    ([Delta("H"), ProtocolError("error frame", "Ask again.")], ProtocolError, "failed"),
    ([Delta("H"), StreamInterrupted("cut", "Ask again.")], StreamInterrupted, "interrupted"),
    ([ResponseTimeout("silent", "Wait.")], ResponseTimeout, "failed"),
    ([Delta(), ResponseTimeout("silent", "Wait.")], ResponseTimeout, "failed"),
    ([Delta("H"), ResponseTimeout("silent", "Wait.")], ResponseTimeout, "interrupted"),
    ([Delta(reasoning="H"), ResponseTimeout("silent", "W.")], ResponseTimeout, "interrupted"),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("script", "kind", "state"), FAILURES)
def test_a_failure_raises_with_what_had_come(
    script: Script,
    kind: type[SecondMeError],
    state: State,
    way: Callable[[StreamingTurn], Reply],
) -> None:
    conversation, client = Conversation(), FakeClient(*script)
    with pytest.raises(kind) as caught:
        way(ask(conversation, client, "Hi?"))
    reply = only_turn(conversation).reply
    assert reply.state == state
    assert caught.value.reply == reply
    assert client.is_closed


def test_what_was_held_back_is_in_the_reply_of_a_failure() -> None:
    client = FakeClient(Delta("a <"), ProtocolError("error frame", "Ask again."))
    with pytest.raises(ProtocolError) as caught:
        ask(Conversation(), client, "Hi?").read()
    assert caught.value.reply is not None
    assert caught.value.reply.text == "a <"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("error", "state"), [(KeyError("bug"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_a_bug_or_an_interrupt_while_reading_leaves_the_turn_final(
    error: BaseException, state: State, way: Callable[[StreamingTurn], Reply]
) -> None:
    conversation, client = Conversation(), FakeClient(Delta("H"), error)
    with pytest.raises(type(error)):
        way(ask(conversation, client, "Hi?"))
    assert only_turn(conversation).reply.text == "H"
    assert state_of(conversation) == state
    assert client.is_closed


@pytest.mark.parametrize("error", [KeyError("bug"), KeyboardInterrupt(), GeneratorExit()])
def test_an_exception_where_the_deltas_are_used_interrupts_the_turn(error: BaseException) -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    streaming = ask(conversation, client, "Hi?")

    def use() -> None:
        with streaming:
            for _ in streaming:
                raise error

    with pytest.raises(type(error)):
        use()
    assert only_turn(conversation).reply.text == "Hel"
    assert state_of(conversation) == "interrupted"
    assert client.is_closed


def test_an_exception_before_the_first_delta_interrupts_the_turn() -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    with pytest.raises(KeyboardInterrupt), ask(conversation, client, "Hi?"):
        raise KeyboardInterrupt
    assert state_of(conversation) == "interrupted"
    assert not client.streams[0].was_open


class InterruptedConversation(Conversation):
    """Is interrupted just when it has added a turn."""

    def add(self, turn: Turn, position: Position = END) -> None:
        super().add(turn, position)
        raise KeyboardInterrupt


def test_an_interrupt_while_entering_leaves_the_turn_final() -> None:
    conversation = InterruptedConversation()
    with pytest.raises(KeyboardInterrupt):
        ask(conversation, FakeClient(*HI), "Hi?").read()
    assert state_of(conversation) == "interrupted"


class FailingExit(FakeStream):
    def __exit__(self, *_: object) -> None:
        super().__exit__()
        raise KeyboardInterrupt


def test_an_interrupt_while_closing_leaves_the_turn_final() -> None:
    conversation = Conversation()
    streaming = StreamingTurn(conversation, FailingExit(HI), "Hi?")
    with pytest.raises(KeyboardInterrupt), streaming:
        next(iter(streaming))
    assert state_of(conversation) == "interrupted"


def test_a_loop_that_is_left_early_closes_the_connection() -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    for _ in ask(conversation, client, "Hi?"):
        break
    assert state_of(conversation) == "interrupted"
    assert client.is_closed


def test_leaving_after_the_finish_reason_leaves_a_complete_answer() -> None:
    conversation = Conversation()
    with ask(conversation, FakeClient(*HI, Delta()), "Hi?") as deltas:
        assert any(delta.finish_reason for delta in deltas)
    assert state_of(conversation) == "complete"


def test_stopping_before_the_turn_is_entered_lets_nothing_come() -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    streaming = ask(conversation, client, "Hi?")
    streaming.stop()
    assert conversation.turns == ()
    assert streaming.read().text == ""
    assert state_of(conversation) == "interrupted"


def test_stopping_in_the_midst_keeps_what_has_come() -> None:
    conversation, client = Conversation(), FakeClient(*HI)
    with ask(conversation, client, "Hi?") as streaming:
        for _ in streaming:
            streaming.stop()
            assert state_of(conversation) == "interrupted"
    assert only_turn(conversation).reply.text == "Hel"
    assert client.is_closed


def test_stopping_after_the_end_changes_nothing() -> None:
    conversation = Conversation()
    streaming = ask(conversation, FakeClient(*HI), "Hi?")
    reply = streaming.read()
    streaming.stop()
    assert streaming.reply == only_turn(conversation).reply == reply


def test_an_error_that_stopping_caused_is_not_raised() -> None:
    conversation, client = Conversation(), FakeClient(Delta("H"))
    streaming = ask(conversation, client, "Hi?")
    client.streams[0].script = [Delta("H"), streaming.stop, ConnectionFailed("shut", "-")]
    client.streams[0].stop = lambda: None  # type: ignore[method-assign]  # it ends by an error
    assert (streaming.read().text, streaming.reply.state) == ("H", "interrupted")


def test_stopping_makes_the_turn_final_even_while_the_reader_is_stuck() -> None:
    conversation, free, stuck = Conversation(), Event(), Event()
    client = FakeClient(Delta("H"), stuck.set, lambda: free.wait(10), Delta("late"))
    streaming = ask(conversation, client, "Hi?")
    client.streams[0].stop = lambda: None  # type: ignore[method-assign]  # nothing wakes it
    reader = Thread(target=streaming.read)
    reader.start()
    assert stuck.wait(10)
    streaming.stop()
    reply = only_turn(conversation).reply
    assert (reply.text, reply.state) == ("H", "interrupted")
    free.set()
    reader.join(10)
    assert streaming.reply == only_turn(conversation).reply == reply
    assert client.is_closed


def test_a_turn_that_was_reset_while_it_streamed_stays_away() -> None:
    conversation = Conversation()
    with ask(conversation, FakeClient(*HI), "Hi?", system="new") as deltas:
        for _ in deltas:
            conversation.reset()
    assert conversation.turns == ()
    assert conversation.system is None


def test_parallel_turns_do_not_disturb_each_other() -> None:
    conversation = Conversation()
    with (
        ask(conversation, FakeClient(Delta("A"), Delta("!")), "a") as first,
        ask(conversation, FakeClient(Delta("B"), Delta("!")), "b") as second,
    ):
        pairs = list(zip(first, second, strict=False))
    assert len(pairs) == 2
    assert [turn.reply.text for turn in conversation.turns] == ["A!", "B!"]
