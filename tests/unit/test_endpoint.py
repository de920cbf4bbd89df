"""Where to talk, from targets, arguments and the environment."""

from __future__ import annotations

import copy
import pickle

import pytest

from secondme_magics.api.endpoint import (
    Endpoint,
    Environment,
    Key,
    Timeouts,
    parse_target,
)
from secondme_magics.errors import ConfigurationError

UNSEEN = "sk-not-to-be-seen"

TARGETS = {
    "a bare id": ("abc-1_X", "https://app.secondme.io/api/chat/abc-1_X", "second_me", "abc-1_X"),
    "the longest id": (
        "a" * 128,
        f"https://app.secondme.io/api/chat/{'a' * 128}",
        "second_me",
        "a" * 128,
    ),
    "white space around it": (
        "  abc \n",
        "https://app.secondme.io/api/chat/abc",
        "second_me",
        "abc",
    ),
    "a share link": (
        "https://app.secondme.io/share/abc",
        "https://app.secondme.io/api/chat/abc",
        "second_me",
        "abc",
    ),
    "a share link with query, fragment and slash": (
        "http://secondme.io/x/abc/?from=mail#top",
        "https://app.secondme.io/api/chat/abc",
        "second_me",
        "abc",
    ),
    "a hosted chat": (
        "https://app.secondme.io/api/chat/abc",
        "https://app.secondme.io/api/chat/abc",
        "second_me",
        "abc",
    ),
    "a hosted chat as OpenAI clients find it": (
        "https://app.secondme.io/api/chat/abc/chat/completions",
        "https://app.secondme.io/api/chat/abc/chat/completions",
        "second_me",
        "abc",
    ),
    "an instance elsewhere": (
        "http://h:1/x/api/chat/abc",
        "http://h:1/x/api/chat/abc",
        "second_me",
        "abc",
    ),
    "a server of one's own, as it is typed": (
        "localhost:8002",
        "http://localhost:8002/api/kernel2/chat",
        "second_me",
        "localhost:8002",
    ),
    "its number, with a path": (
        "127.0.0.1:11434/v1",
        "http://127.0.0.1:11434/v1/chat/completions",
        "openai",
        "127.0.0.1:11434",
    ),
    "a host": (
        "http://localhost:8002",
        "http://localhost:8002/api/kernel2/chat",
        "second_me",
        "localhost:8002",
    ),
    "a host with a slash": ("http://h/", "http://h/api/kernel2/chat", "second_me", "h"),
    "an upper-case scheme and host": (
        "HTTP://LocalHost/",
        "http://localhost/api/kernel2/chat",
        "second_me",
        "localhost",
    ),
    "a default port": ("https://h:443/v1", "https://h/v1/chat/completions", "openai", "h"),
    "an empty port": ("http://h:/v1", "http://h/v1/chat/completions", "openai", "h"),
    "a host with a dot at its end": ("http://h./v1", "http://h/v1/chat/completions", "openai", "h"),
    "an IPv6 address": (
        "http://[::1]:80/v1",
        "http://[::1]/v1/chat/completions",
        "openai",
        "[::1]",
    ),
    "an international host": (
        "https://xn--bcher-kva.example/v1",
        "https://xn--bcher-kva.example/v1/chat/completions",
        "openai",
        "xn--bcher-kva.example",
    ),
    "a URL ending in /chat": ("http://h/x/chat/", "http://h/x/chat", "second_me", "h"),
    "a URL ending in /chat/completions": (
        "http://h/v1/chat/completions",
        "http://h/v1/chat/completions",
        "openai",
        "h",
    ),
    "a query": (
        "http://h/v1/chat/completions?v=1",
        "http://h/v1/chat/completions?v=1",
        "openai",
        "h",
    ),
    "a base with a query": ("http://h/v1?v=1", "http://h/v1/chat/completions?v=1", "openai", "h"),
    "completions that are no instance": (
        "http://h/api/chat/completions",
        "http://h/api/chat/completions",
        "openai",
        "h",
    ),
    "another path": (
        "http://h/llm/%E4%BD%A0",
        "http://h/llm/%E4%BD%A0/chat/completions",
        "openai",
        "h",
    ),
    "a fragment that is no page": (
        "http://h/v1#top",
        "http://h/v1/chat/completions",
        "openai",
        "h",
    ),
}


@pytest.mark.parametrize(("target", "url", "kind", "name"), TARGETS.values(), ids=TARGETS)
def test_a_target_is_read_as(target: str, url: str, kind: str, name: str) -> None:
    endpoint = parse_target(target)
    assert (endpoint.url, endpoint.kind, endpoint.name) == (url, kind, name)


REFUSED = {
    "nothing": "",
    "an id that is too long": "a" * 129,
    "an id with a space": "a b",
    "an id in Chinese": "你好",
    "a host without a scheme": "example.org:8002",
    "another scheme": "ftp://h/v1",
    "no host": "http:///v1",
    "only a scheme": "http://",
    "a host with a space": "http://a b/",
    "a host with an empty label": "http://a..b/",
    "a label that is too long": f"http://{'a' * 64}.b/",
    "a host that is too long": f"http://{'a.' * 127}ab/",
    "a host in letters that need IDNA": "http://bücher.example/",
    "a short IPv4 address": "http://127.1/",
    "an octal IPv4 address": "http://0177.0.0.1/",
    "a hexadecimal IPv4 address": "http://0x7f.0x1/",
    "an IPv4 address as a number": "http://2130706433/",
    "an IPv4 address in brackets": "http://[127.0.0.1]/",
    "an IPv6 address with a scope": "http://[fe80::1%25eth0]/",
    "an IPv6 address that is none": "http://[::x]/",
    "a bracket that stays open": "http://[::1/",
    "port 0": "http://h:0/",
    "a port that is too high": "http://h:65536/",
    "a port that is no number": "http://h:x/",
    "a backslash": "http://h\\evil/",
    "a line break": "http://h\n.evil/",
    "a tab": "http://h/\tv1",
    "a control character": "http://h/\x01",
    "a right-to-left override": "http://h/\u202ev1",
    "two slashes": "http://h//v1",
    "a path that goes up": "http://h/a/../b",
    "a path that goes up in disguise": "http://h/a/%2e%2E/b",
    "a slash in disguise": "http://h/a%2Fb",
    "a backslash in disguise": "http://h/a%5cb",
    "a line break in disguise": "http://h/a%0Ab",
    "half an escape": "http://h/a%2",
    "a page's route": "http://h/#/chat",
    "the hosted service without an id": "https://app.secondme.io/",
    "the hosted chat without an id": "https://app.secondme.io/api/chat/",
    "a share link that ends in no id": "https://app.secondme.io/share/a.b",
}


@pytest.mark.parametrize("target", REFUSED.values(), ids=REFUSED)
def test_a_doubtful_target_is_refused_in_two_lines(target: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_target(target)
    assert len(str(caught.value).splitlines()) == 2


USERS = [
    f"http://me:{UNSEEN}@h/",
    f"http://{UNSEEN}@h/",
    f"http://me:{UNSEEN}@[h/",
    f"me:{UNSEEN}@h",
]


@pytest.mark.parametrize("target", USERS)
def test_a_password_in_a_target_is_refused_and_not_shown(target: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_target(target)
    assert UNSEEN not in str(caught.value)


def test_an_endpoint_takes_no_password_either() -> None:
    with pytest.raises(ConfigurationError):
        Endpoint(f"http://me:{UNSEEN}@h/", "second_me", "h")


BASES = {
    "a host": ("http://h:1", "http://h:1/api/chat/abc"),
    "a path": ("http://h/x/", "http://h/x/api/chat/abc"),
    "the chats": ("https://app.secondme.io/api/chat", "https://app.secondme.io/api/chat/abc"),
    "the API": ("http://h/api/", "http://h/api/chat/abc"),
}


@pytest.mark.parametrize(("base", "url"), BASES.values(), ids=BASES)
def test_an_id_lives_under_the_base_url(base: str, url: str) -> None:
    assert parse_target("abc", base_url=base).url == url
    assert parse_target("abc", environ={"SECONDME_BASE_URL": base}).url == url


def test_an_argument_wins_over_the_environment() -> None:
    endpoint = parse_target("abc", base_url="http://a", environ={"SECONDME_BASE_URL": "http://b"})
    assert endpoint.origin == "http://a"


@pytest.mark.parametrize("base", ["http://h/v1", "http://h/x/chat", "http://h/chat/completions"])
def test_a_base_url_without_instances_takes_no_id(base: str) -> None:
    with pytest.raises(ConfigurationError, match="no instances under"):
        parse_target("abc", base_url=base)


def test_the_demo_is_not_taken_for_an_id() -> None:
    with pytest.raises(ValueError, match="demo"):
        parse_target(" demo ")


LOCAL = {
    "http://localhost": True,
    "http://me.localhost": True,
    "http://127.3.2.1": True,
    "http://[::1]": True,
    "http://[::ffff:127.0.0.1]": True,
    "http://0.0.0.0": True,
    "http://192.168.0.1": False,
    "http://[::2]": False,
    "http://localhost.example": False,
}


@pytest.mark.parametrize(("target", "is_local"), LOCAL.items())
def test_the_users_own_machine_is_known(target: str, is_local: bool) -> None:
    assert parse_target(target).is_local == is_local


KEYS = {
    "hosted by default": ({}, "abc", True),
    "hosted, written out": ({}, "https://APP.secondme.io:443/api/chat/abc", True),
    "hosted over plain http": ({}, "http://app.secondme.io/api/chat/abc", False),
    "another host": ({}, "http://localhost:8002", False),
    "the base URL's origin": ({"SECONDME_BASE_URL": "http://h:1/v1"}, "http://h:1/other", True),
    "another port": ({"SECONDME_BASE_URL": "http://h:1"}, "http://h:2", False),
    "the hosted service, with another base URL": (
        {"SECONDME_BASE_URL": "http://h"},
        "https://app.secondme.io/s/abc",
        False,
    ),
}


@pytest.mark.parametrize(("environ", "target", "goes"), KEYS.values(), ids=KEYS)
def test_the_environments_key_goes_to_its_own_origin_alone(
    environ: dict[str, str],
    target: str,
    goes: bool,
) -> None:
    endpoint = parse_target(target, environ={"SECONDME_API_KEY": UNSEEN, **environ})
    assert endpoint.key == (Key(UNSEEN) if goes else None)


def test_a_key_given_with_its_target_goes_there() -> None:
    assert parse_target("http://h", key=Key(UNSEEN)).key == Key(UNSEEN)


def test_a_key_that_is_no_string_is_refused_and_not_shown() -> None:
    with pytest.raises(TypeError, match="a key must be a string, not bytes") as caught:
        Key(UNSEEN.encode())  # type: ignore[arg-type] # wrong
    assert UNSEEN not in str(caught.value)


def test_the_environment_does_not_show_what_it_holds() -> None:
    environ = Environment({"SECONDME_API_KEY": UNSEEN})
    assert parse_target("abc", environ=environ).key == Key(UNSEEN)
    assert UNSEEN not in f"{environ} {environ!r} {[environ]}"


def test_nothing_of_a_key_shows() -> None:
    endpoint = parse_target("http://h", key=Key(UNSEEN))
    shown = f"{endpoint} {endpoint!r} {endpoint.key} {endpoint.key!r} {[endpoint.key]}"
    assert UNSEEN not in shown
    assert endpoint.key is not None
    assert endpoint.key.reveal() == UNSEEN


def test_a_key_is_compared_and_hashed_by_what_it_is() -> None:
    assert Key(UNSEEN) == Key(UNSEEN) != Key("other")
    assert Key(UNSEEN) != UNSEEN
    assert len({Key(UNSEEN), Key(UNSEEN)}) == 1


def test_a_key_is_copied_but_not_pickled() -> None:
    key = Key(UNSEEN)
    assert copy.copy(key) is copy.deepcopy(key) is key
    with pytest.raises(TypeError):
        pickle.dumps(key)


@pytest.mark.parametrize("end", ["\n", "\r\nX: y", " ", "\x00", "密", "\x7f", "\u2028"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(end: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Key(UNSEEN + end)
    assert UNSEEN not in str(caught.value)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Key("")


def test_timeouts_have_defaults_and_can_be_given() -> None:
    assert parse_target("abc").timeouts == Timeouts(connect=10, silence=300, total=3600)
    assert parse_target("abc", timeouts=Timeouts(1, 2, 3)).timeouts.total == 3


def test_an_endpoint_can_be_a_key_of_a_dict() -> None:
    assert len({parse_target("abc", key=Key(UNSEEN)), parse_target("abc", key=Key(UNSEEN))}) == 1
