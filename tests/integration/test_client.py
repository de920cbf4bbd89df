"""The client through real sockets: what it sends, keeps, refuses and survives."""

from __future__ import annotations

import gzip
import json
import threading
from typing import TYPE_CHECKING

import pytest
import requests
from clients import HELLO, ask, ask_once, client_of, failure, stream_of
from scripted_server import (
    CLOSE,
    RESET,
    UNTIL_GONE,
    ScriptedServer,
    chunk,
    done,
    head,
    heartbeat,
    redirect,
    reply,
    sse,
)

from secondme_magics import __version__, errors
from secondme_magics.api.endpoint import Key, Timeouts
from secondme_magics.api.key_header import KeyHeader
from secondme_magics.conversation.messages import Parameters

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_server import Answer, Framing, Step

UNSEEN = "sk-not-to-be-seen"
STOP = chunk(finish_reason="stop")
ANSWER = (chunk("Hel"), chunk("lo"), STOP, done)


pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")


class TestTheRequest:
    def test_is_the_documented_one(self) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            assert ask_once(server.url) == "Hello"
        (request,) = server.requests
        assert (request.method, request.path) == ("POST", "/api/kernel2/chat")
        assert request.json() == {
            "messages": [{"role": "user", "content": "你好 \ufffd"}],
            "stream": True,
        }
        assert request.headers["accept"] == "text/event-stream, application/json"
        assert request.headers["user-agent"] == f"secondme-magics/{__version__}"
        assert request.headers["content-type"] == "application/json"
        assert "authorization" not in request.headers

    def test_carries_the_endpoints_key(self) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            ask_once(server.url, key=Key(UNSEEN))
        assert server.requests[0].headers["authorization"] == f"Bearer {UNSEEN}"

    @pytest.mark.parametrize("key", [None, Key(UNSEEN)])
    def test_takes_no_key_from_netrc(
        self, key: Key | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password other\n", encoding="utf-8")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        with ScriptedServer(sse(*ANSWER)) as server:
            ask_once(server.url, key=key)
        sent = server.requests[0].headers.get("authorization")
        assert sent == (f"Bearer {UNSEEN}" if key else None)

    def test_is_shown_before_it_is_sent_but_for_the_key(self) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            client = client_of(server.url, key=Key(UNSEEN))
            preview = client.preview(HELLO, Parameters(temperature=0.5))
            assert server.requests == []
            with client.stream(HELLO, Parameters(temperature=0.5)) as deltas:
                list(deltas)
            client.close()
        (request,) = server.requests
        assert (preview.method, preview.url) == (request.method, server.url)
        assert preview.body == request.json()
        assert preview.headers["Authorization"] == "Bearer <Key>"
        assert UNSEEN not in repr(preview)
        sent = {name.lower(): value for name, value in preview.headers.items()}
        del sent["authorization"]
        assert sent.items() <= request.headers.items()

    def test_preview_without_a_key_has_no_authorization(self) -> None:
        preview = client_of("http://127.0.0.1:1").preview(HELLO, Parameters())
        assert "Authorization" not in preview.headers

    @pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
    def test_a_bad_value_is_refused_at_once(self, timeout: float) -> None:
        client = client_of("http://127.0.0.1:1")
        with pytest.raises(errors.ConfigurationError):
            client.stream(HELLO, Parameters(), timeout=timeout)
        with pytest.raises(errors.ConfigurationError):
            client.stream(HELLO, Parameters(temperature=2))

    def test_no_repr_of_its_headers_shows_the_key(self) -> None:
        request = requests.Request("GET", "http://127.0.0.1:1", auth=KeyHeader(Key(UNSEEN)))
        headers = request.prepare().headers
        assert headers["Authorization"] == f"Bearer {UNSEEN}"
        assert UNSEEN not in f"{headers} {headers!r}"

    def test_a_stream_is_entered_once(self) -> None:
        with ScriptedServer(sse(*ANSWER)) as server:
            client = client_of(server.url)
            stream = stream_of(client)
            with stream as deltas:
                list(deltas)
            with pytest.raises(RuntimeError, match="once"):
                stream.__enter__()
            client.close()


class TestTheAnswer:
    @pytest.mark.parametrize("size", [1, 7, None])
    @pytest.mark.parametrize("framing", ["chunked", "length", "close"])
    def test_is_whole_in_every_framing(self, framing: Framing, size: int | None) -> None:
        events = (b": initial heartbeat\n\n", chunk("你"), heartbeat, chunk("😀"), STOP, done)
        with ScriptedServer(sse(*events, framing=framing, size=size)) as server:
            assert ask_once(server.url) == "你😀"

    @pytest.mark.parametrize("framing", ["chunked", "length", "close"])
    def test_is_handed_over_as_it_comes(self, framing: Framing) -> None:
        seen = threading.Event()
        answer = sse(chunk("first"), seen, chunk(" second"), done, framing=framing)
        with ScriptedServer(answer) as server:
            client = client_of(server.url)
            with stream_of(client) as deltas:
                texts = []
                for delta in deltas:
                    texts.append(delta.content)
                    if delta.content == "first":
                        seen.set()
            client.close()
        assert "".join(texts) == "first second"

    def test_begins_with_a_sign_of_life_as_soon_as_the_server_answers(self) -> None:
        seen = threading.Event()
        with ScriptedServer(sse(seen, *ANSWER)) as server:
            client = client_of(server.url)
            with stream_of(client) as deltas:
                assert next(deltas).content == ""
                seen.set()
                assert "".join(delta.content for delta in deltas) == "Hello"
            client.close()

    def test_may_be_compressed(self) -> None:
        body = gzip.compress(b"".join(ANSWER))
        answer = sse(body, headers=[("Content-Encoding", "gzip")], size=3)
        with ScriptedServer(answer) as server:
            assert ask_once(server.url) == "Hello"

    def test_may_be_whole_json(self) -> None:
        body = json.dumps({"choices": [{"message": {"content": "Hello"}}]}).encode()
        with ScriptedServer(reply(body, size=1), sse(body)) as server:
            assert ask_once(server.url) == "Hello"
            assert ask_once(server.url) == "Hello"

    def test_may_come_without_a_content_type(self) -> None:
        with ScriptedServer(reply(*ANSWER, content_type=None, size=1)) as server:
            assert ask_once(server.url) == "Hello"

    @pytest.mark.parametrize("end", [RESET, CLOSE, UNTIL_GONE, heartbeat])
    def test_is_complete_after_a_finish_reason_whatever_follows(self, end: Step) -> None:
        with ScriptedServer(sse(chunk("Hello"), STOP, end, UNTIL_GONE)) as server:
            timeouts = Timeouts(after_finish=0.1)
            assert ask_once(server.url, timeouts=timeouts) == "Hello"

    def test_ends_at_done_though_the_server_stays_open(self) -> None:
        with ScriptedServer(sse(*ANSWER, UNTIL_GONE)) as server:
            assert ask_once(server.url) == "Hello"
            assert server.gone.wait(10)

    def test_leaves_a_server_that_goes_on_after_done(self) -> None:
        endless = b"x" * 200_000
        with ScriptedServer(sse(*ANSWER, endless, UNTIL_GONE)) as server:
            assert ask_once(server.url) == "Hello"
            assert server.gone.wait(10)


CUTS: dict[str, tuple[Answer, Framing]] = {
    "closed between chunks": ([CLOSE], "chunked"),
    "closed in a chunk": ([lambda sock: sock.sendall(b"ff\r\ndata: "), CLOSE], "chunked"),
    "closed without a word": ([], "close"),
    "closed short of its length": ([CLOSE, chunk("lo")], "length"),
    "reset": ([RESET], "chunked"),
    "an honest end": ([], "chunked"),
}


@pytest.mark.parametrize(("end", "framing"), CUTS.values(), ids=CUTS)
def test_an_answer_that_is_cut_is_interrupted_and_what_came_is_kept(
    end: Answer, framing: Framing
) -> None:
    came = threading.Event()
    with ScriptedServer(sse(chunk("Hel"), came, *end, framing=framing)) as server:
        client = client_of(server.url)
        with stream_of(client) as deltas:
            assert [next(deltas).content, next(deltas).content] == ["", "Hel"]
            came.set()
            with pytest.raises(errors.StreamInterrupted):
                list(deltas)
        client.close()


BROKEN: dict[str, tuple[Answer, type[errors.SecondMeError]]] = {
    "no answer": ([CLOSE], errors.ConnectionFailed),
    "a reset": ([RESET], errors.ConnectionFailed),
    "half a status line": ([b"HTTP/1.1 20", CLOSE], errors.ConnectionFailed),
    "half the headers": ([b"HTTP/1.1 200 OK\r\nA: b\r\n", CLOSE], errors.ConnectionFailed),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.6\r\n\r\n", CLOSE], errors.ProtocolError),
    "another HTTP": ([b"HTTP/3.0 200 OK\r\n\r\n", CLOSE], errors.ProtocolError),
    "endless headers": ([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, CLOSE], errors.ProtocolError),
    "interim answers for ever": ([*[head(100)] * 20_000, CLOSE], errors.ProtocolError),
    "a header without end": ([b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000], errors.ProtocolError),
    "two lengths": (
        [head(200, [("Content-Length", "1, 2")]), b"{}", CLOSE],
        errors.ProtocolError,
    ),
    "a chunk's size that is no number": (
        [head(200, [("Transfer-Encoding", "chunked")]), b"zz\r\n", CLOSE],
        errors.StreamInterrupted,
    ),
    "gzip that is none": (
        reply(b"data: x\n\n", headers=[("Content-Encoding", "gzip")]),
        errors.ProtocolError,
    ),
    "packed twice": (
        reply(gzip.compress(gzip.compress(b"{}")), headers=[("Content-Encoding", "gzip, gzip")]),
        errors.ProtocolError,
    ),
    "packed as nobody asked": (
        reply(b"{}", headers=[("Content-Encoding", "br")]),
        errors.ProtocolError,
    ),
    "an event without end": (sse(*[b"data: " + b"x" * 65_536] * 20), errors.ProtocolError),
    "an event without end in gzip": (
        sse(gzip.compress(b"data: " + b"x" * 50_000_000), headers=[("Content-Encoding", "gzip")]),
        errors.ProtocolError,
    ),
    "JSON without end": (
        reply(gzip.compress(b"{" + b" " * 50_000_000), headers=[("Content-Encoding", "gzip")]),
        errors.ProtocolError,
    ),
    "blank lines without end": (reply(b"\n" * 200_000, content_type=None), errors.ProtocolError),
    "an empty body": (reply(b""), errors.ProtocolError),
    "an empty stream": (sse(), errors.ProtocolError),
    "a page": (reply(b"<title>Log in</title>", content_type="text/html"), errors.ProtocolError),
    "text": (reply(b"denied", content_type="text/plain"), errors.ProtocolError),
    "an error frame": (
        sse(chunk("a"), b'data: {"error": "no GPU"}\n\n', done),
        errors.ProtocolError,
    ),
}


@pytest.mark.parametrize(("answer", "kind"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_is_an_error_in_two_lines(
    answer: Answer, kind: type[errors.SecondMeError]
) -> None:
    with ScriptedServer(answer) as server:
        assert type(failure(server.url)) is kind
        assert len(server.requests) == 1, "a prompt is never sent twice"


def test_a_page_is_named_by_its_title_byte_by_byte() -> None:
    page = reply(b"<html><title>Log in</title>", content_type="text/event-stream", size=1)
    with ScriptedServer(page) as server:
        assert "'Log in'" in failure(server.url).what


class TestAnotherStatus:
    def test_becomes_its_error_in_the_servers_words(self) -> None:
        body = b'{"detail": [{"loc": ["body", "messages"], "msg": "field required"}]}'
        with ScriptedServer(reply(body, status=422, size=1)) as server:
            error = failure(server.url)
        assert isinstance(error, errors.InvalidRequest)
        assert "body.messages: field required" in error.what
        assert (error.status, error.body) == (422, body.decode())

    def test_tells_when_to_come_back(self) -> None:
        with ScriptedServer(reply(status=429, headers=[("Retry-After", "7")])) as server:
            error = failure(server.url)
        assert isinstance(error, errors.RateLimited)
        assert error.retry_after == 7

    @pytest.mark.parametrize("end", [(), (CLOSE,), (RESET,)])
    def test_has_a_bounded_body_which_may_be_cut(self, end: Answer) -> None:
        body = gzip.compress(b"x" * 10_000_000)
        headers = [("Content-Encoding", "gzip")]
        with ScriptedServer(reply(body, *end, status=500, headers=headers)) as server:
            error = failure(server.url)
        assert isinstance(error, errors.StatusError)
        assert len(error.body) <= 65_536

    def test_may_be_a_redirect_which_is_named_and_not_followed(self) -> None:
        with ScriptedServer(sse(*ANSWER)) as goal:
            with ScriptedServer(
                redirect(goal.url.replace("//", "//me:pw@") + "?token=1")
            ) as server:
                error = failure(server.url, key=Key(UNSEEN))
            assert goal.requests == []
        assert goal.url in error.what
        assert "pw" not in str(error)
        assert "token" not in str(error)

    def test_keeps_no_cookie(self) -> None:
        cookie = [("Set-Cookie", "a=b; Path=/")]
        with ScriptedServer(sse(*ANSWER, headers=cookie)) as server:
            client = client_of(server.url)
            ask(client)
            ask(client)
            client.close()
        assert "cookie" not in server.requests[1].headers
