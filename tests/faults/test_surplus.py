"""What comes after a body is nobody's answer: a connection that brought more is not used again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fault_cases import BODY, HALF, STREAM
from partners import Partner, first
from scripted_server import ScriptedServer, chunk, chunked, done, head, reply, sse
from tls import speaking_tls, trust

if TYPE_CHECKING:
    from scripted_server import Answer

pytestmark = pytest.mark.usefixtures("nothing_is_left")

FORGED = b"".join(
    step for step in sse(chunk("Forged"), done, framing="length") if isinstance(step, bytes)
)
WHOLE = json.dumps({"choices": [{"message": {"content": "Hello"}}]}).encode()


def sized(body: bytes, length: int, content: str = "text/event-stream") -> bytes:
    return head(200, [("Content-Type", content), ("Content-Length", str(length))]) + body


ANSWERS: dict[str, Answer] = {
    "behind a whole answer": [sized(BODY, len(BODY)) + FORGED],
    "behind a whole answer, in halves": [sized(BODY, len(BODY)) + FORGED[:40], FORGED[40:]],
    "behind half an answer": [sized(HALF + FORGED, len(HALF))],
    "behind half an event": [sized(BODY[:30] + FORGED, 30)],
    "behind nothing": [sized(FORGED, 0)],
    "behind JSON": [sized(WHOLE + FORGED, len(WHOLE), "application/json")],
    "behind a long answer": [
        sized(chunk("x" * 70_000) + done + FORGED, len(chunk("x" * 70_000) + done))
    ],
    "behind chunks, at once": [
        head(200, [STREAM, ("Transfer-Encoding", "chunked")])
        + chunked(BODY)[0]
        + b"0\r\n\r\n"
        + FORGED
    ],
    "behind an error, at once": [
        b"".join(step for step in reply(b"{}", status=500) if isinstance(step, bytes)) + FORGED
    ],
    "behind no content": [head(204) + FORGED],
    "behind a redirect": [head(302, [("Location", "/x"), ("Content-Length", "0")]) + FORGED],
}


@pytest.mark.parametrize("is_secret", [False, True], ids=["in the open", "over TLS"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_forged_answer_is_not_taken_for_the_next_one(
    answer: Answer, is_secret: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch, "trusted")
    tls = speaking_tls("trusted") if is_secret else None
    with (
        ScriptedServer(first(answer), tls=tls) as server,
        Partner(server.url) as partner,
    ):
        for _ in range(3):
            assert "Forged" not in partner.ask().text
            partner.goes_on()
            partner.begin_anew()
        assert len(server.requests) == 6


def test_a_connection_that_brought_what_it_said_serves_the_next_prompt() -> None:
    answers = [sse(chunk("Hello"), done, framing="length"), reply(WHOLE), reply(b"{}", status=500)]
    with ScriptedServer(*answers) as server, Partner(server.url) as partner:
        for _ in range(3):
            partner.ask()
        assert server.connections == 1
