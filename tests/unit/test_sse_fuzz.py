"""The event-stream reader against a second, slow parser, on streams that nobody thought of."""

from __future__ import annotations

import random
from itertools import pairwise

from event_stream import parse_events
from hypothesis import given, settings
from hypothesis import strategies as st
from partners import TIMES

from secondme_magics.api.sse import iter_events

PIECES = [
    b"data", b"event", b"id", b"retry", b":", b": ", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r",
    b"\n\r\n", b"data: {}\n\n", b": heartbeat\n", b"\xef\xbb\xbf", b"\xef", b"\xbb", b"\xff",
    b"\xc3", b"\xe4\xbd", b"\xa0", "你".encode(), "😀".encode(), b"\xf0\x9f", b"\xe2\x80\xa8",
    b"\xc2\x85", b"\xed\xa0\x80", b"\x00", b"\x0b", b"\x1c", b"x", b"[DONE]", b"data:",
]  # fmt: skip


def expected(stream: bytes) -> list[tuple[str, str]]:
    """Return what the standard says, but for types that no terminal should get."""
    return [(kind if kind.isprintable() else "?", data) for kind, data in parse_events(stream)]


def read(chunks: list[bytes]) -> list[tuple[str, str]]:
    return [(event.event, event.data) for event in iter_events(chunks) if event is not None]


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.lists(st.integers(0, 200), max_size=6))
def test_any_stream_cut_anywhere_reads_as_the_standard_says(
    pieces: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(pieces)
    borders = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    chunks = [stream[start:stop] for start, stop in pairwise(borders)]
    assert read(chunks) == expected(stream)


def test_thousands_of_random_streams_read_alike() -> None:
    dice = random.Random(20_240_229)  # noqa: S311 - a fuzzer, no secret
    for _ in range(10_000 * TIMES):
        stream = b"".join(dice.choices(PIECES, k=dice.randrange(1, 30)))
        cuts = sorted(dice.choices(range(len(stream) + 1), k=dice.randrange(4)))
        borders = [0, *cuts, len(stream)]
        chunks = [stream[start:stop] for start, stop in pairwise(borders)]
        assert read(chunks) == expected(stream), chunks
