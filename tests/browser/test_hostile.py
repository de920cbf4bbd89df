"""A hostile answer in a real page: nothing of it runs, and nothing is loaded.

While it streams, when it is whole, and when the saved notebook is opened again and not trusted.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from attacks import ATTACK, EVENTS, FAR, HOSTILE
from jupyter_page import opened
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from jupyter_page import NotebookPage
    from playwright.sync_api import Browser


def assert_nothing_happened(notebook: NotebookPage) -> None:
    """Touch and click all there is, but let links on the web lead nowhere."""
    expect(notebook.output()).to_contain_text("The end.")
    address = notebook.page.url
    notebook.output().evaluate(EVENTS)
    notebook.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert notebook.page.evaluate("() => window.__attacked") is None
    assert notebook.page.url == address
    assert len(notebook.page.context.pages) == 1
    assert notebook.foreign_requests == []


def test_a_hostile_answer_runs_nothing_and_loads_nothing(
    notebook: NotebookPage, browser: Browser
) -> None:
    end = Event()
    pieces = [chunk(HOSTILE[start : start + 7]) for start in range(0, len(HOSTILE), 7)]
    with ScriptedServer(sse(*pieces, end, done)) as server:
        notebook.write(f"%%secondme -n -i {server.url}\nHi")
        notebook.start(0)
        assert_nothing_happened(notebook)
        end.set()
        assert notebook.wait()
    assert_nothing_happened(notebook)
    assert notebook.is_trusted()
    notebook.save()
    app = notebook.app
    app.write("sent-by-mail.ipynb", app.read(notebook.name), title="so its signature is another")
    with opened(browser, app, "sent-by-mail.ipynb") as copy:
        assert not copy.is_trusted()
        assert_nothing_happened(copy)


def test_an_attack_that_succeeds_would_be_seen(lab_page: NotebookPage) -> None:
    html = f'<img src="{FAR}" onerror="{ATTACK}">'
    lab_page.write(f"from IPython.display import HTML\nHTML({html!r})")
    assert lab_page.run()
    lab_page.page.wait_for_function("() => window.__attacked === 1")
    assert lab_page.foreign_requests == [FAR]
    lab_page.write("")
    lab_page.page.evaluate("() => { delete window.__attacked; }")
    lab_page.requests.clear()
