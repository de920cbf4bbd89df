"""The quickstart notebook, run as a newcomer runs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_page import in_lab, opened
from playwright.sync_api import expect

if TYPE_CHECKING:
    from jupyter_page import NotebookPage

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


@in_lab
def test_every_prompt_of_the_quickstart_is_answered_in_its_cell(notebook: NotebookPage) -> None:
    app = notebook.app
    (app.directory / "quickstart.ipynb").write_bytes(QUICKSTART.read_bytes())
    with opened(notebook, "quickstart.ipynb") as page:
        assert page.run_all()
        page.save()
        cells = app.read("quickstart.ipynb")
        prompts = [i for i, cell in enumerate(cells) if "".join(cell["source"]).startswith("%%")]
        assert len(prompts) > 2
        for index in prompts:
            [output] = page.model(index)
            assert output["metadata"]["secondme"]["state"] == "complete"
            expect(page.output(index).locator(".secondme")).to_be_visible()
            expect(page.output(index).locator(".secondme")).not_to_be_empty()
        assert page.foreign_requests == []
