from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from scripted_server import ScriptedServer, chunk, done, event, reply, sse

from secondme_magics.api.endpoint import Key, Timeouts
from secondme_magics.conversation.messages import Usage
from secondme_magics.errors import ConfigurationError, InstanceNotFound, ProtocolError
from secondme_magics.secondme import SecondMe, Talk, resolve_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HELLO = sse(chunk("Hel"), chunk("lo"), chunk(finish_reason="stop"), done)
BROKEN = sse(chunk("Hel"), event({"error": {"message": "out of memory"}}), done)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INSTANCE", "BASE_URL", "API_KEY"):
        monkeypatch.delenv(f"SECONDME_{name}", raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(HELLO) as server:
        yield server


@pytest.fixture
def me(server: ScriptedServer) -> Iterator[SecondMe]:
    with SecondMe(server.url, temperature=0.5) as me:
        yield me


def sent(server: ScriptedServer) -> list[dict[str, object]]:
    return [request.json() for request in server.requests]


def test_a_prompt_is_asked_by_itself(server: ScriptedServer, me: SecondMe) -> None:
    assert me.ask("Hi?").text == "Hello"
    assert me.ask("And?", system="Be brief").state == "complete"
    assert [body["messages"] for body in sent(server)] == [
        [{"role": "user", "content": "Hi?"}],
        [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "And?"}],
    ]


def test_the_connection_is_kept_from_prompt_to_prompt(server: ScriptedServer, me: SecondMe) -> None:
    me.ask("one")
    me.conversation().ask("two")
    assert server.connections == 1


def test_after_closing_the_next_prompt_connects_again(server: ScriptedServer, me: SecondMe) -> None:
    me.close()
    me.ask("one")
    me.close()
    me.ask("two")
    assert server.connections == 2


def test_parameters_of_a_prompt_stand_in_place_of_the_defaults(
    server: ScriptedServer, me: SecondMe
) -> None:
    me.ask("one")
    me.ask("two", temperature=0, max_tokens=9, role_id="r", enable_l0_retrieval=False)
    me.ask("three", temperature=None)
    one, two, three = sent(server)
    assert one["temperature"] == 0.5
    assert (two["temperature"], two["max_tokens"]) == (0, 9)
    assert two["metadata"] == {"role_id": "r", "enable_l0_retrieval": False}
    assert "temperature" not in three


def test_a_server_is_asked_for_what_only_it_knows() -> None:
    counted = {"choices": [], "usage": {"total_tokens": 3}}
    answer = sse(chunk("Hello"), chunk(finish_reason="stop"), event(counted), done)
    with ScriptedServer(answer) as server:
        url = f"{server.origin}/v1"
        with SecondMe(url, model="m", extra={"stream_options": {"include_usage": True}}) as me:
            assert me.ask("Hi?").usage == Usage(total_tokens=3)
            me.ask("Hi?", extra={"max_completion_tokens": 9})
        one, two = sent(server)
    assert one["stream_options"] == {"include_usage": True}
    assert two["max_completion_tokens"] == 9
    assert "stream_options" not in two


def test_an_answer_is_streamed(me: SecondMe) -> None:
    with me.stream("Hi?") as answer:
        assert "".join(delta.content for delta in answer) == "Hello"
    assert answer.reply.state == "complete"
    assert "".join(map(str, me.stream("Hi?"))) == "Hello"


def test_a_talk_remembers_what_was_said(server: ScriptedServer, me: SecondMe) -> None:
    talk = me.conversation("work", system="Be brief")
    talk.ask("one")
    with talk.stream("two") as answer:
        assert len([*answer]) > 0
    assert [turn.prompt for turn in talk.turns] == ["one", "two"]
    assert sent(server)[-1]["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "two"},
    ]
    assert talk.conversation.name == "work"
    talk.reset()
    assert talk.turns == ()


def test_a_new_system_message_of_a_talk_holds_from_now_on(me: SecondMe) -> None:
    talk = me.conversation(system="old")
    talk.ask("one", system="new")
    assert talk.conversation.system == "new"


def test_a_failure_carries_what_had_come_and_is_not_sent_again() -> None:
    with ScriptedServer(BROKEN, HELLO) as server, SecondMe(server.url) as me:
        talk = me.conversation()
        with pytest.raises(ProtocolError) as caught:
            talk.ask("one")
        assert caught.value.reply is not None
        assert caught.value.reply.text == "Hel"
        talk.ask("two")
        assert [turn.reply.state for turn in talk.turns] == ["failed", "complete"]
        assert sent(server)[-1]["messages"] == [{"role": "user", "content": "two"}]


def test_a_status_is_an_error_of_its_own() -> None:
    with ScriptedServer(reply(b"{}", status=404)) as server, SecondMe(server.url) as me:
        with pytest.raises(InstanceNotFound) as caught:
            me.ask("Hi?")
        assert caught.value.status == 404


def test_a_preview_shows_the_request_and_sends_nothing(server: ScriptedServer) -> None:
    with SecondMe(server.url, api_key="sk-very-secret") as me:
        preview = me.preview("Hi?", system="Be brief", temperature=1)
    assert preview.url == server.url
    assert preview.body["temperature"] == 1
    assert preview.body["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Hi?"},
    ]
    assert "sk-very-secret" not in repr(preview)
    assert server.requests == []


def test_the_key_is_sent_and_not_shown(server: ScriptedServer) -> None:
    with SecondMe(server.url, api_key="sk-very-secret") as me:
        me.ask("Hi?")
        talk = me.conversation()
        assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
        assert "sk-very-secret" not in f"{me!r} {talk!r} {me.endpoint!r} {vars(me)!r}"


def test_it_shows_its_name_and_origin(server: ScriptedServer, me: SecondMe) -> None:
    name = f"127.0.0.1:{server.port}"
    assert me.name == name
    assert repr(me) == f"<SecondMe '{name}' at {server.origin}>"
    assert repr(me.conversation("work")) == f"<Talk 'work' with {me!r}: 0 turns>"
    assert repr(SecondMe("demo")) == "<SecondMe 'demo'>"


def test_a_timeout_is_the_total_time_of_an_answer() -> None:
    assert SecondMe("abc", timeout=5).endpoint.timeouts == Timeouts(silence=None, total=5)
    assert SecondMe("abc").endpoint.timeouts == Timeouts()


USES: list[Callable[[SecondMe, object], object]] = [
    lambda me, prompt: me.ask(prompt),  # type: ignore[arg-type]  # whatever comes
    lambda me, prompt: me.stream(prompt),  # type: ignore[arg-type]
    lambda me, prompt: me.preview(prompt),  # type: ignore[arg-type]
    lambda me, prompt: me.conversation().ask(prompt),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("use", USES, ids=["ask", "stream", "preview", "talk"])
@pytest.mark.parametrize(
    ("prompt", "refusal"),
    [
        ("", (ConfigurationError, "the prompt is empty")),
        (" \n", (ConfigurationError, "the prompt is empty")),
        (None, (TypeError, "the prompt must be a string, not NoneType")),
        (b"Hi", (TypeError, "the prompt must be a string, not bytes")),
    ],
    ids=repr,
)
def test_a_bad_prompt_is_refused_before_anything_is_sent(
    use: Callable[[SecondMe, object], object],
    prompt: object,
    refusal: tuple[type[Exception], str],
    server: ScriptedServer,
    me: SecondMe,
) -> None:
    kind, message = refusal
    with pytest.raises(kind, match=message):
        use(me, prompt)
    assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"target": 3}, TypeError, "target must be a string, not int"),
        ({"base_url": b"http://x"}, TypeError, "base_url must be a string, not bytes"),
        ({"api_key": 3}, TypeError, "api_key must be a string, not int"),
        ({"timeout": "3"}, TypeError, "timeout must be a number of seconds, not str"),
        ({"timeout": True}, TypeError, "timeout must be a number of seconds, not bool"),
        ({"timeout": 0}, ValueError, "timeout must be a number of seconds above 0, not 0"),
        (
            {"timeout": float("nan")},
            ValueError,
            "a number of seconds above 0, not nan",
        ),
        ({"temperature": "hot"}, TypeError, "temperature must be a number, not str"),
        ({"temprature": 1}, TypeError, "unexpected keyword argument 'temprature'"),
        ({"target": "not an id"}, ConfigurationError, "neither an instance id nor a URL"),
        ({"target": "abc", "api_key": "a\nb"}, ConfigurationError, "the API key"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)
def test_a_bad_argument_is_refused_at_once(
    arguments: dict[str, object], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        SecondMe(**arguments)  # type: ignore[arg-type]  # the wrong type is the point


def test_a_bad_argument_of_a_prompt_is_refused_at_once(me: SecondMe) -> None:
    with pytest.raises(TypeError, match="system must be a string, not int"):
        me.ask("Hi?", system=3)  # type: ignore[arg-type]  # the wrong type is the point
    with pytest.raises(TypeError, match="unexpected keyword argument 'temprature'"):
        me.ask("Hi?", temprature=1)  # type: ignore[call-arg]  # the same
    with pytest.raises(ValueError, match="seconds above 0"):
        me.ask("Hi?", timeout=-1)
    with pytest.raises(ConfigurationError, match="temperature"):
        me.ask("Hi?", temperature=1.5)


@pytest.mark.parametrize(
    ("target", "base_url", "environ", "url"),
    [
        ("abc", None, {}, "https://app.secondme.io/api/chat/abc"),
        ("abc", "http://h:1", {}, "http://h:1/api/chat/abc"),
        ("abc", None, {"SECONDME_BASE_URL": "http://h:1"}, "http://h:1/api/chat/abc"),
        ("http://h:1", None, {"SECONDME_INSTANCE": "abc"}, "http://h:1/api/kernel2/chat"),
        (None, "http://h:1", {}, "http://h:1/api/kernel2/chat"),
        (None, "http://h:1", {"SECONDME_INSTANCE": "abc"}, "http://h:1/api/chat/abc"),
        (None, None, {"SECONDME_INSTANCE": "abc"}, "https://app.secondme.io/api/chat/abc"),
        (None, None, {"SECONDME_BASE_URL": "http://h:1"}, "http://h:1/api/kernel2/chat"),
    ],
)
def test_the_nearest_word_on_where_to_talk_holds(
    target: str | None, base_url: str | None, environ: dict[str, str], url: str
) -> None:
    assert resolve_endpoint(target, base_url=base_url, environ=environ).url == url


def test_the_environment_says_where_to_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECONDME_INSTANCE", "abc")
    assert SecondMe().name == resolve_endpoint().name == "abc"


def test_a_given_key_and_timeouts_are_the_endpoints() -> None:
    key, timeouts = Key("k"), Timeouts(total=5)
    endpoint = resolve_endpoint("abc", key=key, timeouts=timeouts, environ={})
    assert (endpoint.key, endpoint.timeouts) == (key, timeouts)


@pytest.mark.parametrize("method", [SecondMe.ask, Talk.ask], ids=["SecondMe", "Talk"])
def test_help_shows_the_arguments(method: Callable[..., object]) -> None:
    names = list(inspect.signature(method).parameters)
    assert names == ["self", "prompt", "system", "timeout", "parameters"]


DEMO = """
import sys
from secondme_magics import SecondMe
with SecondMe({target}) as me:
    assert me.name == "demo"
    assert not {{"requests", "tornado"}} & set(sys.modules)
    reply = me.ask("How do I connect my own Second Me?")
    assert reply.state == "complete" and reply.text, reply
    assert me.name == "demo" and me.endpoint.is_local
"""


@pytest.mark.parametrize("target", ["", "'demo'"], ids=["nothing said", "demo"])
def test_the_demo_answers_and_starts_with_the_first_prompt(target: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    finished = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", DEMO.format(target=target)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
