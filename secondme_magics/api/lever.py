"""What ends a connection at once, from any thread and at any moment. Knows sockets, no HTTP."""

from __future__ import annotations

import math
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from threading import TIMEOUT_MAX, Condition, Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


DIALLING = "secondme_magics: connecting"
"""The name of a thread that connects; one that was given up lives until its connect times out."""

WATCHING = "secondme_magics: watching the time"
"""The name of a thread that ends an answer which takes too long."""


class Cut(Exception):  # noqa: N818 - no failure: somebody wanted it
    """The connection was ended on purpose; `why` is the word that `Lever.cut` was given."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Lever:
    """Ends one answer's connection, whatever it is doing: looking up a name, connecting, reading.

    It holds a second descriptor of the connection's socket. Shutting that down wakes whoever
    waits for the first one, and it is never closed and given away under our hands.

    Args:
        silence: Seconds that a connection may be silent, also while something is sent through it;
            `None` for as long as it takes.
    """

    def __init__(self, silence: float | None = None) -> None:
        self.silence = silence
        self.why: str | None = None
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._dialling: Future[socket.socket] | None = None
        self._alarm: _Alarm | None = None
        self._deadline = (math.inf, "")

    def cut(self, why: str) -> None:
        """End the connection, now and if it should come later; the first `why` stays."""
        with self._lock:
            self.why = self.why or why
            if self._dialling is not None:
                self._dialling.cancel()
            if self._socket is not None:
                shut(self._socket)

    def cut_by(self, seconds: float, why: str) -> None:
        """Cut it in `seconds` at the latest, whatever other time is set from now on."""
        self._deadline = (time.monotonic() + seconds, why)
        self.cut_after(seconds, why)

    def cut_after(self, seconds: float, why: str) -> None:
        """Cut it in `seconds`, in place of the time that was set before."""
        last, last_word = self._deadline
        moment = time.monotonic() + seconds
        if self._alarm is None:
            self._alarm = _Alarm(self.cut)
        self._alarm.set(*((last, last_word) if last <= moment else (moment, why)))

    @property
    def is_held(self) -> bool:
        """Whether it holds a connection; one that it has let go of may be used by it again."""
        return self._socket is not None

    def check(self) -> None:
        """Raise `Cut` if it was cut."""
        if self.why is not None:
            raise Cut(self.why)

    def dial(self, connect: Callable[[], socket.socket], seconds: float | None) -> socket.socket:
        """Return what `connect` returns, which runs on a thread of its own.

        Nothing else can end a look-up of a name. A socket that comes too late is closed.

        Args:
            connect: Opens the connection.
            seconds: How long it may take.

        Raises:
            TimeoutError: It took longer (`concurrent.futures.TimeoutError` before Python 3.11).
            CancelledError: It was cut meanwhile.
        """
        future: Future[socket.socket] = Future()
        with self._lock:
            self.check()
            self._dialling = future
        Thread(target=_fulfil, args=(future, connect), name=DIALLING, daemon=True).start()
        try:
            return future.result(seconds)
        except BaseException:
            if not future.cancel() and future.exception() is None:
                future.result().close()
            raise

    def hold(self, connection: socket.socket) -> None:
        """Take hold of a connection's socket, before anything is sent through it.

        Raises:
            Cut: It was cut before.
        """
        with self._lock:
            self.check()
            self._drop()
            # Of the three, only the descriptor counts: an SSLSocket refuses dup().
            self._socket = socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)

    def release(self) -> None:
        """Let go of the connection, so that it can serve another answer."""
        if self._alarm is not None:
            self._alarm.stop()
            self._alarm = None
        self.drop()

    def drop(self) -> None:
        """Leave the connection to the answer that took it over."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Alarm:
    """Rings once, at a time that can be changed until then; one thread, however often it is set."""

    def __init__(self, ring: Callable[[str], None]) -> None:
        self._ring = ring
        self._changed = Condition()
        self._time, self._why = math.inf, ""
        self._thread = Thread(target=self._run, name=WATCHING, daemon=True)

    def set(self, moment: float, why: str) -> None:
        """Ring with the word `why` at `moment` of the monotonic clock, and not as set before."""
        with self._changed:
            self._time, self._why = moment, why
            self._changed.notify()
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Never ring, unless it has; its thread has ended then."""
        self.set(-math.inf, "")
        self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while (left := self._time - time.monotonic()) > 0:
                self._changed.wait(min(left, TIMEOUT_MAX))
        if self._why:
            self._ring(self._why)


def _fulfil(future: Future[socket.socket], connect: Callable[[], socket.socket]) -> None:
    try:
        connection = connect()
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        if future.set_running_or_notify_cancel():
            future.set_exception(error)
        return
    if future.set_running_or_notify_cancel():
        future.set_result(connection)
    else:
        connection.close()


def shut(connection: socket.socket) -> None:
    """End a connection, whoever waits for it."""
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
