"""Every notebook runs whole in a kernel of this environment, and shows what it promises."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from kernels import RunningKernel, without_settings

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = PANEL, QUICKSTART, CONVERSATION = [
    FOLDER / f"{name}.ipynb" for name in ("panel", "quickstart", "conversation")
]


def read(path: Path) -> Any:  # noqa: ANN401 - nbformat has no types
    import nbformat  # noqa: PLC0415 - loads for seconds

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def committed(path: Path) -> Any:  # noqa: ANN401 - nbformat has no types
    """Return a notebook as the repository has it: it may have been run and saved since."""
    command = ["git", "-C", str(FOLDER), "show", f"HEAD:./{path.name}"]
    shown = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - of ours
    if shown.returncode:
        return read(path)
    import nbformat  # noqa: PLC0415 - loads for seconds

    return nbformat.reads(shown.stdout.decode(), as_version=4)  # type: ignore[no-untyped-call]


@cache
def executed(path: Path) -> Any:  # noqa: ANN401 - nbformat has no types
    from nbclient import NotebookClient  # noqa: PLC0415 - loads for seconds

    notebook = read(path)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(env=without_settings())
    return notebook


def outputs_of(notebook: Any, start: str) -> list[dict[str, Any]]:  # noqa: ANN401 - the same
    """Return the outputs of the first code cell that begins with `start`."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return list(next(cell.outputs for cell in cells if cell.source.startswith(start)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs_and_every_answer_is_one_output(path: Path) -> None:
    kept = committed(path)
    assert [cell.outputs for cell in kept.cells if cell.cell_type == "code" and cell.outputs] == []
    answers = [cell for cell in executed(path).cells if cell.source.startswith("%%secondme")]
    assert answers
    for cell in answers:
        (output,) = cell.outputs
        assert output.output_type == "display_data"
        assert output.data["text/plain"].strip()
        assert output.data["text/html"].strip()
        assert output.metadata["secondme"]["state"] == "complete"


def test_the_quickstart_shows_what_it_says() -> None:
    notebook = executed(QUICKSTART)
    (first,) = outputs_of(notebook, "%%secondme\nWhat can you do?")
    assert first["metadata"]["secondme"]["instance"] == "demo"
    assert "has no model and quotes" in first["data"]["text/html"]
    (key,) = outputs_of(notebook, "%%secondme\nWhere do I put my {topic}?")
    assert key["metadata"]["secondme"]["prompt"] == "Where do I put my API key?"
    assert "SECONDME_API_KEY" in key["data"]["text/plain"]
    (code,) = outputs_of(notebook, "print(reply.code)")
    assert "from secondme_magics import SecondMe" in code["text"]
    (history,) = outputs_of(notebook, "%secondme history")
    assert "How do I stream in Python?" in history["data"]["text/html"]
    assert "demo:\n" in history["data"]["text/plain"]


def one_output(start: str) -> dict[str, Any]:
    """Return the one output of a cell of the notebook about conversations."""
    (output,) = outputs_of(executed(CONVERSATION), start)
    return output


def test_the_notebook_about_conversations_goes_back_and_parts_as_it_says() -> None:
    assert "1 earlier turn sent" in one_output("%%secondme\nHow do I go on")["data"]["text/html"]
    retried = one_output("%secondme retry")
    assert "Replaces turn 2 of this conversation." in retried["data"]["text/html"]
    assert "Taken back: turn 2, How do I go on in a copy?" in one_output("%secondme undo")["text"]
    cut = one_output("%%secondme --max-tokens 12")
    assert cut["metadata"]["secondme"]["finish_reason"] == "length"
    whole = one_output("%secondme continue")
    assert whole["metadata"]["secondme"]["finish_reason"] == "stop"
    assert whole["metadata"]["secondme"]["turn"] == cut["metadata"]["secondme"]["turn"] == 3
    assert whole["data"]["text/plain"].startswith(cut["data"]["text/plain"])
    assert "The connection is closed" in whole["data"]["text/plain"]
    left_out = one_output("%%secondme --last-turns 1")
    assert "1 earlier turn was left out" in left_out["data"]["text/html"]
    assert one_output("%secondme list")["text"] == "  default  2 turns\n* plan-b   3 turns\n"


def test_the_notebook_about_conversations_puts_in_what_it_says_and_takes_out_code() -> None:
    shown = one_output("%secondme --dry-run")["text"]
    assert "day % 3 for day in range(1, 29)}\\nreadings[17] = " in shown
    assert "16: 21, 17: 'n/a', 18: 20" in shown
    asked = one_output("%%secondme --last 1")
    assert "put in: cell [2], readings" in asked["data"]["text/html"]
    assert one_output("sum(readings")["ename"] == "TypeError"
    assert "put in: cell [16]" in one_output("%secondme fix")["data"]["text/html"]
    assert "```python\n" in one_output("%%secondme -x")["data"]["text/plain"]
    value = one_output("reply.json()")["data"]["text/plain"]
    assert value == "['markdown', 'text', 'json', 'code']"


def test_the_notebook_about_conversations_keeps_what_was_said_and_a_new_kernel_restores_it(
    tmp_path: Path,
) -> None:
    import nbformat  # noqa: PLC0415 - loads for seconds

    assert "Saved 6 turns" in one_output("%secondme save")["text"]
    assert "6 turns forgotten" in one_output("%secondme reset")["text"]
    assert "default goes on: 6 turns" in one_output("%secondme load")["text"]
    assert "> What happens when" in one_output("print(Path")["text"]
    path = tmp_path / "conversation.ipynb"
    nbformat.write(executed(CONVERSATION), path)  # type: ignore[no-untyped-call]
    with RunningKernel({"JPY_SESSION_NAME": str(path)}) as kernel:
        kernel.run("%load_ext secondme_magics")
        restored = kernel.run("%secondme restore").text
    assert "  default: 6 turns\n  plan-b: 3 turns\n" in restored
    assert "left out" not in restored


def test_the_panels_notebook_shares_a_conversation_and_keeps_its_transcript() -> None:
    notebook = executed(PANEL)
    widget, transcript = outputs_of(notebook, "panel = %secondme panel")
    assert "application/vnd.jupyter.widget-view+json" in widget["data"]
    assert "Can I edit a prompt in the panel?" in transcript["data"]["text/plain"]
    (talk,) = transcript["metadata"]["secondme"]["transcript"]
    assert [turn["state"] for turn in talk["turns"]] == ["complete", "complete"]
    (printed,) = outputs_of(notebook, "panel.ask")
    assert printed["text"] == "complete 2\n"
    (talks,) = outputs_of(notebook, "%secondme list")
    assert "ideas    1 turn" in talks["text"]


@pytest.mark.parametrize("way", ["jupyter execute", "papermill"])
def test_where_nothing_can_be_watched_an_answer_shows_once(tmp_path: Path, way: str) -> None:
    output = tmp_path / "out.ipynb"
    command = {
        "jupyter execute": ["jupyter", "execute", f"--output={output}", str(QUICKSTART)],
        "papermill": ["papermill", str(QUICKSTART), str(output)],
    }[way]
    program, *arguments = command
    ran = subprocess.run(  # noqa: S603 - our own command
        [str(Path(sys.executable).parent / program), *arguments],
        capture_output=True,
        text=True,
        env=without_settings(),
        check=False,
        timeout=180,
    )
    assert ran.returncode == 0, ran.stderr
    notebook = read(output)
    answers = [cell for cell in notebook.cells if cell.source.startswith("%%secondme")]
    assert [len(cell.outputs) for cell in answers] == [1] * len(answers)
