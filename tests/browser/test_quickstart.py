"""The quickstart notebook, run as a newcomer runs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_page import opened
from playwright.sync_api import expect

if TYPE_CHECKING:
    from jupyter_app import JupyterApp
    from playwright.sync_api import Browser

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


def test_every_prompt_of_the_quickstart_is_answered_in_its_cell(
    browser: Browser, app: JupyterApp
) -> None:
    (app.directory / "quickstart.ipynb").write_bytes(QUICKSTART.read_bytes())
    with opened(browser, app, "quickstart.ipynb") as notebook:
        assert notebook.run_all()
        notebook.save()
        cells = app.read("quickstart.ipynb")
        prompts = [i for i, cell in enumerate(cells) if "".join(cell["source"]).startswith("%%")]
        assert len(prompts) > 2
        for index in prompts:
            [output] = notebook.model(index)
            assert output["metadata"]["secondme"]["state"] == "complete"
            expect(notebook.output(index).locator(".secondme")).to_be_visible()
            expect(notebook.output(index).locator(".secondme")).not_to_be_empty()
        assert notebook.foreign_requests == []
