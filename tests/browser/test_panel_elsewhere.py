"""A panel in a front end that cannot show it: a hint stands there, and the magics still work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyter_app import code
from jupyter_page import opened_in
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from jupyter_page import NotebookPage


@pytest.mark.parametrize(
    ("notebook", "missing"),
    [("notebook7", "@jupyter-widgets/jupyterlab-manager"), ("lab", "anywidget")],
    indirect=["notebook"],
)
def test_where_no_panel_can_be_shown_a_hint_is(
    notebook: NotebookPage, missing: str, request: pytest.FixtureRequest
) -> None:
    app, context = notebook.app, notebook.page.context
    with ScriptedServer(sse(chunk("Hello."), done)) as server:
        connect = f"%load_ext secondme_magics\n%secondme connect {server.url}"
        app.write("talk.ipynb", [code(connect), code("%secondme panel"), code("%secondme Hi")])
        app.disable(missing)
        request.addfinalizer(app.disable)
        with opened_in(context, app, "talk.ipynb") as page:
            assert page.run(0)
            assert page.run(1)
            expect(page.output(1)).to_contain_text("%%secondme")
            expect(page.output(1).locator(".secondme-panel")).to_have_count(0)
            assert page.run(2)
            expect(page.output(2)).to_contain_text("Hello.")
