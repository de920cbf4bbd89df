"""One conversation of several views, of Python, and of the kernel after this one."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from jupyter_app import code
from jupyter_page import in_lab, opened
from jupyter_panel import ask, box, open_panel
from playwright.sync_api import expect
from scripted_server import Request, ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from jupyter_page import NotebookPage
    from playwright.sync_api import Locator
    from scripted_server import Answer


def panel_in(notebook: NotebookPage, cell: int) -> Locator:
    return notebook.output(cell).locator(".secondme-panel")


@in_lab
def test_two_views_of_a_panel_agree_while_an_answer_grows(notebook: NotebookPage) -> None:
    gate = Event()
    answers = sse(chunk("One"), gate, chunk(" two"), done), sse(chunk("Three"), done)
    with ScriptedServer(*answers) as server:
        open_panel(notebook, server, "panel")
        assert notebook.run(2)
        ask(panel_in(notebook, 1), "Count")
        for cell in (1, 2):
            expect(panel_in(notebook, cell).locator(".smp-body")).to_have_text("One")
        gate.set()
        for cell in (1, 2):
            expect(panel_in(notebook, cell).locator(".smp-body")).to_have_text("One two")
            expect(panel_in(notebook, cell).locator(".smp-said")).to_have_text("Count")
        ask(panel_in(notebook, 2), "On")
        for cell in (2, 1):
            said = panel_in(notebook, cell).locator(".smp-body")
            expect(said).to_have_text(["One two", "Three"])
        assert len(server.requests) == 2


@in_lab
def test_python_asks_and_stops_in_the_panel(notebook: NotebookPage) -> None:
    hold = Event()
    with ScriptedServer(sse(chunk("Half"), hold, done)) as server:
        open_panel(
            notebook, server, "panel.ask('from Python')", "panel.stop()\npanel.wait(20).state"
        )
        assert notebook.run(2)
        expect(panel_in(notebook, 1).locator(".smp-said")).to_have_text("from Python")
        expect(panel_in(notebook, 1).locator(".smp-body")).to_have_text("Half")
        assert notebook.run(3)
        expect(notebook.output(3)).to_contain_text("interrupted")
        expect(panel_in(notebook, 1)).to_contain_text("Interrupted after")
        hold.set()


def count(request: Request) -> Answer:
    """Answer with the number of messages."""
    messages = request.json()["messages"]
    assert isinstance(messages, list)
    return sse(chunk(f"{len(messages)} messages"), done)


@in_lab
def test_after_a_restart_a_panel_goes_on_with_what_the_notebook_holds(
    notebook: NotebookPage,
) -> None:
    app, name = notebook.app, "restored.ipynb"
    app.write(name, [code("%load_ext secondme_magics"), code("1"), code("2"), code("3")])
    with ScriptedServer(count) as server, opened(notebook, name) as page:
        assert page.run()
        panel = open_panel(page, server)
        ask(panel, "first")
        expect(panel.locator(".smp-body")).to_have_text("1 messages")
        expect(page.output(1).locator(".secondme-transcript")).to_contain_text("1 messages")
        page.save()
        page.restart_kernel()
        restore = f"%load_ext secondme_magics\n%secondme connect {server.url}\n"
        page.edit(0, f"{restore}%secondme restore {name}\n%secondme use conversation-2")
        assert page.run(0)
        assert page.run(1)
        panel = panel_in(page, 1)
        expect(panel.locator(".smp-said")).to_have_text("first")
        ask(panel, "second")
        expect(panel.locator(".smp-body")).to_have_text(["1 messages", "3 messages"])
        expect(box(panel)).to_be_focused()
