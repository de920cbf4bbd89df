"""A prompt being answered in a thread of its own, so that no handler waits for the network.

The thread runs in the context of who asked: an ipykernel of today delivers a panel's messages by
it. Knows no widget.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from threading import Thread
from typing import TYPE_CHECKING

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.turns import END, Position
from secondme_magics.errors import SecondMeError
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.streaming import stream_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.panel.host import Host
    from secondme_magics.panel.running import RunningAnswer
    from secondme_magics.panel.settings import Settings


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is to be asked.

    Args:
        text: The user's message.
        position: Where in its conversation.
        prompt_id: The page's name for it, if a page asks.
        context: The context of who asks.
    """

    text: str
    context: Context
    position: Position = END
    prompt_id: str | None = None


class NoInterrupts:
    """A worker is never interrupted: it is stopped."""

    def welcome(self) -> AbstractContextManager[None]:
        """Let nothing be raised."""
        return nullcontext()


def run_in(context: Context, work: Callable[[], None]) -> None:
    """Do `work` in a thread of its own, in a copy of `context`."""
    Thread(target=context.copy().run, args=(work,), name="secondme-panel", daemon=True).start()


def answer(
    prompt: Prompt,
    host: Host,
    settings: Settings,
    running: RunningAnswer,
) -> SecondMeError | None:
    """Ask `prompt`, show its answer as it grows, and return what went wrong with it.

    If nothing was recorded, `running` has no turn.
    """
    try:
        defaults = host.defaults()
        model = defaults.parameters.model
        position = prompt.position._replace(last=defaults.last)
        turn = ask(
            running.conversation,
            host.client(),
            prompt.text,
            settings.applied_to(defaults.parameters),
            timeout=defaults.timeout,
            position=position,
        )
        origin = _origin(prompt, position, host, settings, running.conversation)
        running.attach(turn, replace(origin, model=model))
        stream_answer(turn, running.begin, NoInterrupts(), enough=running.enough)
    except SecondMeError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
        return _bug(error)
    return None


def _origin(
    prompt: Prompt, position: Position, host: Host, settings: Settings, conversation: Conversation
) -> Origin:
    messages = conversation.messages(prompt.text, position=position)
    return Origin(
        host.instance().name,
        conversation.name,
        role=settings.role_name,
        sent=sum(message.role == "assistant" for message in messages),
    )


def _bug(error: Exception) -> SecondMeError:
    return SecondMeError(
        f"this should not happen: {type(error).__name__}: {error}",
        "Try again; if it keeps failing, please report it with what you did.",
    )
