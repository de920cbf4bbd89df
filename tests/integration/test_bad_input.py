"""What cannot be done, in a real kernel: two lines, nothing sent, nothing changed, nothing written.

A table of what people get wrong about conversations; what each room refuses is tested with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, connect
from scripted_server import Request, ScriptedServer, Step, reply

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.saving import to_saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kernels import RunningKernel

SAVED = to_saved(Conversation("elsewhere"))
FILES = {
    "later.json": SAVED.replace(b'"version": 1', b'"version": 2'),
    "cut.json": SAVED[:-9],
    "latin.json": b'{"format": "\xe9"}',
    "foreign.ipynb": json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "outputs": []}]}
    ).encode(),
    "old.ipynb": b'{"nbformat": 3, "worksheets": []}',
    "talk.md": b"# My own notes\n",
}

BAD = {
    "a cell that does not exist": ("--cells 9999 Why?", "no cell [9999]"),
    "a range of cells that do not exist": ("--cells 9000-9001 Why?", "no cell [9000], [9001]"),
    "cells backwards": ("--cells 7-5 Why?", "--cells cannot be '7-5'"),
    "no cells at all": ("--last 0 Why?", "--last cannot be '0'"),
    "a variable that is not there": ("--var nosuch Why?", "no variable nosuch"),
    "an expression for a variable": ("--var a.b Why?", "--var cannot be 'a.b'"),
    "a role that is not there": ("-r nosuch Why?", "no role is called 'nosuch'"),
    "a conversation that is not there": ("use nosuch", "no conversation is called nosuch"),
    "a conversation that cannot be": ("-c ../x Why?", "--conversation cannot be '../x'"),
    "a fork onto itself": ("fork {talk}", "is already there"),
    "a fork without a word that can name it": ("fork a/b", "cannot be called 'a/b'"),
    "more turns than there are": ("undo 2", "has 1"),
    "no turns": ("undo 0", "0 turns cannot be taken back"),
    "a turn that is not there": ("code 99", "has no turn 99"),
    "going on with a whole answer": ("continue", "turn 1 is complete"),
    "a file that is not there": ("load {here}/nosuch.json", "cannot be read: No such file"),
    "a file that cannot be read": ("load /proc/self/mem", "cannot be read: "),
    "a file of a later version": ("load {here}/later.json", "it is of version 2, and 1 is"),
    "half a file": ("load {here}/cut.json", "it is not JSON"),
    "a file that is no text": ("load {here}/latin.json", "it is not text in UTF-8"),
    "a notebook for a file": ("load {here}/foreign.ipynb", "save has not written it"),
    "a file where none can be written": ("save /proc/talk.json", "cannot be written: "),
    "a full disk": ("save /dev/full", "is not a file"),
    "a file of one's own": ("save {here}/talk.md", "is not a saved conversation"),
    "an export over a file of one's own": ("export {here}/talk.md", "is there already"),
    "an export where none can be written": ("export /proc/talk.md", "cannot be written: "),
    "an export of no known kind": ("export {here}/talk.doc", "ends in '.doc'"),
    "a notebook that is not there": ("restore {here}/nosuch.ipynb", "cannot be read: No such"),
    "a notebook of another project": ("restore {here}/foreign.ipynb", "holds no answer"),
    "a notebook of an old format": ("restore {here}/old.ipynb", "it has no cells"),
    "a file for a notebook": ("restore {here}/later.json", "it has no cells"),
}


def answer(request: Request) -> list[Step]:
    return HELLO if request.method == "POST" else reply(b'{"code": 0, "data": []}')


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (directory / name).write_bytes(content)
    return directory


@pytest.fixture(scope="module")
def server(kernel: RunningKernel) -> Iterator[ScriptedServer]:
    """A server, and a conversation with it of one turn."""
    with ScriptedServer(answer) as running:
        connect(kernel, running)
        assert kernel.run("%%secondme\nHi").status == "ok"
        yield running


LOOK = "%secondme\n%secondme list\n%secondme history"


@pytest.mark.parametrize(("line", "what"), BAD.values(), ids=BAD)
def test_what_cannot_be_done_is_told_in_two_lines_and_changes_nothing(
    kernel: RunningKernel, server: ScriptedServer, here: Path, line: str, what: str
) -> None:
    before = kernel.run(LOOK).text
    posts = [request.method for request in server.requests].count("POST")
    talk = before.partition("conversation  ")[2].partition(",")[0]
    cell = kernel.run(f"%secondme {line.format(here=here, talk=talk)}")
    assert cell.status == "error"
    assert what in cell.error
    assert len(cell.error.splitlines()) == 2
    assert cell.text == ""
    assert kernel.run(LOOK).text == before
    assert [request.method for request in server.requests].count("POST") == posts
    assert {path.name: path.read_bytes() for path in here.iterdir()} == FILES
