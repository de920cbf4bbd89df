"""Ten times the answer costs about ten times the work: counted in calls and bytes, not seconds."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.completions import iter_deltas
from secondme_magics.api.sse import iter_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

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
def test_ten_times_the_events_take_at_most_eleven_times_the_calls(
    chunks: Callable[[int], Iterator[bytes]],
) -> None:
    def read(events: int) -> int:
        return _calls(lambda: sum(1 for _ in iter_deltas(iter_events(chunks(events)))))

    read(10)
    assert read(2_000) <= 11 * read(200)


def test_an_event_takes_few_calls_from_its_bytes_to_its_delta() -> None:
    events = 1_000
    calls = _calls(lambda: sum(1 for _ in iter_deltas(iter_events(_one_event_per_chunk(events)))))
    assert calls <= 100 * events


def _calls(work: Callable[[], object]) -> int:
    """Return how many functions `work` calls, those written in C too."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
