"""Conversations without a client: prompts that are asked, varied and answered at once."""

from __future__ import annotations

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import END, Position, Turn

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
