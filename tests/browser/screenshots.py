"""Makes the pictures of the README: `python tests/browser/screenshots.py`.

Opens JupyterLab, runs the quickstart's cells, and a panel that is asked something, and writes what
is to be seen then, in both themes, to notebooks/images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from jupyter_app import JupyterApp
    from jupyter_page import NotebookPage
    from playwright.sync_api import Browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
THEMES: list[Literal["Light", "Dark"]] = ["Light", "Dark"]
PROMPT = "How do I put a variable into a prompt?"

PREPARE = """async () => {
    const {commands, shell} = window.jupyterapp;
    shell.collapseLeft();
    shell.collapseRight();
    await commands.execute('notebook:run-all-cells');
    const notebook = shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.length - 1;
    notebook.deselectAll();
    await notebook.scrollToItem(0, 'start');
    document.activeElement.blur();
}"""

SHOW_END = """panel => {
    panel.style.height = '730px';
    const log = panel.querySelector('.smp-log');
    log.scrollTop = log.scrollHeight;
}"""


def test_take_the_pictures_of_the_cells(browser: Browser, lab: JupyterApp) -> None:
    from jupyter_page import VIEWPORT, opened_in  # noqa: PLC0415 - on the path once pytest runs

    name = "quickstart.ipynb"
    (lab.directory / name).write_bytes((NOTEBOOKS / name).read_bytes())
    sharp = browser.new_context(viewport=VIEWPORT, device_scale_factor=1.5)
    with sharp, opened_in(sharp, lab, name) as notebook:
        notebook.page.evaluate(PREPARE)
        take_pictures(notebook, "quickstart")


def test_take_the_pictures_of_the_panel(browser: Browser, lab: JupyterApp) -> None:
    from jupyter_app import code  # noqa: PLC0415 - as above
    from jupyter_page import VIEWPORT, opened_in  # noqa: PLC0415 - as above
    from jupyter_panel import ask  # noqa: PLC0415 - as above
    from playwright.sync_api import expect  # noqa: PLC0415 - as above

    cells = ["%load_ext secondme_magics", "panel = %secondme panel"]
    lab.write("chat.ipynb", [code(cell) for cell in cells])
    sharp = browser.new_context(viewport=VIEWPORT, device_scale_factor=1.5)
    with sharp, opened_in(sharp, lab, "chat.ipynb") as notebook:
        notebook.page.set_viewport_size({"width": 1280, "height": 990})
        notebook.page.evaluate(PREPARE)
        panel = notebook.output(1).locator(".secondme-panel")
        ask(panel, PROMPT)
        expect(panel.get_by_role("status")).to_have_text("Finished")
        panel.evaluate(SHOW_END)
        take_pictures(notebook, "panel")


def take_pictures(notebook: NotebookPage, name: str) -> None:
    """Write how the notebook looks in both themes."""
    for theme in THEMES:
        notebook.use_theme(theme)
        path = NOTEBOOKS / "images" / f"{name}-{theme.lower()}.png"
        notebook.page.locator(".jp-NotebookPanel").screenshot(path=path)
        assert path.stat().st_size > 10_000


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", *sys.argv[1:]]))
