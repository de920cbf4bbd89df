"""Conversations that outlive their kernel: save, load, export and restore, in real kernels."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from kernels import FORGET, Cell, RunningKernel, connect
from scripted_server import Request, ScriptedServer, Step, chunk, done, event, sse

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.saving import parse_saved, to_saved

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/x.png)"


def echo(request: Request) -> list[Step]:
    messages: Any = request.json()["messages"]
    prompt = messages[-1]["content"]
    if prompt == "fail":
        return sse(chunk("half"), event({"error": {"message": "out of memory"}}), done)
    return sse(chunk(f"re: {prompt}"), chunk(finish_reason="stop"), done)


def prompts(server: ScriptedServer) -> list[str]:
    messages: Any = server.requests[-1].json()["messages"]
    return [each["content"] for each in messages if each["role"] == "user"]


def saved(path: Path) -> Conversation:
    return parse_saved(path.read_bytes())


def spoken(conversation: Conversation) -> list[tuple[int, str, str, str]]:
    return [(t.number, t.prompt, t.reply.text, t.reply.state) for t in conversation.turns]


def test_a_conversation_is_saved_loaded_and_gone_on_with(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "a talk.json"
    with ScriptedServer(echo) as server:
        name = connect(kernel, server)
        kernel.run("%%secondme -s Brief\none", cell_id="one")
        kernel.run("%%secondme\nfail", cell_id="two")
        assert "Saved 2 turns" in kernel.run(f"%secondme save '{path}'").text
        first = saved(path)
        assert (first.name, first.system) == (name, "Brief")
        assert [turn[1:] for turn in spoken(first)] == [
            ("one", "re: one", "complete"),
            ("fail", "half", "failed"),
        ]
        kernel.run("%%secondme\nthree")
        assert "Saved 3 turns" in kernel.run(f"%secondme save '{path}'").text
        said = kernel.run(f"%secondme load '{path}'").text
        assert said.startswith(f"Conversation {name} is there already, and stays as it is.\n")
        assert f"Conversation {name}-2 goes on: 3 turns." in said
        kernel.run("%%secondme\nONE", cell_id="one")
        assert prompts(server) == ["ONE"]
        kernel.run("%%secondme\nfour")
        assert prompts(server) == ["ONE", "three", "four"]
        kernel.run(f"%secondme use {name}")
        kernel.run(f"%secondme save '{path}'")
        kernel.run("%secondme fork elsewhere")
        other = kernel.run(f"%secondme save '{path}'").error
        kernel.run(f"%secondme use {name}\n%secondme reset")
        kernel.run("%%secondme\nsomething else")
        reset = kernel.run(f"%secondme save '{path}'").error
        again = tmp_path / "again.json"
        kernel.run("%%secondme\nmore\n")
        assert "Saved 2 turns" in kernel.run(f"%secondme save '{again}'").text
        kernel.run("%secondme undo")
        kernel.run("%%secondme\nless")
        assert "Saved 2 turns" in kernel.run(f"%secondme save '{again}'").text
    assert f"is there already, and holds conversation {name}\nNothing was written" in other
    assert f"is there already, and holds another conversation {name}\nNothing was" in reset
    assert [turn[1] for turn in spoken(saved(path))] == ["one", "fail", "three"]
    assert {each.name for each in tmp_path.iterdir()} == {path.name, again.name}


OURS = to_saved(Conversation("elsewhere"))
FILES = {
    "of a stranger": (b'{"cells": []}', "save has not written it"),
    "of a later version": (OURS.replace(b'"version": 1', b'"version": 9'), "it is of version 9"),
    "cut": (OURS[:40], "it is not JSON"),
    "too large": (b" " * (16 * 2**20 + 1), "too large"),
}


@pytest.mark.parametrize(("content", "reason"), FILES.values(), ids=FILES)
def test_a_file_that_is_none_of_ours_is_neither_loaded_nor_overwritten(
    kernel: RunningKernel, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    before = kernel.run("%secondme list").text
    error = kernel.run(f"%secondme load {path}").error
    assert reason in error
    assert len(error.splitlines()) == 2
    assert kernel.run("%secondme list").text == before
    assert "is not a saved conversation" in kernel.run(f"%secondme save {path}").error
    assert path.read_bytes() == content


def test_a_saved_conversation_with_a_name_that_none_can_have_is_not_loaded(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(OURS.replace(b"elsewhere", b"../x"))
    assert "cannot be called '../x'" in kernel.run(f"%secondme load {path}").error
    assert "../x" not in kernel.run("%secondme list").text


BAD_PATHS = {
    "save to a directory": ("save {}", "is not a file"),
    "save where no directory is": ("save {}/no/file", "cannot be written: No such file"),
    "save nowhere": ("save ''", "is not a file"),
    "load what is not there": ("load {}/missing", "cannot be read: No such file"),
    "load a device": ("load /dev/zero", "is not a file"),
    "export without a suffix": ("export {}/talk", "ends in ''"),
    "export to a picture": ("export {}/talk.png", "ends in '.png'"),
    "export where no directory is": ("export {}/no/talk.md", "cannot be written"),
    "restore what is not there": ("restore {}/missing.ipynb", "cannot be read"),
    "restore nothing": ("restore", "own file cannot be found"),
}


@pytest.mark.parametrize(("command", "reason"), BAD_PATHS.values(), ids=BAD_PATHS)
def test_a_path_that_leads_nowhere_is_an_error_of_two_lines(
    kernel: RunningKernel, tmp_path: Path, command: str, reason: str
) -> None:
    error = kernel.run(f"%secondme {command.format(tmp_path)}").error
    assert reason in error
    assert len(error.splitlines()) == 2
    assert list(tmp_path.iterdir()) == []


def test_exports_are_for_other_readers_and_overwrite_only_exports(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    with ScriptedServer(echo) as server:
        name = connect(kernel, server)
        kernel.run(f"%%secondme --raw -s Brief\n{HOSTILE}")
        kernel.run("%%secondme\nfail")
        for suffix in ("md", "html", "json"):
            assert "Exported 2 turns" in kernel.run(f"%secondme export {tmp_path}/t.{suffix}").text
            assert "Exported 2 turns" in kernel.run(f"%secondme export {tmp_path}/t.{suffix}").text
            own = tmp_path / f"own.{suffix}"
            own.write_text('[{"role": "owner", "content": "# Mine"}]')
            refused = "is there already, and was not exported from this conversation"
            assert refused in kernel.run(f"%secondme export {own}").error
            assert own.read_text() == '[{"role": "owner", "content": "# Mine"}]'
            other = kernel.run(f"%secondme fork {suffix}\n%secondme undo 2\n%secondme hi")
            assert other.status == "ok"
            before = (tmp_path / f"t.{suffix}").read_bytes()
            kernel.run("%%secondme -s Other -n\nhi")
            assert refused in kernel.run(f"%secondme export {tmp_path}/t.{suffix}").error
            assert (tmp_path / f"t.{suffix}").read_bytes() == before
            kernel.run(f"%secondme use {name}")
    assert json.loads((tmp_path / "t.json").read_text()) == [
        {"role": "system", "content": "Brief"},
        {"role": "user", "content": HOSTILE},
        {"role": "assistant", "content": f"re: {HOSTILE}"},
    ]
    page = (tmp_path / "t.html").read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert "The answer broke off here." in page
    text = (tmp_path / "t.md").read_text()
    inert = HOSTILE.replace("<", "\\<").replace("!", "\\!")
    assert re.search(rf"\*\*You\*\*\n\n> {re.escape(inert)}\n\n\*\*.+\*\*\n\nre: ", text)
    assert f"\n\nre: {inert}\n" in text
    assert "*The answer broke off here. Later prompts leave it out.*" in text


def notebook(path: Path, *cells: tuple[str, Cell]) -> None:
    """Save what a front end would of cells with these ids."""
    written: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": name,
            "metadata": {},
            "execution_count": cell.reply.get("execution_count"),
            "source": "",
            "outputs": [
                {k: v for k, v in each.items() if k not in {"id", "transient"}}
                for each in cell.outputs
            ],
        }
        for name, cell in cells
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": written}))


def test_a_notebook_gives_its_conversations_back_to_a_new_kernel(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "note.ipynb"
    with ScriptedServer(echo) as server:
        name = connect(kernel, server)
        asked = {
            "a": kernel.run("%%secondme -s Brief\none", cell_id="a"),
            "b": kernel.run("for x in 'pq':\n    %secondme {x}", cell_id="b"),
            "c": kernel.run("%%secondme\nfail", cell_id="c"),
            "other": kernel.run("%%secondme -c other-9\nelse", cell_id="other"),
            "alone": kernel.run("%%secondme --no-history\nalone", cell_id="alone"),
        }
        asked["a"] = kernel.run("%%secondme -s Brief\nONE", cell_id="a")
        asked["retry"] = kernel.run("%secondme retry", cell_id="retry")
        kernel.run(f"%secondme save {tmp_path}/before")
        notebook(path, *asked.items())
        with RunningKernel({"JPY_SESSION_NAME": str(path)}) as new:
            new.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
            said = new.run("%secondme restore").text
            assert f"From {path}:\n  {name}: 4 turns\n  other-9: 1 turn\n" in said
            new.run(f"%secondme use {name}")
            new.run(f"%secondme save {tmp_path}/after")
            before, after = saved(tmp_path / "before"), saved(tmp_path / "after")
            assert spoken(after) == spoken(before)
            assert [turn.place for turn in after.turns] == [turn.place for turn in before.turns]
            assert after.system == "Brief"
            new.run("for x in 'PQ':\n    %secondme {x}", cell_id="b")
            assert prompts(server) == ["ONE", "P", "Q"]
            again = new.run(f"%secondme restore {path}").text
            assert f"{name} is in use; as {name}-2: 4 turns" in again
            assert "other-9 has all of it already: 1 turn" in again


def test_what_was_put_into_a_prompt_stays_out_of_the_file_where_it_is_not_to_be_kept(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "talk.ipynb"
    with ScriptedServer(sse(chunk("Noted."), done)) as server:
        connect(kernel, server)
        kernel.run("%config SecondMe.keep_prompts = False\npatients = 'Ada, Grace'")
        cell = kernel.run("%%secondme -s 'Of {patients}.'\nWho of {patients}?", cell_id="one")
        kernel.run("%config SecondMe.keep_prompts = True")
        kept = kernel.run("%%secondme\nAnd then?", cell_id="two")
    assert prompts(server) == ["Who of Ada, Grace?", "And then?"]
    assert cell.outputs[0]["metadata"]["secondme"].items() >= {"state": "complete"}.items()
    assert "Grace" not in json.dumps(cell.outputs)
    notebook(path, ("one", cell), ("two", kept))
    said = kernel.run(f"{FORGET}\n%secondme restore '{path}'").text
    assert "1 turn" in said


def test_branches_and_what_was_taken_back_come_back_as_they_were(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "note.ipynb"
    with ScriptedServer(echo) as server:
        name = connect(kernel, server)
        asked = {each: kernel.run(f"%%secondme\n{each}", cell_id=each) for each in "abc"}
        kernel.run("%secondme undo")
        kernel.run(f"%secondme fork {name}-b")
        asked["d"] = kernel.run("%%secondme -s Brief\nd", cell_id="d")
        kernel.run(f"%secondme use {name}")
        asked["e"] = kernel.run("%%secondme\ne", cell_id="e")
        notebook(path, *asked.items())
        with RunningKernel() as new:
            new.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
            said = new.run(f"%secondme restore {path}").text
            assert f"  {name}: 3 turns\n  {name}-b: 3 turns\n" in said
            new.run(f"%%secondme -c {name}\nnext")
            assert prompts(server) == ["a", "b", "e", "next"]
            asked["f"] = new.run(f"%%secondme -c {name}-b\nnext", cell_id="f")
            assert prompts(server) == ["a", "b", "d", "next"]
            notebook(path, *asked.items())
        with RunningKernel() as third:
            third.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
            assert f"  {name}-b: 4 turns\n" in third.run(f"%secondme restore {path}").text
            third.run(FORGET)
            del asked["b"]
            notebook(path, *asked.items())
            said = third.run(f"%secondme restore {path}").text
    missing = "(1 turn that it had before is not in the notebook)"
    assert f"  {name}: 2 turns {missing}\n  {name}-b: 3 turns {missing}\n" in said


def test_a_retry_in_a_new_kernel_is_what_the_next_kernel_restores(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "note.ipynb"
    with ScriptedServer(
        sse(chunk("first"), done), sse(chunk("second"), chunk(finish_reason="stop"), done)
    ) as server:
        connect(kernel, server)
        asked = {"a": kernel.run("%%secondme -c again-1\none", cell_id="a")}
        notebook(path, *asked.items())
        with RunningKernel() as new:
            new.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
            new.run(f"%secondme restore {path}")
            asked["r"] = new.run("%secondme retry", cell_id="r")
            assert asked["r"].reply["execution_count"] < asked["a"].reply["execution_count"]
        notebook(path, *asked.items())
        kernel.run("%secondme use again-1\n%secondme reset")
        kernel.run(f"%secondme restore {path}")
        kernel.run(f"%secondme save {tmp_path}/after")
    assert spoken(saved(tmp_path / "after"))[0][2] == "second"


def test_a_notebook_that_was_tampered_with_gives_what_is_good_and_runs_nothing(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "note.ipynb"
    with ScriptedServer(echo) as server:
        connect(kernel, server)
        good = kernel.run("%%secondme -c good-1\none", cell_id="a")
        bad = kernel.run("%%secondme -c bad-1\ntwo", cell_id="b")
        bad.outputs[0]["metadata"]["secondme"]["conversation"] = "../../bad"
        evil = kernel.run("%%secondme -c bad-1\nthree", cell_id="c")
        evil.outputs[0]["metadata"]["secondme"]["state"] = "%run evil.py"
        notebook(path, ("a", good), ("b", bad), ("c", evil))
        asked = len(server.requests)
        said = kernel.run(f"%secondme restore {path}").text
        assert "2 answers could not be read and were left out:\n  cell 2: a conversation" in said
        notebook(path, ("b", bad))
        cell = kernel.run(f"%secondme restore {path}")
        assert "1 answer could not be read" in cell.outputs[0]["text"]
        assert "holds no answer of a conversation" in cell.error
        assert len(server.requests) == asked


def test_a_notebook_with_one_conversation_is_gone_on_with_at_once(tmp_path: Path) -> None:
    path = tmp_path / "note.ipynb"
    with ScriptedServer(echo) as server, RunningKernel() as kernel:
        kernel.run(f"%load_ext secondme_magics\n%secondme connect {server.url}")
        kernel.run("%secondme new work")
        notebook(path, ("a", kernel.run("%%secondme\none")))
        kernel.run(FORGET)
        kernel.run(f"%secondme connect {server.url}\n__vsc_ipynb_file__ = {str(path)!r}")
        assert "Conversation work goes on: 1 turn." in kernel.run("%secondme restore").text
        kernel.run("%%secondme\ntwo")
        assert prompts(server) == ["one", "two"]
