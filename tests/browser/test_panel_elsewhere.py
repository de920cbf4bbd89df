"""A panel in a front end that cannot show it: a hint stands there, and the magics still work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyter_app import JupyterApp, code
from jupyter_page import opened
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_app import Module
    from playwright.sync_api import Browser

MISSING: dict[str, tuple[Module, str]] = {
    "no widgets": ("notebook", "@jupyter-widgets/jupyterlab-manager"),
    "no anywidget": ("jupyterlab", "anywidget"),
}


@pytest.mark.parametrize(("module", "missing"), MISSING.values(), ids=MISSING)
def test_where_no_panel_can_be_shown_a_hint_is(
    browser: Browser, tmp_path: Path, module: Module, missing: str
) -> None:
    with (
        ScriptedServer(sse(chunk("Hello."), done)) as server,
        JupyterApp(module, tmp_path, without=[missing]) as app,
    ):
        connect = f"%load_ext secondme_magics\n%secondme connect {server.url}"
        app.write("talk.ipynb", [code(connect), code("%secondme panel"), code("%secondme Hi")])
        with opened(browser, app, "talk.ipynb") as page:
            assert page.run(0)
            assert page.run(1)
            expect(page.output(1)).to_contain_text("%%secondme")
            expect(page.output(1).locator(".secondme-panel")).to_have_count(0)
            assert page.run(2)
            expect(page.output(2)).to_contain_text("Hello.")
