"""Bytes to server-sent events: the standard's examples and our own table, at every split."""

from __future__ import annotations

import logging
from itertools import repeat
from typing import TYPE_CHECKING

import pytest
from event_stream import parse_events

from secondme_magics.api.completions import LONGEST_ANSWER
from secondme_magics.api.sse import LONGEST_EVENT, LONGEST_STREAM, MOST_LINES, iter_events
from secondme_magics.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

MESSAGE = "message"


def read(chunks: Iterable[bytes]) -> list[tuple[str, str]]:
    return [(event.event, event.data) for event in iter_events(chunks) if event is not None]


# The first four are the examples of the standard's section 9.2.6.
TABLE: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "lines of data are joined": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [(MESSAGE, "YHOO\n+2\n10")],
    ),
    "comments, ids and a space that stays": (
        b": test stream\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
        [(MESSAGE, "first"), (MESSAGE, "second"), (MESSAGE, " third")],
    ),
    "data that is empty": (b"data\n\ndata\ndata\n\ndata:\n", [(MESSAGE, ""), (MESSAGE, "\n")]),
    "one space is taken away": (
        b"data:test\n\ndata: test\n\ndata:  test\n\n",
        [(MESSAGE, "test"), (MESSAGE, "test"), (MESSAGE, " test")],
    ),
    "types": (b"event: add\ndata: 1\n\ndata: 2\n\n", [("add", "1"), (MESSAGE, "2")]),
    "an empty type is a message": (b"event: a\nevent:\ndata: 1\n\n", [(MESSAGE, "1")]),
    "the last type counts": (b"event: a\nevent: b\ndata: 1\n\n", [("b", "1")]),
    "a type without data is no event": (b"event: a\n\ndata: 1\n\n", [(MESSAGE, "1")]),
    "a type that looks like a comment": (b"event: :\ndata: 1\n\n", [(":", "1")]),
    "a BOM at the start is dropped": (b"\xef\xbb\xbfdata: 1\n\n", [(MESSAGE, "1")]),
    "a second BOM makes another field": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n",
        [(MESSAGE, "2")],
    ),
    "a BOM later on too": (b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", [(MESSAGE, "1")]),
    "a BOM after a blank line is none": (b"\n\xef\xbb\xbfdata: 1\n\n", []),
    "a BOM before a comment": (b"\xef\xbb\xbf: hi\ndata: 1\n\n", [(MESSAGE, "1")]),
    "a BOM before a blank line": (b"\xef\xbb\xbf\ndata: 1\n\n", [(MESSAGE, "1")]),
    "bad UTF-8 becomes U+FFFD": (b"data: a\xffb\xc3\n\n", [(MESSAGE, "a\ufffdb\ufffd")]),
    "a surrogate in UTF-8 is none": (b"data: \xed\xa0\x80\n\n", [(MESSAGE, "\ufffd" * 3)]),
    "characters beyond ASCII": ("data: 你好 😀 é\n\n".encode(), [(MESSAGE, "你好 😀 é")]),
    "line ends of other standards are text": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [(MESSAGE, "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "blank lines at the start": (
        b"\n\n\ndata: 1\n\n\n\ndata: 2\n\n",
        [(MESSAGE, "1"), (MESSAGE, "2")],
    ),
    "a comment in the midst of an event": (b"data: 1\n: hi\ndata: 2\n\n", [(MESSAGE, "1\n2")]),
    "a comment right after an event": (
        b"data: 1\n\n: hi\ndata: 2\n\n",
        [(MESSAGE, "1"), (MESSAGE, "2")],
    ),
    "unknown fields": (b"foo: 1\ndata: 2\nDATA: 3\n data: 4\ndata : 5\n\n", [(MESSAGE, "2")]),
    "a field named like Python's own": (b"__class__: x\ndata: 1\n\n", [(MESSAGE, "1")]),
    "a type that would move a cursor": (
        b"event: \x1b[31m\ndata: 1\n\nevent: \xc2\x9b\ndata: 2\n\nevent: \xe2\x80\xae\ndata: 3\n\n",
        [("?", "1"), ("?", "2"), ("?", "3")],
    ),
    "a type that is no UTF-8": (b"event: a\xff\ndata: 1\n\n", [("a\ufffd", "1")]),
    "a retry that is no number": (b"retry: -5\ndata: 1\n\n", [(MESSAGE, "1")]),
    "a zero byte": (b"id: \x00\ndata: a\x00b\n\n", [(MESSAGE, "a\x00b")]),
    "a colon in the data": (b"data: a: b\n\n", [(MESSAGE, "a: b")]),
    "half an event at the end is dropped": (b"data: 1\n\ndata: 2\n", [(MESSAGE, "1")]),
    "half a line at the end is dropped": (b"data: 1\n\ndata: 2", [(MESSAGE, "1")]),
    "nothing": (b"", []),
}
ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize(("stream", "events"), TABLE.values(), ids=TABLE)
class TestTheTable:
    def test_holds_at_every_split(
        self, stream: bytes, events: list[tuple[str, str]], end: bytes
    ) -> None:
        stream = stream.replace(b"\n", end)
        for split in range(len(stream) + 1):
            assert read([stream[:split], stream[split:]]) == events
            assert read([stream[:split], b"", stream[split:]]) == events

    def test_holds_byte_by_byte(
        self, stream: bytes, events: list[tuple[str, str]], end: bytes
    ) -> None:
        stream = stream.replace(b"\n", end)
        assert read(bytes([byte]) for byte in stream) == events

    def test_agrees_with_the_slow_parser(
        self, stream: bytes, events: list[tuple[str, str]], end: bytes
    ) -> None:
        slowly = parse_events(stream.replace(b"\n", end))
        assert [(kind if kind.isprintable() else "?", data) for kind, data in slowly] == events


ERRORS: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "as llama.cpp sent it": (
        b'error: {"code": 400}\n\ndata: [DONE]\n\n',
        [("error", '{"code": 400}'), (MESSAGE, "[DONE]")],
    ),
    "after an event": (b"data: 1\n\nerror:2\n\n", [(MESSAGE, "1"), ("error", "2")]),
    "between events": (
        b"data: 1\n\nerror: 2\n\ndata: \x003\n\n",
        [(MESSAGE, "1"), ("error", "2"), (MESSAGE, "\x003")],
    ),
    "of another type": (b"event: x\nerror: 2\n\n", [("error", "2")]),
    "of two lines": (b"error: 1\nerror: 2\n\n", [("error", "1\n2")]),
    "with words in one line": (b"error:\nerror: 2\nerror\n\n", [("error", "2")]),
    "behind data": (b"data: 1\nerror: 2\n\n", [(MESSAGE, "1")]),
    "before data": (b"error: 2\nevent: x\ndata: 1\n\n", [("x", "1")]),
    "before data that is empty": (b"error: 2\ndata\n\n", [(MESSAGE, "")]),
    "without words": (b"error\n\nerror:\n\nevent: x\nerror: \n\n", []),
    "without words, behind data": (b"data: 1\nerror:\n\n", [(MESSAGE, "1")]),
    "of another name": (b"errors: 1\n error: 2\nerror : 3\ndata: 4\n\n", [(MESSAGE, "4")]),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize(("stream", "events"), ERRORS.values(), ids=ERRORS)
def test_a_field_error_makes_an_error_of_an_event_without_data(
    stream: bytes, events: list[tuple[str, str]], end: bytes
) -> None:
    stream = stream.replace(b"\n", end)
    for split in range(len(stream) + 1):
        assert read([stream[:split], stream[split:]]) == events
    assert read(bytes([byte]) for byte in stream) == events


def test_line_ends_may_be_mixed() -> None:
    stream = b"data: 1\r\ndata: 2\n\r\ndata: 3\r\rdata: 4\n\ndata: 5\r\n\rdata: 6\n\r"
    expected = [(MESSAGE, "1\n2"), *((MESSAGE, str(number)) for number in (3, 4, 5, 6))]
    for split in range(len(stream) + 1):
        assert read([stream[:split], stream[split:]]) == expected


@pytest.mark.parametrize(
    "stream", [b"data: 1\r\r", b"data: 1\n\n", b"data: 1\r\n\r\n", b"data: 1\r\n\n"]
)
def test_an_event_is_handed_over_with_its_last_byte(stream: bytes) -> None:
    handed: list[str] = []

    def chunks() -> Iterable[bytes]:
        for byte in stream:
            yield bytes([byte])
        handed.append("more was asked for")

    events = iter_events(chunks())
    assert next(events) is not None
    assert handed == []


COMMENTS = {
    "a line": [b": heartbeat #1\n"],
    "a line and a blank one": [b": heartbeat #1\n\n"],
    "without words": [b":\r"],
    "in two": [b": heart", b"beat\n"],
    "many at once": [b":\n" * 1000],
    "in an event": [b"data: 1\n:\n"],
    "after an event at once": [b"data: 1\n\n: x\n\n"],
    "after an event": [b"data: 1\n\n", b": x\n"],
}


@pytest.mark.parametrize("chunks", COMMENTS.values(), ids=COMMENTS)
def test_a_comment_is_a_sign_of_life_at_once(chunks: list[bytes]) -> None:
    assert [event for event in iter_events(chunks) if event is None] == [None]


@pytest.mark.parametrize("stream", [b": x\ndata: 1\n\n", b"data: 1\n: x\n\n"])
def test_an_event_is_sign_of_life_enough_for_the_comments_before_it(stream: bytes) -> None:
    assert None not in list(iter_events([stream]))


def test_a_server_cannot_fake_a_comments_mark() -> None:
    faked = [b"data\n\n", b"event: x\ndata\n\n", b"id: comment\ndata\n\n", b"data\nid: comment\n\n"]
    assert None not in list(iter_events(faked))


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
@pytest.mark.parametrize(
    "stream", [b"data: " + b"x" * 101 + b"\n\n", b"data: 12345\n" * 10 + b"\n", b"x" * 200]
)
def test_an_event_that_is_too_long_is_refused(stream: bytes, size: int) -> None:
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    with pytest.raises(ProtocolError, match="more than 100 bytes"):
        list(iter_events([b"data: 1\n\n", *chunks], longest=100))


def test_an_event_may_be_as_long_as_the_bound() -> None:
    stream = b"data: " + b"x" * (LONGEST_EVENT - 8) + b"\n\n"
    assert [len(event.data) for event in iter_events([stream]) if event] == [LONGEST_EVENT - 8]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("before", [b"", b"data: 0\n\n"], ids=["the first", "a later one"])
def test_the_bound_is_the_length_of_an_event_to_the_byte(before: bytes, end: bytes) -> None:
    stream = (before + b"data: 12\ndata: 3\n\n").replace(b"\n", end)
    for size in (1, 5, len(stream)):
        chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert len(list(iter_events(chunks, longest=17))) == 1 + bool(before)
        with pytest.raises(ProtocolError, match="more than 16 bytes"):
            list(iter_events(chunks, longest=16))


def test_a_line_as_long_as_the_bound_is_waited_for() -> None:
    assert list(iter_events([b"x" * 100], longest=100)) == []


def test_a_line_that_whole_events_left_behind_ends_with_the_next_byte() -> None:
    assert len(read([b"data: 1\n\ndata: 2", b"\n", b"\n"])) == 2


def test_many_events_may_be_longer_than_the_bound_together() -> None:
    assert len(list(iter_events([b"data: 1\n\n" * 100], longest=20))) == 100


def test_what_is_left_out_does_not_add_up_from_event_to_event() -> None:
    left_out = b"id: 123456\n\n" * 100
    assert len(list(iter_events([left_out + b"data: 123\n\n"], longest=11))) == 1
    with pytest.raises(ProtocolError, match="more than 9 bytes"):
        list(iter_events([b"id: 1\n\n" + b"data: 123\n\n"], longest=9))


def test_a_long_bound_is_told_in_groups_of_digits() -> None:
    for stream in (b"x" * 1_001, b"data: 1\n" * 126):
        with pytest.raises(ProtocolError, match="more than 1,000 bytes") as caught:
            list(iter_events([stream], longest=1_000))
        assert caught.value.hint == "This is no chat completion; check the address."


def test_fields_that_are_left_out_are_no_lines_of_an_event() -> None:
    for field in (b"abc: 1\n", b"dog: 1\n", b"id: 1\n", b"error:\n"):
        assert len(read([field * (MOST_LINES + 1) + b"data: 1\n\n"])) == 1


@pytest.mark.parametrize("size", [7, 1_000_000])
@pytest.mark.parametrize("begun", [b"", b"data: " + b"x" * 1_000])
def test_an_event_of_too_many_lines_is_refused(begun: bytes, size: int) -> None:
    """The reader copies all lines before at each: a megabyte of them would take seconds."""
    allowed = begun + b"data\n" * MOST_LINES + b"\n"
    for stream, outcome in ((allowed, 1), (b"data\n" + allowed, 0), (b"data:\r" + allowed, 0)):
        chunks = [begun, *_cut(stream.removeprefix(begun), size)]
        if outcome:
            assert len(read(chunks)) == outcome
        else:
            with pytest.raises(ProtocolError, match="more than 1,000 lines"):
                read(chunks)


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


NOTHING_NEW = {
    "comments": b": x\n" * 1_000,
    "blank lines": b"\n" * 1_000,
    "blank lines of another standard": b"\r" * 1_000,
    "empty events": b"data\n\n" * 1_000,
    "events without data": b"event: x\n\n" * 1_000,
    "unknown fields": b"foo: x\n\n" * 1_000,
    "a long line of a type": b"event: " + b"x" * 10_000 + b"\n\n",
    "many long lines": b"data: " + b"x" * 90_000 + b"\n" + b"data\n" * 900 + b"\n",
}


COSTS = {
    "a short event": (b"data: x\n\n", 2 * 128),
    "a short event of another standard": (b"data: x\r\r", 2 * 128),
    "a short event of a third": (b"data: x\r\n\r\n", 4 * 128),
    "a long event": (b"data: " + b"x" * 1_000 + b"\n\n", 1_008),
    "an event of many lines": (b"data: x\n" * 64 + b"\n", 65 * 128 + 8 * 64 * 64 // 128),
    "the same of another standard": (b"data: x\r" * 64 + b"\r", 65 * 128 + 8 * 64 * 64 // 128),
}


@pytest.mark.parametrize(("stream", "cost"), COSTS.values(), ids=COSTS)
def test_the_bound_of_a_stream_holds_to_the_byte(stream: bytes, cost: int) -> None:
    assert len(list(iter_events([stream], most=cost))) == 1
    assert len(list(iter_events([stream] * 3, most=3 * cost))) == 3
    with pytest.raises(ProtocolError, match="was left there") as caught:
        list(iter_events([stream], most=cost - 1))
    assert caught.value.hint.startswith("What came is kept.")


@pytest.mark.parametrize("chunk", NOTHING_NEW.values(), ids=NOTHING_NEW)
def test_what_adds_nothing_counts_until_too_much_came(chunk: bytes) -> None:
    most = 2_000_000
    events = iter_events(repeat(chunk, most // len(chunk) + 1), most=most)
    with pytest.raises(ProtocolError, match="was left there"):
        list(events)


def test_an_hour_of_heartbeats_is_not_too_long() -> None:
    a_second = b": heartbeat\n\n" * 100
    assert sum(1 for _ in iter_events(repeat(a_second, 3_600))) == 3_600


def test_an_answer_as_long_as_the_bound_fits_into_a_stream() -> None:
    delta = b'data: {"choices": [{"delta": {"content": "four"}}]}\n\n'.rjust(250)
    assert LONGEST_STREAM // max(len(delta), 2 * 128) >= LONGEST_ANSWER // 4


def test_nothing_that_moves_a_cursor_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fields = [b"\x1b[31m", b"\x1b[31m: 1", b"id: \x1b[31m", b"retry: \x1b[31m", b"event: \x1b[31m"]
    streams = [b"data: 1\n\n" + field + b"\n\n" for field in fields]
    streams += [field + b"\ndata: 1\n\n" for field in fields]
    assert len(read([*streams, b"".join(streams)])) == 15 + 5
    assert "Dispatching" in caplog.text
    assert "\x1b" not in caplog.text


@pytest.mark.growth
def test_the_work_is_linear_in_the_bytes() -> None:
    """A quadratic reader would take minutes for these, on a long line and on comments alone."""
    line = [b"data: ", *[b"x"] * 100_000, b"\n\n"]
    assert len(list(iter_events(line))) == 1
    assert len(list(iter_events([b":\n" * 1000] * 1000))) == 1000
