"""Reruns, branches and limits of a conversation, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_client import FakeClient, begin

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.draft import Draft
from secondme_magics.conversation.messages import Delta, Reply
from secondme_magics.conversation.turns import Place, Position, Turn
from secondme_magics.errors import ConfigurationError, ProtocolError

if TYPE_CHECKING:
    from fake_client import Script

GOOD = Reply("answer", state="complete")


def conversation_of(*prompts: str) -> Conversation:
    turns = [Turn(i, text, GOOD, Place(text)) for i, text in enumerate(prompts, start=1)]
    return Conversation(turns=turns)


def prompts_of(conversation: Conversation) -> list[str]:
    return [turn.prompt for turn in conversation.turns]


def sent(conversation: Conversation, position: Position, *, afresh: bool = False) -> list[str]:
    messages = conversation.messages("now", position=position, afresh=afresh)
    return [message.content for message in messages if message.role == "user"]


def rerun(
    conversation: Conversation, cell: str, reply: Reply, *, truncates: bool = False
) -> Position:
    place = Place(cell)
    position = Position(place, conversation.at(place), truncates=truncates)
    turn = conversation.prepare("again", position)
    if position.replaces is None:
        conversation.add(turn)
    conversation.finish(turn, reply, position=position)
    return position


def test_a_place_finds_its_last_turn_and_nothing_else() -> None:
    conversation = conversation_of("a", "b")
    assert conversation.at(Place("a")) == conversation.turns[0]
    assert conversation.at(Place("a", 2)) is None
    conversation.add(conversation.prepare("from nowhere"))
    assert conversation.at(None) is None
    turn = conversation.prepare("more", Position(Place("a")))
    conversation.add(turn)
    assert conversation.at(Place("a")) == turn


def test_what_is_sent_is_what_stands_before_the_turn_that_is_replaced() -> None:
    conversation = conversation_of("a", "b", "c")
    position = Position(replaces=conversation.turns[1])
    assert sent(conversation, position) == ["a", "now"]
    assert sent(conversation, position, afresh=True) == ["now"]
    assert sent(conversation, Position(replaces=conversation.turns[1], continues=True)) == [
        "a",
        "b",
        "now",
    ]


REPLIES = {
    "complete": (GOOD, "again"),
    "interrupted": (Reply("ans", state="interrupted"), "again"),
    "interrupted before a word": (Reply("", state="interrupted"), "b"),
    "no text": (Reply(" ", state="complete"), "b"),
    "failed": (Reply("ans", state="failed"), "b"),
}


@pytest.mark.parametrize(("reply", "stands"), REPLIES.values(), ids=REPLIES)
def test_an_answer_gives_way_only_to_an_answer(reply: Reply, stands: str) -> None:
    conversation = conversation_of("a", "b", "c")
    rerun(conversation, "b", reply)
    assert prompts_of(conversation) == ["a", stands, "c"]
    assert [turn.number for turn in conversation.turns] == [1, 2, 3]


def test_a_failure_gives_way_to_a_failure() -> None:
    failed = Reply("", state="failed")
    conversation = Conversation(turns=[Turn(1, "a", failed, Place("a"))])
    rerun(conversation, "a", Reply("half", state="failed"))
    assert conversation.turns == (Turn(1, "again", Reply("half", state="failed"), Place("a"), 1),)


@pytest.mark.parametrize(("reply", "stands"), REPLIES.values(), ids=REPLIES)
def test_later_turns_go_only_once_there_is_an_answer(reply: Reply, stands: str) -> None:
    conversation = conversation_of("a", "b", "c")
    rerun(conversation, "b", reply, truncates=True)
    assert prompts_of(conversation) == (["a", "again"] if stands == "again" else ["a", "b", "c"])


def test_later_turns_stay_where_a_failure_gives_way_to_a_failure() -> None:
    failed = Reply("", state="failed")
    turns = [Turn(1, "a", failed, Place("a")), Turn(2, "b", failed, Place("b"))]
    conversation = Conversation(turns=turns)
    rerun(conversation, "a", failed, truncates=True)
    assert prompts_of(conversation) == ["again", "b"]


def test_a_failed_rerun_changes_neither_the_system_message_nor_the_turns_before() -> None:
    conversation = conversation_of("a", "b")
    turn = conversation.prepare("again", Position(replaces=conversation.turns[1]))
    conversation.finish(turn, Reply("", state="interrupted"), system="new", afresh=True)
    assert (conversation.system, prompts_of(conversation)) == (None, ["a", "b"])


def test_a_replaced_turn_that_was_reset_meanwhile_stays_away() -> None:
    conversation = conversation_of("a")
    turn = conversation.prepare("again", Position(replaces=conversation.turns[0]))
    conversation.reset()
    conversation.finish(turn, GOOD)
    assert conversation.turns == ()


LIMITS = {
    "none": (None, 0, ["a", "b", "c", "now"]),
    "many": (9, 0, ["a", "b", "c", "now"]),
    "two": (2, 1, ["b", "c", "now"]),
    "zero": (0, 3, ["now"]),
}


@pytest.mark.parametrize(("last", "left_out", "said"), LIMITS.values(), ids=LIMITS)
def test_only_the_last_turns_are_sent(last: int | None, left_out: int, said: list[str]) -> None:
    conversation = conversation_of("a", "b", "c")
    assert sent(conversation, Position(last=last)) == said
    assert conversation.left_out(Position(last=last)) == left_out


def test_a_turn_that_is_gone_on_with_is_always_sent() -> None:
    conversation = conversation_of("a", "b")
    position = Position(replaces=conversation.turns[1], continues=True, last=0)
    assert sent(conversation, position) == ["b", "now"]


def test_undo_takes_back_the_last_turns_and_no_more_than_there_are() -> None:
    conversation = conversation_of("a", "b", "c")
    for number in (0, 4, -1):
        with pytest.raises(ConfigurationError, match="has 3"):
            conversation.undo(number)
    assert [turn.prompt for turn in conversation.undo(2)] == ["b", "c"]
    assert prompts_of(conversation) == ["a"]
    assert begin(conversation, "d").number == 4


def test_a_copy_goes_its_own_way_and_leaves_out_what_is_being_said() -> None:
    conversation = conversation_of("a")
    begin(conversation, "b")
    copy = conversation.copy("branch")
    assert (copy.name, prompts_of(copy), copy.count) == ("branch", ["a"], 2)
    copy.undo()
    assert prompts_of(conversation) == ["a", "b"]


UNFINISHED = {
    "stopped": (Reply("half", state="interrupted"), True),
    "cut": (Reply("half", state="complete", finish_reason="length"), True),
    "complete": (Reply("all", state="complete", finish_reason="stop"), False),
    "failed": (Reply("half", state="failed", finish_reason="length"), False),
    "stopped before a word": (Reply("", state="interrupted"), False),
}


@pytest.mark.parametrize(("reply", "is_unfinished"), UNFINISHED.values(), ids=UNFINISHED)
def test_an_answer_can_be_gone_on_with_if_it_was_stopped_or_cut(
    reply: Reply, is_unfinished: bool
) -> None:
    assert Turn(1, "a", reply).is_unfinished is is_unfinished


def test_an_answer_that_is_gone_on_with_is_joined() -> None:
    half = Reply("Half", "hm", state="interrupted", finish_reason="length", first=1.0, elapsed=9.0)
    conversation = Conversation(turns=[Turn(1, "Hi", half, Place("a"))])
    client = FakeClient(Delta(" done"), Delta(finish_reason="stop"))
    position = Position(Place("a"), conversation.turns[0], continues=True)
    turn = ask(conversation, client, "Go on", position=position)
    assert turn.reply.text == "Half"
    reply = turn.read()
    assert (reply.text, reply.reasoning, reply.first) == ("Half done", "hm", 1.0)
    assert (reply.state, reply.finish_reason) == ("complete", "stop")
    assert reply.elapsed >= 9.0
    assert conversation.turns == (Turn(1, "Hi", reply, Place("a"), 1),)
    assert [message.content for message in client.messages] == ["Hi", "Half", "Go on"]


def test_a_draft_that_goes_on_begins_with_what_was_said() -> None:
    draft = Draft(Reply("one", "two", state="complete", finish_reason="length"))
    assert (draft.reply.text, draft.reply.reasoning, draft.reply.state) == (
        "one",
        "two",
        "streaming",
    )
    assert not draft.is_answered


HI = (Delta("Hel"), Delta("lo"), Delta(finish_reason="stop"))


@pytest.mark.parametrize(
    ("script", "texts", "system"),
    [(HI, ["Hello"], "new"), ([ProtocolError("no", "-")], ["Hello", ""], "old")],
    ids=["answered", "failed"],
)
def test_starting_afresh_takes_effect_only_with_an_answer(
    script: Script, texts: list[str], system: str
) -> None:
    conversation = Conversation(system="old")
    ask(conversation, FakeClient(*HI), "first").read()
    streaming = ask(conversation, FakeClient(*script), "second", system="new", afresh=True)
    try:
        streaming.read()
    except ProtocolError:
        assert streaming.reply.state == "failed"
    assert [turn.reply.text for turn in conversation.turns] == texts
    assert conversation.system == system
