"""The notebook around a panel: who answers, which conversations there are, where it cannot be."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from IPython.core.interactiveshell import InteractiveShell

from secondme_magics.api.endpoint import parse_target
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.panels import Panels, open_panel
from secondme_magics.notebook.state import NotebookState
from secondme_magics.panel.host import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> NotebookState:
    for name in ("SECONDME_INSTANCE", "SECONDME_BASE_URL", "SECONDME_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return NotebookState(SecondMe())


@pytest.fixture
def panels(state: NotebookState) -> Panels:
    return Panels(state, InteractiveShell.instance())


@contextmanager
def refused(why: str) -> Iterator[None]:
    with pytest.raises(ConfigurationError) as caught:
        yield
    assert why in caught.value.what


def test_the_demo_answers_by_default_and_is_not_started_for_it(
    state: NotebookState, panels: Panels
) -> None:
    demo = Instance("demo", "", is_demo=True)
    assert panels.instance() == demo
    state.config.instance = "demo"
    assert panels.instance() == demo
    assert panels.suggestions()


@pytest.mark.usefixtures("no_thread_is_left")
def test_the_demo_that_is_connected_and_was_stopped_is_not_started_for_it(
    state: NotebookState, panels: Panels
) -> None:
    nobody = replace(parse_target("http://127.0.0.1:9"), name="demo", is_demo=True)
    state.instances.connect(nobody, "mine")
    assert panels.instance() == Instance("mine", "", is_demo=True)
    assert panels.suggestions()


def test_who_is_connected_answers(state: NotebookState, panels: Panels) -> None:
    state.instances.connect(parse_target("http://localhost:8002"), "mine")
    assert panels.instance() == Instance("mine", "http://localhost:8002", is_demo=False)
    assert panels.suggestions() == []


def test_a_server_that_is_no_second_me_is_known(state: NotebookState, panels: Panels) -> None:
    state.instances.connect(parse_target("http://localhost:11434/v1"), "llama", "llama3.2")
    assert not panels.instance().is_second_me
    assert panels.defaults().parameters.model == "llama3.2"


def test_who_cannot_be_named_is_no_reason_to_fail(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECONDME_INSTANCE", "not an id")
    assert panels.instance() == Instance("not an id", "", is_demo=False)


def test_what_the_config_says_holds_for_a_panel(state: NotebookState, panels: Panels) -> None:
    state.config.temperature, state.config.max_turns, state.config.timeout = 0.5, 3, 9.0
    state.config.extra = {"seed": 1}
    defaults = panels.defaults()
    assert defaults.parameters.extra == {"seed": 1}
    assert (defaults.parameters.temperature, defaults.last, defaults.timeout) == (0.5, 3, 9.0)


def test_a_new_conversation_of_a_panel_is_not_that_of_the_cells(
    state: NotebookState, panels: Panels
) -> None:
    state.conversations.talk()
    talk = panels.new()
    assert (talk.name, state.conversations.current) == ("conversation-2", "default")
    assert panels.use("conversation-2") is talk
    assert list(panels.conversations()) == ["default", "conversation-2"]
    with refused("no conversation is called nowhere"):
        panels.use("nowhere")


def test_a_conversation_is_renamed_for_cells_and_panels(
    state: NotebookState, panels: Panels
) -> None:
    talk, other = state.conversations.talk(), panels.new()
    panels.rename(talk, "travel")
    assert (talk.name, state.conversations.current) == ("travel", "travel")
    assert state.conversations.talk() is talk
    panels.rename(other, "other")
    assert (state.conversations.current, set(state.conversations)) == (
        "travel",
        {"travel", "other"},
    )
    with refused("a conversation travel is already there"):
        panels.rename(other, "travel")
    with refused("cannot be called 'a b'"):
        panels.rename(other, "a b")
    panels.rename(other, "other")
    assert set(state.conversations) == {"travel", "other"}


def test_a_terminal_has_no_panels(state: NotebookState) -> None:
    with refused("a chat panel needs a notebook"):
        open_panel(state, InteractiveShell.instance(), None)
    assert not state.conversations.talk().turns
