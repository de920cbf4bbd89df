"""The client's connections: kept, replaced, closed, shared."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from clients import ask, client_of, stream_of
from scripted_server import CLOSE, RESET, UNTIL_GONE, ScriptedServer, chunk, done, head, reply, sse
from urllib3.connection import HTTPConnection

from secondme_magics import errors
from secondme_magics.api import connection
from secondme_magics.api.connection import LEVER, give_levers, iter_body
from secondme_magics.api.endpoint import Timeouts
from secondme_magics.api.lever import Lever
from secondme_magics.conversation.messages import Message, Parameters

if TYPE_CHECKING:
    from scripted_server import Answer, Framing, Request, Step
    from urllib3 import BaseHTTPResponse

ANSWER = (chunk("Hel"), chunk("lo"), chunk(finish_reason="stop"), done)
pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")


TRUSTED = Path(__file__).parents[1] / "certificates" / "trusted.pem"


def speaking_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TRUSTED)
    return context


TOO_LONG = 12_000_000
"""Characters; no socket takes as many before the other side reads them."""


def first_byte(accepted: socket.socket) -> None:
    assert accepted.recv(1)


def response_through(pool: urllib3.HTTPConnectionPool) -> BaseHTTPResponse:
    """Return the response to a GET through `pool`, not read yet, of which no lever is left."""
    give_levers(pool)
    lever = Lever()
    token = LEVER.set(lever)
    try:
        return pool.urlopen("GET", "/", preload_content=False)
    finally:
        LEVER.reset(token)
        lever.release()


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

    @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # as Python 3.12 warns
    @pytest.mark.parametrize("secured", [False, True], ids=["in the open", "over TLS"])
    def test_is_not_shared_with_a_process_that_was_forked(
        self, secured: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TRUSTED))
        with ScriptedServer(sse(*ANSWER), tls=speaking_tls() if secured else None) as server:
            client = client_of(server.url)
            ask(client)
            child = get_context("fork").Process(target=ask, args=(client,))
            child.start()
            child.join(30)
            child.kill()
            assert child.exitcode == 0
            assert ask(client) == "Hello"
            client.close()
        assert [each.connection for each in server.requests] == [1, 2, 1]

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

    @pytest.mark.parametrize("secured", [False, True], ids=["in the open", "over TLS"])
    @pytest.mark.parametrize("end", [CLOSE, RESET])
    def test_that_the_server_closes_under_a_prompt_is_replaced(
        self, end: Step, secured: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TRUSTED))
        tls = speaking_tls() if secured else None
        with ScriptedServer(sse(*ANSWER), [end], sse(*ANSWER), tls=tls) as server:
            client = client_of(server.url)
            assert [ask(client), ask(client)] == ["Hello", "Hello"]
            client.close()
        assert [each.connection for each in server.requests] == [1, 1, 2]
        assert server.requests[1].body == server.requests[2].body

    def test_that_the_server_closes_under_an_inquiry_is_replaced(self) -> None:
        with ScriptedServer(sse(*ANSWER), [CLOSE], reply(b"{}")) as server:
            client = client_of(server.url)
            ask(client)
            assert client.get_json("/") == {}
            client.close()

    def test_that_a_reset_outruns_the_prompt_on_is_replaced(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = threading.Event()
        resetting = [*sse(*ANSWER), RESET]
        with ScriptedServer(resetting, sse(*ANSWER), on_close=closed.set) as server:
            client = client_of(server.url)
            assert ask(client) == "Hello"
            assert closed.wait(10)
            monkeypatch.setattr(HTTPConnection, "is_connected", True)  # it is seen too late
            assert ask(client) == "Hello"
            client.close()

    def test_that_ends_late_does_not_send_a_prompt_twice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "STALE_WITHIN", 0.0)  # each end is late
        with ScriptedServer(sse(*ANSWER), [CLOSE]) as server:
            client = client_of(server.url)
            ask(client)
            with pytest.raises(errors.ConnectionFailed, match="closed the connection"):
                ask(client)
            client.close()
            assert len(server.requests) == 2

    def test_that_ends_behind_an_early_answer_does_not_send_a_prompt_twice(self) -> None:
        early = [first_byte, *reply(b"{}", status=413), CLOSE]
        with ScriptedServer([*sse(*ANSWER), *early], sse(*ANSWER)) as server:
            client = client_of(server.url)
            ask(client)
            stream = client.stream([Message("user", "x" * TOO_LONG)], Parameters())
            with stream as deltas, pytest.raises(errors.StatusError, match="413"):
                list(deltas)
            client.close()
            assert server.connections == 1

    @pytest.mark.parametrize("error", [ConnectionAbortedError, ssl.SSLEOFError])
    def test_that_ends_while_sending_is_asked_for_an_answer_that_came(
        self, error: type[OSError]
    ) -> None:
        class Ending(HTTPConnection):
            def send(self, data: Any) -> None:  # noqa: ANN401 - http.client's own
                super().send(data)
                raise error

        class Pool(urllib3.HTTPConnectionPool):
            ConnectionCls = Ending

        with ScriptedServer(reply(b"{}")) as server, Pool("127.0.0.1", server.port) as pool:
            assert b"".join(iter_body(response_through(pool))) == b"{}"

    @pytest.mark.parametrize("begins", [b"H", head(102)], ids=["a byte", "an interim response"])
    def test_that_brought_a_byte_does_not_send_a_prompt_twice(self, begins: bytes) -> None:
        with ScriptedServer(sse(*ANSWER), [begins, CLOSE]) as server:
            client = client_of(server.url)
            ask(client)
            with pytest.raises(errors.ConnectionFailed):
                ask(client)
            client.close()
            assert len(server.requests) == 2

    def test_sends_a_prompt_twice_at_most(self) -> None:
        with ScriptedServer(sse(*ANSWER), [CLOSE]) as server:
            client = client_of(server.url)
            ask(client)
            for sent in (3, 4):
                with pytest.raises(errors.ConnectionFailed, match="closed the connection"):
                    ask(client)
                assert len(server.requests) == sent
            client.close()

    @pytest.mark.parametrize("times", [Timeouts(total=0.5), Timeouts(silence=0.5)])
    def test_that_took_too_long_does_not_send_a_prompt_twice(self, times: Timeouts) -> None:
        with ScriptedServer(sse(*ANSWER), [UNTIL_GONE]) as server:
            client = client_of(server.url, times)
            ask(client)
            with pytest.raises(errors.ResponseTimeout):
                ask(client)
            client.close()
            assert len(server.requests) == 2

    def test_that_was_stopped_does_not_send_a_prompt_twice(self) -> None:
        with ScriptedServer(sse(*ANSWER), [UNTIL_GONE]) as server:
            client = client_of(server.url)
            ask(client)
            stream = stream_of(client)
            server.asked.clear()

            def stop() -> None:
                server.asked.wait(10)
                stream.stop()

            stopper = threading.Thread(target=stop)
            stopper.start()
            with stream as deltas:
                assert list(deltas) == []
            stopper.join()
            client.close()
            assert len(server.requests) == 2

    def test_that_looks_names_up_by_itself_as_by_a_socks_proxy_does_so(self) -> None:
        class Elsewhere(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return socket.create_connection(("127.0.0.1", server.port))

        class Pool(urllib3.HTTPConnectionPool):
            ConnectionCls = Elsewhere

        with ScriptedServer(reply(b"{}")) as server, Pool("second-me.invalid", 80) as pool:
            assert b"".join(iter_body(response_through(pool))) == b"{}"

    def test_leads_to_an_address_in_brackets(self) -> None:
        try:
            socket.socket(socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine knows no IPv6")
        with ScriptedServer(sse(*ANSWER)) as server:
            client = client_of(server.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"))
            assert ask(client) == "Hello"
            client.close()
        assert server.requests[0].headers["host"].startswith("[::ffff:")

    @pytest.mark.parametrize(("scope", "host"), [(7, "fe80::1%7"), (0, "fe80::1")])
    def test_leads_to_an_ipv6_address_in_its_zone(
        self, scope: int, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = socket.getaddrinfo

        def look_up(name: str, port: int, *rest: int) -> list[Any]:
            if name == "box.local":
                address = "fe80::1", port, 0, scope
                return [(socket.AF_INET6, socket.SOCK_STREAM, 0, "", address)]
            return known("127.0.0.1" if name == host else name, port, *rest)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        with ScriptedServer(sse(*ANSWER)) as server:
            client = client_of(f"http://box.local:{server.port}/chat")
            assert ask(client) == "Hello"
            client.close()

    def test_can_be_ended_by_the_lever_that_has_used_it_before(self) -> None:
        lever = Lever()
        with ScriptedServer(reply(b"{}"), [lambda _: lever.cut("enough"), UNTIL_GONE]) as server:
            client = client_of(server.url)
            client.get_json("/", lever=lever)
            with pytest.raises(errors.ResponseTimeout):
                client.get_json("/", lever=lever)
            client.close()
            assert server.connections == 1

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
            assert server.connections <= 100, "connections are not used again"
