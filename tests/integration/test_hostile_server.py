"""A registry, roles, a server's words and a file's name that mean harm, in a real kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from allowed_html import faults_of, faults_of_text
from attacks import ATTACKS, GROUPS, as_one_answer
from kernels import Cell, RunningKernel, connect
from scripted_server import Answer, Request, ScriptedServer, chunk, done, reply, sse

from secondme_magics.markdown.code import STYLE
from secondme_magics.showing.reading import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

TAGS = ("blockquote", "div", "p", "details", "summary")
NAMES = ("secondme", "secondme-note", "secondme-footer")
OURS = {f"<div class='{name}'>" for name in NAMES}
OURS |= {
    "<details>",
    "<summary>",
    "<p class='secondme-speaker'>",
    *(f"<{tag} dir='auto'>" for tag in TAGS),
}
HOSTILE = as_one_answer()


def envelope(data: object) -> Answer:
    return reply(json.dumps({"code": 0, "message": HOSTILE, "data": data}).encode())


def answer(request: Request) -> Answer:
    """Answer as the worst server would: each name, description and status is an attack."""
    if request.path.endswith("/roles"):
        roles = [
            {"uuid": f"r{number}", "name": attack, "description": attack}
            for number, attack in enumerate(ATTACKS.values())
        ]
        return envelope([*roles, {"uuid": "x", "name": float("nan")}, {"uuid": [[]] * 9}])
    if "/upload/list" in request.path:
        items = [
            {
                "instance_id": f"{start}{n}",
                "upload_name": text,
                "description": text,
                "status": status,
            }
            for n, text in enumerate(ATTACKS.values())
            for start, status in (("i", "online"), ("s", text))
        ]
        return envelope({"items": items, "pagination": {"total_pages": HOSTILE}})
    if request.method == "GET":
        return reply(HOSTILE.encode("utf-8", "replace"), status=500, content_type="text/html")
    pieces = [HOSTILE[start : start + 50] for start in range(0, len(HOSTILE), 50)]
    return sse(*map(chunk, pieces), chunk(finish_reason="\x1b[31m\u202e" * 9), done)


def faults(cell: Cell) -> list[str]:
    """Return what must not stand in any message that the cell published."""
    found: list[str] = []
    for message in cell.messages:
        content = message["content"]
        data = content.get("data", {})
        found += faults_of(data.get("text/html", "").replace(STYLE, "").replace(LOOKS, ""))
        if message["msg_type"] in {"stream", "display_data", "update_display_data"}:
            found += faults_of_text(content.get("text", "") + data.get("text/plain", ""))
        found += faults_of_text("\n".join([content.get("evalue", "")]))
        json.dumps(message, default=str, ensure_ascii=False).encode()
    return [fault for fault in found if fault not in OURS]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(answer) as running:
        yield running


COMMANDS = {
    "an answer": ("%%secondme\nHi", "alert(1)"),
    "a list of instances": ("%secondme instances", "alert(1)"),
    "a list that is narrowed": ("%secondme instances script", "alert(1)"),
    "a list of roles": ("%secondme roles", "alert(1)"),
    "a role that is not there": ("%%secondme -r nobody-at-all\nHi", "no role is called"),
    "the doctor": ("%secondme doctor --ask", "(status 500)"),
    "the history": ("%secondme history", "alert(1)"),
    "a request": ("%%secondme --dry-run\nAnd?", "\\u202e"),
    "what was said as code": ("%%secondme -f code -n\nHi", "alert(1)"),
    "what was said as JSON": ("%%secondme -f json -n\nHi", "alert(1)"),
    "a reply that is shown again": ("reply = %secondme -q -n Hi\nreply", "alert(1)"),
    "what is taken back": ("%secondme undo", "Taken back"),
}


def test_nothing_that_a_server_says_reaches_a_front_end_unmended(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    for name, (source, word) in COMMANDS.items():
        cell = kernel.run(source)
        assert word in json.dumps(cell.messages, default=str), name
        assert faults(cell) == [], name


def test_the_doctor_shows_a_registrys_status_as_words(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    for number in range(0, len(ATTACKS), 12):
        kernel.run(f"%secondme connect {server.origin}/api/chat/s{number}")
        cell = kernel.run("%secondme doctor")
        assert "status" in cell.text
        assert faults(cell) == []


def test_half_a_character_in_a_value_does_not_end_the_output(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    kernel.run("half = 'a\\ud800b'")
    cell = kernel.run("%%secondme -n -s 'x {half}'\n{half}")
    assert cell.status == "ok"
    kept = cell.outputs[0]["metadata"]["secondme"]
    assert kept["prompt"] == "a\ufffdb"
    assert faults(cell) == []
    assert faults(kernel.run("%secondme history")) == []
    assert faults(kernel.run("%secondme undo")) == []


def test_no_tab_completion_of_a_role_is_more_than_a_word(kernel: RunningKernel) -> None:
    offered = kernel.complete("%secondme -r ")
    assert offered
    assert not set("".join(offered)) & set(" \n\x1b\u202e;'\"$`<>()")
    assert len(offered) >= len(GROUPS)


def test_a_prompt_of_a_restored_notebook_pulls_out_no_variable(
    kernel: RunningKernel, server: ScriptedServer, tmp_path: Path
) -> None:
    about = {
        "conversation": "stranger",
        "turn": 1,
        "state": "interrupted",
        "elapsed": 1,
        "prompt": "Repeat {secret} and {secret!r}",
        "system": "{secret}",
        "instance": "https://evil.example/chat",
        "usage": {"total_tokens": 2**53 - 1},
        "finish_reason": HOSTILE[:900],
    }
    output = {"data": {"text/plain": HOSTILE + "{secret}"}, "metadata": {"secondme": about}}
    cells = [{"id": "x", "execution_count": 1, "outputs": [output]}]
    path = tmp_path / "stranger.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="ascii")
    kernel.run("secret = 'hush-hush'")
    connect(kernel, server)
    commands = ["restore {path}", "use stranger", "history", "list", "continue", "retry"]
    commands += ["export {path}.md", "export {path}.html", "save {path}.json", "undo"]
    asked = len(server.requests)
    for command in commands:
        cell = kernel.run(f"%secondme {command.format(path=path)}")
        assert cell.status == "ok", command
        assert faults(cell) == [], command
    sent = [request.body for request in server.requests[asked:]]
    assert len(sent) == 2
    assert b"{secret}" in sent[0]
    assert b"hush-hush" not in b"".join(sent)
    page = Path(f"{path}.html").read_text(encoding="utf-8")
    assert "hush-hush" not in page
    assert faults_of_text(Path(f"{path}.md").read_text(encoding="utf-8")) == []
    assert faults_of_text(Path(f"{path}.json").read_text(encoding="utf-8")) == []


def test_the_name_of_a_strangers_notebook_is_printed_without_its_tricks(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    kept = {"conversation": "theirs", "turn": 1, "prompt": "Hi", "state": "complete", "elapsed": 1}
    output = {"data": {"text/plain": "Yes"}, "metadata": {"secondme": kept}}
    (tmp_path / "a\x1b[31m\u202e.ipynb").write_text(
        json.dumps({"nbformat": 4, "cells": [{"outputs": [output]}]})
    )
    kernel.run(f"trick, here = 'a\\x1b[31m\\u202e', {str(tmp_path)!r}")
    said = kernel.run("%secondme restore {here}/{trick}.ipynb").text
    said += kernel.run("%secondme use theirs\n%secondme save {here}/{trick}.json").text
    said += kernel.run("%secondme export {here}/{trick}.md").text
    assert said.startswith(f"From {tmp_path}/a\N{SYMBOL FOR ESCAPE}[31m.ipynb:")
    assert f"to {tmp_path}/a\N{SYMBOL FOR ESCAPE}[31m.json" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len([*tmp_path.iterdir()]) == 3
