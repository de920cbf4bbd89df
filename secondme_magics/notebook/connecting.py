"""The commands that say whom the notebook talks to: connect, status."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from secondme_magics import __version__
from secondme_magics.api.endpoint import Key
from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.markdown.safety import clean_text
from secondme_magics.notebook.inquiries import has_own_model, wait_for_instance
from secondme_magics.notebook.lines import check_name
from secondme_magics.secondme import resolve_endpoint
from secondme_magics.showing.counting import count_turns, counted

if TYPE_CHECKING:
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.state import NotebookState


_GLIMPSE = 80
"""Characters that `status` shows of a system message."""


def connect(  # noqa: PLR0913 - a word and its options
    state: NotebookState,
    front: Front,
    target: str,
    *,
    name: str | None = None,
    model: str | None = None,
    key_env: str | None = None,
    wait: bool = False,
) -> None:
    """Make another instance the current one, and say which."""
    if name is not None:
        check_name(name, "an instance", taken=("demo",))
    key = None if key_env is None else Key(_variable(key_env), key_env)
    endpoint = state.instances.named.get(target)
    if endpoint is None:
        endpoint = resolve_endpoint(target, base_url=state.config.base_url, key=key)
    elif key is not None:
        endpoint = replace(endpoint, key=key)
    endpoint = state.instances.known(endpoint)
    if model is not None and endpoint.kind != "openai":
        raise has_own_model(endpoint)
    if wait:
        wait_for_instance(state, front, endpoint)
    before = state.instances.current
    state.instances.connect(
        endpoint, name or (target if target in state.instances.named else None), model
    )
    print(f"Prompts go to {state.instances.name_of(None, endpoint)} at {_address(endpoint)}")
    if endpoint.kind == "openai" and state.instances.model_of(None, endpoint) is None:
        print("It wants a model: name one with -m; %secondme models lists them.")
    talk = state.conversations.talk()
    sent = sum(turn.is_sent for turn in talk.turns)
    if sent and (before is None or before[1].origin != endpoint.origin):
        print(
            f"Conversation {talk.name} goes on there, and is sent along: {counted(sent, 'turn')}. "
            "%secondme new starts afresh."
        )


def _address(endpoint: Endpoint) -> str:
    """Return where `endpoint` answers, without a query, in which a key may stand."""
    return endpoint.url.partition("?")[0]


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:  # not shown: it may be the key itself, put in by its {name}
        raise ConfigurationError(
            "--key-env names no environment variable that is set",
            "Give the name of a variable that holds the key; set it before Jupyter starts, or in "
            "os.environ.",
        )
    return value


def status(state: NotebookState) -> None:
    """Print whom the notebook talks to, in which conversation."""
    conversation = state.conversations.talk()
    print(f"instance      {_whom(state)}")
    print(f"conversation  {conversation.name}, {count_turns(conversation)}")
    if conversation.system:
        print(f"system        {one_line(clean_text(conversation.system))[:_GLIMPSE]}")
    print(f"version       {__version__}")


def _whom(state: NotebookState) -> str:
    if state.instances.is_demo_by_default:
        return "demo, as nothing is connected; connect your own with %secondme connect TARGET"
    endpoint = state.instances.endpoint()
    key = "with a key" if endpoint.key else "without a key"
    model = state.instances.model_of(None, endpoint)
    asked = f"  model {model}" if model else ""
    return f"{state.instances.name_of(None, endpoint)}  {_address(endpoint)}  {key}{asked}"
