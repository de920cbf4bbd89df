"""A message beside deltas or in their place: its words are said once, and none is lost."""

from __future__ import annotations

import json
import tracemalloc
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.chunks import Chunks
from secondme_magics.api.completions import iter_deltas
from secondme_magics.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from secondme_magics.conversation.messages import Delta


def choice(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "finish_reason": None, **fields}]}


def iter_read(*chunks: object) -> Iterable[Delta]:
    data = [*map(json.dumps, chunks), "[DONE]"]
    return iter_deltas([SimpleNamespace(event="message", data=each) for each in data])


HELLO = choice(delta={"content": "Hello"})
WHOLE = {"role": "assistant", "content": "Hello", "reasoning_content": "hm"}
MESSAGES: dict[str, tuple[list[dict[str, object]], str]] = {
    "after its deltas": ([HELLO, choice(delta={}, message=WHOLE)], "Hello"),
    "after its deltas, without a delta": ([HELLO, choice(message=WHOLE)], "Hello"),
    "after a delta that thinks": (
        [choice(delta={"reasoning": "hm"}), HELLO, choice(delta={}, message=WHOLE)],
        "Hello",
    ),
    "beside each delta": (
        [
            choice(delta={"content": ""}, message={"content": ""}),
            choice(delta={"content": "Hel"}, message={"content": "Hel"}),
            choice(delta={"content": "lo"}, message={"content": "Hello"}),
            choice(delta={}, message=None, finish_reason="stop"),
        ],
        "Hello",
    ),
    "alone": ([choice(message=WHOLE)], "Hello"),
    "beside no delta": ([choice(delta=None, message=WHOLE)], "Hello"),
    "beside an empty delta": ([choice(delta={}, message=WHOLE)], "Hello"),
    "beside a delta without words": (
        [
            choice(delta={"role": "assistant", "content": ""}),
            choice(delta={"content": None}, message=WHOLE),
        ],
        "Hello",
    ),
    "piece by piece in the place of deltas": (
        [choice(message={"content": "Hel"}), choice(message={"content": "lo"})],
        "Hello",
    ),
    "the same piece twice in the place of deltas": (
        [choice(message={"content": "ha"}), choice(message={"content": "ha"})],
        "haha",
    ),
    "after deltas that only think": (
        [choice(delta={"reasoning": "hm"}), choice(message=WHOLE)],
        "Hello",
    ),
    "beside a delta that only thinks": (
        [choice(delta={"reasoning": "hm"}, message=WHOLE)],
        "Hello",
    ),
    "after a delta whose words it goes on with": (
        [choice(delta={"content": "Hel"}), choice(message={"content": "lo"})],
        "Hello",
    ),
    "after a delta whose words it repeats and goes on with": (
        [choice(delta={"content": "Hel"}), choice(message=WHOLE), choice(message=WHOLE)],
        "Hello",
    ),
    "after a delta of the same length": (
        [choice(delta={"content": "Hel"}), choice(message={"content": "lo."})],
        "Hello.",
    ),
    "that is none": (
        [choice(message=None), choice(delta=None, message=None), HELLO],
        "Hello",
    ),
    "after a delta that is only blank": (
        [choice(delta={"content": "\n"}), choice(message=WHOLE)],
        "\nHello",
    ),
    "after deltas that cut a character in two": (
        [
            choice(delta={"content": "Hi \ud83d"}),
            choice(delta={"content": "\ude00"}),
            choice(message={"content": "Hi \U0001f600"}),
        ],
        "Hi \U0001f600",
    ),
    "after a delta that ends within a character": (
        [choice(delta={"content": "Hi \ud83d"}), choice(message={"content": "Hi \U0001f600!"})],
        "Hi \U0001f600!",
    ),
}


@pytest.mark.parametrize(("chunks", "words"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_is_said_once(chunks: list[dict[str, object]], words: str) -> None:
    assert "".join(delta.content for delta in iter_read(*chunks)) == words


@pytest.mark.parametrize(
    ("thoughts", "reasoning"),
    [([], "hm"), (["hm"], "hm"), (["h"], "hm"), (["h", "m"], "hm"), (["Aha. "], "Aha. hm")],
)
def test_a_messages_reasoning_is_told_apart_from_its_content(
    thoughts: list[str], reasoning: str
) -> None:
    chunks = [choice(delta={"reasoning": thought}) for thought in thoughts]
    deltas = list(iter_read(*chunks, HELLO, choice(message=WHOLE)))
    assert "".join(delta.reasoning for delta in deltas) == reasoning
    assert "".join(delta.content for delta in deltas) == "Hello"


def test_a_delta_that_thinks_beside_its_message_is_said_once() -> None:
    [delta, *_] = iter_read(choice(delta={"reasoning": "hm"}, message=WHOLE))
    assert (delta.content, delta.reasoning) == ("Hello", "hm")


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_a_message_repeats_many_deltas(count: int) -> None:
    words = [f"{number} " for number in range(count)]
    chunks = [choice(delta={"content": word}) for word in words]
    message = choice(message={"content": "".join(words) + "and on"})
    deltas = list(iter_read(*chunks, message, message))
    assert "".join(delta.content for delta in deltas) == "".join(words) + "and on"


@pytest.mark.parametrize("message", ["x", [1], {"content": 5}])
def test_a_message_that_is_none_fails_no_answer_of_deltas(message: object) -> None:
    last = choice(delta={"content": "!"}, message=message)
    deltas = list(iter_read(HELLO, last, choice(message=message)))
    assert "".join(delta.content for delta in deltas) == "Hello!"
    for kind in ("content", "reasoning"):
        spoken = [choice(delta={kind: "x"})] * 100
        assert len(list(iter_read(*spoken, choice(message=message)))) > 100
    with pytest.raises(ProtocolError, match="no chat completion"):
        list(iter_read(choice(message=message), HELLO))


def test_what_deltas_said_is_not_kept_a_second_time() -> None:
    chunks = Chunks()
    tracemalloc.start()
    try:
        for number in range(2_000):
            chunks.parse(choice(delta={"content": f"{number:>1000}"}), "")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
