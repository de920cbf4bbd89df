"""Conversations without a client: prompts that are asked, varied and answered at once."""

from __future__ import annotations

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import END, Position, Turn
from secondme_magics.conversation.versions import START

ANSWER = Reply("answer", state="complete")


def say(
    conversation: Conversation, prompt: str, position: Position = END, reply: Reply = ANSWER
) -> Turn:
    """Ask `prompt` as a streaming turn does, and answer it."""
    turn = conversation.prepare(prompt, position)
    conversation.add(turn, position)
    return conversation.finish(turn, reply, position=position)


def vary(conversation: Conversation, number: int, prompt: str, reply: Reply = ANSWER) -> Turn:
    turn = next(each for each in conversation.turns if each.number == number)
    return say(conversation, prompt, Position(varies=turn), reply)


def prompts(conversation: Conversation) -> str:
    return " ".join(turn.prompt for turn in conversation.turns)


def said(words: str, reply: Reply = ANSWER) -> Conversation:
    conversation = Conversation()
    for word in words.split():
        say(conversation, word, reply=reply)
    return conversation


def versions(conversation: Conversation) -> list[tuple[int, int]]:
    return [version for _, version in conversation.versions]


def ways_at(conversation: Conversation, index: int) -> list[tuple[Turn, ...]]:
    """Return what may stand: with each way on from before the turn at `index`, the own first."""
    turns = conversation.turns
    after = turns[index - 1].number if index else START
    others = [way for point in conversation.points if point.after == after for way in point.others]
    return [turns, *((*turns[:index], *way) for way in others)]


def left_of(ways: list[tuple[Turn, ...]], index: int, tried: Turn) -> list[tuple[Turn, ...]]:
    """Return those of which one stands once another version, `tried`, has ended."""
    answered = [way for way in ways if any(turn.is_sent for turn in way[index:])]
    if tried.is_sent or not answered:
        return [(*ways[0][:index], tried)]
    return ways[:1] if ways[0] in answered else answered
