"""A fault as a row of a table: what is answered, what happens on the way, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fault_injector import Fault, FaultInjector
from partners import Outcome, Partner, complete, first
from scripted_server import CLOSE, ScriptedServer, chunk, done, head

from secondme_magics.errors import ProtocolError, StreamInterrupted

if TYPE_CHECKING:
    import socket

    from scripted_server import Answer

    from secondme_magics.api.endpoint import Timeouts

HELLO = [chunk("Hello "), chunk("you"), chunk(finish_reason="stop"), done]
BODY = b"".join(HELLO)
HALF = chunk("Hello ")
STREAM = ("Content-Type", "text/event-stream")
CHUNKED = ("Transfer-Encoding", "chunked")

WHOLE = complete("Hello you")
FAILED = Outcome(ProtocolError)
CUT = Outcome(StreamInterrupted, "interrupted", "Hello ")
NOTHING_CAME = Outcome(StreamInterrupted, "interrupted")


@dataclass(frozen=True)
class Case:
    """An answer, what comes of it, a word that the user reads, and what its way does to it."""

    answer: Answer
    outcome: Outcome
    word: str = ""
    fault: Fault | None = None
    timeouts: Timeouts | None = None


def framed(*headers: tuple[str, str], body: bytes = BODY) -> Answer:
    """Return an answer with whatever headers, and its end."""
    return [head(200, [STREAM, *headers]), body, CLOSE]


def again_and_again(piece: bytes) -> Answer:
    """Return an answer that says the same until the client has left."""

    def say(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)

    return [say]


def meet(case: Case) -> None:
    """Assert that a prompt ends as `case` says, and that the next one works on the same client."""
    with (
        ScriptedServer(first(case.answer)) as server,
        FaultInjector(server) as way,
        Partner(way.url, case.timeouts) as partner,
    ):
        way.faults += [case.fault] if case.fault else []
        assert partner.ask() == case.outcome
        assert case.word in str(partner.error)
        assert len(server.requests) == 1, "a prompt is never sent twice"
        partner.goes_on()
