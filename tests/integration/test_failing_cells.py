"""What goes wrong in a cell: two lines, and nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from kernels import HELLO, RunningKernel, connect, only_output
from scripted_server import ScriptedServer, chunk, done, event, reply, sse

FAILURES = {
    "an empty prompt": ("%%secondme\n  \n", None, "ConfigurationError: the prompt is empty"),
    "an empty line": ("%secondme -q", None, "ConfigurationError: the prompt is empty"),
    "words on the line": ("%%secondme hello\nHi", None, "is not an option"),
    "an unknown option": ("%%secondme --foo\nHi", None, "unknown option --foo"),
    "too hot": ("%%secondme -t 1.5\nHi", None, "temperature"),
    "a bad id": ("%%secondme -i a/b\nHi", None, "a/b"),
    "a command or a prompt": ("%secondme list my hobbies", None, "could be the command list"),
    "a command without its word": ("%secondme connect", None, "connect needs a TARGET"),
    "an option that a command has not": (
        "%secondme connect http://127.0.0.1:9 --nmae x",
        None,
        "connect has no option --nmae\nDid you mean --name?",
    ),
    "a key in a cell": (
        "%secondme connect http://127.0.0.1:9 --key=sk-123",
        None,
        "connect takes no key: this cell is saved with the notebook\nTake the key out of the cell",
    ),
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


def test_a_value_that_is_too_long_is_refused_by_its_name(kernel: RunningKernel) -> None:
    cell = kernel.run("big = 'x' * 300_000\n%secondme {big}")
    assert "the value of {big} has 300,000 characters" in cell.error


def test_a_failure_among_other_output_leaves_no_empty_answer(kernel: RunningKernel) -> None:
    with ScriptedServer(reply(b"{}", status=404)) as server:
        connect(kernel, server)
        cell = kernel.run("print(1)\n%secondme Hi")
    assert [output["output_type"] for output in cell.outputs] == ["stream", "error"]


def test_a_notebook_that_clobbers_its_history_still_works(kernel: RunningKernel) -> None:
    cell = kernel.run("In_ = In; In = 5; 1/0")
    assert [output["output_type"] for output in cell.outputs] == ["error"]
    kernel.run("In = In_")
