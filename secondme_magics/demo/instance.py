"""The demo instance's life: a server on a thread and an event loop of its own.

So it runs beside a kernel's loop and in a plain script alike. Knows nothing of what it serves.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, final

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from types import TracebackType

    from tornado.httpserver import HTTPServer

HOST = "127.0.0.1"
LAST_PORT = 65_535
WORDS_PER_SECOND = 40.0
HEARTBEAT = 10.0


def start_demo(
    port: int = 0,
    *,
    words_per_second: float = WORDS_PER_SECOND,
    heartbeat: float = HEARTBEAT,
) -> DemoInstance:
    """Start a demo instance on this machine, and return it once it listens.

    Args:
        port: The port of 127.0.0.1, or 0 for a free one.
        words_per_second: How fast an answer comes.
        heartbeat: Seconds of silence after which a stream shows that it lives.

    Raises:
        ConfigurationError: The port is in use, not allowed, or none.
        ValueError: A number is out of its bounds.
    """
    if not (0 < words_per_second < math.inf and 0 < heartbeat < math.inf):
        raise ValueError("words_per_second and heartbeat must be positive, finite numbers")
    from secondme_magics.demo.server import make_server  # noqa: PLC0415 - costs tornado

    server = make_server(words_per_second=words_per_second, heartbeat=heartbeat)
    return DemoInstance(server, _listen(port))


@final
class DemoInstance:
    """A demo instance that runs; a context manager that stops it.

    Args:
        server: What answers.
        listening: The socket that it answers on.
    """

    def __init__(self, server: HTTPServer, listening: socket.socket) -> None:
        self.port: int = listening.getsockname()[1]
        self._server = server
        self._socket = listening
        # a selector loop on every platform: tornado wants one
        self._loop = asyncio.SelectorEventLoop()
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name=f"secondme-demo-{self.port}", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What a client posts to."""
        return f"http://{HOST}:{self.port}/api/kernel2/chat"

    @property
    def is_running(self) -> bool:
        """Whether it answers; in a process that was forked off it does not."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End all answers, close all sockets and wait for the thread; once is enough."""
        if self.is_running:
            with suppress(RuntimeError):  # the loop closed just now
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> DemoInstance:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "stopped"
        return f"<DemoInstance {self.url}: {state}>"

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._server.add_socket(self._socket)
        await self._stopping.wait()
        self._server.stop()
        await self._server.close_all_connections()
        # an answer ends once its client is gone
        answers = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*answers, return_exceptions=True)


_shared: DemoInstance | None = None
_shared_lock = Lock()


def shared_demo() -> DemoInstance:
    """Return the demo instance of this process, started when it is first asked for.

    Raises:
        ConfigurationError: No port could be listened on.
    """
    global _shared  # noqa: PLW0603 - one per process is what it is for
    with _shared_lock:
        if _shared is None or not _shared.is_running:
            if _shared is not None:
                _shared.stop()
            _shared = start_demo()
        return _shared


def stop_shared_demo() -> None:
    """End the demo instance of this process, if there is one; the next use starts it anew."""
    with _shared_lock:
        if _shared is not None:
            _shared.stop()


def _listen(port: int) -> socket.socket:
    if not 0 <= port <= LAST_PORT:
        raise _cannot_listen(port, f"a port is a number from 0 to {LAST_PORT}")
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise _cannot_listen(port, reason) from error
    listening.settimeout(0)
    return listening


def _cannot_listen(port: int, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"the demo cannot listen on {HOST}:{port} ({reason})",
        "Name another port; 0 takes a free one.",
    )
