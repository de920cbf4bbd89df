"""Stop and Ctrl-C in each phase of an answer, again and again: it ends at once, without a trace."""

from __future__ import annotations

import gc
import signal
import socket
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
from partners import NEXT, TIMES, Partner, first
from roads import HANGS, STUCK, Road
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, chunked, head, heartbeat, reply, sse

from secondme_magics.api.endpoint import Timeouts
from secondme_magics.api.lever import DIALLING
from secondme_magics.conversation.asking import ask

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from scripted_server import Answer

pytestmark = pytest.mark.usefixtures("nothing_is_left")

TIMES_IN_A_PHASE = 13 * TIMES
"""How often an answer is ended in each phase: all in all, more than two hundred times in a row."""

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


class Ended(NamedTuple):
    """What is left of an answer that was ended early, and how long its end took."""

    state: str
    text: str
    seconds: float
    traceback: object = None
    """What a shell holds on to, and with it all that stands in its frames."""


Reached = Callable[[threading.Event], object]
"""Waits for a phase; it is given an event that is set when words have come."""

End = Callable[[Partner, Reached, str], Ended]
"""Asks a prompt, and ends its answer once the phase is reached."""


def stop(partner: Partner, reached: Reached, prompt: str) -> Ended:
    """Stop it from another thread than the one that reads."""
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
    return Ended(final.state, final.text, seconds)


def interrupt(partner: Partner, reached: Reached, prompt: str) -> Ended:
    """Press Ctrl-C while the main thread reads."""

    def press() -> None:
        reached(came)
        pressed.append(time.monotonic())
        while not heard.is_set():  # one that comes just before a thread sleeps does not wake it
            signal.pthread_kill(main, signal.SIGINT)
            heard.wait(0.01)

    def hear(*_: object) -> None:
        if not heard.is_set():
            heard.set()
            raise KeyboardInterrupt

    turn = ask(partner.conversation, partner.client, prompt)
    came, heard, pressed = threading.Event(), threading.Event(), list[float]()
    main = threading.get_ident()
    presser = threading.Thread(target=press)
    before = signal.signal(signal.SIGINT, hear)
    with pytest.raises(KeyboardInterrupt) as caught, turn:  # noqa: PT012 - it is read inside
        presser.start()
        for delta in turn:
            if delta.content:
                came.set()
    seconds = time.monotonic() - pressed[0]
    presser.join()
    signal.signal(signal.SIGINT, before)
    reply = turn.recorded.reply
    return Ended(reply.state, reply.text, seconds, caught.value)


@pytest.fixture(params=[stop, interrupt], ids=["stop", "Ctrl-C"])
def end(request: pytest.FixtureRequest) -> End:
    return cast("End", request.param)


def again_and_again(end: End, road: Road, reached: Reached) -> set[tuple[str, str]]:
    """Return what came of it; once the road is mended, the next prompt is answered."""
    with Partner(road.url, Timeouts(connect=1, total=3 * HANGS)) as partner:
        ends = []
        for _ in range(TIMES_IN_A_PHASE):
            ends.append(end(partner, reached, road.prompt))
            road.left()
        road.mend()
        partner.goes_on()
    assert median(each.seconds for each in ends) < AT_ONCE
    outcomes = {(each.state, each.text) for each in ends}
    ends.clear()
    gc.collect()  # a traceback and its frames hold each other
    return outcomes


def at_server(end: End, server: ScriptedServer, *, words: bool = False) -> set[tuple[str, str]]:
    def reached(came: threading.Event) -> None:
        assert (came if words else server.asked).wait(HANGS)
        server.asked.clear()

    def left() -> None:
        assert server.gone.wait(HANGS), "the connection lives on"
        server.gone.clear()

    return again_and_again(end, Road(server.url, left=left), reached)


@pytest.mark.parametrize("answer", SILENT.values(), ids=SILENT)
def test_before_a_word_came_a_stop_leaves_nothing(answer: Answer, end: End) -> None:
    with ScriptedServer(first(answer)) as server:
        assert at_server(end, server) == {("interrupted", "")}


@pytest.mark.parametrize(("answer", "state", "text"), SPEAKING.values(), ids=SPEAKING)
def test_after_words_came_a_stop_keeps_them(
    answer: Answer, state: str, text: str, end: End
) -> None:
    with ScriptedServer(first(answer)) as server:
        assert at_server(end, server, words=True) == {(state, text)}


def dials() -> Callable[[], None]:
    """Return what waits until we connect once more than when it waited the last time."""
    known: set[threading.Thread] = set()

    def wait() -> None:
        deadline = time.monotonic() + HANGS
        new: set[threading.Thread] = set()
        while not new:
            assert time.monotonic() < deadline
            new = {each for each in threading.enumerate() if each.name == DIALLING} - known
        known.update(new)

    return wait


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # ended, not closed
@pytest.mark.parametrize("stuck", STUCK.values(), ids=STUCK)
def test_on_its_way_a_stop_ends_it_and_the_mended_way_leads_on(
    stuck: Callable[[], AbstractContextManager[Road]], end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stuck() as road:
        for name, value in road.environment.items():
            monkeypatch.setenv(name, value)
        is_there = road.reached or dials()
        assert again_and_again(end, road, lambda _: is_there()) == {("interrupted", "")}


def test_while_a_name_is_looked_up_a_stop_ends_it(
    end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        outcomes = again_and_again(end, Road(url, mend), reached)
    answered.set()
    assert outcomes == {("interrupted", "")}
