"""A hostile answer in a panel: nothing of it runs, nothing is loaded, and the panel lives on.

As it grows, when it is whole, and in the transcript that stays when the kernel is gone.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from accessibility import violations
from jupyter_page import in_lab, opened
from jupyter_panel import ask, box, open_panel
from page_attacks import ATTACK, ATTACKS, FAR, HOSTILE, assert_nothing_happens
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from typing import Literal

    from jupyter_page import NotebookPage


def test_a_hostile_answer_runs_nothing_and_loads_nothing(notebook: NotebookPage) -> None:
    end = Event()
    pieces = [chunk(HOSTILE[start : start + 7]) for start in range(0, len(HOSTILE), 7)]
    with ScriptedServer(sse(*pieces, end, done)) as server:
        panel = open_panel(notebook, server)
        ask(panel, "".join(ATTACKS))
        body = panel.locator(".smp-body")
        assert_nothing_happens(notebook, body)
        end.set()
        expect(panel.get_by_role("status")).to_have_text("Finished")
        assert_nothing_happens(notebook, body)
        assert_nothing_happens(notebook, panel.locator(".smp-said"))
        transcript = notebook.output(1).locator(".secondme-transcript")
        expect(transcript).to_contain_text("The end.")
        notebook.save()
    app, name = notebook.app, "hostile-panel.ipynb"
    (app.directory / name).write_bytes((app.directory / notebook.name).read_bytes())
    with opened(notebook, name) as page:
        assert page.is_trusted(1)
        assert_nothing_happens(page, page.output(1).locator(".secondme-transcript"))


def test_names_of_a_hostile_instance_are_text(notebook: NotebookPage) -> None:
    bad = f"<img src='{FAR}' onerror='{ATTACK}'>"
    answer = sse(chunk("Hello", finish_reason=bad, role=bad), done)
    with ScriptedServer(answer) as server:
        panel = open_panel(notebook, server)
        ask(panel, bad)
        expect(panel.get_by_role("status")).to_have_text("Finished")
        expect(panel.locator("img")).to_have_count(0)
    assert notebook.page.evaluate("() => window.__attacked") is None


@in_lab
def test_an_answer_of_a_megabyte_leaves_the_panel_usable(notebook: NotebookPage) -> None:
    paragraph = "A paragraph of *some* words and `code`, as models write them.\n\n"
    words = paragraph * (1_000_000 // len(paragraph)) + "The end."
    pieces = [chunk(words[start : start + 4_000]) for start in range(0, len(words), 4_000)]
    with ScriptedServer(sse(*pieces, done), sse(chunk("Short."), done)) as server:
        panel = open_panel(notebook, server)
        ask(panel, "All")
        expect(panel.get_by_role("status")).to_have_text("Finished", timeout=60_000)
        expect(panel.locator(".smp-body").last).to_contain_text("The end.")
        ask(panel, "Less")
        expect(panel.locator(".smp-body").last).to_have_text("Short.", timeout=60_000)
        expect(box(panel)).to_be_focused()


@in_lab
def test_axe_finds_nothing_in_a_notebook_in_either_theme(notebook: NotebookPage) -> None:
    themes: list[Literal["Light", "Dark"]] = ["Dark", "Light"]
    found = {}
    words = "Words, `code`, [a link](https://example.com/).\n\n```python\nx = 1  # one\n```\n"
    with ScriptedServer(sse(chunk(words), done)) as server:
        panel = open_panel(notebook, server)
        ask(panel, "Hi")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        for theme in themes:
            notebook.use_theme(theme)
            found[theme] = violations(notebook.page, ".secondme-panel")
    assert found == {"Light": [], "Dark": []}
