"""The client and a server that echoes keys, bends HTTP's rules, or never lets go."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from traceback import walk_tb
from typing import TYPE_CHECKING

import pytest
from clients import ask, ask_once, client_of, failure, stream_of
from scripted_server import (
    CLOSE,
    UNTIL_GONE,
    ScriptedServer,
    chunk,
    chunked,
    done,
    event,
    head,
    redirect,
    reply,
    sse,
)

from secondme_magics.api.endpoint import Key, Timeouts
from secondme_magics.api.refusal import LONGEST_BODY
from secondme_magics.errors import (
    ConnectionFailed,
    ProtocolError,
    ResponseTimeout,
    SecondMeError,
    StatusError,
)

if TYPE_CHECKING:
    import socket

    from scripted_server import Answer

pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")

SECRET = "sk-A1b2C3d4E5f6"  # noqa: S105 - a test's own
STREAM = ("Content-Type", "text/event-stream")


ECHO = f"Bearer {SECRET}"
LEAKY: dict[str, Answer] = {
    "closed": [CLOSE],
    "no answer": reply(ECHO.encode(), content_type="text/plain"),
    "refused": reply(ECHO.encode(), status=401),
    "reported": sse(event({"error": {"message": ECHO}})),
    "cut": sse(chunk("Half"), framing="close"),
}
UNENDING = reply(f'{{"echo": "{SECRET}"'.encode(), UNTIL_GONE, framing="close")


@pytest.mark.parametrize("name", LEAKY)
def test_no_variable_of_a_traceback_shows_the_key(name: str) -> None:
    with ScriptedServer(LEAKY[name], LEAKY[name]) as server:
        client = client_of(server.url, key=Key(SECRET))
        with pytest.raises(SecondMeError) as asked:
            ask(client)
        with pytest.raises(SecondMeError) as looked:
            client.get_json("/list")
    with pytest.raises(ConnectionFailed) as gone:
        ask(client)
    client.close()
    for each in (asked, looked, gone):
        assert_no_frame_shows_the_key(each.value)


def test_no_variable_of_a_traceback_shows_the_key_where_a_list_does_not_end() -> None:
    with ScriptedServer(UNENDING) as server:
        client = client_of(server.url, key=Key(SECRET))
        with pytest.raises(ResponseTimeout) as late:
            client.get_json("/list", seconds=0.3)
        client.close()
    assert_no_frame_shows_the_key(late.value)


def assert_no_frame_shows_the_key(error: BaseException | None) -> None:
    while error is not None:
        frames = [frame for frame, _ in walk_tb(error.__traceback__)]
        assert SECRET not in repr([frame.f_locals for frame in frames])
        error = error.__context__


@pytest.mark.parametrize("offset", [0, 1, 70, 230, 270, 290, 300, 4_090])
def test_a_key_in_a_servers_words_is_hidden_wherever_they_are_cut(offset: int) -> None:
    words = "x" * offset + SECRET
    answers: list[Answer] = [
        sse(event({"error": {"message": words}}), done),
        sse(event(words), done),
        reply(words.encode(), status=401, content_type="text/plain"),
        reply(f"<title>{words}</title>".encode(), content_type="text/html"),
        reply(words.encode(), content_type="text/plain"),
        reply(b"words", content_type=words),
        redirect(f"http://h/{words}"),
    ]
    for answer in answers:
        with ScriptedServer(answer) as server:
            error = failure(server.url, key=Key(SECRET))
        shown = f"{error}{error!r}{error.args}{getattr(error, 'body', '')}"
        assert "sk-" not in shown.lower()


def test_a_key_in_an_answer_is_hidden_too() -> None:
    with ScriptedServer(sse(chunk(f"It is {SECRET}."), done)) as server:
        assert ask_once(server.url, key=Key(SECRET)) == "It is •••."


SPREAD: dict[str, list[bytes]] = {
    "over the network": chunked(chunk(f"It is {SECRET}.") + done, 5),
    "over deltas": chunked(chunk("It is sk-A1b") + chunk("2C3d4E5") + chunk("f6.") + done),
    "in JSON's numbers": chunked(
        chunk(f"It is {SECRET}.").replace(b"sk-A", b"\\u0073k\\u002dA") + done
    ),
}


@pytest.mark.parametrize("body", SPREAD.values(), ids=SPREAD)
def test_a_key_that_is_spread_is_hidden_too(body: list[bytes]) -> None:
    answer: Answer = [
        head(200, [STREAM, ("Transfer-Encoding", "chunked")]),
        *body,
        b"0\r\n\r\n",
    ]
    with ScriptedServer(answer) as server:
        assert ask_once(server.url, key=Key(SECRET)) == "It is •••."


@pytest.mark.parametrize("kind", ["text", "thinking"])
@pytest.mark.parametrize("cut", [1, len(SECRET) // 2, len(SECRET)])
def test_a_key_that_is_spread_over_the_parts_of_a_whole_completion_is_hidden(
    cut: int, kind: str
) -> None:
    words = [f"It is {SECRET[:cut]}", f"{SECRET[cut:]}."]
    message = {"content": [{"type": kind, kind: each} for each in words]}
    answer = reply(json.dumps({"choices": [{"message": message}]}).encode())
    with (
        ScriptedServer(answer) as server,
        closing(client_of(server.url, key=Key(SECRET))) as client,
        stream_of(client) as deltas,
    ):
        said = "".join(f"{delta.content}{delta.reasoning}" for delta in deltas)
    assert said == "It is •••."


@pytest.mark.parametrize(
    "key", ["null", "stop", "1", "ollama", "data", "content", "reasoning", "x"]
)
def test_a_key_that_reads_like_a_part_of_an_answer_changes_none(key: str) -> None:
    words = "Put null, stop, 1, ollama or data into content: x."
    answer = sse(chunk(words), chunk("", finish_reason="stop"), done)
    with (
        ScriptedServer(answer) as server,
        stream_of(client_of(server.url, key=Key(key))) as deltas,
    ):
        came = list(deltas)
    assert "".join(delta.content for delta in came) == words
    assert [delta.finish_reason for delta in came if delta.finish_reason] == ["stop"]


@pytest.mark.parametrize("offset", [280, 295, LONGEST_BODY - 5])
def test_a_body_is_cut_after_the_key_in_it_is_hidden(offset: int) -> None:
    words = b"x" * offset + SECRET.encode() + b"y" * LONGEST_BODY
    with ScriptedServer(reply(words, status=500, content_type="text/plain")) as server:
        error = failure(server.url, key=Key(SECRET))
    assert isinstance(error, StatusError)
    assert SECRET[:3] not in f"{error}{error.body}"
    assert len(error.body) == LONGEST_BODY


def finish_again_and_again(connection: socket.socket) -> None:
    pause = threading.Event()
    while not pause.wait(0.02):
        connection.sendall(b"".join(chunked(chunk("x", finish_reason="stop"))))


ENDLESS: dict[str, Answer] = {
    "a finish reason again and again": [
        head(200, [STREAM, ("Transfer-Encoding", "chunked")]),
        finish_again_and_again,
    ],
    "silence after the finish reason": sse(chunk("x", finish_reason="stop"), UNTIL_GONE),
}


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_after_a_finish_reason_the_answer_ends_soon(answer: Answer) -> None:
    with ScriptedServer(answer) as server:
        text = ask_once(server.url, Timeouts(total=0.3, after_finish=30))
        assert server.gone.wait(10)
    assert set(text) == {"x"}


def test_the_total_bounds_the_body_of_an_error_too() -> None:
    with ScriptedServer([head(500, [("Content-Length", "9")]), b"half", UNTIL_GONE]) as server:
        error = failure(server.url, Timeouts(total=0.2))
    assert isinstance(error, (StatusError, ResponseTimeout))


BODY = chunk("Hello") + done
FRAMED: dict[str, Answer] = {
    "a length with a space": [head(200, [STREAM, ("Content-Length", f"{len(BODY)} ")]), BODY],
    "a length twice": [head(200, [STREAM, ("Content-Length", f"{len(BODY)}, {len(BODY)}")]), BODY],
    "chunked with a space": [
        head(200, [STREAM, ("Transfer-Encoding", "chunked ")]),
        *chunked(BODY, 7),
        b"0\r\n\r\n",
    ],
    "chunked in capitals": [
        head(200, [STREAM, ("Transfer-Encoding", "Chunked")]),
        *chunked(BODY, 7),
        b"0\r\n\r\n",
    ],
    **{
        f"packed as {coding}": sse(chunk("Hello"), done, headers=[("Content-Encoding", coding)])
        for coding in ("none", "utf-8", "UTF8", "identity", "")
    },
    "transferred as it is, until the end": [
        head(200, [STREAM, ("Transfer-Encoding", "identity")]),
        BODY,
        CLOSE,
    ],
    "transferred as it is, with a length": [
        head(200, [STREAM, ("Transfer-Encoding", "identity"), ("Content-Length", str(len(BODY)))]),
        BODY,
    ],
    "early hints": [head(103, [("Link", "</x>")]), *sse(chunk("Hello"), done)],
}


@pytest.mark.parametrize("answer", FRAMED.values(), ids=FRAMED)
def test_what_http_allows_is_read(answer: Answer) -> None:
    with ScriptedServer(answer) as server:
        assert ask_once(server.url) == "Hello"


MISFRAMED: dict[str, Answer] = {
    "two lengths": [head(200, [STREAM, ("Content-Length", "5, 6")]), BODY],
    "another coding": [head(200, [STREAM, ("Transfer-Encoding", "gzip, chunked")]), BODY],
    "packed as nobody asked": sse(BODY, headers=[("Content-Encoding", "zstd")]),
    "packed after a word that is none": sse(BODY, headers=[("Content-Encoding", "none, gzip")]),
    "chunked twice": [
        head(200, [STREAM, ("Transfer-Encoding", "chunked, chunked")]),
        *chunked(b"".join([*chunked(BODY), b"0\r\n\r\n"])),
        b"0\r\n\r\n",
    ],
    "chunked in two lines": [
        head(200, [STREAM, ("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")]),
        *chunked(BODY),
        b"0\r\n\r\n",
    ],
    "hints for ever": [head(103)] * 40,
}


@pytest.mark.parametrize("answer", MISFRAMED.values(), ids=MISFRAMED)
def test_what_http_forbids_is_an_error(answer: Answer) -> None:
    with ScriptedServer(answer) as server:
        assert isinstance(failure(server.url), (ProtocolError, StatusError))


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_is_not_waited_for(status: int) -> None:
    answer: Answer = [
        head(status, [("Transfer-Encoding", "chunked")]) + chunked(b"no body")[0],
        UNTIL_GONE,
    ]
    with ScriptedServer(answer) as server:
        error = failure(server.url, Timeouts(silence=30, total=30))
        assert server.gone.wait(10)
    assert isinstance(error, StatusError)
    assert (error.status, error.body) == (status, "")


def test_a_body_with_two_frames_is_read_by_its_chunks_and_ends_its_connection() -> None:
    both = [STREAM, ("Transfer-Encoding", "chunked"), ("Content-Length", "5")]
    answer: Answer = [head(200, both), *chunked(BODY), b"0\r\n\r\n"]
    with ScriptedServer(answer) as server:
        client = client_of(server.url)
        assert [ask(client), ask(client)] == ["Hello", "Hello"]
        client.close()
        assert server.connections == 2


def test_a_stop_after_the_last_word_is_too_late() -> None:
    lingering: Answer = [
        head(200, [STREAM, ("Transfer-Encoding", "chunked")]),
        *chunked(BODY),
        UNTIL_GONE,
    ]
    with ScriptedServer(lingering) as server:
        stream = stream_of(client_of(server.url))
        with stream as deltas:
            assert "".join(delta.content for delta in deltas) == "Hello"
            stream.stop()
