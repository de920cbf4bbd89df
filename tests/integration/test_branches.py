"""Turns that stand, in a real kernel: retried, gone on with, taken back, forked, or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kernel_turns import ask_three, echo, prompts, prompts_of, sent, turns
from kernels import HELLO, connect, only_output
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, done, event, reply, sse

if TYPE_CHECKING:
    from kernels import RunningKernel
    from scripted_server import Request, Step


def test_an_instance_that_goes_on_is_told_where_it_stopped(kernel: RunningKernel) -> None:
    with ScriptedServer(
        sse(chunk("Half an"), UNTIL_GONE),
        sse(chunk(" answer, cut"), chunk(finish_reason="length"), done),
        sse(chunk(" off."), chunk(finish_reason="stop"), done),
    ) as server:
        connect(kernel, server)
        cell = kernel.stop("%%secondme\nHi", cell_id="a", until=lambda cell: "Half an" in cell.html)
        kernel.run("%secondme continue")
        cell = kernel.run("%secondme continue", cell_id="b")
        assert sent(server.requests[-1])[:2] == [
            ("user", "Hi"),
            ("assistant", "Half an answer, cut"),
        ]
        assert prompts(server)[1].startswith("Please go on")
    output = only_output(cell)
    assert output["data"]["text/plain"] == "Half an answer, cut off."
    assert "Goes on with turn 1 of this conversation." in output["data"]["text/html"]
    assert output["metadata"]["secondme"]["prompt"] == "Hi"
    assert output["metadata"]["secondme"]["revises"] == "a"
    assert turns(kernel) == [(1, "Hi", "Half an answer, cut off.")]
    assert "turn 1 is complete" in kernel.run("%secondme continue").error


def test_retry_asks_the_last_prompt_again_in_its_place(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        kernel.run("%secondme retry", cell_id="retry")
        assert prompts(server) == ["one", "two", "three"]
        assert len(turns(kernel)) == 3
        kernel.run("%%secondme\nTHREE", cell_id="three")
        assert prompts(server) == ["one", "two", "THREE"]
        kernel.run("%%secondme\nfail", cell_id="four")
        assert kernel.run("%secondme retry").status == "error"
    assert [turn[1] for turn in turns(kernel)] == ["one", "two", "THREE", "fail"]


def test_retry_takes_the_options_of_a_prompt(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server, ScriptedServer(echo) as other:
        talk = connect(kernel, server)
        kernel.run(f"%%secondme -i {other.url} -t 0.5 --max-tokens 9\none")
        kernel.run("%secondme new")
        retried = kernel.run(f"%secondme retry -c {talk} -i {other.url} -t 0.5 --max-tokens 9")
        assert retried.status == "ok", retried.error
        assert "'retry it all' could be the command retry [options] or a prompt" in (
            kernel.run("%secondme retry it all").error
        )
        kernel.run(f"%secondme use {talk}")
    assert server.requests == []
    assert other.requests[0].json() == other.requests[1].json()
    assert turns(kernel) == [(1, "one", "one/1")]


def test_undo_takes_turns_back_and_says_which(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        said = kernel.run("%secondme undo 2").text
        assert "turn 2, two\nTaken back: turn 3, three\n" in said
        assert said.endswith("has 1 turn now.\n")
        kernel.run("%%secondme\ntwo", cell_id="two")
        assert [turn[:2] for turn in turns(kernel)] == [(1, "one"), (4, "two")]
        before = turns(kernel)
        assert "3 turns cannot be taken back" in kernel.run("%secondme undo 3").error
        assert "could be the command undo [N] or a prompt" in kernel.run("%secondme undo x").error
        assert turns(kernel) == before
        kernel.run("%secondme reset")
        assert "has no turn that could be taken back" in kernel.run("%secondme undo").error


def test_a_fork_goes_its_own_way(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        trunk = connect(kernel, server)
        ask_three(kernel)
        assert "begins with the turns of" in kernel.run(f"%secondme fork {trunk}-b").text
        kernel.run("%%secondme\nTWO", cell_id="two")
        assert [turn[1] for turn in turns(kernel)] == ["one", "TWO", "three"]
        assert "already there" in kernel.run(f"%secondme fork {trunk}").error
        kernel.run(f"%secondme use {trunk}")
        assert [turn[1] for turn in turns(kernel)] == ["one", "two", "three"]


@pytest.mark.parametrize("command", ["undo", "retry", "continue"])
def test_an_empty_conversation_has_nothing_to_go_back_to(
    kernel: RunningKernel, command: str
) -> None:
    kernel.run("%secondme new")
    cell = kernel.run(f"%secondme {command}")
    assert len(cell.error.splitlines()) == 2


def test_only_the_last_turns_are_sent_and_the_others_are_told_of(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        cell = kernel.run("%%secondme --last-turns 1\nfour", cell_id="four")
        assert prompts(server) == ["three", "four"]
        assert "2 earlier turns were left out of what was sent: the limit is 1." in cell.html
        kernel.run("%config SecondMe.max_turns = 0")
        cell = kernel.run("%secondme retry")
        kernel.run("%config SecondMe.max_turns = None")
        assert prompts(server) == ["four"]
        assert "3 earlier turns were left out" in cell.html
        cell = kernel.run("%%secondme --last-turns 3\nTwo", cell_id="two")
        assert "left out" not in cell.html


TOO_LONG = {
    "a status": reply(
        b'{"error": {"message": "maximum context length is 4096 tokens"}}', status=400
    ),
    "an event": sse(event({"error": {"message": "Requested tokens exceed context window"}}), done),
}


@pytest.mark.parametrize("answer", TOO_LONG.values(), ids=TOO_LONG)
def test_a_conversation_that_outgrows_its_server_is_told_how_to_send_less(
    kernel: RunningKernel, answer: list[Step]
) -> None:
    with ScriptedServer(answer, HELLO, answer) as server:
        connect(kernel, server)
        kernel.run("%%secondme\nOne")
        kernel.run("%%secondme\nOne")
        error = kernel.run("%%secondme\nTwo").error
    assert "earlier turns with --last-turns N" in error
    assert len(error.splitlines()) == 2


def test_retry_and_continue_are_about_what_was_asked_last(kernel: RunningKernel) -> None:
    cut = sse(chunk("half"), chunk(finish_reason="length"), done)
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        kernel.run("%%secondme\nagain", cell_id="one")
        kernel.run("%secondme retry")
    assert [turn[1] for turn in turns(kernel)] == ["again", "two", "three"]
    assert prompts(server) == ["again"]
    with ScriptedServer(cut, sse(chunk(" whole"), done)) as server:
        kernel.run(f"%secondme connect {server.url}")
        kernel.run("%%secondme\nlonger", cell_id="one")
        kernel.run("%secondme continue")
    assert turns(kernel)[0][1:] == ("longer", "half whole")


@pytest.mark.parametrize(
    "line", ["retry --append", "retry --no-history", "continue -n", "continue --no-history"]
)
def test_options_without_a_sense_are_refused_and_nothing_is_sent(
    kernel: RunningKernel, line: str
) -> None:
    cut = sse(chunk("half"), chunk(finish_reason="length"), done)
    with ScriptedServer(cut) as server:
        connect(kernel, server)
        kernel.run("%%secondme\none")
        error = kernel.run(f"%secondme {line}").error
    assert "it is about a turn that stands already" in error
    assert len(error.split("\n")) == 2
    assert len(server.requests) == 1


def test_retry_asks_what_failed_where_an_earlier_turn_stands(kernel: RunningKernel) -> None:
    failing = iter([True, False, False])

    def answer(request: Request) -> list[Step]:
        if prompts_of(request)[-1] == "changed" and next(failing):
            return reply(b"{}", status=500)
        return echo(request)

    with ScriptedServer(answer) as server:
        connect(kernel, server)
        ask_three(kernel)
        assert kernel.run("%%secondme\nchanged", cell_id="two").status == "error"
        kernel.run("%secondme retry")
        assert [turn[1] for turn in turns(kernel)] == ["one", "changed", "three"]
        kernel.run("%%secondme\nlast", cell_id="four")
        kernel.run("%secondme retry")
    assert [turn[1] for turn in turns(kernel)] == ["one", "changed", "three", "last"]


def test_what_failed_is_not_retried_once_its_turn_was_taken_back(kernel: RunningKernel) -> None:
    def answer(request: Request) -> list[Step]:
        failed = prompts_of(request)[-1] == "changed"
        return reply(b"{}", status=500) if failed else echo(request)

    with ScriptedServer(answer) as server:
        connect(kernel, server)
        ask_three(kernel)
        assert kernel.run("%%secondme\nchanged", cell_id="three").status == "error"
        kernel.run("%secondme undo")
        assert kernel.run("%secondme retry").status == "ok"
    assert [turn[1] for turn in turns(kernel)] == ["one", "two"]
    assert prompts(server) == ["one", "two"]
