"""A transcript where there is no kernel: in nbconvert's page, and where a site keeps no style."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import nh3
import pytest
from fake_client import begin
from panels import FakeHost, open_panel

from secondme_magics.conversation.messages import Reply
from secondme_magics.errors import ConnectionFailed
from secondme_magics.notebook.transcripts import Transcript
from secondme_magics.showing.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from secondme_magics.showing.origin import Metadata
    from secondme_magics.showing.rendering import Bundle

TABLE = "| a | b |\n| --- | --- |\n| one | two |"
CODE = "```python\ndef area(r):\n    return 3 * r ** 2\n```"
HOSTILE = "<script>alert(1)</script> ![x](http://far.example/x.png)"

TURNS = [
    ("How big\nis <b>it</b>?", Reply(f"So *big*:\n\n{CODE}", "Let me see", state="complete")),
    ("In a table", Reply(TABLE, state="complete")),
    ("if x:\n    go()", Reply("Then it", state="interrupted", elapsed=1.5)),
    ("Once more", Reply(state="failed")),
    ("And now?", Reply(HOSTILE, state="complete")),
]

SAID = """\
You
How big
is <b>it</b>?
ada
Thought
Let me see
So big:
def area(r):
    return 3 * r ** 2
ada · 0.0 s
You
In a table
ada
a
b
one
two
ada · 0.0 s
You
if x:
    go()
ada
Then it
Interrupted after 1.5 s.
ada · 1.5 s
You
Once more
ada
Failed: no answer from http://localhost:1
ada · 0.0 s
You
And now?
ada
<script>alert(1)</script> x (image at far.example)
ada · 0.0 s
"""


class Published:
    """The output below a panel."""

    def __init__(self) -> None:
        self.html = ""
        self.text = ""
        self.metadata: Mapping[str, object] = {}

    def publish(self, data: Bundle, metadata: Metadata | None = None, **_: object) -> None:
        self.html, self.text, self.metadata = data["text/html"], data["text/plain"], metadata or {}

    def clear_output(self, wait: bool = False) -> None:
        raise AssertionError(wait)


def published() -> tuple[Published, Bundle]:
    """Return the output below a panel, and the panel's own."""
    host = FakeHost()
    panel, _ = open_panel(host)
    for prompt, reply in TURNS:
        turn = panel.conversation.finish(begin(panel.conversation, prompt), reply)
        shown = host.board.shown(panel.conversation, turn)
        shown.origin = Origin("ada", "default")
        if reply.state == "failed":
            shown.error = ConnectionFailed("no answer from http://localhost:1", "Start it.")
    output = Published()
    Transcript(output, panel, host.board).show(is_kept=True)
    return output, {"text/plain": str(panel.bundle()[0]["text/plain"])}


BLOCKS = {"p", "pre", "div", "li", "td", "th", "summary", "blockquote", "hr", "br"}

INLINE = {"a", "b", "code", "em", "s", "span", "strong"}

AROUND = {"details", "ol", "ul", "table", "tbody", "thead", "tr"}


class Reading(HTMLParser):
    """Reads a page as somebody does who sees no style: words, a line for each block."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.words.split("\n") if line.strip()]

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.words += "\n" if tag in BLOCKS else ""

    def handle_endtag(self, tag: str) -> None:
        self.words += "\n" if tag in BLOCKS else ""

    def handle_data(self, data: str) -> None:
        self.words += data


def as_github_shows(html: str) -> str:
    """Return what is left of `html` on a site that lets no style and no class through."""
    return nh3.clean(html, tags=BLOCKS | INLINE | AROUND, attributes={"a": {"href"}})


def test_without_any_style_it_says_who_said_what_and_how_it_ended() -> None:
    output, _ = published()
    reading = Reading(as_github_shows(output.html))
    assert reading.lines == SAID.splitlines()
    assert reading.attributes == {"href", "rel"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_nbconvert_shows_it_below_one_line_of_the_panel(theme: str) -> None:
    output, own = published()
    html = page_of(own, {"text/html": output.html, "text/plain": output.text}, theme)
    transcript = html.partition('<div class="secondme-transcript" ')[2].partition(">")[2]
    reading = Reading(transcript.partition("</main>")[0])
    assert reading.lines[: len(SAID.splitlines())] == SAID.splitlines()
    assert reading.tags.isdisjoint({"script", "img", "iframe", "style", "svg"})
    assert html.count("live while its kernel runs") == 1
    assert "Error displaying widget" not in html


def test_a_turn_that_failed_before_this_kernel_says_so() -> None:
    host = FakeHost()
    panel, _ = open_panel(host)
    panel.conversation.finish(begin(panel.conversation, "Hi"), Reply(state="failed"))
    output = Published()
    Transcript(output, panel, host.board).show(is_kept=True)
    assert Reading(output.html.rpartition("</style>")[2]).lines[:4] == [
        "You", "Hi", "Answer", "It failed."
    ]  # fmt: skip


def test_two_conversations_of_a_panel_are_told_apart() -> None:
    host = FakeHost()
    panel, _ = open_panel(host)
    output = Published()
    transcript = Transcript(output, panel, host.board)
    for prompt, talk in (("One", panel.conversation), ("Two", host.new())):
        talk.finish(begin(talk, prompt), Reply("Yes", state="complete"))
        panel.show(talk)
        transcript.show(is_kept=True)
    names = ["Conversation talk-2", "You", "Two", "Conversation default", "You", "One"]
    lines = Reading(output.html.rpartition("</style>")[2]).lines
    assert [line for line in lines if line in names] == names


def page_of(panel: Bundle, transcript: Bundle, theme: str) -> str:
    """Return nbconvert's page of a notebook whose cell has these two outputs."""
    import nbformat  # noqa: PLC0415 - loads for seconds
    from nbconvert import HTMLExporter  # noqa: PLC0415 - the same

    view = {"version_major": 2, "version_minor": 0, "model_id": "0" * 32}
    widget = {**panel, "application/vnd.jupyter.widget-view+json": view}
    bundles: list[Mapping[str, object]] = [widget, transcript]
    outputs = [{"output_type": "display_data", "data": data, "metadata": {}} for data in bundles]
    cell = {
        "cell_type": "code", "id": "panel", "source": "%secondme panel", "execution_count": 1,
        "metadata": {}, "outputs": outputs,
    }  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    exporter = HTMLExporter(theme=theme)  # type: ignore[no-untyped-call]
    html, _ = exporter.from_notebook_node(nbformat.from_dict(notebook))  # type: ignore[no-untyped-call]
    return re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
