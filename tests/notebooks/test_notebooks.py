"""Every notebook runs whole in a kernel of this environment, and shows what it promises."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kernels import without_settings
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
QUICKSTART = next(path for path in NOTEBOOKS if path.stem == "quickstart")


def read(path: Path) -> Any:  # noqa: ANN401 - nbformat has no types
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


@cache
def executed(path: Path) -> Any:  # noqa: ANN401 - nbformat has no types
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
    kept = read(path)
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
    assert "How do I stream in Python?" in history["text"]


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
