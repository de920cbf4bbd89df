"""The chat endpoints: a conversation comes in, an answer goes out word by word.

Knows the pace and the heartbeats; what is said comes from `answering`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from tornado.iostream import StreamClosedError

from secondme_magics.demo.answering import answer
from secondme_magics.demo.chat_request import OPENAI, SECOND_ME, parse_chat_request
from secondme_magics.demo.completions import MODEL, complete, split_words, to_event
from secondme_magics.demo.fields import Problem, RefusedError
from secondme_magics.demo.registry import find_online
from secondme_magics.demo.responding import OpenAIResponder, Responder

if TYPE_CHECKING:
    from tornado.http1connection import HTTP1Connection

    from secondme_magics.demo.chat_request import ChatRequest
    from secondme_magics.demo.completions import Completion
    from secondme_magics.demo.responding import Demo
    from secondme_magics.demo.roles import Role


class Chat(Responder):
    """`POST` a conversation, get the answer."""

    dialect = SECOND_ME

    def initialize(self, demo: Demo) -> None:
        """Watch for the client to leave."""
        super().initialize(demo)
        self._left = asyncio.Event()

    def on_connection_close(self) -> None:
        """Stop answering: nobody reads on."""
        self._left.set()

    async def post(self, instance_id: str = "demo") -> None:
        """Answer the last prompt of the conversation."""
        find_online(instance_id)
        request = parse_chat_request(self.request.body, self.dialect)
        completion = self._complete(request)
        if not request.streams:
            self.write(completion.to_json())
            return
        with suppress(StreamClosedError):
            await self._stream(completion, includes_usage=request.includes_usage)

    def _complete(self, request: ChatRequest) -> Completion:
        messages = request.messages
        role = self._find_role(request.role_id)
        text = answer(self.demo.notes, messages, role=role, retrieves=request.retrieves)
        prompt_tokens = sum(len(split_words(message.content)) for message in messages)
        return complete(text, prompt_tokens=prompt_tokens, max_tokens=request.max_tokens)

    def _find_role(self, role_id: str | None) -> Role | None:
        """Return the role to answer in; an unknown one is a wrong field, not a missing instance."""
        if role_id is None:
            return None
        try:
            return self.demo.roles.find(role_id)
        except RefusedError as error:
            problem = Problem(
                ("metadata", "role_id"), "must be the uuid of a role that the instance has"
            )
            raise RefusedError(422, error.message, (problem,)) from None

    async def _stream(self, completion: Completion, *, includes_usage: bool) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        # a word is a small packet: it must not wait until the last one was acknowledged
        cast("HTTP1Connection", self.request.connection).stream.set_nodelay(value=True)
        await self._send(": initial heartbeat\n\n")
        await self._send_words(completion)
        if not self._left.is_set():
            self.write(to_event(completion.to_last_chunk()))
            if includes_usage:
                self.write(to_event(completion.to_usage_chunk()))
            await self._send("data: [DONE]\n\n")

    async def _send_words(self, completion: Completion) -> None:
        """Send each word when it is due, the first one at once."""
        clock = asyncio.get_running_loop().time
        pace, begun, sent = self.demo.words_per_second, clock(), 0
        while sent < len(completion.words) and not self._left.is_set():
            due = min(len(completion.words), 1 + max(sent, int((clock() - begun) * pace)))
            chunks = (to_event(completion.to_chunk(index)) for index in range(sent, due))
            await self._send("".join(chunks))
            sent = due
            await self._pause(begun + sent / pace - clock())

    async def _pause(self, seconds: float) -> None:
        """Wait, with a heartbeat now and then, or until the client leaves."""
        beats = 0
        while seconds > 0 and not self._left.is_set():
            if beats:
                await self._send(f": heartbeat #{beats}\n\n")
            nap = min(seconds, self.demo.heartbeat)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._left.wait(), nap)
            seconds -= nap
            beats += 1

    async def _send(self, text: str) -> None:
        self.write(text)
        await self.flush()


class OpenAIChat(OpenAIResponder, Chat):
    """The same, as an OpenAI-compatible server has it."""

    dialect = OPENAI


class Models(OpenAIResponder):
    """`GET` the models that there are: none, under one name."""

    def get(self) -> None:
        """List the one name."""
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "secondme-magics"}
        self.write({"object": "list", "data": [model]})
