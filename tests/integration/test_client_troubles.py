"""The client when the way to the server is bad, slow, or ended by the user."""

from __future__ import annotations

import socket
import threading
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

import pytest
import requests.exceptions
import urllib3.exceptions
from clients import HELLO, ask_once, client_of, failure, stream_of
from scripted_server import (
    UNTIL_GONE,
    ScriptedServer,
    chunk,
    done,
    sse,
)
from tls import certificate, speaking_tls, trust

from secondme_magics import errors
from secondme_magics.api.client import Client
from secondme_magics.api.endpoint import Endpoint, Key
from secondme_magics.api.lever import Lever
from secondme_magics.conversation.messages import Parameters

ANSWER = (chunk("Hello"), chunk(finish_reason="stop"), done)


pytestmark = pytest.mark.usefixtures("no_thread_is_left", "no_proxy")


class TestTheProxy:
    def test_is_not_asked_for_the_users_own_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        with ScriptedServer(sse(*ANSWER)) as server:
            assert ask_once(server.url) == "Hello"

    def test_of_the_environment_is_asked_for_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with ScriptedServer(sse(*ANSWER)) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.origin)
            assert ask_once("http://example.invalid/chat") == "Hello"
        assert proxy.requests[0].path == "http://example.invalid/chat"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_that_refuses_is_named(self, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://me:unseen@127.0.0.1:1")
        error = failure(f"{scheme}://example.invalid/chat")
        assert isinstance(error, errors.ConnectionFailed)
        assert "through the proxy" in error.what
        assert "unseen" not in str(error)

    def test_whose_name_is_no_name_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://{'a' * 70}.example:1")
        error = failure("http://example.invalid/chat")
        assert isinstance(error, (errors.ConnectionFailed, errors.ConfigurationError))

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(
        "proxy",
        [
            "http://",
            "http://unseen@",
            "http://unseen\u2100:unseen@127.0.0.1:1",
            "http://me:unseen密@127.0.0.1:1",
            "http://me:unseen%E5%AF%86@127.0.0.1:1",
            "http://me:unseen\udcff@127.0.0.1:1",
            "http://me:unseen@127.0.0.1:port",
            "http://me:unseen@[::1",
            "me:unseen@127.0.0.1:1",
            "socks9://me:unseen@127.0.0.1:1",
            "nonsense://me:unseen@127.0.0.1:1",
        ],
    )
    def test_that_is_none_is_named_without_its_user(
        self, proxy: str, scheme: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", proxy)
        error = failure(f"{scheme}://example.invalid/chat")
        assert isinstance(error, errors.ConfigurationError)
        assert "proxy" in error.what
        assert "unseen" not in str(error)

    def test_can_be_waited_for_and_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with ScriptedServer([UNTIL_GONE]) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
            stream = client_of("https://example.invalid/chat").stream(HELLO, Parameters())

            def stop() -> None:
                proxy.asked.wait(10)
                stream.stop()

            stopper = threading.Thread(target=stop)
            stopper.start()
            with stream as deltas:
                assert list(deltas) == []
            stopper.join()
        assert proxy.requests[0].method == "CONNECT"


class TestTLS:
    def test_trusts_the_bundle_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trust(monkeypatch, "trusted")
        with ScriptedServer(sse(*ANSWER), tls=speaking_tls("trusted")) as server:
            client = client_of(server.url)
            for _ in range(2):
                with stream_of(client) as deltas:
                    assert "".join(delta.content for delta in deltas) == "Hello"
            client.close()
            assert server.connections == 1

    @pytest.mark.parametrize(
        ("name", "bundle", "why"),
        [
            ("trusted", None, "self-signed"),
            ("expired", "expired", "has expired"),
            ("elsewhere", "elsewhere", "for another"),
        ],
    )
    def test_names_what_is_wrong_with_a_certificate(
        self, name: str, bundle: str | None, why: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if bundle:
            monkeypatch.setenv("CURL_CA_BUNDLE", certificate(bundle))
        with ScriptedServer(sse(*ANSWER), tls=speaking_tls(name)) as server:
            error = failure(server.url)
        assert type(error) is errors.ConnectionFailed
        assert why in error.what
        assert server.requests == []

    def test_names_a_bundle_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all.pem")
        assert isinstance(failure("https://127.0.0.1:1/chat"), errors.ConfigurationError)

    def test_misses_no_bundle_where_nobody_shows_a_certificate(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all.pem")
        with ScriptedServer(sse(*ANSWER)) as server:
            assert ask_once(server.url) == "Hello"

    def test_names_a_bundle_that_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", __file__)
        with ScriptedServer(sse(*ANSWER), tls=speaking_tls("trusted")) as server:
            assert "TLS failed" in failure(server.url).what

    def test_names_a_server_that_speaks_none(self) -> None:
        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = threading.Thread(target=refuse)
            server.start()
            error = failure(f"https://127.0.0.1:{listener.getsockname()[1]}/chat")
            server.join()
        assert "TLS failed" in error.what
        assert "http://" in error.hint


def test_a_server_that_refuses_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    error = failure(f"{origin}/chat")
    assert error.what == f"no answer from {origin} (connection refused)"
    assert "running" in error.hint


TABLE: dict[type[Exception], type[errors.SecondMeError]] = {
    requests.exceptions.ChunkedEncodingError: errors.ConnectionFailed,
    requests.exceptions.ConnectTimeout: errors.ResponseTimeout,
    requests.exceptions.ConnectionError: errors.ConnectionFailed,
    requests.exceptions.ContentDecodingError: errors.ProtocolError,
    requests.exceptions.HTTPError: errors.ConnectionFailed,
    requests.exceptions.InvalidHeader: errors.ProtocolError,
    requests.exceptions.InvalidJSONError: errors.ConnectionFailed,
    requests.exceptions.InvalidProxyURL: errors.ConfigurationError,
    requests.exceptions.InvalidSchema: errors.ConfigurationError,
    requests.exceptions.InvalidURL: errors.ConfigurationError,
    requests.exceptions.JSONDecodeError: errors.ConnectionFailed,
    requests.exceptions.MissingSchema: errors.ConfigurationError,
    requests.exceptions.ProxyError: errors.ConnectionFailed,
    requests.exceptions.ReadTimeout: errors.ResponseTimeout,
    requests.exceptions.RequestException: errors.ConnectionFailed,
    requests.exceptions.RetryError: errors.ConnectionFailed,
    requests.exceptions.SSLError: errors.ConnectionFailed,
    requests.exceptions.StreamConsumedError: errors.ConnectionFailed,
    requests.exceptions.Timeout: errors.ResponseTimeout,
    requests.exceptions.TooManyRedirects: errors.ConnectionFailed,
    requests.exceptions.URLRequired: errors.ConnectionFailed,
    requests.exceptions.UnrewindableBodyError: errors.ConnectionFailed,
}


def raised(error: BaseException, *, speaking: bool = False) -> errors.SecondMeError:
    client = client_of("http://127.0.0.1:1")
    with (
        pytest.raises(errors.SecondMeError) as caught,
        client.translating(Lever(), 1.0, speaking=speaking),
    ):
        raise error
    return caught.value


CAUSES: dict[str, tuple[BaseException, str]] = {
    "unknown host": (socket.gaierror(-2, "unseen"), "unknown host"),
    "refused": (ConnectionRefusedError(111, "unseen"), "connection refused"),
    "reset": (ConnectionResetError(104, "unseen"), "without an answer"),
    "closed": (RemoteDisconnected("unseen"), "without an answer"),
    "cut": (IncompleteRead(b"unseen"), "without an answer"),
    "no HTTP": (BadStatusLine("unseen"), "does not answer in HTTP"),
    "no network": (urllib3.exceptions.NewConnectionError(None, "unseen"), "cannot be reached"),  # type: ignore[arg-type]  # no pool
    "sending took too long": (TimeoutError("unseen"), "silent for too long"),
    "another": (OSError(5, "unseen"), "failed (OSError)"),
}


class TestTheTable:
    def test_holds_each_exception_of_requests(self) -> None:
        theirs = {
            each
            for each in vars(requests.exceptions).values()
            if isinstance(each, type) and issubclass(each, requests.RequestException)
        }
        assert theirs <= TABLE.keys()

    @pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
    def test_makes_of_each_one_of_ours(self, kind: type[Exception]) -> None:
        is_json = kind is requests.exceptions.JSONDecodeError
        assert type(raised(kind("x", "", 0) if is_json else kind("x"))) is TABLE[kind]

    @pytest.mark.parametrize(("cause", "words"), CAUSES.values(), ids=CAUSES)
    def test_looks_for_the_cause_and_shows_none_of_its_words(
        self, cause: BaseException, words: str
    ) -> None:
        wrapped = urllib3.exceptions.ProtocolError("Connection aborted.", cause)
        for error in (cause, requests.exceptions.ConnectionError(wrapped)):
            translated = raised(error)
            if error is cause or not isinstance(cause, OSError | urllib3.exceptions.HTTPError):
                assert words in translated.what
            assert "unseen" not in str(translated)

    def test_does_not_take_the_callers_own_trouble_for_a_cause(self) -> None:
        try:
            socket.create_connection(("127.0.0.1", 1))
        except ConnectionRefusedError:
            assert "silent" in raised(requests.exceptions.ReadTimeout()).what
        else:
            pytest.skip("something listens on port 1")

    def test_tells_a_cut_answer_from_none(self) -> None:
        error = urllib3.exceptions.ProtocolError("x", ConnectionResetError())
        assert type(raised(error, speaking=True)) is errors.StreamInterrupted
        assert type(raised(error)) is errors.ConnectionFailed

    def test_leaves_bugs_their_traceback(self) -> None:
        with (
            pytest.raises(ZeroDivisionError),
            client_of("http://127.0.0.1:1").translating(Lever(), 1.0),
        ):
            raise ZeroDivisionError


def test_a_key_is_in_no_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/chat"
    client = Client(Endpoint(url, "second_me", "abc", Key("unseen")))
    with (
        stream_of(client) as deltas,
        pytest.raises(errors.SecondMeError) as caught,
    ):
        next(deltas)
    assert "unseen" not in f"{caught.value!r} {caught.value}"
    client.close()
