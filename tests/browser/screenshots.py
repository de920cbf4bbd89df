"""Makes the pictures of the README: `python tests/browser/screenshots.py`.

Opens the quickstart in JupyterLab, runs it, and writes its top in both themes to notebooks/images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from jupyter_app import JupyterApp
    from playwright.sync_api import Browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
THEMES: list[Literal["Light", "Dark"]] = ["Light", "Dark"]

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


def test_take_the_pictures(browser: Browser, lab: JupyterApp) -> None:
    from jupyter_page import opened  # noqa: PLC0415 - on the path once pytest runs

    name = "quickstart.ipynb"
    (lab.directory / name).write_bytes((NOTEBOOKS / name).read_bytes())
    with opened(browser, lab, name, scale=1.5) as notebook:
        notebook.page.evaluate(PREPARE)
        for theme in THEMES:
            notebook.use_theme(theme)
            path = NOTEBOOKS / "images" / f"quickstart-{theme.lower()}.png"
            notebook.page.locator(".jp-NotebookPanel").screenshot(path=path)
            assert path.stat().st_size > 10_000


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q"]))
