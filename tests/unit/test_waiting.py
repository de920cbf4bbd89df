"""Waiting until an instance is online, and for work on a thread, without a kernel."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest

from secondme_magics.errors import (
    ConfigurationError,
    ConnectionFailed,
    InstanceNotFound,
    InstanceUnavailable,
    ResponseTimeout,
    StatusError,
)
from secondme_magics.notebook.inquiries import LONGEST_WAIT, PAUSE, wait_until_online
from secondme_magics.notebook.interrupts import Interrupts
from secondme_magics.notebook.waiting import TerminalLine, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeRegistry:
    """Says each status in turn, raises each error, and lets time pass without waiting."""

    def __init__(self, *says: str | BaseException) -> None:
        self._says = [*says]
        self.now = 100.0
        self.rests: list[float] = []
        self.lines: list[str] = []

    def look(self) -> str:
        said = self._says[0] if len(self._says) == 1 else self._says.pop(0)
        if isinstance(said, BaseException):
            raise said
        return said

    def rest(self, seconds: float, tell: Callable[[], object]) -> None:
        self.rests.append(seconds)
        for _ in range(2):
            self.now += seconds / 2
            tell()

    def clock(self) -> float:
        return self.now

    def show(self, text: str) -> None:
        self.lines.append(text)

    def finish(self, text: str) -> None:
        self.lines.append(f"{text}.")

    def wait(self) -> None:
        wait_until_online("ada", self.look, self.rest, self, self.clock)


BUSY = StatusError("busy", "wait", 502)
GONE = InstanceNotFound("gone", "look", 404)


def test_one_that_is_online_is_not_waited_for() -> None:
    registry = FakeRegistry("online")
    registry.wait()
    assert (registry.rests, registry.lines) == ([], ["ada is online · 0 s."])


def test_the_line_grows_until_the_instance_is_online() -> None:
    registry = FakeRegistry("offline", "registered", "online")
    registry.wait()
    assert registry.rests == [PAUSE, PAUSE]
    assert registry.lines[0] == "waiting for ada (offline) · 0 s"
    assert registry.lines[2] == "waiting for ada (offline) · 5 s"
    assert registry.lines[3] == "waiting for ada (registered) · 5 s"
    assert registry.lines[-1] == "ada is online · 10 s."


def test_a_registry_that_fails_meanwhile_is_given_time() -> None:
    registry = FakeRegistry("offline", BUSY, ConnectionFailed("no", "way"), "online")
    registry.wait()
    assert "waiting for ada (the registry gives no answer) · 5 s" in registry.lines


@pytest.mark.parametrize("says", [(BUSY,), (GONE,), ("offline", GONE)])
def test_what_does_not_get_better_is_raised(says: tuple[str | BaseException, ...]) -> None:
    with pytest.raises(StatusError) as caught:
        FakeRegistry(*says).wait()
    assert caught.value is says[-1]


def test_it_waits_ten_minutes_and_no_longer() -> None:
    registry = FakeRegistry("offline")
    with pytest.raises(InstanceUnavailable, match="in 10 minutes"):
        registry.wait()
    assert sum(registry.rests) == LONGEST_WAIT
    assert registry.lines[-1] == "ada did not come online · 600 s."


def test_a_stop_ends_the_line() -> None:
    registry = FakeRegistry("offline", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        registry.wait()
    assert registry.lines[-1] == "stopped waiting for ada · 5 s."


def test_work_is_done_on_a_thread_and_its_error_is_raised_here() -> None:
    def fail() -> None:
        raise ConfigurationError("no", "way")

    def where() -> threading.Thread:
        return threading.current_thread()

    with Interrupts() as interrupts:
        assert wait_for(where, fail, interrupts) is not threading.current_thread()
        with pytest.raises(ConfigurationError):
            wait_for(fail, fail, interrupts)


def test_work_that_takes_too_long_is_stopped() -> None:
    enough = threading.Event()
    with Interrupts() as interrupts, pytest.raises(ResponseTimeout, match="the look-up took more"):
        wait_for(enough.wait, enough.set, interrupts, seconds=0, what="the look-up")
    assert enough.is_set()


def test_it_is_told_while_work_goes_on() -> None:
    enough = threading.Event()
    with Interrupts() as interrupts:
        assert wait_for(enough.wait, enough.set, interrupts, tell=enough.set)


@pytest.mark.parametrize(("is_live", "written"), [(True, "\r\x1b[Ka\r\x1b[Kb␛\n"), (False, "b␛\n")])
def test_a_terminals_line_changes_where_it_can(
    capsys: pytest.CaptureFixture[str], *, is_live: bool, written: str
) -> None:
    line = TerminalLine(is_live=is_live)
    line.show("a")
    line.finish("b\x1b")
    assert capsys.readouterr().out == written


def test_a_terminal_that_lacks_a_character_shows_a_question_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(screen, encoding="ascii"))
    TerminalLine(is_live=False).finish("a · b")
    assert screen.getvalue() == b"a ? b\n"
