"""What a panel needs of the notebook around it: who answers, and which conversations there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from secondme_magics.conversation.asking import Client
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Parameters
    from secondme_magics.panel.board import Board
    from secondme_magics.panel.panel import Panel


@dataclass(frozen=True, slots=True)
class Instance:
    """Who answers.

    Args:
        name: What the user calls it.
        origin: Where it lives; empty for the demo.
        is_demo: Whether it is the demo.
        is_second_me: Whether it has roles and notes of its own; another server has neither.
    """

    name: str
    origin: str
    is_demo: bool
    is_second_me: bool = True


@dataclass(frozen=True, slots=True)
class NamedRole:
    """A role as a picker shows it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a prompt if the panel's settings do not say it.

    Args:
        parameters: The request's optional fields.
        last: How many earlier turns are sent at most.
        timeout: Seconds for the whole answer.
    """

    parameters: Parameters
    last: int | None = None
    timeout: float | None = None


class Host(Protocol):
    """The notebook around a panel. Only `client` and `ask_roles` may take their time."""

    @property
    def board(self) -> Board:
        """Where the panel is noted."""

    @property
    def can_interrupt(self) -> bool:
        """Whether Stop is heard while a cell runs."""

    @property
    def keeps_transcript(self) -> bool:
        """Whether what a panel shows may stay in the notebook's file."""

    def instance(self) -> Instance:
        """Return who answers; nothing is started for it."""

    def client(self) -> Client:
        """Return who brings prompts to the instance; this may start it."""

    def defaults(self) -> Defaults:
        """Return what holds for a prompt."""

    def suggestions(self) -> Sequence[str]:
        """Return prompts to begin with."""

    def conversations(self) -> Sequence[str]:
        """Return the names of all conversations."""

    def use(self, name: str) -> Conversation:
        """Return the conversation called `name`.

        Raises:
            ConfigurationError: There is none.
        """

    def new(self) -> Conversation:
        """Return a new conversation."""

    def rename(self, conversation: Conversation, name: str) -> None:
        """Give `conversation` another name.

        Raises:
            ConfigurationError: It cannot be called so.
        """

    def ask_roles(self) -> Sequence[NamedRole]:
        """Return the roles of the instance, none if it has no list of them.

        Raises:
            SecondMeError: It gave no answer.
        """

    def speakers(self, conversation: Conversation) -> Mapping[int, str]:
        """Return who answered in `conversation`, by the number of the turn, as far as is known."""

    def next_cell(self, code: str) -> None:
        """Put `code` into a new cell once the next cell has run."""

    def keep(self, panel: Panel) -> None:
        """Note that what `panel` shows has changed, and that nothing of it grows."""
