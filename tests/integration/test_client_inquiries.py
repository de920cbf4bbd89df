"""What the client gets, and what it refuses: `get_json` through real sockets."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from clients import client_of
from scripted_server import CLOSE, RESET, UNTIL_GONE, Answer, ScriptedServer, redirect, reply
from tls import certificate, speaking_tls, trust
from urllib3.exceptions import ConnectTimeoutError

from secondme_magics import errors
from secondme_magics.api.endpoint import Key
from secondme_magics.api.inquiry import LONGEST_JSON, MISSING
from secondme_magics.api.lever import Cut, Lever
from secondme_magics.api.probing import check_certificate, check_port, look_up, parse_proxy
from secondme_magics.api.refusal import LONGEST_BODY
from secondme_magics.api.stream import STOPPED

if TYPE_CHECKING:
    from pathlib import Path

UNSEEN = "sk-not-to-be-seen"

pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")


def get(url: str, path: str = "/api/x", key: Key | None = None, seconds: float = 20) -> object:
    client = client_of(url, key=key)
    try:
        return client.get_json(path, seconds=seconds)
    finally:
        client.close()


def failure(url: str, key: Key | None = None, seconds: float = 20) -> errors.SecondMeError:
    with pytest.raises(errors.SecondMeError) as caught:
        get(url, "/api/x?page_no=1", key, seconds)
    assert len(str(caught.value).splitlines()) == 2
    assert UNSEEN not in str(caught.value) + repr(caught.value)
    return caught.value


def test_a_get_asks_for_json_under_the_origin_with_its_key() -> None:
    with ScriptedServer(reply(b'\xef\xbb\xbf{"a": [1, null]}')) as server:
        assert get(server.url, "/api/x?y=1", Key(UNSEEN)) == {"a": [1, None]}
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("GET", "/api/x?y=1", b"")
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {UNSEEN}"
    assert "content-type" not in request.headers


def test_no_key_is_sent_where_there_is_none() -> None:
    with ScriptedServer(reply(b"1")) as server:
        get(server.url)
    assert "authorization" not in server.requests[0].headers


def test_the_next_get_uses_the_same_connection() -> None:
    with ScriptedServer(reply(b"1")) as server:
        client = client_of(server.url)
        assert [client.get_json("/a"), client.get_json("/b")] == [1, 1]
        client.close()
        assert server.connections == 1


@pytest.mark.parametrize("path", ["", "x", "@elsewhere.example/", "://elsewhere.example/"])
def test_a_path_stays_under_the_origin(path: str) -> None:
    with pytest.raises(ValueError, match="begins with a slash"):
        get("http://127.0.0.1:1/chat", path)


def test_an_answer_may_be_compressed() -> None:
    body = gzip.compress(b'{"a": 1}')
    with ScriptedServer(reply(body, headers=[("Content-Encoding", "gzip")])) as server:
        assert get(server.url) == {"a": 1}


def test_a_key_that_the_server_echoes_is_not_in_the_value() -> None:
    escaped = "".join(f"\\u{ord(c):04x}" for c in UNSEEN)
    body = f'{{"a": ["{escaped}", 1, {{"b": "x{UNSEEN}"}}]}}'
    with ScriptedServer(reply(body.encode())) as server:
        assert get(server.url, key=Key(UNSEEN)) == {"a": ["•••", 1, {"b": "x•••"}]}


@pytest.mark.parametrize("before", [280, 295, LONGEST_BODY - 9], ids=str)
@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_servers_words_are_cut_after_the_key_in_them_is_hidden(before: int, status: int) -> None:
    words = b"x" * before + UNSEEN.encode() + b"y" * LONGEST_BODY
    with ScriptedServer(reply(words, status=status, content_type="text/plain")) as server:
        error = failure(server.url, Key(UNSEEN))
    assert isinstance(error, errors.StatusError)
    assert UNSEEN[:3] not in f"{error}{error.body}"
    assert len(error.body) == LONGEST_BODY


BAD: dict[str, tuple[Answer, type[errors.SecondMeError], str]] = {
    "missing": (reply(b"{}", status=404), errors.StatusError, "has nothing for GET /api/x"),
    "not allowed": (reply(b"", status=405), errors.StatusError, "(status 405)"),
    "failed": (
        reply(b'{"message": "disk is full"}', status=500),
        errors.StatusError,
        "did not answer GET /api/x (status 500): disk is full",
    ),
    "offline": (reply(b"", status=503), errors.StatusError, "did not answer"),
    "wants a key": (reply(b"", status=401), errors.AuthenticationFailed, "wants an API key"),
    "too often": (reply(b"", status=429), errors.RateLimited, "too many requests"),
    "a redirect": (redirect("https://elsewhere.example/x"), errors.StatusError, "elsewhere"),
    "a web page": (reply(b" <html><title>Log in</title>"), errors.ProtocolError, "'Log in'"),
    "no JSON": (reply(b"OK"), errors.ProtocolError, "sent no JSON at /api/x"),
    "nothing": (reply(b""), errors.ProtocolError, "sent no JSON"),
    "too deep": (reply(b"[" * 100_000), errors.ProtocolError, "sent no JSON"),
    "too long": (reply(b" " * (LONGEST_JSON + 1)), errors.ProtocolError, "more than 1,048,576"),
    "too long once it is unpacked": (
        reply(gzip.compress(b" " * 10**8), headers=[("Content-Encoding", "gzip")]),
        errors.ProtocolError,
        "more than 1,048,576",
    ),
    "closed": ([CLOSE], errors.ConnectionFailed, "closed the connection"),
    "reset": ([RESET], errors.ConnectionFailed, ""),
    "cut": (
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", CLOSE],
        errors.ConnectionFailed,
        "closed the connection",
    ),
    "an error that is cut": (
        [b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n{", CLOSE],
        errors.StatusError,
        "(status 404)",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "what"), BAD.values(), ids=BAD)
def test_what_is_no_json_under_200_is_an_error(
    answer: Answer, kind: type[errors.SecondMeError], what: str
) -> None:
    with ScriptedServer(answer) as server:
        error = failure(server.url)
    assert isinstance(error, kind)
    assert what in error.what
    assert "page_no" not in str(error)


def test_a_key_in_a_servers_words_is_not_shown() -> None:
    with ScriptedServer(reply(json.dumps({"message": UNSEEN}).encode(), status=404)) as server:
        error = failure(server.url, Key(UNSEEN))
    assert isinstance(error, errors.StatusError)
    assert error.status in MISSING
    assert UNSEEN not in error.body


def test_a_key_in_a_redirect_is_not_shown() -> None:
    with ScriptedServer(redirect(f"https://elsewhere.example/{UNSEEN}")) as server:
        assert "https://elsewhere.example" in failure(server.url, Key(UNSEEN)).what


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_a_server_that_takes_too_long_is_left(start: bytes) -> None:
    with ScriptedServer([start, UNTIL_GONE]) as server:
        error = failure(server.url, seconds=0.2)
        assert not server.requests or server.gone.wait(10)  # a busy machine may not get so far
    assert isinstance(error, errors.ResponseTimeout)
    assert "gave no answer to GET /api/x in 0.2 s" in error.what


def test_a_get_can_be_ended_from_another_thread() -> None:
    lever = Lever()
    with ScriptedServer([UNTIL_GONE]) as server:
        client = client_of(server.url)

        def stop() -> None:
            assert server.asked.wait(10)
            lever.cut(STOPPED)

        threading.Thread(target=stop).start()
        with pytest.raises(Cut):
            client.get_json("/x", lever=lever)
        assert server.gone.wait(10)
        client.close()


def test_nobody_there_is_told_as_it_is_for_a_prompt() -> None:
    assert "connection refused" in failure("http://127.0.0.1:1/chat").what


class TestTheWay:
    def test_to_ones_own_machine_has_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
        assert client_of("http://localhost:1/chat").way().proxy is None

    def test_elsewhere_is_the_environments_without_its_password(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{UNSEEN}@proxy.example:3128")
        trust(monkeypatch, "trusted")
        way = client_of("https://h.example/chat").way()
        assert way == (("proxy.example", 3128), certificate("trusted"))

    @pytest.mark.parametrize(
        ("url", "place"),
        [
            ("proxy.example:3128", ("proxy.example", 3128)),
            ("http://proxy.example", ("proxy.example", 80)),
            ("https://proxy.example", ("proxy.example", 443)),
            ("socks5h://proxy.example", ("proxy.example", 1080)),
        ],
    )
    def test_a_proxy_has_a_host_and_a_port(self, url: str, place: tuple[str, int]) -> None:
        assert parse_proxy(url) == place

    @pytest.mark.parametrize(
        "url",
        [
            "http://",
            "http://proxy.example:port",
            "http://[x",
            "socks9://me:unseen@proxy.example:1080",
            "http://密:unseen@proxy.example:3128",
            "http://me:密@proxy.example:3128",
        ],
    )
    def test_a_proxy_that_is_no_address_is_told_without_it(self, url: str) -> None:
        with pytest.raises(errors.ConfigurationError, match="whose address cannot be used"):
            parse_proxy(url)

    def test_a_name_is_looked_up(self) -> None:
        assert "127.0.0.1" in look_up("localhost", 80)

    def test_a_port_accepts_or_not(self) -> None:
        with ScriptedServer(reply(b"")) as server:
            assert check_port("127.0.0.1", server.port, 5) == "127.0.0.1"
        with pytest.raises(ConnectionRefusedError):
            check_port("127.0.0.1", 1, 5)

    def test_a_port_that_says_nothing_is_left(self) -> None:
        with (
            socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
            socket.create_connection(listener.getsockname()),  # the queue is full now
            pytest.raises(ConnectTimeoutError),
        ):
            check_port("127.0.0.1", listener.getsockname()[1], 0.05)

    @pytest.mark.parametrize("is_folder", [False, True])
    def test_a_certificate_is_read_once_it_is_trusted(
        self, tmp_path: Path, *, is_folder: bool
    ) -> None:
        with ScriptedServer(reply(b""), tls=speaking_tls("trusted")) as server:
            if is_folder:
                with pytest.raises(ssl.SSLCertVerificationError):
                    check_certificate("127.0.0.1", server.port, str(tmp_path), 5)
                return
            bundle = certificate("trusted")
            shown = check_certificate("127.0.0.1", server.port, bundle, 5)
        assert shown.until > datetime.now(timezone.utc)
        assert shown.protocol.startswith("TLS")
        assert shown.issuer

    def test_a_server_without_tls_has_no_certificate(self) -> None:
        bundle = certificate("trusted")
        with ScriptedServer(reply(b"")) as server, pytest.raises(ssl.SSLError):
            check_certificate("127.0.0.1", server.port, bundle, 5)
