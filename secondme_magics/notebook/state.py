"""What the notebook remembers: instances and conversations by name, and which are current.

Knows neither the magics' syntax nor how anything is shown.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from difflib import get_close_matches
from threading import RLock
from typing import TYPE_CHECKING

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.places import Places

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.api.registry import Roles
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Place, Position, Turn
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.panels import Panels


@dataclass
class NotebookState:
    """One notebook's instances, conversations, and what its cells raised.

    Args:
        config: The defaults of `%config SecondMe`.
        instances: What `connect --name` gave a name.
        instance: Whom the notebook talks to, and what it is called; none until it connects.
        conversations: All conversations by name.
        conversation: The name of the current one.
        raised: What each cell raised, by the cell's number.
        tracebacks: The same with its traceback, where the error is not ours.
        shown: The replies that the running cell has shown.
        last_answered: What a cell asked last that was answered, and in which conversation.
        failed: The prompt that failed last where an earlier turn stands: the turns of its
            conversation, the prompt, and where it was asked.
        interrupted: Whether the running cell's answer was stopped.
        demo_was_named: Whether the reader was told that the demo answers.
        places: Knows where the running cell asks.
        inserted: The code that was put into a new cell last, by conversation and place.
        listed: The ids of the instances that were listed last.
        roles: The roles of each endpoint that was asked for them; none where it has no list.
        panels: The chat panels, once one was opened.
        lock: Guards all that cells and panels share: a panel's messages may come beside a cell.
    """

    config: SecondMe
    instances: dict[str, Endpoint] = field(default_factory=dict)
    instance: tuple[str, Endpoint] | None = None
    conversations: dict[str, Conversation] = field(default_factory=dict)
    conversation: str = "default"
    raised: dict[int, str] = field(default_factory=dict)
    tracebacks: dict[int, str] = field(default_factory=dict)
    shown: list[Reply] = field(default_factory=list)
    last_answered: tuple[Conversation, Turn] | None = None
    failed: tuple[tuple[Turn, ...], str, Position] | None = None
    interrupted: bool = False
    demo_was_named: bool = False
    places: Places = field(default_factory=Places)
    inserted: dict[tuple[str, Place], str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    roles: dict[Endpoint, Roles | None] = field(default_factory=dict)
    panels: Panels | None = None
    lock: RLock = field(default_factory=RLock, repr=False)
    _clients: dict[Endpoint, Client] = field(default_factory=dict)

    def endpoint(self, target: str | None = None) -> Endpoint:
        """Return where `target` answers; the current instance, or the default, without one.

        Raises:
            ConfigurationError: It names nothing to talk to.
        """
        from secondme_magics.secondme import resolve_endpoint  # noqa: PLC0415 - not at loading

        connected = self.instances.get(target) if target else self.instance and self.instance[1]
        if connected is not None and not connected.is_demo:  # which may have begun anew
            return connected
        if connected is not None:
            return resolve_endpoint("demo")
        if target and target != "demo":  # which is meant, however alike a name is
            self._check_spelling(target)
        return resolve_endpoint(target or self.config.instance, base_url=self.config.base_url)

    def _check_spelling(self, target: str) -> None:
        """Refuse what is nearly a name that was given: another's instance may have it as its id."""
        near = get_close_matches(target, self.instances, n=1, cutoff=0.6)
        near += [name for name in self.instances if target in name]
        if near:
            raise ConfigurationError(
                f"no instance is called {target!r}",
                f"Did you mean {near[0]}? It is connected. An id that is so alike needs its "
                "whole address.",
            )

    @property
    def is_demo_by_default(self) -> bool:
        """Whether nobody said whom to talk to, so that the demo answers."""
        said = (self.instance, self.config.instance, self.config.base_url)
        asked = (os.environ.get(f"SECONDME_{name}") for name in ("INSTANCE", "BASE_URL"))
        return not any(said) and not any(asked)

    def connect(self, endpoint: Endpoint, name: str | None = None) -> None:
        """Make `endpoint` the current instance, and remember it under `name` if there is one."""
        if name is not None:
            self.instances[name] = endpoint
        self.instance = (name or endpoint.name, endpoint)

    def client(self, endpoint: Endpoint) -> Client:
        """Return the client of `endpoint`, which keeps its connection from prompt to prompt."""
        from secondme_magics.api.client import Client  # noqa: PLC0415 - costs requests

        with self.lock:
            if endpoint not in self._clients:
                self._clients[endpoint] = Client(endpoint)
            return self._clients[endpoint]

    def name_of(self, target: str | None, endpoint: Endpoint) -> str:
        """Return what the user calls `endpoint`, which `target` led to."""
        if target in self.instances:
            return target
        if target is None and self.instance is not None:
            return self.instance[0]
        return endpoint.name

    def keep(self, conversation: Conversation) -> None:
        """Remember `conversation` under its name, or under a free one if another has taken it."""
        with self.lock:
            if self.conversations.setdefault(conversation.name, conversation) is not conversation:
                conversation.name = self._free_name(f"{conversation.name[:50]}-")
                self.conversations[conversation.name] = conversation

    def at_rest(self, conversation: Conversation) -> AbstractContextManager[None]:
        """Return a context in which no panel asks in `conversation`.

        Raises:
            ConfigurationError: On entering, if something is being answered in it.
        """
        return self.panels.board.at_rest(conversation) if self.panels else nullcontext()

    def talk(self, name: str | None = None) -> Conversation:
        """Return the conversation called `name`, new if need be; without a name the current."""
        from secondme_magics.conversation.conversation import Conversation  # noqa: PLC0415 - not at loading

        with self.lock:
            name = name or self.conversation
            return self.conversations.setdefault(name, Conversation(name))

    def new(self, name: str | None = None) -> Conversation:
        """Start a conversation and make it the current one.

        Raises:
            ConfigurationError: The name is taken.
        """
        with self.lock:
            if name in self.conversations:
                raise ConfigurationError(
                    f"a conversation {name} is already there",
                    f"Go on in it with %secondme use {name}, or choose another name.",
                )
            self.conversation = name or self._free_name()
            return self.talk()

    def begin(self) -> Conversation:
        """Return a new conversation, and let the current one stay so."""
        with self.lock:
            return self.talk(self._free_name())

    def rename(self, conversation: Conversation, name: str) -> None:
        """Give `conversation` another name.

        Raises:
            ConfigurationError: The name is taken.
        """
        with self.lock:
            if self.conversations.get(name, conversation) is not conversation:
                raise ConfigurationError(
                    f"a conversation {name} is already there", "Choose another name."
                )
            is_current = self.conversations.get(self.conversation) is conversation
            others = [each for each in self.conversations.values() if each is not conversation]
            conversation.name = name
            self.conversations = {each.name: each for each in [*others, conversation]}
            self.conversation = name if is_current else self.conversation

    def fork(self, name: str) -> Conversation:
        """Copy the current conversation under another name, and make the copy the current one.

        Raises:
            ConfigurationError: The name is taken.
        """
        with self.lock:
            talk = self.talk()
            self.new(name)
            self.conversations[name] = copy = talk.copy(name)
            return copy

    def take_in(self, conversation: Conversation) -> str:
        """Remember a conversation from elsewhere, and return its name: a free one, if need be."""
        with self.lock:
            there = self.conversations.get(conversation.name)
            if there is not None and not self._is_used(there):
                self.conversations[there.name] = conversation
            self.keep(conversation)
            return conversation.name

    def _is_used(self, conversation: Conversation) -> bool:
        is_said = bool(conversation.turns or conversation.system)
        return is_said or bool(self.panels and self.panels.board.running(conversation))

    def use(self, name: str) -> Conversation:
        """Make the conversation called `name` the current one.

        Raises:
            ConfigurationError: There is none of that name.
        """
        if name not in self.conversations:
            there = ", ".join(self.conversations) or "none yet"
            raise ConfigurationError(
                f"no conversation is called {name} (there: {there})",
                f"Start it with %secondme new {name}.",
            )
        self.conversation = name
        return self.talk()

    def note_error(self, number: int, summary: str, traceback: str = "") -> None:
        """Remember what the cell of `number` raised; an error of ours has no traceback."""
        self.forget_error(number)
        self.raised[number] = summary
        if traceback:
            self.tracebacks[number] = traceback

    def forget_error(self, number: int) -> None:
        """Forget what a cell raised: its number was given again."""
        self.raised.pop(number, None)
        self.tracebacks.pop(number, None)

    def close(self) -> None:
        """Close the panels and the connections that are kept, and end the demo instance."""
        if self.panels is not None:
            self.panels.close()
        if demo := sys.modules.get("secondme_magics.demo.instance"):
            demo.stop_shared_demo()
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self.interrupted = False
        self.shown.clear()

    def _free_name(self, start: str = "conversation-") -> str:
        number = 2
        while f"{start}{number}" in self.conversations:
            number += 1
        return f"{start}{number}"
