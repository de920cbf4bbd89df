"""A front end that keeps what it is given, and what a panel's transcript gives it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from secondme_magics.notebook.transcripts import Transcript
from secondme_magics.panel.board import Board

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.panel.panel import Panel


class Published:
    """Keeps what a front end would show."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, str]] = []
        self.metadata: list[object] = []

    def publish(
        self, data: dict[str, str], metadata: object = None, *_: object, **__: object
    ) -> None:
        self.bundles.append(data)
        self.metadata.append(metadata)

    def clear_output(self, *_: object, **__: object) -> None:
        pass


def transcript_of(conversation: Conversation) -> Published:
    """Return what is published below a panel on `conversation`."""
    published = Published()
    panel = SimpleNamespace(conversation=conversation, was_heard=True, reloads=0, model_id="p")
    Transcript(published, cast("Panel", panel), Board()).show(is_kept=True)
    return published
