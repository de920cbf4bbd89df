"""What the notebook remembers: whom it talks to, what was said, and what its cells did.

Knows neither the magics' syntax nor how anything is shown.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from secondme_magics.notebook.cell_errors import CellErrors
from secondme_magics.notebook.conversations import Conversations
from secondme_magics.notebook.instances import Instances
from secondme_magics.notebook.places import Places

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Place, Position, Turn
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.panels import Panels


@dataclass
class NotebookState:
    """One notebook's instances, conversations and panels, and what its cells did.

    Args:
        config: The defaults of `%config SecondMe`.
        lock: Guards all that cells and panels share: a panel's messages may come beside a cell.
        errors: What each cell raised.
        places: Knows where the running cell asks.
        shown: The replies that the running cell has shown.
        interrupted: Whether the running cell's answer was stopped.
        last_answered: What a cell asked last that was answered, and in which conversation.
        failed: The prompt that failed last where an earlier turn stands: the turns of its
            conversation, the prompt, and where it was asked.
        inserted: The code that was put into a new cell last, by conversation and place.
        saved: Which conversation was saved to each file, or loaded from it.
        panels: The chat panels, once one was opened.
        heard: Who answered in each conversation, by the turns' revisions.
    """

    config: SecondMe
    lock: RLock = field(default_factory=RLock, repr=False)
    instances: Instances = field(init=False)
    conversations: Conversations = field(init=False)
    errors: CellErrors = field(default_factory=CellErrors)
    places: Places = field(default_factory=Places)
    shown: list[Reply] = field(default_factory=list)
    interrupted: bool = False
    last_answered: tuple[Conversation, Turn] | None = None
    failed: tuple[tuple[Turn, ...], str, Position] | None = None
    inserted: dict[tuple[str, Place], str] = field(default_factory=dict)
    saved: dict[Path, Conversation] = field(default_factory=dict)
    panels: Panels | None = None
    heard: WeakKeyDictionary[Conversation, dict[int, str]] = field(
        default_factory=WeakKeyDictionary, repr=False
    )

    def __post_init__(self) -> None:
        self.instances = Instances(self.config)
        self.conversations = Conversations(self.lock)

    def at_rest(self, conversation: Conversation) -> AbstractContextManager[None]:
        """Return a context in which no panel asks in `conversation`.

        Raises:
            ConfigurationError: On entering, if something is being answered in it.
        """
        return self.panels.board.at_rest(conversation) if self.panels else nullcontext()

    def note_speaker(self, conversation: Conversation, turn: StreamingTurn, name: str) -> None:
        """Remember who answered `turn`, which has ended, or was never begun."""
        if turn.turn is not None:
            self.heard.setdefault(conversation, {})[turn.recorded.revision] = name

    def speakers(self, conversation: Conversation) -> dict[int, str]:
        """Return who answered in `conversation`, by the number of the turn, as far as is known."""
        heard = self.heard.get(conversation, {})
        in_cells = {
            turn.number: heard[turn.revision]
            for turn in conversation.turns
            if turn.revision in heard
        }
        in_panels = self.panels.board.speakers(conversation) if self.panels else {}
        return in_panels | in_cells

    def take_in(self, conversation: Conversation) -> str:
        """Remember a conversation from elsewhere, and return its name: a free one, if need be."""
        with self.lock:
            there = self.conversations.get(conversation.name)
            if there is not None and not self._is_used(there):
                self.conversations.replace(conversation)
            self.conversations.keep(conversation)
            return conversation.name

    def _is_used(self, conversation: Conversation) -> bool:
        is_said = bool(conversation.turns or conversation.system)
        return is_said or bool(self.panels and self.panels.board.running(conversation))

    def close(self) -> None:
        """Close the panels and the connections that are kept, and end the demo instance."""
        if self.panels is not None:
            self.panels.close()
        if demo := sys.modules.get("secondme_magics.demo.instance"):
            demo.stop_shared_demo()
        self.instances.close()
        self.interrupted = False
        self.shown.clear()
