"""Text that asks for more than it should: what it costs is counted, never timed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from allowed_html import faults_of
from counting import Parsing, calls_of
from pathological import PATTERNS, Pattern

from secondme_magics.conversation.turns import MOST_TRUNKS
from secondme_magics.markdown import budget
from secondme_magics.markdown.blocks import MarkdownStream, render_markdown
from secondme_magics.markdown.safety import sanitize
from secondme_magics.notebook.display import CellView, InlineView
from secondme_magics.notebook.kept_answers import HIGHEST_TURN
from secondme_magics.notebook.restoring import (
    MOST_CONVERSATIONS,
    MOST_SHARED,
    Restored,
    restore_conversations,
)
from secondme_magics.showing.insertion import LONGEST_UNNAMED, cell_code
from secondme_magics.showing.origin import Origin

if TYPE_CHECKING:
    from types import FrameType

SIZE = 3_000
STEP = 160


def streamed(text: str) -> MarkdownStream:
    stream = MarkdownStream()
    for start in range(0, len(text), STEP):
        stream.feed(text[start : start + STEP])
    stream.finish()
    return stream


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_what_an_answer_costs_grows_with_its_length(pattern: Pattern) -> None:
    text = pattern.grow(SIZE)
    with Parsing() as parsing:
        html = streamed(text).whole()
    assert len(html) <= budget.HTML_ALLOWANCE + budget.HTML_GROWTH * len(text)
    assert parsing.characters <= 8 * len(text) + 10_000
    assert parsing.tokens + parsing.quoted_lines <= budget.WORK_ALLOWANCE + 2 * len(text)
    assert faults_of(html) == []


def test_lines_in_many_quotes_are_read_as_often_as_they_are_worth() -> None:
    text = "> " * 14 + "a\n" * 20_000
    with Parsing() as parsing:
        html = render_markdown(text)
    assert parsing.quoted_lines <= budget.WORK_ALLOWANCE + len(text)
    assert "out of proportion" in html


BRACKETS = [name for name in PATTERNS if "brackets" in name or "images" in name]


@pytest.mark.parametrize("name", BRACKETS)
def test_brackets_are_looked_into_as_often_as_they_are_worth(name: str) -> None:
    """For each the parser looks for the end of a link, through twenty links within."""
    text = PATTERNS[name].grow(30_000)
    assert calls_of(lambda: render_markdown(text)) <= 900_000


@pytest.mark.parametrize("name", BRACKETS)
def test_an_update_looks_into_few_brackets(name: str) -> None:
    stream = MarkdownStream()
    stream.feed(PATTERNS[name].grow(1_100))
    assert calls_of(stream.tail) <= 60_000


@pytest.mark.parametrize("name", ["entities", "signs in a fence", "lines of signs in a fence"])
def test_no_long_text_is_handed_to_the_second_lock(name: str) -> None:
    """Its time grows with the square of one text that is full of entities."""
    longest = 0

    def see(frame: FrameType, event: str, _: object) -> None:
        nonlocal longest
        if event == "call" and frame.f_code is sanitize.__code__:
            longest = max(longest, len(frame.f_locals["html"]))

    text = PATTERNS[name].grow(150_000)
    sys.setprofile(see)
    try:
        html = render_markdown(text)
    finally:
        sys.setprofile(None)
    assert longest <= 100_000
    assert len(html) > len(text)


@pytest.mark.parametrize("kind", [CellView, InlineView])
def test_a_view_does_not_count_again_what_it_has_shown(
    kind: type[CellView | InlineView],
) -> None:
    def updates(number: int) -> int:
        sizes: list[int] = []
        view = kind(_Publisher(sizes), Origin("ada", "talk"))
        for _ in range(number):
            view.update("a word of many\n\n" * 20, "")
        return sum(sizes)

    assert updates(200) <= 12 * updates(20) + 400_000


class _Publisher:
    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def publish(self, data: dict[str, str], *_: object, **__: object) -> None:
        self._sizes.append(len(data["text/html"]))

    def clear_output(self, *_: object, **__: object) -> None:
        pass


def test_code_without_a_name_is_read_as_python_within_a_bound() -> None:
    short, long = "x = 1\n", "y = 1\n" * LONGEST_UNNAMED
    text = f"```\n{short}```\n\n```\n{long}```\n"
    assert cell_code(text) == "x = 1"
    assert cell_code(text.replace("```\ny", "```py\ny")).startswith("y = 1")


def answers(number: int, **kept: object) -> bytes:
    """Return a notebook of so many answers, each asked again in a place of its own."""
    outputs = []
    for turn in range(1, number + 1):
        about = {
            "conversation": f"c{turn}",
            "turn": turn,
            "state": "complete",
            "elapsed": 1,
            "prompt": "p",
            "revises": f"cell {turn}",
            **kept,
        }
        outputs.append({"data": {"text/plain": "x"}, "metadata": {"secondme": about}})
    cells = [{"id": "a", "execution_count": 1, "outputs": outputs}]
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def test_a_notebook_of_many_answers_asked_again_is_restored_in_one_pass() -> None:
    compared = 0

    def see(frame: object, event: str, _: object) -> None:
        nonlocal compared
        code = getattr(frame, "f_code", None)
        compared += event == "call" and getattr(code, "co_name", "") == "__eq__"

    content = answers(2_000, conversation="default")
    sys.setprofile(see)
    try:
        (talk,) = restore_conversations(content).conversations
    finally:
        sys.setprofile(None)
    assert len(talk.turns) == 2_000
    assert compared <= 20_000


def test_a_transcript_of_many_answers_to_one_turn_is_restored_in_one_pass() -> None:
    turn = {"turn": 1, "prompt": "p", "state": "complete", "elapsed": 1}
    turns = [{**turn, "text": f"{number}"} for number in range(2_000)]
    transcript = [{"conversation": "default", "turns": turns}]
    output = {"data": {}, "metadata": {"secondme": {"transcript": transcript}}}
    content = json.dumps({"nbformat": 4, "cells": [{"outputs": [output]}]}).encode()
    restored: list[Restored] = []
    assert calls_of(lambda: restored.append(restore_conversations(content))) <= 400_000
    assert [len(talk.turns) for talk in restored[0].conversations] == [2_000]


def test_branches_of_a_long_conversation_do_not_multiply_it_without_bound() -> None:
    trunk = json.loads(answers(9_000, conversation="trunk", revision=1))
    trunks = [{"name": "trunk", "revision": 1}] * MOST_TRUNKS
    branches = json.loads(answers(200, turn=HIGHEST_TURN, trunks=trunks))
    trunk["cells"] += branches["cells"]
    restored = restore_conversations(json.dumps(trunk).encode())
    talks = restored.conversations
    assert len(talks) == 201
    assert 18_000 < sum(len(talk.turns) for talk in talks) <= 9_000 + MOST_SHARED + 200
    cut = sum(len(talk.turns) == 1 for talk in talks)
    assert len([each for each in restored.skipped if "parted from is too long" in each]) >= cut > 0


def test_a_notebook_has_so_many_conversations_and_no_more() -> None:
    restored = restore_conversations(answers(MOST_CONVERSATIONS + 3))
    assert len(restored.conversations) == MOST_CONVERSATIONS
    assert restored.skipped == ("cell 1: there are too many conversations",) * 3
