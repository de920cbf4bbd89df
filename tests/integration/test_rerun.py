"""A cell that is run again, and the branches of a conversation, in a real kernel with cell ids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kernels import HELLO, Cell, RunningKernel, connect, only_output
from scripted_server import (
    UNTIL_GONE,
    Request,
    ScriptedServer,
    Step,
    chunk,
    done,
    event,
    heartbeat,
    reply,
    sse,
)

PROMPTS = "print([(t.number, t.prompt, t.reply.text) for t in talk().turns])"
TALK = (
    "from IPython import get_ipython\n"
    "magics = get_ipython().magics_manager.registry['SecondMeMagics']\n"
    "def talk(): return magics.state.conversations.talk()"
)


def echo(request: Request) -> list[Step]:
    """Answer with the prompt and how many messages came."""
    messages = sent(request)
    prompt = messages[-1][1]
    if prompt == "fail":
        return sse(chunk("half"), event({"error": {"message": "out of memory"}}), done)
    return sse(chunk(f"{prompt}/{len(messages)}"), chunk(finish_reason="stop"), done)


def sent(request: Request) -> list[tuple[str, str]]:
    messages: Any = request.json()["messages"]
    return [(each["role"], each["content"]) for each in messages]


def prompts(server: ScriptedServer, number: int = -1) -> list[str]:
    """Return what the user says in a request."""
    return prompts_of(server.requests[number])


def prompts_of(request: Request) -> list[str]:
    return [content for role, content in sent(request) if role == "user"]


def turns(kernel: RunningKernel) -> Any:  # noqa: ANN401 - what the kernel printed
    return eval(kernel.run(f"{TALK}\n{PROMPTS}").text)  # noqa: S307 - what our own line printed


def ask_three(kernel: RunningKernel) -> None:
    for cell in ("one", "two", "three"):
        kernel.run(f"%%secondme\n{cell}", cell_id=cell)


def test_a_cell_run_again_replaces_its_turn_in_place_and_says_so(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        cell = kernel.run("%%secondme\nTWO", cell_id="two")
        assert prompts(server) == ["one", "TWO"]
        kernel.run("%%secondme\nfour", cell_id="four")
        assert prompts(server) == ["one", "TWO", "three", "four"]
    output = only_output(cell)
    assert output["metadata"]["secondme"]["turn"] == 2
    assert "Replaces turn 2 of this conversation." in output["data"]["text/html"]
    assert [turn[:2] for turn in turns(kernel)] == [
        (1, "one"),
        (2, "TWO"),
        (3, "three"),
        (4, "four"),
    ]


def test_a_rerun_that_fails_leaves_the_earlier_turn(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        before = turns(kernel)
        cell = kernel.run("%%secondme --truncate -s new\nfail", cell_id="two")
        assert cell.status == "error"
        assert "Turn 2 of this conversation stays as it was." in cell.html
        assert turns(kernel) == before
        kernel.run("%%secondme\nfour", cell_id="four")
        assert sent(server.requests[-1])[0] == ("user", "one")


def test_append_adds_and_truncate_drops_what_came_after(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        kernel.run("%%secondme --append\nfour", cell_id="two")
        assert [turn[1] for turn in turns(kernel)] == ["one", "two", "three", "four"]
        kernel.run("%%secondme\nFOUR", cell_id="two")
        assert [turn[1] for turn in turns(kernel)] == ["one", "two", "three", "FOUR"]
        kernel.run("%%secondme --truncate\nONE", cell_id="one")
    assert [turn[:2] for turn in turns(kernel)] == [(1, "ONE")]


LOOP = "for word in {words!r}:\n    %secondme {{word}}"


def test_each_prompt_of_a_loop_is_a_turn_and_is_replaced_by_its_own(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        first = kernel.run(LOOP.format(words=["a", "b", "c"]), cell_id="loop")
        kernel.run("%%secondme\nlast", cell_id="last")
        kernel.run(LOOP.format(words=["A", "B"]), cell_id="loop")
        assert prompts(server) == ["A", "B"]
    assert [turn[:2] for turn in turns(kernel)] == [(1, "A"), (2, "B"), (3, "c"), (4, "last")]
    places = [output["metadata"]["secondme"].get("place") for output in first.outputs]
    assert places == [None, 2, 3]


def test_what_leaves_no_turn_does_not_move_the_prompts_behind_it(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        before = "%secondme --dry-run one\n%secondme --no-history one\n"
        assert kernel.run(f"{before}%secondme two", cell_id="a").status == "ok"
        assert kernel.run("%secondme two", cell_id="a").status == "ok"
        assert turns(kernel) == [(1, "two", "two/1")]


def test_without_cell_ids_every_run_adds(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        for _ in range(2):
            kernel.run("%%secondme\nagain", cell_id="")
    assert [turn[1] for turn in turns(kernel)] == ["again", "again"]


def test_run_all_gives_the_same_conversation_as_by_hand(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        kernel.run("%%secondme -s Brief\nzero", cell_id="zero")
        ask_three(kernel)
        kernel.run("%%secondme -n\nTwo", cell_id="two")
        kernel.run("%%secondme -s Brief\none", cell_id="one")
        by_hand = turns(kernel)
        kernel.run("%%secondme -s Brief -n\none", cell_id="one")
        kernel.run("%%secondme\nthree", cell_id="three")
        assert [turn[1] for turn in by_hand] == ["Two", "three", "one"]
        assert [turn[1] for turn in turns(kernel)] == ["one", "three"]


def test_a_cell_run_again_for_another_conversation_goes_there(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        cell = kernel.run("%%secondme -c elsewhere-1\ntwo", cell_id="two")
        assert prompts(server) == ["two"]
        assert "Replaces" not in cell.html
        assert len(turns(kernel)) == 3


def test_an_instance_that_goes_on_is_told_where_it_stopped(kernel: RunningKernel) -> None:
    with ScriptedServer(
        sse(chunk("Half an"), UNTIL_GONE),
        sse(chunk(" answer, cut"), chunk(finish_reason="length"), done),
        sse(chunk(" off."), chunk(finish_reason="stop"), done),
    ) as server:
        connect(kernel, server)
        cell = Cell()
        request = kernel.send("%%secondme\nHi", cell_id="a")
        kernel.go_on(cell, request, until=lambda cell: "Half an" in cell.html)
        kernel.interrupt()
        kernel.go_on(cell, request)
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


@pytest.mark.parametrize("words", ["", "Half an"], ids=["before a word", "in its midst"])
def test_a_rerun_that_is_stopped_replaces_the_turn_only_if_it_said_something(
    kernel: RunningKernel, words: str
) -> None:
    stopped = sse(*([chunk(words)] if words else [heartbeat]), UNTIL_GONE)
    with ScriptedServer(HELLO, stopped) as server:
        connect(kernel, server)
        kernel.run("%%secondme\nHi", cell_id="a")
        cell = Cell()
        request = kernel.send("%%secondme --truncate\nHi again", cell_id="a")
        kernel.go_on(cell, request, until=lambda cell: (words or "waiting") in cell.html)
        kernel.interrupt()
        kernel.go_on(cell, request)
    assert cell.status == "error"
    note = "Replaces turn 1" if words else "Turn 1 of this conversation stays as it was."
    assert note in only_output(cell)["data"]["text/html"]
    stands = (1, "Hi again", "Half an") if words else (1, "Hi", "Hello **world**")
    assert turns(kernel) == [stands]


def test_what_a_dry_run_shows_is_what_the_rerun_would_send(kernel: RunningKernel) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        ask_three(kernel)
        shown = kernel.run("%%secondme --dry-run\nTWO", cell_id="two").text
        assert len(server.requests) == 3
    messages = json.loads(shown.partition("\n\n")[2])["messages"]
    assert [each["content"] for each in messages] == ["one", "one/1", "TWO"]
    assert [turn[1] for turn in turns(kernel)] == ["one", "two", "three"]


def test_a_loop_that_asks_less_than_before_says_what_stays(kernel: RunningKernel) -> None:
    loop = "for word in words:\n    %secondme Explain {word}"
    with ScriptedServer(HELLO) as server:
        name = connect(kernel, server)
        kernel.run(f"words = ['a', 'b', 'c']\n{loop}", cell_id="loop")
        less = kernel.run(f"words = ['d']\n{loop}", cell_id="loop")
        kernel.run("%secondme list", cell_id="another")
        failed = kernel.run(f"words = ['d']\n{loop}\n1 / 0", cell_id="loop")
        again = kernel.run(f"words = ['a', 'b', 'c']\n{loop}", cell_id="loop")
    told = f"Conversation {name} still has what this cell asked when it ran before"
    assert f"{told}, and did not ask now: turn 2, 3. " in less.text
    assert told not in failed.text + again.text


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


def test_a_cell_that_runs_in_the_midst_of_another_is_part_of_it(kernel: RunningKernel) -> None:
    nested = "get_ipython().run_cell('1/0', store_history=False)"
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        kernel.run("%secondme one\n%secondme two", cell_id="a")
        cell = kernel.run(f"%secondme one\n{nested}\n%secondme two", cell_id="a")
        assert "still has" not in cell.text
        assert "still has" in kernel.run("%secondme one", cell_id="a").text
    assert [turn[1] for turn in turns(kernel)] == ["one", "two"]


def test_a_prompt_in_another_conversation_does_not_move_those_of_a_cell(
    kernel: RunningKernel,
) -> None:
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        kernel.run("%secondme -c b y", cell_id="a")
        kernel.run("%secondme -c a x\n%secondme -c b z", cell_id="a")
        kernel.run("%secondme use b")
    assert [turn[1] for turn in turns(kernel)] == ["z"]


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
