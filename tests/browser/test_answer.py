"""An answer in a notebook, as a person meets it: it grows, it can be selected, stopped, saved."""

from __future__ import annotations

import sys
from threading import Event
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from scripted_server import UNTIL_GONE, ScriptedServer, chunk, done, heartbeat, reply, sse

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_page import NotebookPage
    from scripted_server import Step

HELLO = sse(chunk("Hello **world**"), chunk(finish_reason="stop"), done)


def prompt(server: ScriptedServer, words: str = "Hi") -> str:
    return f"%%secondme -n -i {server.url}\n{words}"


def test_an_answer_grows_in_place_word_by_word(notebook: NotebookPage) -> None:
    words = ["One", " two", " three", " four."]
    gates = [Event() for _ in words]
    steps: list[Step] = []
    for word, gate in zip(words, gates, strict=True):
        steps += [chunk(word), gate]
    with ScriptedServer(sse(*steps, done)) as server:
        notebook.write(prompt(server))
        notebook.start(0)
        for count, gate in enumerate(gates, 1):
            expect(notebook.output()).to_have_text("".join(words[:count]))
            assert notebook.is_busy
            gate.set()
        assert notebook.wait()
    expect(notebook.output()).to_contain_text("One two three four.")


def test_what_is_selected_in_a_finished_part_stays_selected_while_more_comes(
    notebook: NotebookPage,
) -> None:
    more, end = Event(), Event()
    steps: list[Step] = [chunk(paragraphs(0, 40)), more, chunk(paragraphs(40, 80)), end, done]
    with ScriptedServer(sse(*steps)) as server:
        notebook.write(prompt(server))
        notebook.start(0)
        expect(notebook.output()).to_contain_text("Paragraph 38 ")
        notebook.output().locator("p").first.evaluate(SELECT_WORDS)
        more.set()
        expect(notebook.output()).to_contain_text("Paragraph 78 ")
        parts = notebook.output().locator(".jp-OutputArea-child").count()
        selected = notebook.page.evaluate("() => String(window.getSelection())")
        end.set()
        assert notebook.wait()
    assert parts > 2
    assert selected == "Paragraph 0"


def paragraphs(start: int, end: int) -> str:
    filler = "has a number and a few words more than that, as paragraphs do. " * 6
    return "".join(f"Paragraph {number} {filler}\n\n" for number in range(start, end))


SELECT_WORDS = """paragraph => {
    const range = document.createRange();
    range.setStart(paragraph.firstChild, 0);
    range.setEnd(paragraph.firstChild, 'Paragraph 0'.length);
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(range);
}"""


@pytest.mark.parametrize("words", ["Hello **world**", paragraphs(0, 60)], ids=["short", "long"])
def test_the_saved_notebook_holds_an_answer_once(notebook: NotebookPage, words: str) -> None:
    with ScriptedServer(sse(chunk(words), done)) as server:
        notebook.write(prompt(server, "What do you say?"))
        assert notebook.run()
    notebook.save()
    [output] = notebook.app.read(notebook.name)[0]["outputs"]
    assert output["output_type"] == "display_data"
    assert set(output["data"]) == {"text/html", "text/plain"}
    assert "".join(output["data"]["text/plain"]) == words
    assert output["metadata"]["secondme"]["prompt"] == "What do you say?"


PHASES = {
    "connecting": ([UNTIL_GONE], "connecting"),
    "silent": (sse(heartbeat, UNTIL_GONE), "connected, waiting"),
    "speaking": (sse(chunk("Half an"), UNTIL_GONE), "Half an"),
}


@pytest.mark.parametrize(("answer", "seen"), PHASES.values(), ids=PHASES)
def test_the_stop_button_ends_an_answer_and_leaves_the_notebook_usable(
    notebook: NotebookPage, answer: list[Step], seen: str
) -> None:
    with ScriptedServer(answer, HELLO) as server:
        notebook.write(prompt(server), prompt(server, "Again"))
        notebook.start(0)
        expect(notebook.output()).to_contain_text(seen)
        notebook.stop()
        notebook.wait()
        assert server.gone.wait(10)
        expect(notebook.output()).to_contain_text("Interrupted after")
        [output] = notebook.model()
        assert output["metadata"]["secondme"]["state"] == "interrupted"
        assert output["data"]["text/plain"] == ("Half an" if seen == "Half an" else "")
        assert notebook.run(1)
        expect(notebook.output(1)).to_contain_text("Hello world")


def test_an_error_is_two_lines(notebook: NotebookPage) -> None:
    with ScriptedServer(reply(b"{}", status=404)) as server:
        notebook.write(prompt(server))
        assert not notebook.run()
    what, hint = notebook.output().inner_text().strip().splitlines()
    assert what.startswith("InstanceNotFound: ")
    assert hint.strip()


def test_a_thought_is_folded_and_opens_with_a_click(notebook: NotebookPage) -> None:
    with ScriptedServer(sse(chunk("<think>Let me see.</think>Yes."), done)) as server:
        notebook.write(prompt(server))
        assert notebook.run()
    thought = notebook.output().get_by_text("Let me see.")
    expect(notebook.output().get_by_text("Yes.")).to_be_visible()
    expect(thought).to_be_hidden()
    notebook.output().locator("summary").click()
    expect(thought).to_be_visible()


def test_a_wide_table_scrolls_in_its_output_and_does_not_widen_the_page(
    notebook: NotebookPage,
) -> None:
    row = "|" + " unbreakable_name_of_a_column |" * 30
    table = f"Wide:\n\n{row}\n|{'---|' * 30}\n{row}\n"
    with ScriptedServer(sse(chunk(table), done)) as server:
        notebook.write(prompt(server))
        assert notebook.run()
    width = notebook.output().locator("table").evaluate("each => each.scrollWidth")
    assert width > 3000
    assert notebook.output().evaluate(HAS_SCROLLER)
    wider = "() => document.querySelector('.jp-Notebook').scrollWidth > window.innerWidth"
    assert not notebook.page.evaluate(wider)


HAS_SCROLLER = """output => [output, ...output.querySelectorAll('*')].some(each =>
    each.scrollWidth > each.clientWidth + 1000
    && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX))"""


def test_a_long_answer_at_full_speed_does_not_jump(
    notebook: NotebookPage, record_property: Callable[[str, object], None]
) -> None:
    end = Event()
    words = "".join(SECTION.format(number=number) for number in range(190))
    pieces = [chunk(words[start : start + 12]) for start in range(0, len(words), 12)]
    with ScriptedServer(sse(b"".join(pieces), end, done)) as server:
        notebook.write(prompt(server))
        notebook.output().evaluate(WATCH)
        notebook.start(0)
        expect(notebook.output()).to_contain_text("Section 189")
        grown = notebook.page.evaluate(WATCHED)
        end.set()
        assert notebook.wait()
        whole = notebook.page.evaluate(WATCHED)
    for name, value in [("characters", len(words)), ("growing", grown), ("and its end", whole)]:
        record_property(name, value)
        sys.stdout.write(f"{name}: {value}\n")
    assert len(words) > 60_000
    assert grown["height"] > 20_000
    assert grown["drop"] < 100
    assert abs(whole["height"] - grown["height"]) < 100


SECTION = """## Section {number}

A paragraph with *some* words, **strong** ones, and `code`, as they come from a model that has a \
lot to say and says it at length, because it was asked to.

1. First a thing
2. Then another thing

```python
def number() -> int:
    return {number}  # a comment
```

| name | value |
| --- | --- |
| number | {number} |

"""

WATCH = """output => {
    const seen = window.__watch = {frames: 0, height: 0, drop: 0, tasks: []};
    window.__observer?.disconnect();
    window.__observer = new PerformanceObserver(
        list => seen.tasks.push(...list.getEntries().map(each => Math.round(each.duration))));
    window.__observer.observe({type: 'longtask'});
    const look = () => {
        if (window.__watch !== seen) return;
        seen.frames += 1;
        seen.drop = Math.max(seen.drop, seen.height - output.scrollHeight);
        seen.height = output.scrollHeight;
        requestAnimationFrame(look);
    };
    look();
}"""

WATCHED = """() => {
    const {frames, height, drop, tasks} = window.__watch;
    return {frames, height, drop, longTasks: tasks.length, longest: Math.max(0, ...tasks)};
}"""
