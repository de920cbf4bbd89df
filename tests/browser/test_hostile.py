"""A hostile answer in a real page: nothing of it runs, and nothing is loaded.

While it streams, when it is whole, and when the saved notebook is opened again and not trusted.
"""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING

from attacks import as_one_answer
from jupyter_page import in_lab, opened
from page_attacks import ATTACK, FAR, HOSTILE, assert_nothing_happens
from scripted_server import ScriptedServer, chunk, done, reply, sse

if TYPE_CHECKING:
    from jupyter_page import NotebookPage


WATCH = f"""() => {{
    for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'msgbox'])
        window[name] = () => {{ {ATTACK}; }};
}}"""
"""What an attack of the corpus would call."""

FORBIDDEN = """output => {
    const elements = 'script, img, image, svg, iframe, object, embed, form, input, button, base,'
        + 'meta, link, video, audio, dialog, [id], [name], [onclick], [onerror], [onload], [ping],'
        + '[data-commandlinker-command], [contenteditable], [popover], [style*="url"]';
    const answer = output.querySelectorAll('.secondme');
    const found = [...answer].flatMap(each => [...each.querySelectorAll(elements)]);
    const links = [...answer].flatMap(each => [...each.querySelectorAll('a[href]')]);
    const bad = links.filter(link => !(
        /^(https?|mailto):$/.test(link.protocol) && !link.username && !link.password
        && link.host !== location.host && /noopener/.test(link.rel)));
    return [...found, ...bad].filter(each => !each.closest('mjx-container'))
        .map(each => each.outerHTML.slice(0, 200)).concat(links.length > 20 ? [] : ['no links']);
}"""
"""What must not stand in an answer, as the browser itself has parsed it."""


def test_an_answer_that_grows_runs_nothing_and_loads_nothing(notebook: NotebookPage) -> None:
    end = Event()
    pieces = [chunk(HOSTILE[start : start + 7]) for start in range(0, len(HOSTILE), 7)]
    with ScriptedServer(sse(*pieces, end, done)) as server:
        notebook.write(f"%%secondme -n -i {server.url}\nHi")
        notebook.start(0)
        assert_nothing_happens(notebook, notebook.output())
        end.set()
        assert notebook.wait()
    assert_nothing_happens(notebook, notebook.output())


def test_every_attack_of_the_corpus_runs_nothing_and_loads_nothing(notebook: NotebookPage) -> None:
    """In answers, and in the words of an error, trusted and opened again untrusted."""
    corpus = f"{as_one_answer()}\n\nThe end."
    pieces = [chunk(corpus[start : start + 99]) for start in range(0, len(corpus), 99)]
    error = reply(json.dumps({"error": {"message": f"The end. {corpus}"}}).encode(), status=422)
    with ScriptedServer(sse(*pieces, done), sse(chunk(HOSTILE), done), error) as server:
        notebook.page.evaluate(WATCH)
        notebook.write(*[f"%%secondme -n -i {server.url}\nHi"] * 3)
        assert [notebook.run(index) for index in range(3)] == [True, True, False]
    for index in range(3):
        assert notebook.is_trusted(index)
        assert_nothing_happens(notebook, notebook.output(index))
    assert notebook.output().evaluate(FORBIDDEN) == []
    notebook.save()
    app = notebook.app
    app.write("sent-by-mail.ipynb", app.read(notebook.name), title="so its signature is another")
    with opened(notebook, "sent-by-mail.ipynb") as copy:
        copy.page.evaluate(WATCH)
        for index in range(3):
            assert not copy.is_trusted(index)
            assert_nothing_happens(copy, copy.output(index))
        assert copy.output().evaluate(FORBIDDEN) == []


@in_lab
def test_an_attack_that_succeeds_would_be_seen(notebook: NotebookPage) -> None:
    html = f'<img src="{FAR}" onerror="{ATTACK}">'
    notebook.write(f"from IPython.display import HTML\nHTML({html!r})")
    assert notebook.run()
    notebook.page.wait_for_function("() => window.__attacked === 1")
    assert set(notebook.foreign_requests) == {FAR}
    notebook.write("")
    notebook.page.evaluate("() => { delete window.__attacked; }")
    notebook.requests.clear()
