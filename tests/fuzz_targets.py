"""What must hold for any bytes at all: the targets that hypothesis and atheris fuzz."""

from __future__ import annotations

import json
import string
from types import SimpleNamespace
from typing import TYPE_CHECKING

from allowed_html import faults_of
from attacks import ATTACKS

from secondme_magics.api.completions import LONGEST_ANSWER, iter_completion, iter_deltas
from secondme_magics.api.sse import iter_events
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.reasoning import ReasoningSplitter
from secondme_magics.conversation.saving import parse_saved, to_saved
from secondme_magics.conversation.turns import Turn
from secondme_magics.errors import ConfigurationError, SecondMeError
from secondme_magics.markdown.blocks import MarkdownStream, render_markdown
from secondme_magics.notebook.prompts import interpolate
from secondme_magics.notebook.restoring import restore_conversations

if TYPE_CHECKING:
    from collections.abc import Callable

_HIDDEN = "hush-hush"


def _check(error: SecondMeError) -> None:
    assert len(str(error).splitlines()) == 2
    assert str(error).replace("\n", "").isprintable()


def fuzz_markdown(data: bytes) -> None:
    """Whatever comes, in whatever pieces, is safe HTML, and the same as when it comes at once."""
    size, text = 1 + data[0] % 64 if data else 1, data[1:].decode("utf-8", "replace")
    stream = MarkdownStream()
    shown: list[str] = []
    for start in range(0, len(text), size):
        shown += stream.feed(text[start : start + size])
        shown.append(stream.tail())
    shown += stream.finish()
    assert [faults_of(html) for html in shown if faults_of(html)] == []
    assert stream.whole() == render_markdown(text)
    assert len(stream.whole()) <= 40_000 + 10 * len(text)


def fuzz_reader(data: bytes) -> None:
    """Any bytes are an answer, or end in an error of two lines; no half character comes out."""
    size = 1 + data[0] if data else 1
    chunks = [data[start : start + size] for start in range(1, len(data), size)]
    splitter = ReasoningSplitter()
    length = 0
    try:
        for delta in iter_deltas(iter_events(chunks)):
            (delta.content + delta.reasoning).encode()
            length += len(delta.content)
            splitter.feed(delta.content)
    except SecondMeError as error:
        _check(error)
    splitter.flush()
    assert length <= LONGEST_ANSWER
    try:
        list(iter_completion(data.decode("utf-8", "replace")))
    except SecondMeError as error:
        _check(error)


def fuzz_interpolation(data: bytes) -> None:
    """A prompt gets the values that it names, and nothing that stands behind them."""
    text = data.decode("utf-8", "replace")
    hidden = SimpleNamespace(__secret=_HIDDEN, name="Ada")
    names = {"a": hidden, "b": "{c} {a}", "d": [1, [2]], "e": {"k": "{d}"}, "__c": _HIDDEN}
    try:
        prompt = interpolate(text, names)
    except ConfigurationError as error:
        _check(error)
        return
    assert _HIDDEN not in prompt.text.replace(repr(hidden), "")
    assert len(prompt.inserted) <= text.count("{")
    plain = set(text) - set(string.ascii_letters + string.digits + "{}[]'\".:!")
    assert plain <= set(prompt.text) or prompt.inserted


def fuzz_restore(data: bytes) -> None:
    """Any file is a notebook with conversations that can be gone on with, or is refused."""
    try:
        restored = restore_conversations(data)
    except ConfigurationError as error:
        _check(error)
        return
    for conversation in restored.conversations:
        conversation.messages("now")
        twin = parse_saved(to_saved(conversation))
        assert [turn.prompt for turn in twin.turns] == [t.prompt for t in conversation.turns]


def fuzz_load(data: bytes) -> None:
    """Any file is a conversation that is saved as it was loaded, or is refused."""
    try:
        conversation = parse_saved(data)
    except ConfigurationError as error:
        _check(error)
        return
    assert parse_saved(to_saved(conversation)).turns == conversation.turns


TARGETS: dict[str, Callable[[bytes], None]] = {
    "markdown": fuzz_markdown,
    "reader": fuzz_reader,
    "interpolation": fuzz_interpolation,
    "restore": fuzz_restore,
    "load": fuzz_load,
}

_KEPT = {"conversation": "a", "turn": 1, "state": "complete", "elapsed": 1, "prompt": "p"}
_OUTPUT = {"data": {"text/plain": ["x"]}, "metadata": {"secondme": _KEPT}}
_NOTEBOOK = {"nbformat": 4, "cells": [{"id": "c", "execution_count": 1, "outputs": [_OUTPUT]}]}
_CHUNK = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}

SEEDS: dict[str, list[bytes]] = {
    "markdown": [attack.encode("utf-8", "replace") for attack in ATTACKS.values()],
    "reader": [b"\x07data: " + json.dumps(_CHUNK).encode() + b"\n\ndata: [DONE]\n\n"],
    "interpolation": [b"{a.name!r:>9} {{b}} {d[1][0]} {e['k']} {__c} {a.__class__}"],
    "restore": [json.dumps(_NOTEBOOK).encode()],
    "load": [to_saved(Conversation("a", "b", [Turn(1, "p", Reply("x", "y", "complete"))]))],
}
"""What a target is given to begin with, to be changed."""
