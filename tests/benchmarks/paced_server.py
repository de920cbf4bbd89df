"""A chat completions server in a process of its own, at a pace that the request's path dictates.

Knows what to say and when; refuses to know who reads it. Listens on the loopback alone.
"""

from __future__ import annotations

import argparse
import json
import socketserver
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

Framing = Literal["chunked", "close"]
Text = Literal["words", "stamps", "markdown", "bursts"]

BURST = 30
"""Deltas of a burst; the last one is the time it was sent at, in nanoseconds between two `@`."""

FIRST_WORDS = "Qua"
"""How the Markdown answer begins, and nothing else that a front end is told."""

_SECTION = """\
Quay {n}: the harbour's **{n} boats** leave with the tide, and `boat[{n}]` is the *last* one home.
A sentence that goes on for a while, as answers do, until it has said what it wanted to say.

- a rope of {n} metres
- a lamp, see [the chart](https://example.org/chart/{n})
- two oars

| boat | crew | catch |
| --- | ---: | ---: |
| Alba | {n} | 120 |
| Brisa | 3 | 85 |

```python
def catch(boats: list[int]) -> int:
    return sum(boats) + {n}  # all of them
```

"""


@dataclass(frozen=True, slots=True)
class Script:
    """What the server answers to one request; it stands in the path, so any client can ask for it.

    Args:
        text: Always the same word, the time of sending, a Markdown answer, or bursts and pauses.
        deltas: How many.
        rate: Deltas a second; 0 is as fast as the socket takes them.
        characters: Of the Markdown answer.
        framing: How the body ends: by its last chunk, or with the connection.
    """

    text: Text
    deltas: int
    rate: int = 0
    characters: int = 0
    framing: Framing = "chunked"

    @property
    def path(self) -> str:
        """The base of an OpenAI-compatible server that answers so."""
        return "/" + "/".join(map(str, astuple(self))) + "/v1"

    @classmethod
    def parse(cls, path: str) -> Script:
        """Return the script that `path` begins with."""
        text, deltas, rate, characters, framing = path.split("/")[1:6]
        return cls(text, int(deltas), int(rate), int(characters), framing)  # type: ignore[arg-type]  # our own path

    def iter_contents(self) -> Iterator[tuple[float, str]]:
        """Yield each delta's content with the seconds after the request at which it is due."""
        if self.text == "bursts":
            yield from _iter_bursts(self.deltas)
        else:
            pieces = _PIECES[self.text](self)
            pace = 1 / self.rate if self.rate else 0
            yield from ((number * pace, piece) for number, piece in enumerate(pieces))


def markdown(characters: int) -> str:
    """Return an answer with paragraphs, lists, tables and code."""
    count = characters // len(_SECTION.format(n=1)) + 1
    return "".join(_SECTION.format(n=n) for n in range(1, count + 1))[:characters]


def _iter_markdown(script: Script) -> Iterator[str]:
    answer, size, deltas = markdown(script.characters), script.characters, script.deltas
    for n in range(deltas):
        yield answer[n * size // deltas : (n + 1) * size // deltas]


def _iter_bursts(deltas: int) -> Iterator[tuple[float, str]]:
    """Bursts at 400 deltas a second, 0.4 to 0.6 s apart so that none keeps step with a clock."""
    due = 0.0
    for number in range(deltas // BURST):
        for n in range(1, BURST):
            yield due + n / 400, "tide "
        yield due + BURST / 400, "@@\n\n"
        due += BURST / 400 + 0.4 + number * 0.137 % 0.2


_PIECES: dict[Text, Callable[[Script], Iterator[str]]] = {
    "words": lambda script: ("word" for _ in range(script.deltas)),
    "stamps": lambda script: ("@@" for _ in range(script.deltas)),
    "markdown": _iter_markdown,
}


class Server:
    """The server's process: enter it to start it, leave it to end it.

    Args:
        certificate: A PEM file with the key and its chain; with it the server speaks TLS.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self._scheme = "https" if certificate else "http"
        command = [sys.executable, __file__, *(["--tls", str(certificate)] if certificate else [])]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very file

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    def url(self, script: Script) -> str:
        """Return the base URL under which the server answers `script`."""
        return f"{self._scheme}://127.0.0.1:{self.port}{script.path}"


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    certificate: str | None = None

    def finish_request(self, request: object, client_address: object) -> None:
        """Answer on a connection's own thread, where a TLS handshake holds up nobody else."""
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            request = context.wrap_socket(request, server_side=True)  # type: ignore[arg-type]  # a socket
        super().finish_request(request, client_address)  # type: ignore[arg-type]  # as it came


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(ConnectionError):
            while line := self.rfile.readline():
                script = Script.parse(line.split()[1].decode())
                request = json.loads(self._read_body())
                self._answer(script, streamed=request.get("stream", False))
                if script.framing == "close":
                    return

    def _read_body(self) -> bytes:
        length = 0
        while (line := self.rfile.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return self.rfile.read(length)

    def _answer(self, script: Script, *, streamed: bool) -> None:
        chunked = script.framing == "chunked"
        ending = b"Transfer-Encoding: chunked" if chunked else b"Connection: close"
        kind = b"text/event-stream" if streamed else b"application/json"
        self.connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n" + ending + b"\r\n\r\n"
        )
        frame = _chunk if chunked else bytes
        bodies = _iter_events(script) if streamed else _iter_whole(script)
        for body in bodies:
            self.connection.sendall(frame(body))
        if chunked:
            self.connection.sendall(b"0\r\n\r\n")


def _iter_events(script: Script) -> Iterator[bytes]:
    begun = time.monotonic()
    for due, content in script.iter_contents():
        if due and (wait := begun + due - time.monotonic()) > 0:
            time.sleep(wait)
        stamped = content.replace("@@", f"@{time.monotonic_ns()}@")
        yield _event(stamped) if stamped is not content else _known_event(content)
    yield _event("", "stop")
    yield b"data: [DONE]\n\n"


def _iter_whole(script: Script) -> Iterator[bytes]:
    """One JSON completion after as long a time as the deltas would have taken."""
    contents = list(script.iter_contents())
    time.sleep(contents[-1][0])
    message = {"role": "assistant", "content": "".join(content for _, content in contents)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    yield json.dumps({**_ENVELOPE, "object": "chat.completion", "choices": [choice]}).encode()


_ENVELOPE = {
    "id": "chatcmpl-7d8e3f1c-5a40-4a2e-9a60-2f1c0f4b6a11",
    "object": "chat.completion.chunk",
    "created": 1735660800,
    "model": "lpm-registry-model",
    "system_fingerprint": None,
}


def _event(content: str, finish_reason: str | None = None) -> bytes:
    delta = {} if finish_reason else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: " + json.dumps({**_ENVELOPE, "choices": [choice]}).encode() + b"\n\n"


_known_event = lru_cache(maxsize=256)(_event)


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def main() -> None:
    """Print the port, then answer until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tls", metavar="PEM", help="key and certificates")
    _Listener.certificate = parser.parse_args().tls
    with _Listener(("127.0.0.1", 0), _Connection) as listener:
        print(listener.server_address[1], flush=True)  # noqa: T201 - how the parent learns the port
        listener.serve_forever()


if __name__ == "__main__":
    main()
