"""Ten times the answer costs about ten times the work: counted in calls and bytes, not seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from counting import calls_of

from secondme_magics.api.completions import iter_deltas
from secondme_magics.api.sse import iter_events
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.reasoning import ReasoningSplitter
from secondme_magics.conversation.turns import Turn
from secondme_magics.notebook.display import CellView
from secondme_magics.showing.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.growth

_CHUNK = {"choices": [{"index": 0, "delta": {"content": "word"}, "finish_reason": None}]}
_EVENT = b"data: " + json.dumps(_CHUNK).encode() + b"\n\n"


def _one_event_per_chunk(events: int) -> Iterator[bytes]:
    for _ in range(events):
        yield _EVENT
    yield b"data: [DONE]\n\n"


def _many_events_per_chunk(events: int) -> Iterator[bytes]:
    for _ in range(events // 50):
        yield _EVENT * 50
    yield b"data: [DONE]\n\n"


def _bytes_one_by_one(events: int) -> Iterator[bytes]:
    for chunk in _one_event_per_chunk(events):
        for byte in chunk:
            yield bytes([byte])


def _comments_without_an_event(events: int) -> Iterator[bytes]:
    for number in range(events):
        yield b": heartbeat #%d\n" % number
    yield b"\ndata: [DONE]\n\n"


def _one_long_event(events: int) -> Iterator[bytes]:
    yield b'data: {"choices": [], "padding": "'
    for _ in range(events):
        yield b"x" * 20
    yield b'"}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(
    "chunks",
    [
        _one_event_per_chunk,
        _many_events_per_chunk,
        _bytes_one_by_one,
        _comments_without_an_event,
        _one_long_event,
    ],
)
def test_ten_times_the_events_take_at_most_eleven_times_thecalls_of(
    chunks: Callable[[int], Iterator[bytes]],
) -> None:
    def read(events: int) -> int:
        return calls_of(lambda: sum(1 for _ in iter_deltas(iter_events(chunks(events)))))

    read(10)
    assert read(1_000) <= 11 * read(100)


def test_an_event_takes_few_calls_from_its_bytes_to_its_delta() -> None:
    events = 1_000
    calls = calls_of(lambda: sum(1 for _ in iter_deltas(iter_events(_one_event_per_chunk(events)))))
    assert calls <= 100 * events


def test_many_words_of_a_line_are_looked_at_together() -> None:
    assert calls_of(lambda: ReasoningSplitter().feed("boat " * 10_000)) <= 100


_SECTIONS = """\
Some words of the harbour and **more** of them, `code` too.

- a rope of two metres
- a lamp, see [the chart](https://example.org/chart)

| boat | crew |
| --- | ---: |
| Alba | 4 |

```python
print(sum(boats))  # all of them
```

"""

_FRAME = 320
"""Characters of an update, many deltas at once, so that the test is short."""


_MESSAGE = 650
"""Bytes of a message that says nothing yet."""


class _Publisher:
    """Counts what a front end would be told."""

    def __init__(self) -> None:
        self.messages = 0
        self.size = 0

    def publish(self, data: dict[str, str], *_: object, **__: object) -> None:
        self.messages += 1
        self.size += _MESSAGE + sum(map(len, data.values()))

    def clear_output(self, *_: object, **__: object) -> None:
        self.messages += 1


@pytest.mark.parametrize(
    ("opening", "repeated"),
    [
        pytest.param("", _SECTIONS, id="sections"),
        pytest.param("", "words and *more* words ", id="one paragraph"),
        pytest.param("", "- a rope of two metres\n", id="one list"),
        pytest.param("| boat | crew |\n| --- | --- |\n", "| Alba | 4 |\n", id="one table"),
        pytest.param("```python\n", "total += boats[n]  # all\n", id="one fence"),
    ],
)
def test_ten_times_the_answer_takes_at_most_twelve_times_the_bytes_to_show(
    opening: str, repeated: str
) -> None:
    def show(characters: int) -> _Publisher:
        return _show((opening + repeated * characters)[:characters])

    shorter, longer = show(8_000), show(80_000)
    assert longer.size <= 12 * shorter.size
    assert longer.messages <= 1.25 * (80_000 / _FRAME)


def _show(text: str) -> _Publisher:
    """Return what a cell's front end was told of `text`."""
    publisher = _Publisher()
    view = CellView(publisher, Origin("bench", "default"))
    for start in range(0, len(text), _FRAME):
        view.update(text[start : start + _FRAME], "")
    view.finish(Turn(1, "Tell me", Reply(text, state="complete", finish_reason="stop")))
    return publisher
