"""A web server on loopback that does exactly what a test says, also what no server should.

    with ScriptedServer(sse(chunk("Hello"), chunk(finish_reason="stop"), done)) as server:
        ask(server.url)
    assert server.requests[0].json()["messages"]

Each request gets the next answer; the last one is given again and again. An answer is a list of
steps, which are taken in order:

    bytes              are sent as they stand
    threading.Event    is waited for
    CLOSE              ends the connection; RESET ends it with a TCP reset
    UNTIL_GONE         waits until the client has left, and then sets `server.gone`
    a callable         is called with the connection's socket

When the steps are over, the next request is read from the same connection. Instead of answers
there may be one function from `Request` to an answer. `reply`, `sse` and `redirect` build answers
of whole responses; `chunk`, `done` and `heartbeat` are events; `head`, `chunked` and `split` help
to write an answer by hand. Nothing here sleeps, and leaving the `with` ends all threads.
"""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from enum import Enum, auto
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence
    from io import BufferedReader

    from typing_extensions import Self


class _Command(Enum):
    CLOSE = auto()
    RESET = auto()
    UNTIL_GONE = auto()


CLOSE = _Command.CLOSE
RESET = _Command.RESET
UNTIL_GONE = _Command.UNTIL_GONE

Step: TypeAlias = "bytes | Event | _Command | Callable[[socket.socket], object]"
Answer: TypeAlias = "Sequence[Step]"
Framing = Literal["chunked", "length", "close"]

_TLS_HANDSHAKE = b"\x16"

done = b"data: [DONE]\n\n"
heartbeat = b": heartbeat #1\n\n"


@dataclass(frozen=True)
class Request:
    """A request as it came; header names are lower-case, connections count from 1."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


def chunk(text: str | None = None, finish_reason: str | None = None, **delta: object) -> bytes:
    """Return the event of one `chat.completion.chunk`; `delta` holds more keys of its delta."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": {**content, **delta}, "finish_reason": finish_reason}
    return event(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "lpm-registry-model",
            "system_fingerprint": None,
            "choices": [choice],
        }
    )


def event(value: object) -> bytes:
    """Return an event whose data is `value` as JSON, or `value` itself where it is text."""
    data = value if isinstance(value, str) else json.dumps(value)
    return f"data: {data}\n\n".encode()


def head(status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return a status line and headers."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(body: bytes, size: int | None = None) -> list[bytes]:
    """Return `body` in HTTP chunks of `size` bytes, without the last, empty one."""
    return [b"%x\r\n%b\r\n" % (len(part), part) for part in split(body, size or len(body))]


def split(body: bytes, size: int = 1) -> list[bytes]:
    """Return `body` in pieces of `size` bytes, which are sent one by one."""
    return [body[start : start + size] for start in range(0, len(body), size or 1)]


def sse(
    *events: Step,
    framing: Framing = "chunked",
    headers: Iterable[tuple[str, str]] = (),
    size: int | None = None,
) -> list[Step]:
    """Return an answer that streams `events`, each sent as it stands or in pieces of `size`."""
    return reply(
        *events, content_type="text/event-stream", framing=framing, headers=headers, size=size
    )


def reply(
    *body: Step,
    status: int = 200,
    content_type: str | None = "application/json",
    framing: Framing = "length",
    headers: Iterable[tuple[str, str]] = (),
    size: int | None = None,
) -> list[Step]:
    """Return a whole response; steps of its body that are not bytes are taken in their place."""
    named = [("Content-Type", content_type)] if content_type else []
    total = sum(len(step) for step in body if isinstance(step, bytes))
    framed = {
        "chunked": ("Transfer-Encoding", "chunked"),
        "length": ("Content-Length", str(total)),
        "close": ("Connection", "close"),
    }[framing]
    last: dict[Framing, list[Step]] = {"chunked": [b"0\r\n\r\n"], "length": [], "close": [CLOSE]}
    steps: list[Step] = [head(status, [*named, framed, *headers])]
    for step in body:
        steps += _framed(step, framing, size) if isinstance(step, bytes) else [step]
    return steps + last[framing]


def _framed(body: bytes, framing: Framing, size: int | None) -> list[bytes]:
    return chunked(body, size) if framing == "chunked" else split(body, size or len(body))


def redirect(location: str, status: int = 302) -> list[Step]:
    """Return an answer that points elsewhere."""
    return reply(b"", status=status, headers=[("Location", location)])


class ScriptedServer:
    """The server; see the module.

    Args:
        answers: Answers in their order, or one function that makes them.
        tls: Speaks TLS with this context.
        on_close: Called after a connection has been closed.
        listener: Where it listens, in place of a port of its own; it is closed in the end.
    """

    def __init__(
        self,
        *answers: Answer | Callable[[Request], Answer],
        tls: ssl.SSLContext | None = None,
        on_close: Callable[[], object] = lambda: None,
        listener: socket.socket | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.asked = Event()
        """Set when a request has been read."""
        self.gone = Event()
        """Set when the client has left in the middle of an answer."""
        self._answers = answers
        self._tls = tls
        self._on_close = on_close
        self._lock = Lock()
        self._closing = Event()
        self._open: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self._listener = listener or socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def origin(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """A URL that is posted to as it stands."""
        return f"{self.origin}/api/kernel2/chat"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._threads[0].join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            connection, _ = self._listener.accept()
            with self._lock:
                self._open.add(connection)
            if self._closing.is_set():
                self._drop(connection)
            else:
                self.connections += 1
                self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        secured = connection
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                secured = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.add(secured)
            with secured.makefile("rb") as stream:
                if stream.peek(1)[:1] == _TLS_HANDSHAKE:  # asked for what it does not speak
                    stream.read1()
                    secured.sendall(head(400))
                    return
                while (request := _read_request(stream, number)) and self._answer(secured, request):
                    pass
        except (OSError, ValueError):
            self.gone.set()  # the client left, or its TLS refused us
        finally:
            self._drop(secured)
            self._drop(connection)
            self._on_close()

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        with self._lock:
            self.requests.append(request)
            answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        self.asked.set()
        steps = answer(request) if callable(answer) else answer
        return all(self._take(step, connection) for step in steps)

    def _take(self, step: Step, connection: socket.socket) -> bool:
        """Take one step, and return whether the connection goes on."""
        if isinstance(step, bytes):
            connection.sendall(step)
        elif isinstance(step, Event):
            while not step.wait(0.02) and not self._closing.is_set():
                pass
        elif step is UNTIL_GONE:
            _read_until_gone(connection)
            self.gone.set()
            return False
        elif isinstance(step, _Command):
            if step is RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        else:
            step(connection)
        return not self._closing.is_set()

    def _drop(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()


def _read_until_gone(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


def _read_request(stream: BufferedReader, connection: int) -> Request | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (header := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Request(line[0], line[1], headers, body, connection)
