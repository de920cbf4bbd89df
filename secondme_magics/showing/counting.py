"""How many there are of something, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation


def counted(number: int, noun: str) -> str:
    """Return `number` with `noun`, in the plural where there is not just one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def count_turns(conversation: Conversation) -> str:
    """Return how many turns `conversation` has."""
    return counted(len(conversation.turns), "turn")
