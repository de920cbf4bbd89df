"""The conversations of a notebook: by name, and which is current.

Knows neither the magics' syntax nor how anything is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import RLock

    from secondme_magics.conversation.conversation import Conversation


class Conversations(Mapping[str, "Conversation"]):
    """All conversations by name, in the order in which they began.

    Args:
        lock: Guards what cells and panels share.
    """

    current: str
    """The name of the current one, which need not have begun."""

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._by_name: dict[str, Conversation] = {}
        self.current = "default"

    def __getitem__(self, name: str) -> Conversation:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._by_name))  # a panel may begin one meanwhile

    def __len__(self) -> int:
        return len(self._by_name)

    def talk(self, name: str | None = None) -> Conversation:
        """Return the conversation called `name`, new if need be; without a name the current."""
        from secondme_magics.conversation.conversation import Conversation  # noqa: PLC0415 - not at loading

        with self._lock:
            name = name or self.current
            return self._by_name.setdefault(name, Conversation(name))

    def use(self, name: str) -> Conversation:
        """Make the conversation called `name` the current one.

        Raises:
            ConfigurationError: There is none of that name.
        """
        if name not in self._by_name:
            there = ", ".join(self._by_name) or "none yet"
            raise ConfigurationError(
                f"no conversation is called {name} (there: {there})",
                f"Start it with %secondme new {name}.",
            )
        self.current = name
        return self.talk()

    def new(self, name: str | None = None) -> Conversation:
        """Start a conversation and make it the current one.

        Raises:
            ConfigurationError: The name is taken.
        """
        with self._lock:
            if name in self._by_name:
                raise ConfigurationError(
                    f"a conversation {name} is already there",
                    f"Go on in it with %secondme use {name}, or choose another name.",
                )
            self.current = name or self._free_name()
            return self.talk()

    def begin(self) -> Conversation:
        """Return a new conversation, and let the current one stay so."""
        with self._lock:
            return self.talk(self._free_name())

    def fork(self, name: str) -> Conversation:
        """Copy the current conversation under another name, and make the copy the current one.

        Raises:
            ConfigurationError: The name is taken.
        """
        with self._lock:
            talk = self.talk()
            self.new(name)
            self._by_name[name] = copy = talk.copy(name)
            return copy

    def rename(self, conversation: Conversation, name: str) -> None:
        """Give `conversation` another name.

        Raises:
            ConfigurationError: The name is taken.
        """
        with self._lock:
            if self._by_name.get(name, conversation) is not conversation:
                raise ConfigurationError(
                    f"a conversation {name} is already there", "Choose another name."
                )
            is_current = self._by_name.get(self.current) is conversation
            others = [each for each in self._by_name.values() if each is not conversation]
            conversation.name = name
            self._by_name = {each.name: each for each in [*others, conversation]}
            self.current = name if is_current else self.current

    def keep(self, conversation: Conversation) -> None:
        """Remember `conversation` under its name, or under a free one if another has taken it."""
        with self._lock:
            if self._by_name.setdefault(conversation.name, conversation) is not conversation:
                conversation.name = self._free_name(f"{conversation.name[:50]}-")
                self._by_name[conversation.name] = conversation

    def replace(self, conversation: Conversation) -> None:
        """Put `conversation` in the place of the one that has its name."""
        with self._lock:
            self._by_name[conversation.name] = conversation

    def _free_name(self, start: str = "conversation-") -> str:
        number = 2
        while f"{start}{number}" in self._by_name:
            number += 1
        return f"{start}{number}"
