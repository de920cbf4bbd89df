"""What of a panel a page saves with its notebook, the state of its widgets included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyter_app import code
from jupyter_page import opened, opened_in
from jupyter_panel import ask, open_panel
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_page import NotebookPage

SAVES_WIDGETS = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
FORBID = "\n%config SecondMe.keep_transcript = False"
ANSWER = sse(chunk("Open **Sesame**"), chunk(finish_reason="stop"), done)


@pytest.fixture
def saves_widgets(notebook: NotebookPage) -> Iterator[NotebookPage]:
    """A front end that saves the state of widgets too: a setting of the user's."""
    notebook.page.evaluate("id => window.jupyterapp.commands.execute(id)", SAVES_WIDGETS)
    yield notebook
    notebook.page.evaluate("id => window.jupyterapp.commands.execute(id)", SAVES_WIDGETS)


@pytest.mark.parametrize(
    ("notebook", "is_forbidden", "prompts"),
    [
        ("lab", True, ["Abracadabra"]),
        ("lab", False, ["Abracadabra", "Simsalabim"]),
        ("notebook7", True, ["Abracadabra"]),
    ],
    ids=["lab-nothing is kept", "lab-all is kept", "notebook7-nothing is kept"],
    indirect=["notebook"],
)
def test_a_saved_notebook_has_of_a_chat_what_the_reader_wants(
    saves_widgets: NotebookPage, prompts: list[str], *, is_forbidden: bool
) -> None:
    app, name = saves_widgets.app, f"saved-{is_forbidden}.ipynb"
    load = "%load_ext secondme_magics" + (FORBID if is_forbidden else "")
    app.write(name, [code(load), code("1"), code("2")])
    with ScriptedServer(ANSWER) as server, opened(saves_widgets, name) as page:
        assert page.run()
        panel = open_panel(page, server)
        for count, prompt in enumerate(prompts, 1):
            ask(panel, prompt)
            expect(panel.locator(".smp-body")).to_have_text(["Open Sesame"] * count)
            expect(panel.locator(".smp-footer")).to_have_count(count)
            page.reload()
            panel = page.output(1).locator(".secondme-panel")
            expect(panel.locator(".smp-said")).to_have_count(count)
            expect(panel.locator(".smp-body")).to_have_text(["Open Sesame"] * count)
        transcript = page.output(1).locator(".secondme-transcript")
        if not is_forbidden:
            expect(transcript).to_contain_text("Simsalabim")
            expect(transcript).to_be_hidden()
        page.save()
        saved = (app.directory / name).read_text(encoding="utf-8")
    assert "application/vnd.jupyter.widget-state+json" in saved
    for word in ("Sesame", *prompts):
        assert (word not in saved) == is_forbidden
    if not is_forbidden:
        assert_another_day_reads_it(saves_widgets, name)


def assert_another_day_reads_it(notebook: NotebookPage, name: str) -> None:
    """The state of the widgets came with the file, and the kernel of today has not heard of it."""
    with opened_in(notebook.page.context, notebook.app, name) as page:
        expect(page.output(1).locator(".secondme-panel")).to_be_visible()
        transcript = page.output(1).locator(".secondme-transcript")
        expect(transcript).to_be_visible()
        expect(transcript).to_contain_text("Open Sesame")
