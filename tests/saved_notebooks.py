"""Saved notebooks whose outputs hold what `%secondme restore` reads, and what it makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from secondme_magics.notebook.restoring import (
    Restored,
    restore_conversations,
)

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation


def kept(number: object = 1, prompt: object = "Hi", **more: object) -> dict[str, object]:
    """Return what is kept of an answer."""
    whole = {
        "instance": "demo",
        "conversation": "default",
        "turn": number,
        "state": "complete",
        "finish_reason": "stop",
        "elapsed": 1.5,
        "usage": None,
        "prompt": prompt,
    }
    return {**whole, **more}


def output(about: object, text: object = "Yes") -> dict[str, object]:
    return {
        "output_type": "display_data",
        "data": {"text/plain": text},
        "metadata": {"secondme": about},
    }


def cell(*outputs: object, name: object = None) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": name,
        "source": "boom()",
        "outputs": list(outputs),
    }


def restore(*cells: object) -> Restored:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    return restore_conversations(json.dumps(notebook).encode())


def only(restored: Restored) -> Conversation:
    (conversation,) = restored.conversations
    return conversation


def said(conversation: Conversation) -> list[tuple[int, str, str]]:
    return [(turn.number, turn.prompt, turn.reply.text) for turn in conversation.turns]


def trunk(name: object = "default", revision: object = 2) -> list[dict[str, object]]:
    return [{"name": name, "revision": revision}]
