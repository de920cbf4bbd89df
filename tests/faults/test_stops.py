"""Stop in each phase of an answer, again and again: it ends at once, and without a trace."""

from __future__ import annotations

import socket
import threading
import time
from statistics import median
from typing import TYPE_CHECKING

import pytest
from partners import NEXT, TIMES, Partner, first
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, chunked, head, heartbeat, reply, sse

from secondme_magics.api.endpoint import Timeouts
from secondme_magics.api.lever import DIALLING
from secondme_magics.conversation.asking import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripted_server import Answer

pytestmark = pytest.mark.usefixtures("nothing_is_left")

STOPS = 13 * TIMES
"""How often an answer is stopped in each of the phases: all in all, two hundred times in a row."""

HANGS = 10.0
"""Seconds after which a stop has failed; it takes milliseconds."""

AT_ONCE = 1.0
"""Seconds that most stops take at most, however busy the machine is."""

HALF = chunk("Half")

SILENT: dict[str, Answer] = {
    "no word": [UNTIL_GONE],
    "half a status": [b"HTTP/1.1 2", UNTIL_GONE],
    "half a header": [b"HTTP/1.1 200 OK\r\nContent", UNTIL_GONE],
    "silence": sse(heartbeat, UNTIL_GONE),
    "half a chunk": [
        head(200, [("Transfer-Encoding", "chunked")]),
        chunked(HALF)[0][:-9],
        UNTIL_GONE,
    ],
    "JSON": reply(b'{"choices"', UNTIL_GONE, framing="close"),
    "an error": reply(b'{"detail"', UNTIL_GONE, status=500, framing="close"),
    "a page": reply(b"<html>", UNTIL_GONE, content_type="text/html", framing="close"),
}
SPEAKING: dict[str, tuple[Answer, str, str]] = {
    "words": (sse(HALF, UNTIL_GONE), "interrupted", "Half"),
    "words until the end": (sse(HALF, UNTIL_GONE, framing="close"), "interrupted", "Half"),
    "after the last word": (
        sse(chunk("All", finish_reason="stop"), UNTIL_GONE),
        "complete",
        "All",
    ),
}


def stop(
    partner: Partner, reached: Callable[[threading.Event], object], prompt: str = "Hi"
) -> tuple[str, str, float]:
    """Ask, stop once `reached` returns, and return the state, the text, and how long it took.

    Args:
        partner: Who is asked.
        reached: Waits for the phase; it is given an event that is set when words have come.
        prompt: What is asked.
    """
    turn = ask(partner.conversation, partner.client, prompt)
    entered, came, ended = threading.Event(), threading.Event(), threading.Event()

    def read() -> None:
        with turn:
            entered.set()
            for delta in turn:
                if delta.content:
                    came.set()
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert entered.wait(HANGS)
    reached(came)
    begun = time.monotonic()
    turn.stop()
    final = turn.recorded.reply
    assert ended.wait(HANGS), "it did not end"
    seconds = time.monotonic() - begun
    reader.join()
    assert turn.recorded.reply == final, "it was not final when stop() returned"
    return final.state, final.text, seconds


def stop_again_and_again(
    url: str,
    reached: Callable[[threading.Event], object],
    *,
    left: Callable[[], object] = lambda: None,
    mend: Callable[[], object] | None = None,
    prompt: str = "Hi",
) -> set[tuple[str, str]]:
    """Return what came of it; once `mend` has mended the way, the next prompt is answered."""
    with Partner(url, Timeouts(connect=1)) as partner:
        stops = []
        for _ in range(STOPS):
            stops.append(stop(partner, reached, prompt))
            left()
        if mend is not None:
            mend()
            partner.goes_on()
    assert median(seconds for _, _, seconds in stops) < AT_ONCE
    return {(state, text) for state, text, _ in stops}


def stop_at_server(
    server: ScriptedServer,
    url: str,
    *,
    words: bool = False,
    mend: Callable[[], object] | None = lambda: None,
) -> set[tuple[str, str]]:
    def reached(came: threading.Event) -> None:
        assert (came if words else server.asked).wait(HANGS)
        server.asked.clear()

    def left() -> None:
        assert server.gone.wait(HANGS), "the connection lives on"
        server.gone.clear()

    return stop_again_and_again(url, reached, left=left, mend=mend)


@pytest.mark.parametrize("answer", SILENT.values(), ids=SILENT)
def test_before_a_word_came_stop_leaves_nothing(answer: Answer) -> None:
    with ScriptedServer(first(answer)) as server:
        assert stop_at_server(server, server.url) == {("interrupted", "")}


@pytest.mark.parametrize(("answer", "state", "text"), SPEAKING.values(), ids=SPEAKING)
def test_after_words_came_stop_keeps_them(answer: Answer, state: str, text: str) -> None:
    with ScriptedServer(first(answer)) as server:
        assert stop_at_server(server, server.url, words=True) == {(state, text)}


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """A server that accepts when it is told to, and never reads all or says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize(("scheme", "prompt"), [("https", "Hi"), ("http", "long " * 2_000_000)])
def test_in_a_handshake_and_while_a_long_prompt_is_sent_stop_ends_it(
    deaf: socket.socket, scheme: str, prompt: str
) -> None:
    def reached(_: threading.Event) -> None:
        connection, _address = deaf.accept()
        accepted.append(connection)
        assert connection.recv(1)

    def left() -> None:
        with accepted.pop() as connection:
            while connection.recv(1 << 20):
                pass

    accepted: list[socket.socket] = []
    url = f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}/chat"
    outcomes = stop_again_and_again(url, reached, left=left, prompt=prompt)
    assert outcomes == {("interrupted", "")}


def test_while_connecting_stop_ends_it() -> None:
    def reached(_: threading.Event) -> None:
        deadline = time.monotonic() + HANGS
        while not any(thread.name == DIALLING for thread in threading.enumerate()):
            assert time.monotonic() < deadline

    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),  # the queue is full now
    ):
        url = f"http://127.0.0.1:{full.getsockname()[1]}/chat"
        assert stop_again_and_again(url, reached) == {("interrupted", "")}


def test_while_a_name_is_looked_up_stop_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        asked.set()
        assert answered.wait(HANGS)
        raise socket.gaierror(socket.EAI_AGAIN, "unseen")

    def reached(_: threading.Event) -> None:
        assert asked.wait(HANGS)
        asked.clear()

    known = socket.getaddrinfo

    def loopback(_: str, port: int, *rest: int) -> object:
        return known("127.0.0.1", port, *rest)

    def mend() -> None:
        monkeypatch.setattr(socket, "getaddrinfo", loopback)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with ScriptedServer(NEXT) as server:
        url = f"http://second-me.example:{server.port}/chat"
        outcomes = stop_again_and_again(url, reached, mend=mend)
    answered.set()
    assert outcomes == {("interrupted", "")}


def test_while_a_proxy_thinks_stop_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([UNTIL_GONE]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        outcomes = stop_at_server(proxy, "https://second-me.example/chat", mend=None)
    assert outcomes == {("interrupted", "")}
    assert {request.method for request in proxy.requests} == {"CONNECT"}
