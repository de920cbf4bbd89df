"""A cell that is run again, in a real kernel with cell ids: what it replaces, and what stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from kernel_turns import ask_three, echo, prompts, sent, turns
from kernels import HELLO, connect, only_output
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, heartbeat, sse

if TYPE_CHECKING:
    from kernels import RunningKernel


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


@pytest.mark.parametrize("words", ["", "Half an"], ids=["before a word", "in its midst"])
def test_a_rerun_that_is_stopped_replaces_the_turn_only_if_it_said_something(
    kernel: RunningKernel, words: str
) -> None:
    stopped = sse(*([chunk(words)] if words else [heartbeat]), UNTIL_GONE)
    with ScriptedServer(HELLO, stopped) as server:
        connect(kernel, server)
        kernel.run("%%secondme\nHi", cell_id="a")
        cell = kernel.stop(
            "%%secondme --truncate\nHi again",
            cell_id="a",
            until=lambda cell: (words or "waiting") in cell.html,
        )
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
