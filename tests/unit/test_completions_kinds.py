"""What a body is, told by its beginning."""

from __future__ import annotations

import pytest

from secondme_magics.api.completions import kind_of

KINDS = [
    (b"data: x", "", "events"),
    (b": hi", "text/plain", "events"),
    (b"foo: x", "text/event-stream", "events"),
    (b"\xef\xbb\xbf\r\n event:", "", "events"),
    (b"id: 1", "", "events"),
    (b"event: x", "", "events"),
    (b"retry: 1", "", "events"),
    (b"Xdata: x", "", "other"),
    (b"{", "text/event-stream", "json"),
    (b" \n{}", "text/html", "json"),
    (b"<html>", "text/event-stream", "other"),
    (b"denied", "text/plain", "other"),
    (b"", "text/event-stream", None),
    (b"\n\n", "text/event-stream", None),
    (b"da", "text/plain", None),
    (b"retry", "", None),
]


@pytest.mark.parametrize(("start", "content_type", "kind"), KINDS)
def test_a_bodys_beginning_tells_what_it_is(start: bytes, content_type: str, kind: object) -> None:
    assert kind_of(start, content_type) == kind
