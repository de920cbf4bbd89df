"""The client's time: what is bounded, and what ends at once when the user stops it."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from clients import HELLO, ask_once, client_of, failure, stream_of
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, done, head, heartbeat, reply, sse

from secondme_magics import errors
from secondme_magics.api import connection
from secondme_magics.api.connection import LEVER, give_levers
from secondme_magics.api.endpoint import Timeouts
from secondme_magics.api.lever import Cut, Lever
from secondme_magics.api.refusal import read_briefly
from secondme_magics.conversation.messages import Message, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripted_server import Answer

ANSWER = (chunk("Hello"), chunk(finish_reason="stop"), done)
pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that lets connect, and then never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def full() -> Iterator[str]:
    """A server whose queue is full: connecting to it takes forever."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        for each in waiting:
            each.close()


def trickle(accepted: socket.socket) -> None:
    """Send a byte every few milliseconds, until the client has left."""
    pause = threading.Event()
    while not pause.wait(0.02):
        accepted.sendall(b"x")


def addresses_of(name: str, ports: list[int]) -> Callable[..., list[Any]]:
    """Return a look-up in which `name` stands for these ports of loopback, one after another."""
    known = socket.getaddrinfo

    def look_up(host: str, port: int, family: int = 0, kind: int = 0) -> list[Any]:
        if host != name:
            return known(host, port, family, kind)
        return [known("127.0.0.1", each, family, kind)[0] for each in ports]

    return look_up


TRICKLES: dict[str, Answer] = {
    "in the status": [b"HTTP/1.1 ", trickle],
    "in the headers": [b"HTTP/1.1 200 OK\r\nA: ", trickle],
    "in a chunk's size": [head(200, [("Transfer-Encoding", "chunked")]), b"1;", trickle],
    "in a stream": sse(chunk("Hel"), b"data: ", trickle, framing="close"),
    "in JSON": reply(b"{", trickle, framing="close"),
}

BROKEN_OFF: dict[str, Answer] = {
    "an error": reply(b"half of me", UNTIL_GONE, status=500, framing="close"),
    "an error, byte by byte": reply(b"half of me", trickle, status=404, framing="close"),
    "text": reply(b"half of me", UNTIL_GONE, content_type="text/plain", framing="close"),
    "a page": reply(b"<title>Half of me", UNTIL_GONE, content_type="", framing="close"),
}


class TestTime:
    def test_to_connect_is_bounded(self, full: str) -> None:
        error = failure(f"http://{full}/chat", Timeouts(connect=0.1))
        assert isinstance(error, errors.ResponseTimeout)
        assert "no connection" in error.what

    @pytest.mark.parametrize("dead", [1, 2])
    def test_to_connect_is_shared_by_the_addresses_of_a_host(
        self, full: str, dead: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "LEAST_SHARE", 0.0)
        with ScriptedServer(sse(*ANSWER)) as server:
            ports = [int(full.partition(":")[2])] * dead + [server.port]
            monkeypatch.setattr(socket, "getaddrinfo", addresses_of("second-me.example", ports))
            assert ask_once("http://second-me.example/chat", Timeouts(connect=0.6)) == "Hello"

    def test_to_connect_is_not_cut_into_shares_that_are_too_short(
        self, full: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            ports = [int(full.partition(":")[2]), *[server.port] * 15]
            monkeypatch.setattr(socket, "getaddrinfo", addresses_of("second-me.example", ports))
            error = failure("http://second-me.example/chat", Timeouts(connect=0.3, total=10))
            assert "no connection" in error.what
            assert server.connections == 0

    def test_to_connect_is_bounded_for_all_addresses_of_a_host(
        self, full: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ports = [int(full.partition(":")[2])] * 3
        monkeypatch.setattr(socket, "getaddrinfo", addresses_of("second-me.example", ports))
        error = failure("http://second-me.example/chat", Timeouts(connect=0.3, total=10))
        assert "no connection" in error.what

    def test_to_look_a_name_up_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answered = threading.Event()

        def look_up(*_: object, **__: object) -> list[object]:
            answered.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "unseen")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        error = failure("http://second-me.example/chat", Timeouts(connect=0.1))
        answered.set()
        assert isinstance(error, errors.ResponseTimeout)
        assert "no connection" in error.what

    def test_of_a_tls_handshake_is_bounded(self, deaf: str) -> None:
        error = failure(f"https://{deaf}/chat", Timeouts(connect=0.1))
        assert isinstance(error, errors.ResponseTimeout)
        assert "no connection" in error.what

    @pytest.mark.parametrize(
        "answer", [[UNTIL_GONE], [head(200), UNTIL_GONE]], ids=["no reply", "no TLS"]
    )
    @pytest.mark.parametrize("in_one_piece", [False, True])
    def test_of_a_proxys_tunnel_is_time_to_connect(
        self, answer: Answer, in_one_piece: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ScriptedServer(answer) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
            client = client_of("https://second-me.example/chat", Timeouts(connect=0.2, total=10))
            stream = client.stream(HELLO, Parameters(stream=not in_one_piece))
            with stream as deltas, pytest.raises(errors.ResponseTimeout) as caught:
                list(deltas)
            client.close()
        assert "no connection" in caught.value.what

    @pytest.mark.parametrize("answer", [[UNTIL_GONE], sse(chunk("Hel"), heartbeat, UNTIL_GONE)])
    def test_of_silence_is_bounded(self, answer: Answer) -> None:
        with ScriptedServer(answer) as server:
            error = failure(server.url, Timeouts(silence=0.2))
            assert server.gone.wait(10)
        assert isinstance(error, errors.ResponseTimeout)
        assert "silent" in error.what
        assert "--timeout S" in error.hint

    def test_of_silence_is_bounded_while_a_prompt_is_sent_too(self, deaf: str) -> None:
        client = client_of(f"http://{deaf}/chat", Timeouts(connect=30, silence=0.2, total=20))
        stream = client.stream([Message("user", "x" * 12_000_000)], Parameters())
        with stream as deltas, pytest.raises(errors.ResponseTimeout) as caught:
            list(deltas)
        client.close()
        assert "silent" in caught.value.what

    @pytest.mark.parametrize("answer", [[UNTIL_GONE], sse(chunk("Hel"), heartbeat, UNTIL_GONE)])
    def test_that_the_user_gave_is_waited_for_in_silence_too(self, answer: Answer) -> None:
        with ScriptedServer(answer) as server:
            client = client_of(server.url, Timeouts(silence=0.01))
            stream = client.stream(HELLO, Parameters(), timeout=0.3)
            with stream as deltas, pytest.raises(errors.ResponseTimeout) as caught:
                list(deltas)
            client.close()
        assert "did not finish its answer in 0.3 s" in caught.value.what

    def test_for_an_answer_in_one_piece_is_silent(self) -> None:
        with ScriptedServer([UNTIL_GONE]) as server:
            client = client_of(server.url, Timeouts(silence=0.01, total=0.3))
            stream = client.stream(HELLO, Parameters(stream=False))
            with stream as deltas, pytest.raises(errors.ResponseTimeout) as caught:
                list(deltas)
            client.close()
        assert "did not finish its answer in 0.3 s" in caught.value.what

    @pytest.mark.parametrize("answer", TRICKLES.values(), ids=TRICKLES)
    def test_of_all_is_bounded_though_a_byte_comes_again_and_again(self, answer: Answer) -> None:
        with ScriptedServer(answer) as server:
            error = failure(server.url, Timeouts(total=0.3))
            assert server.gone.wait(10)
        assert isinstance(error, errors.ResponseTimeout)
        assert "did not finish its answer in 0.3 s" in error.what

    @pytest.mark.parametrize("answer", BROKEN_OFF.values(), ids=BROKEN_OFF)
    def test_to_read_what_is_no_answer_is_short(
        self, answer: Answer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(read_briefly, "__defaults__", (0.1,))
        begun = time.monotonic()
        with ScriptedServer(answer) as server:
            error = failure(server.url, Timeouts(silence=30, total=30))
            assert server.gone.wait(10)
        assert "of me" in error.what
        assert time.monotonic() - begun < 20, "it was waited for"

    def test_of_all_bounds_connecting_too(self, full: str) -> None:
        assert "0.1 s" in failure(f"http://{full}/chat", Timeouts(connect=1, total=0.1)).what

    def test_may_be_given_with_the_prompt(self) -> None:
        with ScriptedServer([UNTIL_GONE]) as server:
            client = client_of(server.url)
            stream = client.stream(HELLO, Parameters(), timeout=0.1)
            with stream as deltas, pytest.raises(errors.ResponseTimeout):
                next(deltas)
            client.close()

    def test_after_it_ran_out_nothing_more_is_read(self) -> None:
        with ScriptedServer(sse(chunk("Hel"), UNTIL_GONE)) as server:
            client = client_of(server.url, Timeouts(silence=0.1))
            with stream_of(client) as deltas:
                assert [next(deltas).content, next(deltas).content] == ["", "Hel"]
                with pytest.raises(errors.ResponseTimeout):
                    next(deltas)
                with pytest.raises(StopIteration):
                    next(deltas)
            client.close()


class TestStop:
    @pytest.mark.parametrize("entered", [True, False])
    def test_before_the_answer_begins_sends_nothing(self, entered: bool) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            client = client_of(server.url)
            stream = stream_of(client)
            if not entered:
                stream.stop()
            with stream as deltas:
                stream.stop()
                assert list(deltas) == []
            client.close()
            assert server.connections == 0

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_while_connecting_ends_at_once(self, full: str, scheme: str) -> None:
        self._stop_at_once(f"{scheme}://{full}/chat")

    def test_in_a_tls_handshake_ends_at_once(self, deaf: str) -> None:
        self._stop_at_once(f"https://{deaf}/chat")

    def test_while_waiting_for_headers_ends_at_once(self, deaf: str) -> None:
        self._stop_at_once(f"http://{deaf}/chat")

    def _stop_at_once(self, url: str) -> None:
        client = client_of(url, Timeouts(connect=3, silence=60))
        stream = stream_of(client)
        with stream as deltas:
            timer = threading.Timer(0.1, stream.stop)
            timer.start()
            assert list(deltas) == []
        timer.join()
        client.close()

    @pytest.mark.parametrize(
        "answer",
        [
            sse(chunk("Hel"), UNTIL_GONE),
            sse(chunk("Hel"), UNTIL_GONE, framing="close"),
            sse(chunk("Hel"), trickle, framing="close"),
            reply(b"{", UNTIL_GONE, framing="close"),
            reply(b"{", UNTIL_GONE, status=500, framing="close"),
            reply(b"<", UNTIL_GONE, framing="close"),
        ],
        ids=["stalled", "stalled, not chunked", "trickling", "JSON", "an error's body", "a page"],
    )
    def test_while_it_comes_ends_at_once(self, answer: Answer) -> None:
        with ScriptedServer(answer) as server:
            client = client_of(server.url)
            stream = stream_of(client)
            with stream as deltas:
                threading.Timer(0.1, stream.stop).start()
                assert "".join(delta.content for delta in deltas) in {"", "Hel"}
                stream.stop()
            assert not server.requests or server.gone.wait(10)  # a busy machine is slow
            client.close()

    def test_leaves_out_what_has_come_but_was_not_read(self) -> None:
        with ScriptedServer(sse(b"".join([chunk("a")] * 100), done)) as server:
            client = client_of(server.url)
            stream = stream_of(client)
            with stream as deltas:
                assert [next(deltas).content, next(deltas).content] == ["", "a"]
                stream.stop()
                assert list(deltas) == []
            client.close()

    def test_after_the_end_does_no_harm_to_the_next(self) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            client = client_of(server.url)
            streams = [stream_of(client) for _ in range(2)]
            for stream in streams:
                with stream as deltas:
                    assert "".join(delta.content for delta in deltas) == "Hello"
                streams[0].stop()
            client.close()
            assert server.connections == 1


class CutWhenConnected(Lever):
    """A stop in the moment between connecting and sending."""

    def dial(self, connect: Callable[[], socket.socket], seconds: float | None) -> socket.socket:
        connection = super().dial(connect, seconds)
        self.cut("stopped")
        return connection


def test_a_stop_between_connecting_and_sending_sends_nothing() -> None:
    with ScriptedServer(sse(*ANSWER)) as server:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", server.port)
        give_levers(pool)
        lever = CutWhenConnected()
        token = LEVER.set(lever)
        with pytest.raises(Cut):
            pool.urlopen("POST", "/", body=b"x")
        LEVER.reset(token)
        lever.release()
        pool.close()
    assert server.requests == []
