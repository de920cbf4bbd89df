"""A connection can be ended from another thread, whatever it is doing."""

from __future__ import annotations

import socket
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as DialTimeout
from threading import Event, Thread, current_thread
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.lever import Cut, Lever

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lever() -> Iterator[Lever]:
    lever = Lever()
    yield lever
    lever.release()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_cut_wakes_whoever_reads(lever: Lever, pair: tuple[socket.socket, socket.socket]) -> None:
    lever.hold(pair[0])
    Thread(target=lever.cut, args=("stopped",)).start()
    assert pair[0].recv(1) == b""
    assert lever.why == "stopped"


def test_a_time_that_runs_out_cuts(lever: Lever, pair: tuple[socket.socket, socket.socket]) -> None:
    lever.cut_after(3600, "never")
    lever.cut_after(0.01, "late")
    lever.hold(pair[0])
    assert pair[0].recv(1) == b""
    assert lever.why == "late"


def test_the_first_reason_stays_and_a_second_cut_does_no_harm(
    lever: Lever, pair: tuple[socket.socket, socket.socket]
) -> None:
    lever.hold(pair[0])
    pair[0].close()
    pair[1].close()
    lever.cut("stopped")
    lever.cut("late")
    assert lever.why == "stopped"


def test_after_a_cut_nothing_begins(
    lever: Lever, pair: tuple[socket.socket, socket.socket]
) -> None:
    lever.cut("stopped")
    for begin in (
        lever.check,
        lambda: lever.hold(pair[0]),
        lambda: lever.dial(lambda: pair[0], 1),
    ):
        with pytest.raises(Cut) as caught:
            begin()
        assert caught.value.why == "stopped"


def test_a_released_connection_is_not_cut(
    lever: Lever, pair: tuple[socket.socket, socket.socket]
) -> None:
    lever.hold(pair[0])
    lever.release()
    lever.cut("stopped")
    pair[0].sendall(b"x")
    assert pair[1].recv(1) == b"x"


def test_dialling_returns_the_connection(
    lever: Lever, pair: tuple[socket.socket, socket.socket]
) -> None:
    assert lever.dial(lambda: pair[0], None) is pair[0]


def test_what_dialling_raises_is_raised_here(lever: Lever) -> None:
    def refuse() -> socket.socket:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        lever.dial(refuse, 5)


class Slow:
    """Connects when it is told to."""

    def __init__(self, connection: socket.socket, error: BaseException | None = None) -> None:
        self.connection = connection
        self.error = error
        self.begun = Event()
        self.go = Event()
        self.thread: Thread | None = None

    def connect(self) -> socket.socket:
        self.thread = current_thread()
        self.begun.set()
        self.go.wait()
        if self.error is not None:
            raise self.error
        return self.connection

    def finish(self) -> None:
        self.begun.wait()
        self.go.set()
        assert self.thread is not None
        self.thread.join()


def test_dialling_is_given_up_when_it_takes_too_long(
    lever: Lever, pair: tuple[socket.socket, socket.socket]
) -> None:
    slow = Slow(pair[0])
    with pytest.raises(DialTimeout):
        lever.dial(slow.connect, 0.01)
    slow.finish()
    assert pair[0].fileno() == -1, "a connection that comes too late is closed"


@pytest.mark.parametrize("error", [None, OSError("too late")])
def test_dialling_is_given_up_when_it_is_cut(
    lever: Lever, pair: tuple[socket.socket, socket.socket], error: OSError | None
) -> None:
    slow = Slow(pair[0], error)

    def cut() -> None:
        slow.begun.wait()
        lever.cut("stopped")

    Thread(target=cut).start()
    with pytest.raises(CancelledError):
        lever.dial(slow.connect, 60)
    slow.finish()
    assert (pair[0].fileno() == -1) == (error is None)


class Interrupted(float):
    """A time to wait for that ends in an interrupt, just when the connection is there."""

    slow: Slow

    def __gt__(self, _: object) -> bool:
        self.slow.finish()
        raise KeyboardInterrupt


def test_an_interrupt_leaves_no_connection_behind(
    lever: Lever, pair: tuple[socket.socket, socket.socket]
) -> None:
    seconds = Interrupted(60)
    seconds.slow = Slow(pair[0])
    with pytest.raises(KeyboardInterrupt):
        lever.dial(seconds.slow.connect, seconds)
    assert pair[0].fileno() == -1
