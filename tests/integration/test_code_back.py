"""An answer's code in a new cell, in a real kernel: the payload that a front end acts on."""

from __future__ import annotations

import pytest
from kernels import Cell, RunningKernel, connect
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, done, event, sse

CODE = "So:\n```python\nx = 1\n```\nor\n```bash\nrm x\n```\nand then\n```py\nx + 1\n```\n"
WITH_CODE = sse(chunk(CODE), chunk(finish_reason="stop"), done)
PROSE = sse(chunk("Just do it.\n```\nlike this, you know\n```"), done)


def inserted(cell: Cell) -> list[object]:
    """Return what a front end is told to put into new cells."""
    assert all(each["replace"] is False for each in cell.reply["payload"])
    return [each["text"] for each in cell.reply["payload"]]


def test_the_code_of_an_answer_goes_into_a_new_cell_and_is_not_run(kernel: RunningKernel) -> None:
    with ScriptedServer(WITH_CODE) as server:
        connect(kernel, server)
        kernel.run("x = 'untouched'")
        assert inserted(kernel.run("%%secondme -x\nHow?")) == ["x = 1\n\nx + 1"]
        assert inserted(kernel.run("%secondme -x -q How?")) == ["x = 1\n\nx + 1"]
        assert inserted(kernel.run("%%secondme\nHow?")) == []
        assert kernel.value("x") == "'untouched'"


def test_a_cell_that_is_run_again_adds_only_other_code(kernel: RunningKernel) -> None:
    other = sse(chunk("```python\ny = 2\n```"), done)
    with ScriptedServer(WITH_CODE, WITH_CODE, WITH_CODE, other) as server:
        connect(kernel, server)
        first = kernel.run("%%secondme -x\nHow?", cell_id="asks")
        again = kernel.run("%%secondme -x\nHow?", cell_id="asks")
        quiet = kernel.run("%%secondme -x -q\nHow?", cell_id="asks")
        asked = kernel.run("%secondme code")
        changed = kernel.run("%%secondme -x\nHow?", cell_id="asks")
    told = "This code was put into a cell before: no other was added."
    assert inserted(first) == inserted(asked) == ["x = 1\n\nx + 1"]
    assert inserted(again) == inserted(quiet) == []
    assert told in again.html
    assert told in quiet.text
    assert told not in first.html + changed.html
    assert inserted(changed) == ["y = 2"]


def test_an_answer_without_code_says_so(kernel: RunningKernel) -> None:
    with ScriptedServer(PROSE) as server:
        connect(kernel, server)
        shown = kernel.run("%%secondme -x\nHow?")
        quiet = kernel.run("%%secondme -x -q\nHow?")
        asked = kernel.run("%secondme code")
    assert "holds no Python code in a fence: no cell was added" in shown.html
    assert "holds no Python code in a fence: no cell was added" in quiet.text
    assert inserted(shown) == inserted(quiet) == []
    assert "that answer holds no Python code in a fence" in asked.error
    assert len(asked.error.split("\n")) == 2


def test_nothing_is_inserted_or_assigned_of_an_answer_that_failed(kernel: RunningKernel) -> None:
    failing = sse(chunk(CODE), event({"error": {"message": "out of memory"}}), done)
    with ScriptedServer(failing) as server:
        connect(kernel, server)
        kernel.run("kept = 1")
        cell = kernel.run("%%secondme -x -o kept\nHow?")
        asked = kernel.run("%secondme code 1")
    assert cell.status == "error"
    assert kernel.value("kept") == "1"
    assert "payload" not in cell.reply or inserted(cell) == []
    assert "that answer is failed" in asked.error


@pytest.mark.parametrize("reason", ["length", "max_tokens", "content_filter"])
def test_code_of_an_answer_that_was_cut_goes_nowhere(kernel: RunningKernel, reason: str) -> None:
    cut = sse(chunk("```python\nx = 1\ny ="), chunk(finish_reason=reason), done)
    with ScriptedServer(cut) as server:
        connect(kernel, server)
        shown = kernel.run("%%secondme -x -o kept\nHow?")
        quiet = kernel.run("%%secondme -x -q\nHow?")
        asked = kernel.run("%secondme code")
    assert kernel.value("(kept.finish_reason, kept.is_whole)") == f"('{reason}', False)"
    assert inserted(shown) == inserted(quiet) == []
    told = "The answer was cut, and its code may not be whole: no cell was added."
    assert told in shown.html
    assert told in quiet.text
    assert f"that answer is cut ({reason}): its code may not be whole" in asked.error
    assert len(asked.error.split("\n")) == 2


def test_nothing_is_inserted_or_assigned_of_an_answer_that_was_stopped(
    kernel: RunningKernel,
) -> None:
    with ScriptedServer(sse(chunk(CODE), UNTIL_GONE)) as server:
        connect(kernel, server)
        kernel.run("kept = 1")
        cell = kernel.stop(
            "%%secondme -x -o kept\nHow?", until=lambda cell: "and then" in cell.html
        )
        assert server.gone.wait(10)
    assert kernel.value("kept") == "1"
    assert "payload" not in cell.reply or inserted(cell) == []
    assert "that answer is interrupted" in kernel.run("%secondme code").error


def test_code_takes_the_last_answer_or_the_turn_that_is_named(kernel: RunningKernel) -> None:
    other = sse(chunk("```python\ny = 2\n```"), done)
    with ScriptedServer(WITH_CODE, other, WITH_CODE) as server:
        connect(kernel, server)
        assert "has no turn 1" in kernel.run("%secondme code 1").error
        kernel.run("%%secondme\nHow?")
        kernel.run("%%secondme\nAnd y?")
        assert inserted(kernel.run("%secondme code")) == ["y = 2"]
        assert inserted(kernel.run("%secondme code 1")) == ["x = 1\n\nx + 1"]
        kernel.run("%%secondme --no-history -q\nHow?")
        assert inserted(kernel.run("%secondme code")) == ["x = 1\n\nx + 1"]
        assert kernel.complete("%secondme code ") == ["1", "2"]
        assert "could be the command code [N] or a prompt" in kernel.run("%secondme code it").error


def test_code_before_any_answer_is_two_lines() -> None:
    with RunningKernel() as kernel:
        kernel.run("%load_ext secondme_magics")
        assert "nothing was answered yet" in kernel.run("%secondme code").error


def test_no_json_says_why_and_keeps_the_text(kernel: RunningKernel) -> None:
    deep = "[" * 900 + "]" * 900
    with ScriptedServer(sse(chunk('{"a": 1,}'), done), sse(chunk(deep), done)) as server:
        connect(kernel, server)
        broken = kernel.run("%%secondme -f json -o answer\nHow?")
        assert kernel.value("answer.text") == "'{\"a\": 1,}'"
        nested = kernel.run("%%secondme -f json\nHow?")
    assert "The answer holds no JSON value (" in broken.html
    assert ": it is shown as it came." in broken.html
    assert broken.text == '{"a": 1,}'
    assert nested.status == "ok"
    assert nested.text == deep


def test_all_code_that_a_cell_puts_below_comes_in_one_new_cell(kernel: RunningKernel) -> None:
    other = sse(chunk("```python\ny = 2\n```"), done)
    own = "get_ipython().set_next_input('mine = 0')"
    with ScriptedServer(WITH_CODE, other) as server:
        connect(kernel, server)
        cell = kernel.run(f"{own}\n%secondme -x one\n%secondme -x two\n%secondme code 1")
    assert inserted(cell) == ["mine = 0\n\nx = 1\n\nx + 1\n\ny = 2\n\nx = 1\n\nx + 1"]
    assert inserted(kernel.run("get_ipython().set_next_input('1')")) == ["1"]


def test_the_code_of_each_conversation_of_a_cell_is_known_again(kernel: RunningKernel) -> None:
    other = sse(chunk("```python\ny = 2\n```"), done)
    with ScriptedServer(WITH_CODE, other, WITH_CODE, other) as server:
        connect(kernel, server)
        both = "%secondme -x -c here one\n%secondme -x -c there two"
        assert inserted(kernel.run(both, cell_id="both")) == ["x = 1\n\nx + 1\n\ny = 2"]
        assert inserted(kernel.run(both, cell_id="both")) == []
