"""The magics in terminal IPython, in a pseudo-terminal."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from kernels import without_settings
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, done, reply, sse

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.saving import to_saved

pexpect = pytest.importorskip("pexpect", reason="a pseudo-terminal needs a POSIX system")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
ENTER = "\r"
"""What a terminal sends for the key, where the program reads keys and not lines."""

HELLO = sse(chunk("Hello **world**"), chunk(finish_reason="stop"), done)


class Terminal:
    """IPython at work, and what stands on its screen."""

    def __init__(self, home: Path, *, simple: bool = True) -> None:
        options = ["--simple-prompt"] if simple else []
        kind = "dumb" if simple else "xterm"
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options, "--no-banner", "--colors=NoColor"],
            env={**without_settings(), "IPYTHONDIR": str(home), "TERM": kind},
            encoding="utf-8",
            timeout=60,
        )
        self.wait_for(r"In \[1\]:")

    def type(self, text: str, key: str = "\n") -> None:
        self._child.send(text + key)

    def wait_for(self, pattern: str) -> str:
        """Return what was printed before `pattern` came, without escapes."""
        self._child.expect(pattern)
        return ESCAPES.sub("", str(self._child.before))

    def stop(self) -> None:
        self._child.sendintr()

    def close(self) -> None:
        self._child.close(force=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    terminal.type("%load_ext secondme_magics")
    terminal.wait_for(r"In \[2\]: ")
    yield terminal
    terminal.close()


def test_an_answer_is_printed_once_and_the_result_says_how_it_went(terminal: Terminal) -> None:
    with ScriptedServer(HELLO) as server:
        terminal.type(f"%secondme connect {server.url}")
        terminal.wait_for(r"In \[3\]: ")
        terminal.type("%secondme what is love?")
        printed = terminal.wait_for(r"In \[4\]: ")
    assert printed.count("Hello **world**") == 1
    assert re.search(r"Out\[3\]: <Reply complete: 15 characters in .* s>", printed)
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "what is love?"}]


def test_ctrl_c_stops_the_answer_and_keeps_it(terminal: Terminal) -> None:
    with ScriptedServer(sse(chunk("Half an answer"), UNTIL_GONE)) as server:
        terminal.type(f"%secondme connect {server.url}")
        terminal.wait_for(r"In \[3\]: ")
        terminal.type("%secondme Hi")
        terminal.wait_for("Half an answer")
        terminal.stop()
        printed = terminal.wait_for(r"In \[4\]: ")
        assert server.gone.wait(10)
    assert printed.count("Interrupted") == 1
    assert "Traceback" not in printed
    terminal.type("%secondme history")
    told = terminal.wait_for(r"In \[5\]: ").replace("\r", "")
    assert re.search(r"\[\d\] You:\n.*\n\n.*:\nHalf an answer\n\[Interrupted after", told)


def test_instances_are_an_aligned_table(terminal: Terminal) -> None:
    terminal.type("%secondme instances")
    printed = terminal.wait_for(r"In \[3\]: ")
    assert "name  id    description" in printed
    assert "Demo  demo  Quotes this project's manual" in printed


def test_ctrl_c_stops_waiting_for_an_instance(terminal: Terminal) -> None:
    item = {"upload_name": "Ada", "instance_id": "ada", "description": "", "status": "offline"}
    listed = {"code": 0, "data": {"items": [item], "pagination": {"total_pages": 1}}}
    with ScriptedServer(reply(json.dumps(listed).encode())) as server:
        terminal.type(f"%secondme connect {server.origin}/api/chat/ada --wait")
        terminal.wait_for(r"waiting for ada \(offline\) · 0 s")
        terminal.stop()
        printed = terminal.wait_for(r"In \[3\]: ")
    assert "stopped waiting for ada" in printed
    assert "Traceback" not in printed


def test_an_error_is_two_lines(terminal: Terminal) -> None:
    terminal.type("%secondme -t hot Hi")
    printed = terminal.wait_for(r"In \[3\]: ")
    assert "ConfigurationError: --temperature cannot be 'hot'" in printed
    assert "Traceback" not in printed


def test_code_waits_at_the_next_prompt_and_is_not_run(tmp_path: Path) -> None:
    with_code = sse(chunk("So:\n```python\nprint(6 * 7)\nprint(8 * 9)\n```\n"), done)
    terminal = Terminal(tmp_path, simple=False)
    with ScriptedServer(with_code) as server:
        terminal.type("%load_ext secondme_magics", ENTER)
        terminal.wait_for(r"In \[2\]:")
        terminal.type(f"%secondme connect {server.url}", ENTER)
        terminal.wait_for(r"In \[3\]:")
        terminal.type("%secondme -x How?", ENTER)
        terminal.wait_for(r"In \[4\]:")
        before = terminal.wait_for("8 \\* 9")
        terminal.close()
    assert "print(6 * 7)" in before
    assert "42" not in before


def test_tab_completes_a_path_and_the_line_then_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "my talks (2).json"
    path.write_bytes(to_saved(Conversation("kept")))
    terminal = Terminal(tmp_path, simple=False)
    try:
        terminal.type("%load_ext secondme_magics", ENTER)
        terminal.wait_for(r"In \[2\]")
        terminal.type(f"%secondme load '{tmp_path}/my ta", "\t")
        terminal.wait_for(r"\(2\)\.json")
        terminal.type("'", ENTER)
        terminal.wait_for("Conversation kept goes on: 0 turns")
    finally:
        terminal.close()
