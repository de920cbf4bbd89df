"""Subcommands, defaults, completion and help, in a real kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, RunningKernel, connect, only_output
from scripted_server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path


def test_dry_run_shows_the_request_and_sends_nothing(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        conversation = connect(kernel, server)
        cell = kernel.run("%%secondme --dry-run -t 0.2\nHi")
        assert server.requests == []
    first, *_, body = cell.text.partition("\n\n")
    assert first.startswith("POST http://127.0.0.1:")
    assert json.loads(body)["temperature"] == 0.2
    assert kernel.run("%secondme history").text == f"Conversation {conversation} has no turn yet."


def test_commands_say_what_they_did(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        conversation = connect(kernel, server)
        kernel.run("%%secondme\nHi")
        assert f"{conversation}, 1 turn" in kernel.run("%secondme").text
        history = only_output(kernel.run("%secondme history"))["data"]
        assert "[1] You:\nHi\n\n127.0.0.1" in history["text/plain"]
        assert ":\nHello **world**\n[" in history["text/plain"]
        assert "Hello <strong>world</strong>" in history["text/html"]
        assert "Conversation ideas begins." in kernel.run("%secondme new ideas").text
        assert "* ideas" in kernel.run("%secondme list").text
        assert "a conversation ideas is already there" in kernel.run("%secondme new ideas").error
        assert "goes on: 1 turn." in kernel.run(f"%secondme use {conversation}").text
        assert "no conversation is called x" in kernel.run("%secondme use x").error
        assert "1 turn forgotten" in kernel.run("%secondme reset").text
        assert "secondme_magics 0." in kernel.run("%secondme version").text
        assert "--temperature" in kernel.run("%secondme help").text
        assert "--temperature" not in kernel.run("%secondme help prompts").text
        assert "SecondMe.temperature = None" in kernel.run("%secondme config").text


def test_config_gives_the_defaults_and_options_win(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        kernel.run("%config SecondMe.temperature = 0.25\n%config SecondMe.stream = False")
        kernel.run("%%secondme\nHi")
        kernel.run("%config SecondMe.extra = {'seed': 1}")
        kernel.run("%%secondme -t 0.5\nHi")
        kernel.run("%config SecondMe.temperature = None\n%config SecondMe.stream = True")
        kernel.run("%config SecondMe.extra = None")
        bodies = [request.json() for request in server.requests]
    assert [body["temperature"] for body in bodies] == [0.25, 0.5]
    assert bodies[0]["stream"] is False
    assert "seed" not in bodies[0]
    assert bodies[1]["seed"] == 1
    assert "SecondMe.temperature = None" in kernel.run("%secondme config").text


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("timeout = -3", "timeout cannot be -3.0"),
        ("timeout = float('nan')", "timeout cannot be nan"),
        ("temperature = 7", "temperature cannot be 7.0"),
        ("max_tokens = 0", "max_tokens cannot be 0"),
        ("max_turns = -1", "max_turns cannot be -1"),
        ("model = ' '", "the name of a model cannot be empty"),
        ("extra = {'stop': {1, 2}}", "which is not JSON"),
        ("extra = {'messages': []}", "extra has messages, which the request has already"),
        ("timeout = 'soon'", "expected a float"),
        ("format = 'yaml'", "expected any of"),
        ("instance = 'a b'", "is neither an instance id nor a URL"),
        ("base_url = 'nonsense'", "cannot be used as an address"),
    ],
)
def test_a_default_that_cannot_be_is_refused_when_it_is_set(
    kernel: RunningKernel, setting: str, what: str
) -> None:
    name, value = setting.split(" = ")
    before = kernel.run("%secondme config").text
    told = kernel.run(f"%config SecondMe.{name} = {value}").text.strip()
    assert what in told
    assert len(told.split("\n")) == 2
    assert kernel.run("%secondme config").text == before


def test_tab_offers_paths_where_a_command_takes_one(kernel: RunningKernel, tmp_path: Path) -> None:
    for name in ("talk.json", "talk.ipynb", "two words.json"):
        (tmp_path / name).touch()
    (tmp_path / "more (2)").mkdir()
    here = str(tmp_path)
    kernel.run(f"%cd -q {here}")
    assert kernel.complete("%secondme load ta") == ["talk.ipynb", "talk.json"]
    assert kernel.complete(f"%secondme save {here}/talk.j") == [f"{here}/talk.json"]
    assert kernel.complete("%secondme restore ") == ['"more (2)/', "talk.ipynb"]
    assert kernel.complete("%secondme export 'more (") == ["more (2)/"]
    assert kernel.complete("%secondme export ") == ['"more (2)/']
    assert kernel.complete("%secondme export ta") == [
        "talk.json",
        "ta.md",
        "ta.html",
        "ta.json",
    ]
    assert kernel.complete("%secondme export talk") == ["talk.json", "talk.md", "talk.html"]
    assert kernel.complete("%secondme export talk.h") == ["talk.html"]
    assert kernel.complete("%secondme export talk.txt") == []
    assert kernel.kinds("%secondme export ta") == {"path"}
    assert kernel.complete("%secondme load tw") == ['"two words.json"']
    assert kernel.complete("%secondme load 'two w") == ["two words.json"]
    assert kernel.complete_at("%secondme load 'two w") == ("two words.json", 16, 21)
    kernel.run("%cd -q -")


def test_tab_offers_options_commands_and_names(kernel: RunningKernel) -> None:
    assert kernel.complete("%%secondme --te") == ["--temperature"]
    assert "--no-history" in kernel.complete("%secondme -q --no")
    assert kernel.complete("%secondme hist") == ["history"]
    assert kernel.complete("x = %secondme -f j") == ["json"]
    kernel.run("%secondme new holidays\n%secondme new")
    assert kernel.complete("%secondme use holi") == ["holidays"]
    kernel.run("holiday_list = 1")
    assert kernel.complete("%secondme -c {holiday_l") == ["holiday_list"]
    assert kernel.complete("%%secondme -c holi") == ["holidays"]
    assert kernel.complete("%secondme help --te") == ["--temperature"]
    assert kernel.complete("%secondme connect --w") == ["--wait"]


KINDS = {"%secondme hist": "command", "%secondme --te": "option", "%secondme -f j": "value"}


@pytest.mark.parametrize(("code", "kind"), KINDS.items(), ids=KINDS)
def test_tab_says_what_it_offers(kernel: RunningKernel, code: str, kind: str) -> None:
    assert kernel.kinds(code) == {kind}


SILENT = [
    "-m ",
    "--model=",
    "-t ",
    "-q --timeout ",
    "connect --name ",
    "list ",
    "new ho",
    "-o xyzzy",
]


@pytest.mark.parametrize("line", SILENT)
def test_tab_offers_nothing_where_only_the_user_knows(kernel: RunningKernel, line: str) -> None:
    assert kernel.complete(f"%secondme {line}") == []


def test_tab_offers_the_model_that_is_the_default() -> None:
    with RunningKernel() as kernel:
        kernel.run("%load_ext secondme_magics\n%config SecondMe.model = 'qwen3:8b'")
        assert kernel.complete("%secondme -m ") == ["qwen3:8b"]


def test_help_is_the_manual(kernel: RunningKernel) -> None:
    for code in ("%%secondme?", "%secondme?"):
        payload = kernel.run(code).reply["payload"]
        assert "--temperature" in payload[0]["data"]["text/plain"]
    assert "Time execution" in kernel.run("%timeit?").reply["payload"][0]["data"]["text/plain"]


NAMES = {
    "demo": ("%secondme connect {url} --name demo", "that name has a meaning"),
    "no name": ("%secondme connect {url} --name ''", "--name needs a value"),
    "a path": ("%secondme connect {url} --name a/b", "an instance cannot be called 'a/b'"),
    "no variable": ("%secondme connect {url} --key-env", "--key-env needs a value"),
    "no such variable": (
        "%secondme connect {url} --key-env NO_SUCH_VARIABLE",
        "names no environment variable",
    ),
    "a conversation": ("%secondme use ../x", "a conversation cannot be called '../x'"),
    "a misspelt command": ("%secondme statsu", "'statsu' is nearly the command status"),
    "a misspelt instance": (
        "%secondme connect {url} --name ollama\n%secondme -i olama Hi",
        "no instance is called 'olama'",
    ),
    "no topic": ("%secondme help nothing", "as a prompt, %secondme -- help nothing"),
}


@pytest.mark.parametrize(("line", "what"), NAMES.values(), ids=NAMES)
def test_bad_names_are_refused(kernel: RunningKernel, line: str, what: str) -> None:
    assert what in kernel.run(line.format(url="http://127.0.0.1:9")).error


def test_the_demo_is_no_misspelling_of_a_name_that_is_like_it(kernel: RunningKernel) -> None:
    kernel.run("%secondme connect http://127.0.0.1:9 --name demo1")
    answer = only_output(kernel.run("%secondme -i demo --no-history Hi"))
    assert answer["metadata"]["secondme"]["instance"] == "demo"


def test_help_on_a_command_is_its_line(kernel: RunningKernel) -> None:
    assert kernel.run("%secondme help connect").text.startswith("connect TARGET")


def test_unloading_takes_everything_back() -> None:
    with RunningKernel() as kernel:
        before = kernel.complete("%%secondme --te")
        kernel.run("%load_ext secondme_magics")
        kernel.run("%unload_ext secondme_magics")
        assert "not found" in kernel.run("%%secondme\nHi").text + kernel.run("%secondme Hi").text
        assert kernel.complete("%%secondme --te") == before
        assert kernel.run("%load_ext secondme_magics\n%secondme version").status == "ok"


def test_nothing_is_forgotten_when_the_extension_is_loaded_again() -> None:
    with ScriptedServer(HELLO) as server, RunningKernel() as kernel:
        kernel.run(f"%load_ext secondme_magics\n%secondme connect {server.url} --name home")
        kernel.run("%config SecondMe.temperature = 0.25\n%secondme new ideas")
        kernel.run("%%secondme\nOne", cell_id="one")
        assert kernel.run("%reload_ext secondme_magics").outputs == []
        kernel.run("%%secondme\nTwo")
        kernel.run("%unload_ext secondme_magics")
        kernel.run("%load_ext secondme_magics\n%load_ext secondme_magics")
        cell = kernel.run("%%secondme\nOne, changed", cell_id="one")
        history = kernel.run("%secondme history").text
    assert "Replaces turn 1 of this conversation." in cell.html
    assert "[1] You:\nOne, changed" in history
    assert "[2] You:\nTwo" in history
    assert [request.json()["temperature"] for request in server.requests] == [0.25] * 3


def test_a_demo_that_was_connected_answers_when_the_extension_is_loaded_again() -> None:
    with RunningKernel() as kernel:
        kernel.run("%load_ext secondme_magics\n%secondme connect demo --name notes\nimport socket")
        kernel.run("%secondme Hello")
        kernel.run(
            "port = get_ipython().find_line_magic('secondme').__self__.state.instances.endpoint()"
        )
        kernel.run("%unload_ext secondme_magics")
        # its port is another's now
        kernel.run("s = socket.create_server(('127.0.0.1', int(port.origin.rpartition(':')[2])))")
        kernel.run("%load_ext secondme_magics")
        answer = only_output(kernel.run("%secondme Hello"))
    assert answer["metadata"]["secondme"]["instance"] == "notes"
    assert answer["metadata"]["secondme"]["state"] == "complete"


def test_the_demo_is_named_also_when_another_was_asked_first() -> None:
    with ScriptedServer(HELLO) as server, RunningKernel() as kernel:
        kernel.run(f"%load_ext secondme_magics\n%secondme -i {server.url} Hi")
        assert "has no model and quotes" in kernel.run("%secondme Hello").html


def test_with_nothing_configured_the_demo_answers_and_says_so_once() -> None:
    with RunningKernel() as kernel:
        kernel.run("%load_ext secondme_magics")
        assert "demo" in kernel.run("%secondme").text
        first = kernel.run("%%secondme\nHow do I connect my own Second Me?")
        second = kernel.run("%%secondme\nAnd then?")
    assert only_output(first)["metadata"]["secondme"]["instance"] == "demo"
    assert "connect" in first.text
    assert "has no model and quotes" in first.html
    assert "has no model and quotes" not in second.html


def test_the_environment_says_whom_to_talk_to() -> None:
    with ScriptedServer(HELLO) as server:
        environment = {
            "SECONDME_BASE_URL": server.origin,
            "SECONDME_INSTANCE": "ada-1",
            "SECONDME_API_KEY": "sk-hush",
        }
        with RunningKernel(environment) as kernel:
            cell = kernel.run("%load_ext secondme_magics\n%secondme Hi")
    assert only_output(cell)["metadata"]["secondme"]["instance"] == "ada-1"
    assert server.requests[0].path == "/api/chat/ada-1"
    assert server.requests[0].headers["authorization"] == "Bearer sk-hush"


def test_who_moves_to_another_server_is_told_what_goes_along(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as first, ScriptedServer(HELLO) as second:
        connect(kernel, first)
        kernel.run("%%secondme -s 'Be brief.'\nHi")
        assert kernel.run("%secondme -i http://127.0.0.1:1/chat Hi").status == "error"
        assert "system        Be brief." in kernel.run("%secondme status").text
        assert "sent along" not in kernel.run(f"%secondme connect {first.url}").text
        moved = kernel.run(f"%secondme connect {second.url}").text
        assert "goes on there, and is sent along: 1 turn. %secondme new starts afresh." in moved
        assert "2 turns forgotten; its system message stays." in kernel.run("%secondme reset").text
