"""The texts of an answer: characters that came apart are joined, and all of it is bounded."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.completions import LONGEST_ANSWER, iter_deltas
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from secondme_magics.api.sse import ServerSentEvent


def event(value: object) -> ServerSentEvent:
    data = value if isinstance(value, str) else json.dumps(value)
    return SimpleNamespace(event="message", data=data)


def chunk(delta: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def read(*values: object) -> list[Delta]:
    return list(iter_deltas([*map(event, values), event("[DONE]")]))


def text_of(deltas: Iterable[Delta]) -> str:
    return "".join(delta.content for delta in deltas)


def test_a_surrogate_pair_that_came_apart_is_joined() -> None:
    parts = ['"a\\ud83d"', '""', '"\\ude00b"']
    data = [f'{{"choices": [{{"delta": {{"content": {part}}}}}]}}' for part in parts]
    assert [delta.content for delta in read(*data)] == ["a", "", "😀b"]


def test_content_and_reasoning_are_joined_apart() -> None:
    deltas = read(
        chunk({"content": "\ud83d", "reasoning": "\ud83d"}),
        chunk({"content": "\ude00"}),
        chunk({"reasoning": "x"}),
    )
    assert text_of(deltas) == "😀"
    assert "".join(delta.reasoning for delta in deltas) == "\ufffdx"
    assert read(chunk({"reasoning": "a\ud83d"})) == [Delta("", "a"), Delta("", "\ufffd")]


LONE = {
    "a first half at the end": (["a\ud83d"], "a\ufffd"),
    "a second half": (["\ude00a"], "\ufffda"),
    "two first halves": (["\ud83d", "\ud83d", "\ude00"], "\ufffd😀"),
    "a first half and a letter": (["\ud83d", "a"], "\ufffda"),
    "a BOM": (["\ufeffé"], "\ufeffé"),
    "the first of all pairs": (["\ud800", "\udc00"], "\U00010000"),
    "the last of all pairs": (["\udbff", "\udfff"], "\U0010ffff"),
}


@pytest.mark.parametrize(("parts", "text"), LONE.values(), ids=LONE)
def test_a_lone_surrogate_becomes_a_replacement(parts: list[str], text: str) -> None:
    assert text_of(read(*(chunk({"content": part}) for part in parts))) == text


def test_an_answer_is_bounded_and_what_came_is_kept() -> None:
    part = event(chunk({"content": "x" * (LONGEST_ANSWER // 4)}))
    deltas = iter_deltas([part] * 5)
    assert len(text_of(next(deltas) for _ in range(4))) == LONGEST_ANSWER
    with pytest.raises(ProtocolError) as caught:
        next(deltas)
    assert str(caught.value).splitlines() == [
        "the answer is longer than 4,194,304 characters, and was left there",
        "What came is kept. Ask for less, or set --max-tokens (or max_tokens=).",
    ]


@pytest.mark.parametrize(("content", "reasoning"), [(2, 0), (0, 2), (1, 1)])
def test_the_bound_is_the_length_of_an_answer_to_the_character(
    content: int, reasoning: int
) -> None:
    half = "x" * (LONGEST_ANSWER // 2)
    longest = chunk({"content": half * content, "reasoning": half * reasoning})
    assert len(read(longest)) == 1
    with pytest.raises(ProtocolError, match="longer than"):
        read(longest, chunk({"content": "y"}))
