"""One answer from its request to its end: its kind, its time limits, how far it is read.

Knows neither requests nor who asks; the client sends, and says what an exception means.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING

from secondme_magics.api import failures
from secondme_magics.api.completions import (
    LONGEST_ANSWER,
    iter_completion,
    iter_deltas,
    kind_of,
)
from secondme_magics.api.hiding import hide_in_deltas
from secondme_magics.api.lever import Cut, Lever
from secondme_magics.api.refusal import LONGEST_BODY, iter_chunks, read_briefly, status_error
from secondme_magics.api.sse import iter_events
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ProtocolError, SecondMeError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from urllib3 import BaseHTTPResponse

    from secondme_magics.api.client import Client

STOPPED = "stopped"
"""Why the lever was pulled; any other word is a time that ran out."""

_SECONDS_TO_KEEP = 0.1


class Stream:
    """One answer: a context manager that is iterated once, as `conversation.asking` describes it.

    Args:
        client: Who sends the request.
        body: The request's body.
        total: Seconds for the whole answer.
        silence: Seconds from byte to byte; `None` where only the total counts.
    """

    def __init__(
        self, client: Client, body: Mapping[str, object], total: float, silence: float | None
    ) -> None:
        self._client = client
        self._body = body
        self._total = total
        self._lever = Lever(silence)
        self._entered = False
        self._response: BaseHTTPResponse | None = None
        self._is_read = False
        self._deltas = self._iter_deltas()

    def __enter__(self) -> Iterator[Delta]:
        if self._entered:
            raise RuntimeError("an answer is streamed once: ask again")
        self._entered = True
        return self._deltas

    def __exit__(self, *_: object) -> None:
        try:
            self._deltas.close()
            if self._response is None:
                self._lever.cut("left")  # before Python 3.13, Ctrl-C in a handshake closes nothing
            else:
                if self._is_read:
                    with suppress(Cut):  # a stop comes too late to change the answer
                        self._read_on(self._response)
                self._response.close()
                self._response.release_conn()
        finally:
            self._lever.release()

    def stop(self) -> None:
        """End the answer at once, from any thread and at any moment; iterating then ends."""
        self._lever.cut(STOPPED)

    def _iter_deltas(self) -> Generator[Delta, None, None]:
        try:
            self._lever.cut_by(self._total, "total")
            with self._client.translating(self._lever, self._total):
                self._lever.check()
                response = self._client.send(self._body, self._lever)
            self._response = response
            yield from self._read(response)
            self._is_read = True
        except Cut:
            return  # whoever stopped it knows
        except SecondMeError as error:
            raise failures.without_key(error, self._client.endpoint.key) from None

    def _read(self, response: BaseHTTPResponse) -> Iterator[Delta]:
        if response.status != HTTPStatus.OK:
            raise status_error(self._client, response, self._lever)
        yield Delta()
        endpoint = self._client.endpoint
        content_type = response.headers.get("Content-Type", "")
        if endpoint.key:
            content_type = endpoint.key.hide_in(content_type)
        content_type = content_type.partition(";")[0].strip().lower()
        chunks = self._iter_chunks(response)
        head = b""
        while (kind := kind_of(head, content_type)) is None and len(head) < LONGEST_BODY:
            chunk = next(chunks, b"")
            head += chunk
            if not chunk:
                break
        chunks = chain([head], chunks)
        if kind == "events":
            deltas = self._iter_live(iter_deltas(iter_events(chunks, endpoint.key), endpoint.key))
            yield from hide_in_deltas(deltas, endpoint.key)
        elif kind == "json":
            deltas = iter_completion(_text(_whole(chunks)), endpoint.key)
            yield from hide_in_deltas(deltas, endpoint.key)
        else:
            start = read_briefly(chunks, self._lever, endpoint).strip()
            raise failures.no_answer(endpoint.origin, content_type, start)

    def _iter_chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        return iter_chunks(self._client, response, self._lever, self._total)

    def _iter_live(self, deltas: Iterable[Delta]) -> Iterator[Delta]:
        """Yield `deltas` until somebody stops; after a finish reason wait for little more."""
        is_finished = False
        for delta in deltas:
            if self._lever.why == STOPPED:
                raise Cut(STOPPED)
            if delta.finish_reason is not None and not is_finished:
                is_finished = True
                self._lever.cut_after(self._client.endpoint.timeouts.after_finish, "finished")
            yield delta

    def _read_on(self, response: BaseHTTPResponse) -> None:
        """Read to the body's end, so that the connection can serve the next prompt."""
        connection = response.connection
        if connection is not None and not connection.is_closed:
            chunks = self._iter_chunks(response)
            read_briefly(chunks, self._lever, self._client.endpoint, _SECONDS_TO_KEEP)


def _whole(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise ProtocolError(
                f"the answer is longer than {LONGEST_ANSWER:,} bytes",
                "Ask for less, or set --max-tokens (or max_tokens=).",
            )
    return bytes(body)


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", "replace")
