from __future__ import annotations

from http.client import HTTPException, IncompleteRead
from io import BufferedReader, BytesIO
from string import ascii_letters, digits

import pytest

from secondme_magics.api import head
from secondme_magics.api.head import Head

LIMIT = 1_000
STATUS = b"HTTP/1.1 200 OK\r\n"


def stream_of(text: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(text))


def head_of(text: bytes) -> Head:
    return Head(stream_of(text))


def lines_of(text: bytes) -> list[bytes]:
    """Return the lines of `text`, which ends with its last line."""
    stream = stream_of(text)
    given, lines = Head(stream), []
    while stream.peek():
        lines.append(given.readline(LIMIT))
    return lines


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    "header",
    [
        b"A: b",
        b"A:",
        b"A:b: c",
        b"A: \xff",
        b"A: b@ c",
        b"A: b@\td",
        b"A: b@ c: d@ e",
    ],
)
def test_a_header_is_given_as_it_is(header: bytes, end: bytes) -> None:
    lines = [line + end for line in (b"HTTP/1.1 200", *header.split(b"@"), b"B: c", b"")]
    assert lines_of(b"".join(lines)) == lines


def test_a_name_has_no_other_character() -> None:
    headers = [b"A%cB: b\r\n" % byte for byte in range(256)]
    read = [header for header in headers if lines_of(STATUS + header + b"\r\n")[1] == header]
    names = "!#$%&'*+-.:^_`|~" + ascii_letters + digits  # before a colon stands another name
    assert [chr(header[1]) for header in read] == sorted(names)


@pytest.mark.parametrize(
    "line",
    [
        b"x",
        b": b",
        b"A b: c",
        b"A\xff: b",
        b"(A): b",
        b"A\r: b",
        b"x@ y",
        b"x@\ty: z@ a: b",
        b"\r",
        b" \r",
    ],
)
def test_what_is_no_header_is_left_out_with_what_goes_on_with_it(line: bytes) -> None:
    lines = line.replace(b"@", b"\r\n") + b"\r\n"
    kept = [STATUS, b"A: b\r\n", b"\r\n"]
    assert lines_of(STATUS + lines + kept[1] + kept[2]) == kept


def test_what_goes_on_with_the_first_line_is_left_out() -> None:
    assert lines_of(STATUS + b" a\r\n\tb: c\r\n\r\n") == [STATUS, b"\r\n"]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"A : b\r\n", b"A: b\r\n"),
        (b"A \t : b\r\n", b"A: b\r\n"),
        (b"A: b\rC: d\r\n", b"A: b C: d\r\n"),
        (b"A: b\r\r\n", b"A: b \r\n"),
        (b"A: \rb\rc\n", b"A:  b c\n"),
    ],
)
def test_a_header_in_another_form_is_given_as_http_client_reads_it(
    line: bytes, read: bytes
) -> None:
    assert lines_of(STATUS + line + b"\r\n") == [STATUS, read, b"\r\n"]


def test_an_interim_head_is_followed_by_another() -> None:
    interim = b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
    lines = [*interim.splitlines(keepends=True), STATUS, b"\r\n"]
    assert lines_of(interim + STATUS + b" x\r\n\r\n") == lines


def test_of_a_long_line_as_much_is_given_as_is_asked_for() -> None:
    given = head_of(STATUS + b"x" * LIMIT + b"\r\n")
    assert given.readline(LIMIT) == STATUS
    assert given.readline(LIMIT) == b"x" * LIMIT
    line = b"A: " + b"b" * (LIMIT - 6) + b"\r\n"
    assert lines_of(STATUS + line) == [STATUS, line]


@pytest.mark.parametrize("line", [b"", b"A: b", b"A: b\r"])
def test_a_head_that_breaks_off_is_none(line: bytes) -> None:
    given = head_of(STATUS + line)
    assert given.readline(LIMIT) == STATUS
    for each in (given, head_of(line)):
        with pytest.raises(IncompleteRead) as ended:
            each.readline(LIMIT)
        assert ended.value.partial == line


def test_so_much_comes_before_the_body_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_LONGEST", 50)
    for size, fits in ((50, True), (51, False)):
        text = b"HTTP/1.1 103\n\nHTTP/1.1 200\nx\n"
        given = head_of(text + b"B:" + b"c" * (size - len(text) - 3) + b"\n")
        for _ in range(3):
            given.readline(LIMIT)
        if fits:
            assert given.readline(LIMIT).startswith(b"B:")
        else:
            with pytest.raises(HTTPException, match="too much"):
                given.readline(LIMIT)


def test_it_closes_its_stream() -> None:
    stream = stream_of(STATUS)
    Head(stream).close()
    assert stream.closed
