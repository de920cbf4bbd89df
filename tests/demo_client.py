"""A client of the demo instance for tests: a prompt over a real socket, and what came back."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from secondme_magics.demo.instance import DemoInstance

CHAT = "/api/kernel2/chat"
PROMPT = "Where do I put my API key?"
AT_ONCE = 1e9
"""Words per second."""


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test looks deep into it
        return json.loads(self.body)

    @property
    def events(self) -> list[str]:
        """The data of each event, `[DONE]` too."""
        lines = self.body.decode().split("\n\n")
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]

    @property
    def chunks(self) -> list[Any]:
        return [json.loads(event) for event in self.events if event != "[DONE]"]

    @property
    def text(self) -> str:
        choices = [choice for chunk in self.chunks for choice in chunk["choices"]]
        return "".join(choice["delta"].get("content", "") for choice in choices)


def send(
    demo: DemoInstance,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with closing(http.client.HTTPConnection("127.0.0.1", demo.port, timeout=20)) as connection:
        connection.request(method, path, None if body is None else content, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def chat(demo: DemoInstance, prompt: str = PROMPT, path: str = CHAT, **fields: object) -> Answer:
    messages = [{"role": "user", "content": prompt}]
    return send(demo, "POST", path, {"messages": messages, "model": "any", **fields})


@contextmanager
def listening(demo: DemoInstance, prompt: str) -> Iterator[socket.socket]:
    """Send a prompt on a bare socket, to read the answer as it comes."""
    body = json.dumps({"messages": [{"role": "user", "content": prompt}]}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", demo.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        yield connection


def read_until(connection: socket.socket, end: bytes) -> bytes:
    got = b""
    while end not in got:
        piece = connection.recv(65536)
        assert piece, got
        got += piece
    return got
