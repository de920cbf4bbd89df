"""What a panel's transcript in a saved notebook brings back, beside what its cells hold."""

from __future__ import annotations

import json

import pytest
from publishing import transcript_of

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Turn
from secondme_magics.notebook.restoring import Restored, restore_conversations
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import metadata, render_plain


def restore(*cells: object) -> Restored:
    return restore_conversations(json.dumps({"nbformat": 4, "cells": list(cells)}).encode())


def said(restored: Restored) -> list[tuple[int, str, str]]:
    (conversation,) = restored.conversations
    return [(turn.number, turn.prompt, turn.reply.text) for turn in conversation.turns]


def talk(*turns: object, system: str | None = None) -> list[object]:
    return [{"conversation": "default", "system": system, "turns": list(turns)}]


def panel(talks: object) -> dict[str, object]:
    """Return the cell of a panel with its transcript."""
    output = {"data": {"text/plain": ""}, "metadata": {"secondme": {"transcript": talks}}}
    return {"id": "panel", "execution_count": 1, "outputs": [output]}


def retold(
    number: int, prompt: str = "Hi", text: str = "Hello", **about: object
) -> dict[str, object]:
    return {
        "turn": number, "prompt": prompt, "text": text, "state": "complete", "elapsed": 1,
        "finish_reason": "stop", "usage": None, "place": None, **about,
    }  # fmt: skip


def test_a_transcript_brings_back_what_was_asked_in_its_panel() -> None:
    restored = restore(panel(talk(retold(1), retold(2, "And?", "Yes"), system="Brief")))
    assert said(restored) == [(1, "Hi", "Hello"), (2, "And?", "Yes")]
    assert restored.conversations[0].system == "Brief"


def test_what_a_cell_holds_is_not_told_twice() -> None:
    place = {"cell": "a", "prompt": 1}
    about = {**retold(1), "conversation": "default", "place": 1}
    output = {"data": {"text/plain": "Hello"}, "metadata": {"secondme": about}}
    asked = {"id": "a", "execution_count": 1, "outputs": [output]}
    other = retold(1, "Hi, edited", "Hello", place=place)
    for first in (retold(1, place=place), retold(1), other):
        restored = restore(panel(talk(first, retold(2))), asked, panel(talk(first)))
        assert said(restored) == [(1, "Hi", "Hello"), (2, "Hi", "Hello")]


def test_an_answer_of_odd_characters_is_not_told_twice() -> None:
    """A cell keeps it without what a terminal obeys, and so does the transcript."""
    turn = Turn(1, "Hi", Reply("one\r\ntwo \x1b[31m\u202e", "", "complete", "stop"))
    below = transcript_of(Conversation("default", None, [turn]))
    outputs: list[dict[str, object]] = [
        {"data": data, "metadata": kept}
        for data, kept in zip(below.bundles, below.metadata, strict=True)
    ]
    plain = {"text/plain": render_plain(turn.reply)}
    outputs.append({"data": plain, "metadata": metadata(turn, Origin("demo", "default"))})
    restored = restore(*({"id": str(n), "outputs": [each]} for n, each in enumerate(outputs)))
    assert said(restored) == [(1, "Hi", "one\ntwo \u241b[31m")]


def test_turns_of_one_number_from_two_kernels_both_stay() -> None:
    restored = restore(panel(talk(retold(1, "old"))), panel(talk(retold(1, "new"))))
    assert said(restored) == [(1, "old", "Hello"), (2, "new", "Hello")]


def test_several_conversations_of_a_panel_come_back() -> None:
    talks = [
        {"conversation": name, "system": None, "turns": [retold(1, name)]} for name in ("a", "b")
    ]
    restored = restore(panel(talks))
    assert [talk.name for talk in restored.conversations] == ["a", "b"]


BAD_TRANSCRIPTS = {
    "no turns": ([{}], "a transcript has no turns"),
    "no talk": ([3], "a transcript has no turns"),
    "no turn": ([{"conversation": "a", "turns": [3]}], "a turn is not an object"),
    "no name": ([{"turns": [retold(1)]}], "no name that it can have"),
    "a bad name": ([{"conversation": "../a", "turns": [retold(1)]}], "no name that it can have"),
    "no number": ([{"conversation": "a", "turns": [retold(0)]}], "a turn has no number"),
    "a high number": ([{"conversation": "a", "turns": [retold(2_000_000)]}], "too high a number"),
    "an empty prompt": ([{"conversation": "a", "turns": [retold(1, " ")]}], "a prompt is empty"),
    "a bad system": (
        [{"conversation": "a", "system": 3, "turns": [retold(1)]}],
        "system is not text",
    ),
    "a bad place": (
        [{"conversation": "a", "turns": [retold(1, place={"cell": "a"})]}],
        "a turn has no number",
    ),
    "still streaming": (
        [{"conversation": "a", "turns": [retold(1, state="streaming")]}],
        "state is none of",
    ),
}


@pytest.mark.parametrize(("talks", "why"), BAD_TRANSCRIPTS.values(), ids=BAD_TRANSCRIPTS)
def test_what_is_wrong_in_a_transcript_is_left_out_and_told(talks: object, why: str) -> None:
    restored = restore(panel(talks))
    assert restored.conversations == ()
    assert why in restored.skipped[0]
