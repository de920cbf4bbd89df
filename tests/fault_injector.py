"""A bad way to a server: a relay on loopback that harms what passes, at a byte of your choice.

    with ScriptedServer(answer) as server, FaultInjector(server) as way:
        way.faults.append(Fault("close", at=17))
        ask(way.url)

Each connection meets the next fault; when there are no more, what comes is passed on as it is. A
fault strikes once so many bytes of the answer (or of the request) have passed. Knows neither HTTP
nor TLS, does not sleep, and leaving the `with` ends all threads and connections.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from scripted_server import ScriptedServer
    from typing_extensions import Self

Kind = Literal["close", "reset", "half close", "stall", "drip"]

_POLL = 0.01


@dataclass(frozen=True)
class Fault:
    """What happens to a connection.

    Args:
        kind: It is closed; reset; closed in one direction; held without a word until the client
            has left; or passed on byte by byte from there.
        at: After how many bytes.
        of: Whose bytes are counted.
    """

    kind: Kind
    at: int = 0
    of: Literal["answer", "request"] = "answer"


class FaultInjector:
    """The relay; see the module.

    Args:
        server: Where the way leads.
    """

    def __init__(self, server: ScriptedServer) -> None:
        self.faults: list[Fault] = []
        self.struck = Event()
        """Set when a fault has struck."""
        self._path = server.url.removeprefix(server.origin)
        self._scheme = server.origin.partition(":")[0]
        self._relay = _Relay(server.port, self)

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._relay.server_address[1]}"

    @property
    def url(self) -> str:
        """The server's own URL, by this way."""
        return self.origin + self._path

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._relay.serve_forever, args=(_POLL,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.shutdown()
        self._thread.join()
        self._relay.close_all()


class _Relay(ThreadingTCPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, goal: int, injector: FaultInjector) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.goal = goal
        self.injector = injector
        self.lock = Lock()
        self.open: set[socket.socket] = set()

    def close_all(self) -> None:
        with self.lock:
            for each in self.open:
                _shut(each)
        self.server_close()  # waits for the connections' threads

    def shutdown_request(self, request: object) -> None:
        """Leave the end of a connection to its fault."""


class _Connection(BaseRequestHandler):
    server: _Relay
    request: socket.socket

    def handle(self) -> None:
        faults, client = self.server.injector.faults, self.request
        fault = faults.pop(0) if faults else None
        server = socket.create_connection(("127.0.0.1", self.server.goal))
        both = {client, server}
        with self.server.lock:
            self.server.open |= both
        for each in both:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        is_of_request = fault is not None and fault.of == "request"
        self._asking = Thread(
            target=self._pass_on, args=(client, server, fault if is_of_request else None)
        )
        self._asking.start()
        self._pass_on(server, client, None if is_of_request else fault)
        _shut(server)
        self._asking.join()
        with self.server.lock:
            self.server.open -= both
        for each in both:
            each.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket, fault: Fault | None) -> None:
        """Pass on what comes, until its end or until the fault strikes."""
        left = fault.at if fault else -1
        try:
            while left and (came := source.recv(left if left > 0 else 65_536)):
                sink.sendall(came)
                left -= len(came) if fault else 0
            if fault and not left:
                self._strike(fault.kind, source, sink)
            else:
                sink.shutdown(socket.SHUT_WR)
        except OSError:  # one side has left, and the other is told
            _shut(sink)

    def _strike(self, kind: Kind, source: socket.socket, sink: socket.socket) -> None:
        if kind == "drip":
            while came := source.recv(1):
                sink.sendall(came)
        self.server.injector.struck.set()
        if kind == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RD)  # wakes who reads from it; not told to anyone
            self.request.close()
        elif kind == "close":
            _shut(self.request)
        elif kind in {"half close", "drip"}:
            sink.shutdown(socket.SHUT_WR)
        if kind in {"half close", "stall"}:
            self._asking.join()  # until the client has left


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended already
        connection.shutdown(socket.SHUT_RDWR)
