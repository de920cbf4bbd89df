"""The magics in a real kernel, over real sockets, as a front end sees them."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from kernels import Cell, RunningKernel
from scripted_server import (
    UNTIL_GONE,
    Answer,
    ScriptedServer,
    chunk,
    done,
    event,
    heartbeat,
    reply,
    sse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO = sse(chunk("Hello **world**"), chunk(finish_reason="stop"), done)


@pytest.fixture(scope="module")
def kernel() -> Iterator[RunningKernel]:
    with RunningKernel() as running:
        assert running.run("%load_ext secondme_magics").outputs == []
        yield running


def connect(kernel: RunningKernel, server: ScriptedServer) -> str:
    """Talk to `server` in a new conversation, and return the conversation's name."""
    assert kernel.run(f"%secondme connect {server.url}").status == "ok"
    return kernel.run("%secondme new").text.split()[1]


def only_output(cell: Cell) -> dict[str, Any]:
    assert len(cell.outputs) == 1
    return cell.outputs[0]


def test_an_answer_is_one_output_with_html_text_and_what_restores_it(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        conversation = connect(kernel, server)
        cell = kernel.run("%%secondme\n\n  Hi there \n")
    output = only_output(cell)
    assert cell.status == "ok"
    assert output["output_type"] == "display_data"
    assert set(output["data"]) == {"text/html", "text/plain"}
    assert "Hello <strong>world</strong>" in output["data"]["text/html"]
    assert output["data"]["text/plain"] == "Hello **world**"
    kept = output["metadata"]["secondme"]
    assert kept.pop("elapsed") >= 0
    assert kept == {
        "instance": f"127.0.0.1:{server.port}",
        "conversation": conversation,
        "turn": 1,
        "state": "complete",
        "finish_reason": "stop",
        "usage": None,
        "prompt": "Hi there",
    }
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "Hi there"}]


def test_the_reply_is_the_result_and_is_shown_again_only_when_asked(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run("answer = %secondme Hi?\nanswer")
        assert only_output(cell)["output_type"] == "display_data"
        assert kernel.value("answer.text") == "'Hello **world**'"
        kernel.run("%%secondme\nHi")
        assert kernel.value("_.state") == "'complete'"
        again = only_output(kernel.run("answer"))
        assert "Hello <strong>world</strong>" in again["data"]["text/html"]


def test_the_answer_grows_in_place_while_it_comes(kernel: RunningKernel) -> None:
    more = Event()
    with ScriptedServer(sse(chunk("First words"), more, chunk(", last words"), done)) as server:
        connect(kernel, server)
        cell = Cell()
        request = kernel.send("%%secondme\nHi")
        kernel.go_on(cell, request, until=lambda cell: "First words" in cell.html)
        assert "last words" not in cell.html
        more.set()
        kernel.go_on(cell, request)
    assert only_output(cell)["data"]["text/plain"] == "First words, last words"


def test_earlier_turns_are_sent_and_options_reach_the_wire(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        kernel.run("%%secondme -s 'Be brief'\nOne")
        kernel.run("%%secondme -t 0.5 --max-tokens 9 -r poet --no-l0 --l1 -m big\nTwo")
        kernel.run("%%secondme --no-history\nThree")
        kernel.run("%%secondme -n\nFour")
        kernel.run("%%secondme --no-stream\nFive")
        kernel.run("%%secondme -c other-1\nSix")
        kernel.run("%%secondme -s ''\nSeven")
        bodies = [request.json() for request in server.requests]
    system = {"role": "system", "content": "Be brief"}
    answer = {"role": "assistant", "content": "Hello **world**"}

    def user(text: str) -> dict[str, str]:
        return {"role": "user", "content": text}

    assert bodies[1] == {
        "messages": [system, user("One"), answer, user("Two")],
        "metadata": {
            "role_id": "poet",
            "enable_l0_retrieval": False,
            "enable_l1_retrieval": True,
        },
        "temperature": 0.5,
        "max_tokens": 9,
        "model": "big",
        "stream": True,
    }
    assert bodies[2]["messages"] == [system, user("Three")]
    assert bodies[3]["messages"] == [system, user("Four")]
    assert bodies[4]["messages"] == [system, user("Four"), answer, user("Five")]
    assert bodies[4]["stream"] is False
    assert bodies[5]["messages"] == [user("Six")]
    assert bodies[6]["messages"] == [user("Four"), answer, user("Five"), answer, user("Seven")]


def test_values_are_put_in_once_and_unknown_names_are_told(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        kernel.run("who = '{secret}'; secret = 'x'; 1/0")
        failed = kernel.value("len(In) - 2")
        kernel.run(f"%%secondme -n\n{{who}} {{nobody}} {{Err[{failed}]}}")
        cell = kernel.run("%%secondme -n\n{whoo}")
        kernel.run("%secondme -n --raw {who}")
        prompts = [request.json()["messages"] for request in server.requests]
    assert prompts[0] == [
        {"role": "user", "content": "{secret} {nobody} ZeroDivisionError: division by zero"}
    ]
    assert prompts[2] == [{"role": "user", "content": "{who}"}]
    assert "{whoo} is no variable" in cell.html


def test_a_line_answers_among_other_output_and_assigns(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run("print('before')\nr = %secondme what is love?\nprint('after', r.state)")
    assert [output["output_type"] for output in cell.outputs] == [
        "stream",
        "display_data",
        "stream",
    ]
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "what is love?"}]
    assert cell.outputs[2]["text"] == "after complete\n"


def test_an_answer_is_assigned_only_when_it_is_whole(kernel: RunningKernel) -> None:
    failing = sse(chunk("Half"), event({"error": {"message": "out of memory"}}), done)
    with ScriptedServer(HELLO, failing) as server:
        connect(kernel, server)
        kernel.run("%%secondme -o kept -q\nHi")
        cell = kernel.run("%%secondme -o kept\nHi")
    assert cell.status == "error"
    assert kernel.value("kept.text") == "'Hello **world**'"


def test_quiet_shows_nothing(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        assert kernel.run("%%secondme -q\nHi").outputs == []


def test_a_thought_is_folded(kernel: RunningKernel) -> None:
    thinking = sse(chunk("<think>let me"), chunk(" see</think>Yes"), chunk("."), done)
    with ScriptedServer(thinking) as server:
        connect(kernel, server)
        cell = kernel.run("%%secondme\nHi")
    output = only_output(cell)
    assert output["data"]["text/plain"] == "Yes."
    assert "<details>" in output["data"]["text/html"]
    assert "let me see" in output["data"]["text/html"]


FORMATS = {
    "json": ('```json\n{"b": 1}\n```', "-f json", '"b"'),
    "code": ("Look:\n```python\nprint(1)\n```\nDone.", "-f code", "print"),
    "text": ("**raw** <b>", "-f text", "**raw** &lt;b&gt;"),
    "no json": ("I cannot", "-f json", "no JSON"),
    "no code": ("I cannot", "-f code", "no fenced code"),
}


@pytest.mark.parametrize(("answer", "option", "shown"), FORMATS.values(), ids=FORMATS)
def test_formats_show_what_they_promise(
    kernel: RunningKernel, answer: str, option: str, shown: str
) -> None:
    with ScriptedServer(sse(chunk(answer), done)) as server:
        connect(kernel, server)
        output = only_output(kernel.run(f"%%secondme {option}\nHi"))
    assert shown in output["data"]["text/html"]
    assert output["data"]["text/plain"] == answer


def test_a_long_answer_ends_as_one_output(kernel: RunningKernel) -> None:
    words = [
        chunk(f"Paragraph {i} has some words in it, and then some more.\n\n") for i in range(400)
    ]
    with ScriptedServer(sse(*words, done)) as server:
        connect(kernel, server)
        output = only_output(kernel.run("%%secondme\nHi"))
    assert output["data"]["text/html"].count("<p>Paragraph") == 400
    assert "Paragraph 399" in output["data"]["text/plain"]


PHASES: dict[str, Answer] = {
    "no answer at all": [UNTIL_GONE],
    "silent": sse(heartbeat, UNTIL_GONE),
    "speaking": sse(chunk("Half an"), UNTIL_GONE),
}


@pytest.mark.parametrize("phase", PHASES)
def test_stop_ends_the_request_keeps_the_text_and_fails_the_cell(
    kernel: RunningKernel, phase: str
) -> None:
    with ScriptedServer(PHASES[phase], HELLO) as server:
        connect(kernel, server)
        cell = Cell()
        request = kernel.send("%%secondme\nHi")
        seen = "Half an" if phase == "speaking" else "onnect"
        kernel.go_on(cell, request, until=lambda cell: seen in cell.html)
        kernel.interrupt()
        kernel.go_on(cell, request)
        assert server.gone.wait(10)
        assert cell.status == "error"
        output = only_output(cell)
        assert output["output_type"] == "display_data"
        assert output["metadata"]["secondme"]["state"] == "interrupted"
        assert "Interrupted after" in output["data"]["text/html"]
        assert kernel.run("%%secondme\nAgain").status == "ok"
        sent = server.requests[1].json()["messages"]
    expected = [{"role": "user", "content": "Again"}]
    if phase == "speaking":
        expected = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Half an"},
            *expected,
        ]
    assert sent == expected


def test_stop_in_a_loop_stops_the_loop(kernel: RunningKernel) -> None:
    with ScriptedServer(sse(chunk("Half"), UNTIL_GONE)) as server:
        connect(kernel, server)
        cell = Cell()
        request = kernel.send("for i in range(3):\n    %secondme number {i}")
        kernel.go_on(cell, request, until=lambda cell: "Half" in cell.html)
        kernel.interrupt()
        kernel.go_on(cell, request)
    assert cell.status == "error"
    assert cell.error == "Interrupted."
    assert len(server.requests) == 1


def test_cells_that_wait_behind_a_stopped_answer_do_not_run(kernel: RunningKernel) -> None:
    with ScriptedServer(sse(chunk("Half"), UNTIL_GONE)) as server:
        connect(kernel, server)
        first = kernel.send("%%secondme\nHi")
        second = kernel.send("ran_on = True")
        cell, waiting = Cell(), Cell()
        kernel.go_on(cell, first, until=lambda cell: "Half" in cell.html)
        kernel.interrupt()
        kernel.go_on(cell, first)
        kernel.go_on(waiting, second)
    assert (cell.status, waiting.status) == ("error", "aborted")


FAILURES = {
    "an empty prompt": ("%%secondme\n  \n", None, "ConfigurationError: the prompt is empty"),
    "an empty line": ("%secondme -q", None, "ConfigurationError: the prompt is empty"),
    "words on the line": ("%%secondme hello\nHi", None, "is no option"),
    "an unknown option": ("%%secondme --foo\nHi", None, "unknown option --foo"),
    "too hot": ("%%secondme -t 1.5\nHi", None, "temperature"),
    "a bad id": ("%%secondme -i a/b\nHi", None, "a/b"),
    "a command or a prompt": ("%secondme list my hobbies", None, "could be the command list"),
    "not found": ("%%secondme\nHi", reply(b"{}", status=404), "InstanceNotFound"),
    "a web page": (
        "%%secondme\nHi",
        reply(b"<html><title>Log in</title>", content_type="text/html"),
        "ProtocolError",
    ),
    "a redirect": (
        "%%secondme\nHi",
        reply(b"", status=302, headers=[("Location", "http://elsewhere.example/")]),
        "elsewhere.example",
    ),
    "a failure in the stream": (
        "%%secondme\nHi",
        sse(event({"error": {"message": "out of memory"}}), done),
        "out of memory",
    ),
}


@pytest.mark.parametrize(("code", "answer", "what"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_two_lines_and_loses_nothing(
    kernel: RunningKernel, code: str, answer: list[Any] | None, what: str
) -> None:
    with ScriptedServer(HELLO, answer or HELLO, HELLO) as server:
        connect(kernel, server)
        kernel.run("%%secondme\nFirst")
        cell = kernel.run(code)
        assert cell.status == "error"
        assert only_output(cell)["output_type"] == "error"
        assert what in cell.error
        assert len(cell.error.split("\n")) == 2
        kernel.run("%%secondme\nLast")
        sent = [message["content"] for message in server.requests[-1].json()["messages"]]  # type: ignore[attr-defined]
    assert sent == ["First", "Hello **world**", "Last"]
    assert len(server.requests) == (3 if answer else 2)


def test_half_an_answer_that_failed_stays_on_the_screen(kernel: RunningKernel) -> None:
    failing = sse(chunk("Half an answer"), event({"error": "no more"}), done)
    with ScriptedServer(failing) as server:
        connect(kernel, server)
        cell = kernel.run("%%secondme\nHi")
    assert [output["output_type"] for output in cell.outputs] == ["display_data", "error"]
    assert cell.outputs[0]["data"]["text/plain"] == "Half an answer"
    assert cell.outputs[0]["metadata"]["secondme"]["state"] == "failed"


def test_nothing_to_talk_to_is_two_lines(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        url = server.url
    kernel.run(f"%secondme connect {url}")
    cell = kernel.run("%%secondme\nHi")
    assert "ConnectionFailed: no answer from" in cell.error
    assert len(cell.error.split("\n")) == 2


def test_dry_run_shows_the_request_and_sends_nothing(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        conversation = connect(kernel, server)
        cell = kernel.run("%%secondme --dry-run -t 0.2\nHi")
        assert server.requests == []
    first, *_, body = cell.text.partition("\n\n")
    assert first.startswith("POST http://127.0.0.1:")
    assert json.loads(body)["temperature"] == 0.2
    assert kernel.run("%secondme history").text == f"Conversation {conversation} has no turn yet.\n"


def test_commands_say_what_they_did(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        conversation = connect(kernel, server)
        kernel.run("%%secondme\nHi")
        assert f"{conversation}, 1 turn" in kernel.run("%secondme").text
        assert "[1] Hi\n\nHello **world**" in kernel.run("%secondme history").text
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
        kernel.run("%%secondme -t 0.5\nHi")
        kernel.run("%config SecondMe.temperature = None\n%config SecondMe.stream = True")
        bodies = [request.json() for request in server.requests]
    assert [body["temperature"] for body in bodies] == [0.25, 0.5]
    assert bodies[0]["stream"] is False
    assert "should not be greater than 2" in kernel.run("%config SecondMe.temperature = 7").text
    assert "SecondMe.temperature = None" in kernel.run("%secondme config").text


def test_tab_offers_options_commands_and_names(kernel: RunningKernel) -> None:
    assert kernel.complete("%%secondme --te") == ["--temperature"]
    assert "--no-history" in kernel.complete("%secondme -q --no")
    assert kernel.complete("%secondme hist") == ["history"]
    assert kernel.complete("x = %secondme -f j") == ["json"]
    kernel.run("%secondme new holidays\n%secondme new")
    assert kernel.complete("%secondme use holi") == ["holidays"]
    assert kernel.complete("%%secondme -c holi") == ["holidays"]


def test_help_is_the_manual(kernel: RunningKernel) -> None:
    for code in ("%%secondme?", "%secondme?"):
        payload = kernel.run(code).reply["payload"]
        assert "--temperature" in payload[0]["data"]["text/plain"]
    assert "Time execution" in kernel.run("%timeit?").reply["payload"][0]["data"]["text/plain"]


def test_one_line_of_a_cell_magic_is_a_prompt(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        only_output(kernel.run("%%secondme What is love?"))
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "What is love?"}]


def test_a_key_reaches_its_server_and_nothing_that_is_shown(kernel: RunningKernel) -> None:
    refused = reply(b'{"error": {"message": "bad key"}}', status=401)
    with ScriptedServer(HELLO, refused) as server:
        kernel.run("import os; os.environ['MY_KEY'] = 'sk-" + "hush" * 4 + "'")
        code = f"%secondme connect {server.url} --name mine --key-env MY_KEY"
        cells = [
            kernel.run(code),
            kernel.run("%%secondme\nHi"),
            kernel.run("%%secondme --dry-run\nHi"),
            kernel.run("%%secondme\nHi"),
            kernel.run("%secondme status"),
            kernel.run(
                "from secondme_magics import SecondMe\nSecondMe(api_key=os.environ['MY_KEY'])"
            ),
            kernel.run("%secondme config\n%secondme history"),
        ]
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer sk-hushhushhushhush"
    ] * 2
    assert "hush" not in json.dumps([cell.messages for cell in cells], default=str)
    assert "AuthenticationFailed" in cells[3].error


def test_unloading_takes_everything_back() -> None:
    with RunningKernel() as kernel:
        before = kernel.complete("%%secondme --te")
        kernel.run("%load_ext secondme_magics")
        kernel.run("%unload_ext secondme_magics")
        assert "not found" in kernel.run("%%secondme\nHi").text + kernel.run("%secondme Hi").text
        assert kernel.complete("%%secondme --te") == before
        assert kernel.run("%load_ext secondme_magics\n%secondme version").status == "ok"


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
        environment: dict[str, str | None] = {
            "SECONDME_BASE_URL": server.origin,
            "SECONDME_INSTANCE": "ada-1",
            "SECONDME_API_KEY": "sk-hush",
        }
        with RunningKernel(environment) as kernel:
            cell = kernel.run("%load_ext secondme_magics\n%secondme Hi")
    assert only_output(cell)["metadata"]["secondme"]["instance"] == "ada-1"
    assert server.requests[0].path == "/api/chat/ada-1"
    assert server.requests[0].headers["authorization"] == "Bearer sk-hush"
