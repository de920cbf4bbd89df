"""Roads to a server on which a prompt is stuck before it is there, until they are mended.

with stuck_while_connecting() as road:
    ask(road.url), and elsewhere: road.reached(), stop it, road.left()
    road.mend()
    ask(road.url)  # the same one; what it is answered is `NEXT`
"""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from partners import NEXT
from scripted_server import UNTIL_GONE, ScriptedServer, head
from tls import BUNDLE, certificate, speaking_tls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from scripted_server import Answer, Request

HANGS = 10.0
"""Seconds after which a test fails that waits for the client; it takes milliseconds."""


@dataclass(frozen=True)
class Road:
    """A road, and what can be seen of who takes it.

    Args:
        url: Where it leads.
        mend: From now on the next who takes it is answered.
        reached: Waits until somebody is stuck; none where that cannot be seen from here.
        left: Waits until they have left.
        environment: The variables that make us take it.
        part: What has to be asked to be stuck.
        parts: How often that is to be said in one prompt.
    """

    url: str
    mend: Callable[[], object] = lambda: None
    reached: Callable[[], object] | None = None
    left: Callable[[], object] = lambda: None
    environment: dict[str, str] = field(default_factory=dict)
    part: str = "Hi"
    parts: int = 1

    @property
    def prompt(self) -> str:
        return self.part * self.parts


@contextmanager
def stuck_while_connecting() -> Iterator[Road]:
    """Nobody accepts, and the queue of those who wait is full."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
        socket.create_connection(listener.getsockname()),  # the queue is full now
        ExitStack() as mended,
    ):

        def mend() -> None:
            listener.listen(128)  # whoever has given up may still stand in the queue
            mended.enter_context(server)

        server = ScriptedServer(NEXT, listener=listener)
        yield Road(server.url, mend)


@contextmanager
def stuck_before_the_deaf(
    part: str = "Hi", parts: int = 1, *, proof: str | None = None
) -> Iterator[Road]:
    """Who accepts reads no more than it is told to, and says no word."""

    def reached() -> None:
        connection, _ = listener.accept()
        connection.settimeout(HANGS)
        accepted.append(connection)
        assert connection.recv(1)

    def left() -> None:
        with accepted.pop() as connection:
            sent = sum(iter(lambda: len(connection.recv(1 << 20)), 0))
        assert proof or sent < len(road.prompt), "it was not stuck"

    def mend() -> None:
        listener.settimeout(None)
        mended.enter_context(server)

    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as mended:
        listener.settimeout(HANGS)
        tls = speaking_tls(proof) if proof else None
        server = ScriptedServer(NEXT, listener=listener, tls=tls)
        environment = {BUNDLE: certificate("authority")}
        road = Road(server.url, mend, reached, left, environment, part, parts)
        yield road


@contextmanager
def stuck_at_a_proxy(*, in_its_tunnel: bool) -> Iterator[Road]:
    """A proxy says nothing, or leads to somebody who does not shake hands."""

    def lead(request: Request) -> Answer:
        assert request.method == "CONNECT"
        return [head(200), tunnel_to(server.port)] if mended.is_set() else [arrive, UNTIL_GONE]

    def arrive(client: socket.socket) -> None:
        if in_its_tunnel:
            client.sendall(head(200))
            assert client.recv(1)  # of a handshake
        arrived.set()

    mended, arrived = Event(), Event()
    with (
        ScriptedServer(NEXT, tls=speaking_tls("signed-elsewhere")) as server,
        ScriptedServer(lead) as proxy,
    ):
        yield Road(
            "https://elsewhere.example/chat",
            mended.set,
            partial(_take, arrived),
            partial(_take, proxy.gone),
            {"https_proxy": proxy.origin, BUNDLE: certificate("authority")},
        )


def _take(event: Event) -> None:
    assert event.wait(HANGS)
    event.clear()


def tunnel_to(port: int) -> Callable[[socket.socket], None]:
    """Return the step of a proxy that passes on what comes, in both directions."""

    def lead(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            back = Thread(target=_pass_on, args=(server, client))
            back.start()
            _pass_on(client, server)
            back.join()

    return lead


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # one side has left
        while came := source.recv(65_536):
            sink.sendall(came)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


STUCK: dict[str, Callable[[], AbstractContextManager[Road]]] = {
    "connecting": stuck_while_connecting,
    "a handshake": partial(stuck_before_the_deaf, proof="signed"),
    "a long prompt": partial(stuck_before_the_deaf, "long " * 40_000, 25),
    "a silent proxy": partial(stuck_at_a_proxy, in_its_tunnel=False),
    "a proxy's tunnel": partial(stuck_at_a_proxy, in_its_tunnel=True),
}
