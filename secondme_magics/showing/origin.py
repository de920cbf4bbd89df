"""Where an answer comes from, and how it is wanted. Light: it stands before the answer does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from secondme_magics.conversation.turns import END

if TYPE_CHECKING:
    from secondme_magics.conversation.turns import Position

Format = Literal["markdown", "text", "json", "code"]
"""How an answer may be shown."""

Metadata = dict[str, object]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer comes from, and how it is wanted.

    Args:
        instance: The name of who answers.
        conversation: The name of the conversation.
        format: How the answer is shown.
        is_kept: Whether the conversation keeps the turn.
        keeps_prompt: Whether the saved notebook keeps the prompt, and so what restores the turn.
        is_streamed: Whether it was asked for in pieces.
        model: The model that was asked for.
        role: The role that was asked.
        sent: How many earlier turns were sent with the prompt.
        inserted: What was put into the prompt, each by its name.
        inserts_code: Whether the answer's code goes into a new cell.
        has_cell: The code that such a cell has already, put there for the same prompt.
        notes: What the reader should know besides, a sentence each.
        position: Where in the conversation it was asked.
        besides: What the saved notebook keeps of the turn besides.
        otherwise: What it keeps in place of that where there is no answer or it did not stay.
    """

    instance: str
    conversation: str
    format: Format = "markdown"
    is_kept: bool = True
    keeps_prompt: bool = True
    is_streamed: bool = True
    model: str | None = None
    role: str | None = None
    sent: int = 0
    inserted: tuple[str, ...] = ()
    inserts_code: bool = False
    has_cell: str | None = None
    notes: tuple[str, ...] = ()
    position: Position = END
    besides: Metadata = field(default_factory=dict)
    otherwise: Metadata = field(default_factory=dict)


UNKNOWN = Origin("", "")
"""The origin of an answer of which no more is known."""
