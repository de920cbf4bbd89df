"""The road to a server: who it proves to be, the proxy in between, its name, the user's .netrc."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from fault_cases import HELLO
from partners import NEXT, Outcome, Partner, complete, first
from roads import tunnel_to
from scripted_server import ScriptedServer, head, reply, sse
from tls import certificate, speaking_tls, trust

from secondme_magics.api.endpoint import Key
from secondme_magics.errors import ConfigurationError, ConnectionFailed, StatusError

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_server import Answer, Request

    from secondme_magics.errors import SecondMeError

pytestmark = pytest.mark.usefixtures("nothing_is_left")

WHOLE = complete("Hello you")
UNSEEN = "sk-not-to-be-seen"


PROOFS = {
    "signed by somebody unknown": ("signed", "nobody known has signed"),
    "self-signed": ("trusted", "self-signed"),
    "expired": ("expired", "self-signed"),
    "for another": ("signed-elsewhere", "nobody known has signed"),
}


@pytest.mark.parametrize(("name", "why"), PROOFS.values(), ids=PROOFS)
def test_who_does_not_prove_who_it_is_is_told_nothing_until_it_does(
    name: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = speaking_tls(name)
    with (
        ScriptedServer(NEXT, tls=context) as server,
        Partner(server.url, key=Key(UNSEEN)) as partner,
    ):
        assert partner.ask() == Outcome(ConnectionFailed)
        assert why in str(partner.error)
        assert server.requests == []
        context.load_cert_chain(certificate("signed"))
        trust(monkeypatch, "authority")
        partner.goes_on()


@pytest.mark.parametrize(
    ("name", "why"), [("signed-expired", "has expired"), ("signed-elsewhere", "for another")]
)
def test_a_bundle_does_not_help_who_has_expired_or_is_another(
    name: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch, "authority")
    context = speaking_tls(name)
    with ScriptedServer(NEXT, tls=context) as server, Partner(server.url) as partner:
        assert partner.ask() == Outcome(ConnectionFailed)
        assert why in str(partner.error)
        assert server.requests == []
        context.load_cert_chain(certificate("signed"))
        partner.goes_on()


@pytest.mark.parametrize(("name", "bundle"), [("signed", "authority"), ("trusted", "trusted")])
def test_once_its_bundle_is_named_the_same_client_goes_on(
    name: str, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        ScriptedServer(first(sse(*HELLO)), tls=speaking_tls(name)) as server,
        Partner(server.url) as partner,
    ):
        assert partner.ask().kind is ConnectionFailed
        trust(monkeypatch, bundle)
        partner.goes_on()


def test_a_bundle_that_is_taken_away_is_missed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trust(monkeypatch, "authority")
    with (
        ScriptedServer(first(sse(*HELLO)), tls=speaking_tls("signed")) as server,
        Partner(server.url) as partner,
    ):
        assert partner.ask() == WHOLE
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all.pem")
        assert partner.ask() == Outcome(ConfigurationError)
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        assert partner.ask() == Outcome(ConnectionFailed)
        assert len(server.requests) == 1
        trust(monkeypatch, "authority")
        partner.goes_on()


PROXIES: dict[str, tuple[Answer, str]] = {
    "wants a password": (reply(status=407), "wants a user and a password"),
    "refuses": (reply(b"<title>Blocked</title>", status=502), "Blocked"),
    "sends its own page": (
        reply(b"<title>Blocked</title>", content_type="text/html"),
        "'Blocked'",
    ),
}


@pytest.mark.parametrize(("answer", "word"), PROXIES.values(), ids=PROXIES)
def test_a_proxy_that_answers_itself_is_heard(
    answer: Answer, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(first(answer)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.origin)
        with Partner("http://second-me.example/chat") as partner:
            assert partner.ask().state == "failed"
            assert word in str(partner.error)
            partner.goes_on()
    assert proxy.requests[0].path == "http://second-me.example/chat"


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_lets_nobody_through_is_named(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch, "authority")
    with (
        ScriptedServer(NEXT, tls=speaking_tls("signed-elsewhere")) as server,
        ScriptedServer(reply(status=status), [head(200), tunnel_to(server.port)]) as proxy,
        Partner("https://elsewhere.example/chat", key=Key(UNSEEN)) as partner,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin.replace("//", "//me:unseen@"))
        assert partner.ask() == Outcome(ConnectionFailed)
        assert "through the proxy" in str(partner.error)
        assert "unseen" not in str(partner.error)
        partner.goes_on()
    assert [request.method for request in proxy.requests] == ["CONNECT"] * 2
    assert UNSEEN not in str(proxy.requests)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_comes_between_us_and_our_own_machine(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(reply(status=407)) as proxy, ScriptedServer(first(sse(*HELLO))) as server:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        with Partner(server.url.replace("127.0.0.1", host)) as partner:
            assert partner.ask() == WHOLE
            partner.goes_on()
    assert proxy.requests == []


WRONG = {
    "nobody": ("http://me:unseen@127.0.0.1:1", ConnectionFailed),
    "no address": ("http://", ConfigurationError),
    "no protocol": ("nonsense://127.0.0.1:1", ConfigurationError),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("wrong", "kind"), WRONG.values(), ids=WRONG)
def test_once_the_proxy_is_right_the_same_client_goes_on(
    wrong: str, kind: type[SecondMeError], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lead(request: Request) -> Answer:
        return [head(200), tunnel_to(server.port)] if request.method == "CONNECT" else NEXT

    trust(monkeypatch, "authority")
    with (
        ScriptedServer(NEXT, tls=speaking_tls("signed-elsewhere")) as server,
        ScriptedServer(lead) as proxy,
        Partner(f"{scheme}://elsewhere.example/chat", key=Key(UNSEEN)) as partner,
    ):
        monkeypatch.setenv(f"{scheme}_proxy", wrong)
        assert partner.ask() == Outcome(kind)
        assert "proxy" in str(partner.error)
        assert "unseen" not in str(partner.error)
        monkeypatch.setenv(f"{scheme}_proxy", proxy.origin)
        partner.goes_on()
    (way,) = proxy.requests
    assert way.path == (
        "elsewhere.example:443" if scheme == "https" else "http://elsewhere.example/chat"
    )
    assert len(server.requests) == (scheme == "https")
    assert (UNSEEN in str(way)) == (scheme == "http"), "a tunnel is not told the key"


def unknown(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "unseen")


def test_a_name_that_is_known_later_is_asked_then(monkeypatch: pytest.MonkeyPatch) -> None:
    known = socket.getaddrinfo

    def loopback(_: str, port: int, *rest: int) -> object:
        return known("127.0.0.1", port, *rest)

    with (
        ScriptedServer(NEXT) as server,
        Partner(server.url.replace("127.0.0.1", "second-me.example")) as partner,
    ):
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        assert partner.ask() == Outcome(ConnectionFailed)
        assert "unknown host" in str(partner.error)
        assert "unseen" not in str(partner.error)
        monkeypatch.setattr(socket, "getaddrinfo", loopback)
        partner.goes_on()
    assert server.requests[0].headers["host"] == f"second-me.example:{server.port}"


NETRCS = {
    "with a password": "machine 127.0.0.1 login me password unseen\n",
    "for all": "default login me password unseen\n",
    "broken": "machine 127.0.0.1 login\nmacdef \x00",
}


@pytest.mark.parametrize("netrc", NETRCS.values(), ids=NETRCS)
def test_a_netrc_changes_nothing(
    netrc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".netrc"
    path.write_text(netrc, encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    answers: list[Answer] = [reply(status=401), sse(*HELLO)]
    with ScriptedServer(*answers, NEXT) as server, Partner(server.url) as partner:
        assert isinstance(partner.ask().kind, type)
        assert isinstance(partner.error, StatusError)
        assert partner.ask() == WHOLE
        partner.goes_on()
    assert all("authorization" not in request.headers for request in server.requests)
