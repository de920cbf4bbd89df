"""What each message of a page does to its panel. The network is left to a worker."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

from secondme_magics.panel.worker import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.panel.incoming import Request
    from secondme_magics.panel.panel import Panel


def _ready(panel: Panel, _: Request) -> None:
    panel.tell_all()


def _ask(panel: Panel, request: Request) -> None:
    panel.put(Prompt(request.prompt, copy_context(), prompt_id=request.prompt_id))


def _unqueue(panel: Panel, _: Request) -> None:
    panel.unqueue()


def _stop(panel: Panel, _: Request) -> None:
    panel.stop()


ACTIONS: dict[str, Callable[[Panel, Request], None]] = {
    "ready": _ready,
    "ask": _ask,
    "unqueue": _unqueue,
    "stop": _stop,
}
