"""The client's connections: kept, replaced, closed, shared."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from clients import ask, client_of, stream_of
from scripted_server import CLOSE, UNTIL_GONE, ScriptedServer, chunk, done, reply, sse

from secondme_magics import errors
from secondme_magics.conversation.messages import Message, Parameters

if TYPE_CHECKING:
    from scripted_server import Answer, Framing, Request

ANSWER = (chunk("Hel"), chunk("lo"), chunk(finish_reason="stop"), done)
pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")


class TestTheConnection:
    @pytest.mark.parametrize("framing", ["chunked", "length"])
    @pytest.mark.parametrize("size", [1, None])
    def test_serves_the_next_prompt(self, framing: Framing, size: int | None) -> None:
        error = reply(b"{}", status=503)
        whole = reply(b'{"choices": [{"message": {"content": "Hello"}}]}')
        with ScriptedServer(sse(*ANSWER, framing=framing, size=size), error, whole) as server:
            client = client_of(server.url)
            assert ask(client) == "Hello"
            with pytest.raises(errors.InstanceUnavailable):
                ask(client)
            assert ask(client) == "Hello"
            client.close()
            assert server.connections == 1

    def test_that_the_server_closed_meanwhile_is_replaced(self) -> None:
        closed = threading.Event()
        answer = [*sse(*ANSWER), CLOSE]
        with ScriptedServer(answer, on_close=closed.set) as server:
            client = client_of(server.url)
            for number in range(1, 4):
                assert ask(client) == "Hello"
                assert closed.wait(10)
                closed.clear()
                assert server.connections == number
            client.close()

    def test_that_fails_under_a_prompt_does_not_send_it_twice(self) -> None:
        with ScriptedServer(sse(*ANSWER), [CLOSE]) as server:
            client = client_of(server.url)
            ask(client)
            with pytest.raises(errors.ConnectionFailed):
                ask(client)
            client.close()
            assert len(server.requests) == 2

    @pytest.mark.parametrize("proxied", [False, True])
    def test_is_closed_with_the_client_whoever_holds_an_answer(
        self, proxied: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = threading.Event()
        with ScriptedServer(sse(*ANSWER), on_close=closed.set) as server:
            monkeypatch.setenv("HTTP_PROXY", server.origin)
            client = client_of("http://second-me.example/chat" if proxied else server.url)
            for _ in range(2):
                stream = stream_of(client)
                with stream as deltas:
                    assert "".join(delta.content for delta in deltas) == "Hello"
                client.close()
                assert closed.wait(10)
                closed.clear()
        assert server.connections == 2

    def test_is_closed_when_the_answer_is_left_early(self) -> None:
        with ScriptedServer(sse(chunk("Hel"), UNTIL_GONE), sse(*ANSWER)) as server:
            client = client_of(server.url)
            with stream_of(client) as deltas:
                next(deltas)
            assert server.gone.wait(10)
            assert ask(client) == "Hello"
            client.close()

    def test_serves_fifty_conversations_at_once(self) -> None:
        everyone = threading.Barrier(50)

        def answer(request: Request) -> Answer:
            everyone.wait(30)
            prompt = json.loads(request.body)["messages"][0]["content"]
            return sse(*(chunk(part) for part in prompt), done)

        with ScriptedServer(answer) as server:
            client = client_of(server.url)

            def talk(number: int) -> bool:
                prompt = f"I am number {number}"
                for _ in range(3):
                    with client.stream([Message("user", prompt)], Parameters()) as deltas:
                        if "".join(delta.content for delta in deltas) != prompt:
                            return False
                return True

            with ThreadPoolExecutor(50) as pool:
                assert all(pool.map(talk, range(50)))
            client.close()
            assert server.connections <= 60
