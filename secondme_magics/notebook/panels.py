"""The panels of a notebook: opened by `%secondme panel`, told of what the cells ask.

Gives a panel what it needs of the notebook; knows nothing of how it looks.
"""

from __future__ import annotations

import os
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakValueDictionary

from secondme_magics.conversation.messages import Parameters
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.lines import check_name
from secondme_magics.notebook.shells import in_notebook, insert_below
from secondme_magics.notebook.transcripts import Transcript
from secondme_magics.panel.board import Board
from secondme_magics.panel.host import Defaults, Instance, NamedRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.api.client import Client
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Place
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.panel.panel import Panel

SUBSHELLS = 7
"""The major version of ipykernel that hears a panel beside a running cell."""


_PANELS = ":panels"
"""In place of a conversation, whose name has no colon: the panels of a cell are counted apart."""


class Panels:
    """The open panels, and the notebook around them; a `Host`.

    Args:
        state: The notebook's instances and conversations.
        shell: Where the panels are shown.
    """

    def __init__(self, state: NotebookState, shell: InteractiveShell) -> None:
        self.board = Board(state.lock)
        self._state = state
        self._shell = shell
        self._shown: set[Panel] = set()
        self._was_kept = True
        self._at: WeakValueDictionary[Place, Panel] = WeakValueDictionary()
        self._transcripts: WeakKeyDictionary[Panel, Transcript] = WeakKeyDictionary()

    def open(self, name: str | None) -> Panel:
        """Open a panel on the conversation called `name`, or on the current one, and show it.

        A cell that is run again shows its own panel again.

        Raises:
            ConfigurationError: There is no notebook to show it in.
        """
        if not in_notebook(self._shell):
            raise ConfigurationError(
                "a chat panel needs a notebook", "Ask with %secondme PROMPT: it works here too."
            )
        from secondme_magics.panel.panel import Panel  # noqa: PLC0415 - costs anywidget

        place = self._state.places.next(self._shell, _PANELS)
        talk = self._state.conversations.talk(name)
        panel = self._at.get(place) if place else None
        if panel is None or not panel.can_show(talk):
            panel = Panel(self, talk)
        panel.show(talk)
        if place is not None:
            self._at[place] = panel
        self._shown.add(panel)
        self._publish(panel)
        publisher = self._shell.display_pub
        self._transcripts[panel] = Transcript(publisher, panel, self.board)
        self._write(panel)
        return panel

    def show_again(self, panel: Panel) -> None:
        """Show `panel` as a cell's result, unless the running cell has shown it."""
        if panel not in self._shown:
            self._publish(panel)

    def after_cell(self) -> None:
        """Tell all panels what a cell has changed."""
        self._shown.clear()
        is_forbidden = self._was_kept and not self.keeps_transcript
        self._was_kept = self.keeps_transcript
        for panel in list(self._transcripts):
            self._follow(panel)
            if is_forbidden:
                panel.unsave()
        self.board.refresh()
        for panel in list(self._transcripts):
            if not panel.is_busy:
                self._write(panel)

    def _follow(self, panel: Panel) -> None:
        """Let an empty panel show the conversation that has taken its name: one restored."""
        there = self._state.conversations.get(panel.conversation.name)
        if there is not None and not panel.conversation.turns and not panel.is_busy:
            panel.show(there)

    def close(self) -> None:
        """End all panels; what has come of their answers stays below them."""
        for panel in list(self._transcripts):
            panel.stop()
            self._write(panel)
            panel.close()

    def _publish(self, panel: Panel) -> None:
        self._shell.display_pub.publish(*panel.bundle())

    @cached_property
    def can_interrupt(self) -> bool:
        """Whether Stop is heard while a cell runs."""
        try:
            return int(version("ipykernel").partition(".")[0]) >= SUBSHELLS
        except (PackageNotFoundError, ValueError):
            return False

    @property
    def keeps_transcript(self) -> bool:
        """Whether what a panel shows may stay in the notebook's file."""
        return bool(self._state.config.keep_transcript)

    def instance(self) -> Instance:
        """Return who answers; the demo is not started for it, also where it has ended."""
        config, connected = self._state.config, self._state.instances.current
        if connected is not None and connected[1].is_demo:
            return Instance(connected[0], "", is_demo=True)
        named = config.instance or os.environ.get("SECONDME_INSTANCE")
        is_named_demo = connected is None and named == "demo"
        if self._state.instances.is_demo_by_default or is_named_demo:
            return Instance("demo", "", is_demo=True)
        try:
            endpoint = self._state.instances.endpoint()
        except ConfigurationError:
            return Instance(named or "?", "", is_demo=False)
        name = self._state.instances.name_of(None, endpoint)
        is_second_me = endpoint.kind == "second_me"
        return Instance(name, endpoint.origin, is_demo=endpoint.is_demo, is_second_me=is_second_me)

    def client(self) -> Client:
        """Return who brings prompts to the instance; this may start the demo."""
        return self._state.instances.client(self._state.instances.endpoint())

    def defaults(self) -> Defaults:
        """Return what `%config SecondMe` says."""
        config, current = self._state.config, self._state.instances.current
        parameters = Parameters(
            temperature=config.temperature,
            max_tokens=config.max_tokens,
            model=self._state.instances.model_of(None, current[1] if current else None),
            stream=config.stream,
            extra=config.extra,
        )
        return Defaults(parameters, config.max_turns, config.timeout)

    def suggestions(self) -> Sequence[str]:
        """Return prompts to begin with: the user's own, or the demo's."""
        own: list[str] = self._state.config.suggestions
        if own or not self.instance().is_demo:
            return own
        from secondme_magics.demo.answering import EXAMPLES  # noqa: PLC0415 - not at loading

        return EXAMPLES

    def conversations(self) -> Sequence[str]:
        """Return the names of all conversations."""
        return list(self._state.conversations)

    def use(self, name: str) -> Conversation:
        """Return the conversation called `name`; the cells stay in theirs."""
        if name not in self._state.conversations:
            raise ConfigurationError(
                f"no conversation is called {name}", "Choose one of the list, or start a new one."
            )
        return self._state.conversations.talk(name)

    def new(self) -> Conversation:
        """Return a new conversation; the cells stay in theirs."""
        return self._state.conversations.begin()

    def rename(self, conversation: Conversation, name: str) -> None:
        """Give `conversation` another name, for the cells too."""
        check_name(name, "a conversation")
        self._state.conversations.rename(conversation, name)

    def ask_roles(self) -> Sequence[NamedRole]:
        """Return the roles of the instance, asked for anew."""
        from secondme_magics.notebook.roles import look_up_roles  # noqa: PLC0415 - not at loading

        roles = look_up_roles(self._state.instances, self.client())
        return [NamedRole(role.id, role.name or role.id) for role in roles.listed] if roles else []

    def speakers(self, conversation: Conversation) -> dict[int, str]:
        """Return who answered in `conversation`, by the number of the turn."""
        return self._state.speakers(conversation)

    def next_cell(self, code: str) -> None:
        """Put `code` into a new cell once the next cell has run."""
        insert_below(self._shell, code)

    def keep(self, panel: Panel) -> None:
        """Show below `panel` what was said, so that it stays when the kernel is gone."""
        transcript = self._transcripts.get(panel)
        if transcript is not None and not panel.is_busy:
            transcript.show_soon(is_kept=self.keeps_transcript)

    def _write(self, panel: Panel) -> None:
        if transcript := self._transcripts.get(panel):
            transcript.show(is_kept=self.keeps_transcript)
        if panel.is_closed:
            self._transcripts.pop(panel, None)


def panels_of(state: NotebookState, shell: InteractiveShell) -> Panels:
    """Return the panels of the notebook, with none open at first."""
    if state.panels is None:
        state.panels = Panels(state, shell)
    return state.panels


def open_panel(state: NotebookState, shell: InteractiveShell, name: str | None) -> Panel:
    """Open a panel, and return it."""
    return panels_of(state, shell).open(name)
