"""One answer from its request to its end: what kind it is, in which time, read how far.

Knows neither requests nor who asks; the client sends, and says what an exception means.
"""

from __future__ import annotations

import time
from contextlib import suppress
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING

from secondme_magics.api import failures
from secondme_magics.api.completions import (
    LONGEST_ANSWER,
    iter_deltas,
    kind_of,
    parse_completion,
)
from secondme_magics.api.connection import iter_body
from secondme_magics.api.lever import Cut, Lever
from secondme_magics.api.sse import iter_events
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ProtocolError, SecondMeError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from urllib3 import BaseHTTPResponse

    from secondme_magics.api.client import Client

LONGEST_BODY = 64 * 1024
"""Bytes that are read of a body that is no answer, such as an error's."""

STOPPED = "stopped"
"""Why the lever was pulled; any other word is a time that ran out."""

_SECONDS_FOR_A_BODY = 5.0
_SECONDS_TO_KEEP = 0.1


class Stream:
    """One answer: a context manager that is iterated once, as `conversation.asking` describes it.

    Args:
        client: Who sends the request.
        body: The request's body.
        total: Seconds for the whole answer.
    """

    def __init__(self, client: Client, body: Mapping[str, object], total: float) -> None:
        self._client = client
        self._body = body
        self._total = total
        self._lever = Lever(client.endpoint.timeouts.silence)
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
            if self._response is not None:
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
            failures.hide_key(error, self._client.endpoint.key)
            raise

    def _read(self, response: BaseHTTPResponse) -> Iterator[Delta]:
        if response.status != HTTPStatus.OK:
            raise self._status_error(response)
        yield Delta()
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        chunks = self._iter_chunks(response)
        head = b""
        while (kind := kind_of(head, content_type)) is None and len(head) < LONGEST_BODY:
            chunk = next(chunks, b"")
            head += chunk
            if not chunk:
                break
        chunks = chain([head], chunks)
        if kind == "events":
            yield from self._iter_live(iter_deltas(iter_events(chunks)))
        elif kind == "json":
            yield from parse_completion(_text(_whole(chunks)))
        else:
            start = _text(self._read_briefly(chunks, _SECONDS_FOR_A_BODY)).strip()
            raise failures.no_answer(self._client.endpoint.origin, content_type, start)

    def _iter_chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        key = self._client.endpoint.key
        with self._client.translating(self._lever, self._total, speaking=True):
            for chunk in iter_body(response):
                yield key.hide_in_bytes(chunk) if key else chunk
            self._lever.check()

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
            self._read_briefly(self._iter_chunks(response), _SECONDS_TO_KEEP)

    def _status_error(self, response: BaseHTTPResponse) -> SecondMeError:
        endpoint, headers = self._client.endpoint, response.headers
        location = response.get_redirect_location()
        if location:
            location = endpoint.key.hide_in(location) if endpoint.key else location
            return failures.redirect_error(endpoint, response.status, location)
        body = self._read_briefly(self._iter_chunks(response), _SECONDS_FOR_A_BODY)
        wait = failures.parse_retry_after(headers.get("Retry-After"), time.time())
        return failures.status_error(endpoint, response.status, _text(body), wait)

    def _read_briefly(self, chunks: Iterable[bytes], seconds: float) -> bytes:
        """Return what comes in `seconds`, up to `LONGEST_BODY`; however it ends is no matter."""
        self._lever.cut_after(seconds, "enough")
        body = bytearray()
        with suppress(SecondMeError):
            for chunk in chunks:
                body += chunk
                if len(body) >= LONGEST_BODY:
                    break
        return bytes(body[:LONGEST_BODY])


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
