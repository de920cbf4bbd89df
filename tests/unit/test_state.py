"""What the notebook remembers, where a panel's messages come beside a running cell."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import TYPE_CHECKING

import pytest
from fake_client import begin
from IPython.core.interactiveshell import InteractiveShell

from secondme_magics.api.endpoint import Endpoint, parse_target
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.branches import retry, undo
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.lines import Options
from secondme_magics.notebook.panels import panels_of
from secondme_magics.notebook.state import NotebookState
from secondme_magics.notebook.talking import reset

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.api.client import Client


@pytest.fixture
def state() -> NotebookState:
    return NotebookState(SecondMe())


class Meeting(Endpoint):
    """Lets two threads look it up at the same moment, if nothing keeps one of them out."""

    barrier = Barrier(2)

    def __hash__(self) -> int:
        with suppress(BrokenBarrierError):
            self.barrier.wait(0.5)
        return 1


def test_two_threads_get_one_client(state: NotebookState) -> None:
    endpoint = Meeting("http://localhost:8002/chat", "second_me", "mine")
    clients: list[Client] = []
    threads = [
        Thread(target=lambda: clients.append(state.instances.client(endpoint))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(clients) == 2
    assert clients[0] is clients[1]
    state.close()


def test_a_conversation_is_kept_beside_one_that_has_taken_its_name(state: NotebookState) -> None:
    asked = Conversation("travel")
    of_a_panel = state.conversations.begin()
    state.conversations.rename(of_a_panel, "travel")
    state.conversations.keep(asked)
    assert state.conversations == {"travel": of_a_panel, "travel-2": asked}
    assert asked.name == "travel-2"
    state.conversations.keep(asked)
    assert len(state.conversations) == 2


def test_an_empty_conversation_gives_way_to_one_that_is_loaded(state: NotebookState) -> None:
    state.conversations.talk("a")
    empty = state.conversations.talk("travel")
    state.conversations.talk("z")
    loaded = Conversation("travel")
    assert state.take_in(loaded) == "travel"
    assert state.conversations["travel"] is loaded is not empty
    assert list(state.conversations) == ["a", "travel", "z"]


def test_one_in_which_a_panel_has_just_asked_does_not(state: NotebookState) -> None:
    talk = state.conversations.talk("travel")
    panels_of(state, InteractiveShell.instance()).board.start(talk)
    assert state.take_in(Conversation("travel")) == "travel-2"
    assert state.conversations.talk("travel") is talk


CHANGES: dict[str, Callable[[NotebookState], object]] = {
    "undo": undo,
    "reset": reset,
    "retry": lambda state: retry(state, Options()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_command_leaves_alone_what_a_panel_is_answering(
    state: NotebookState, change: Callable[[NotebookState], object]
) -> None:
    talk = state.conversations.talk()
    talk.finish(begin(talk, "one"), Reply("Hi", state="complete"))
    board = panels_of(state, InteractiveShell.instance()).board
    running = board.start(talk)
    with pytest.raises(ConfigurationError) as caught:
        change(state)
    assert caught.value.what == "an answer is still on its way"
    assert len(talk.turns) == 1
    board.end(running)
    change(state)


@pytest.mark.parametrize("target", ["http://demo:8002", "https://h.example/api/chat/demo"])
def test_who_is_merely_called_demo_is_asked_himself(state: NotebookState, target: str) -> None:
    state.instances.connect(parse_target(target))
    assert state.instances.endpoint() == parse_target(target)
    assert not panels_of(state, InteractiveShell.instance()).instance().is_demo


@pytest.mark.parametrize("typed", ["lama", "llama", "local-lama", "local_llama"])
def test_what_is_nearly_a_name_is_no_id_of_the_hosted_service(
    state: NotebookState, typed: str
) -> None:
    state.instances.connect(parse_target("http://localhost:8002"), "local-llama")
    with pytest.raises(ConfigurationError, match="no instance is called"):
        state.instances.endpoint(typed)
    assert state.instances.endpoint("12345").name == "12345"
