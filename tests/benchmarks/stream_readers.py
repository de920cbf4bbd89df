"""Ways from a socket to an answer's text, ours and others', each as its users would write it.

Each takes the base URL of an OpenAI-compatible server and yields the text of each delta.
"""

# ruff: noqa: PLC0415 - a reader's process must not pay for the libraries of the others

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ratios import is_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROMPT = "Tell me of the harbour."
BODY = json.dumps(
    {"model": "bench", "messages": [{"role": "user", "content": PROMPT}], "stream": True}
)


def read_socket(url: str) -> Iterator[str]:
    """Nothing but the socket, the lines and the JSON: the limit."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 80)) as connection:
        yield from _read_answer(connection, parts.path)


def _read_answer(connection: socket.socket, path: str) -> Iterator[str]:
    head = f"POST {path}/chat/completions HTTP/1.1\r\nContent-Length: {len(BODY)}\r\n\r\n"
    connection.sendall((head + BODY).encode())
    rest = b""
    while received := connection.recv(65536):
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                yield content_of(line[6:])
            elif line.startswith(b"data: [DONE]"):
                return


def content_of(chunk: str | bytes) -> str:
    """Return the text in a `chat.completion.chunk`."""
    content: str = json.loads(chunk)["choices"][0]["delta"].get("content", "")
    return content


def read_http_client(url: str) -> Iterator[str]:
    """`http.client`, in the loop that API documents show."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    connection.request("POST", f"{parts.path}/chat/completions", BODY)
    response = connection.getresponse()
    while line := response.readline():
        data = line.decode().strip().removeprefix("data: ")
        if data == "[DONE]":
            break
        if data:
            yield content_of(data)
    connection.close()


def read_client(url: str) -> Iterator[str]:
    """Our client: all that the magics read through."""
    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import parse_target
    from secondme_magics.conversation.messages import Message, Parameters

    client = Client(parse_target(url))
    with client.stream([Message("user", PROMPT)], Parameters(model="bench")) as deltas:
        for delta in deltas:
            yield delta.content
    client.close()


def read_secondme(url: str) -> Iterator[str]:
    """Our Python face: the same, with the reasoning told apart and the reply kept."""
    from secondme_magics import SecondMe

    with SecondMe(url, model="bench") as me, me.stream(PROMPT) as answer:
        for delta in answer:
            yield delta.content


def read_httpx_sse(url: str) -> Iterator[str]:
    """`httpx` with `httpx-sse`."""
    import httpx
    from httpx_sse import connect_sse

    address = f"{url}/chat/completions"
    with httpx.Client() as client, connect_sse(client, "POST", address, content=BODY) as source:
        for event in source.iter_sse():
            if event.data == "[DONE]":
                break
            yield content_of(event.data)


def read_openai(url: str) -> Iterator[str]:
    """The openai SDK."""
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="none")
    chunks = client.chat.completions.create(
        model="bench", messages=[{"role": "user", "content": PROMPT}], stream=True
    )
    with chunks:
        for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


@contextmanager
def keep_socket(url: str) -> Iterator[Callable[[], Iterator[str]]]:
    """A bare TLS socket that prompt after prompt goes over."""
    parts = urlsplit(url)
    tls = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    with (
        socket.create_connection((parts.hostname, parts.port or 443)) as bare,
        tls.wrap_socket(bare, server_hostname=parts.hostname) as connection,
    ):
        yield lambda: _read_answer(connection, parts.path)


@contextmanager
def keep_secondme(url: str) -> Iterator[Callable[[], Iterator[str]]]:
    """One `SecondMe` for prompt after prompt."""
    from secondme_magics import SecondMe

    with SecondMe(url, model="bench") as me:
        yield lambda: (delta.content for delta in me.stream(PROMPT) if delta.content)


RAW, OURS, OPENAI = "raw socket", "ours", "openai SDK"

READERS: dict[str, Callable[[str], Iterator[str]]] = {
    RAW: read_socket,
    "`http.client` loop": read_http_client,
    OURS: read_client,
    "ours, `SecondMe.stream`": read_secondme,
    "httpx + httpx-sse": read_httpx_sse,
    OPENAI: read_openai,
}

PROMPTERS = {RAW: keep_socket, OURS: keep_secondme}

_NEEDS = {"httpx + httpx-sse": ("httpx", "httpx_sse"), OPENAI: ("openai",)}


def missing() -> list[str]:
    """Return the readers whose libraries are not installed."""
    return [name for name, modules in _NEEDS.items() if not is_here(*modules)]
