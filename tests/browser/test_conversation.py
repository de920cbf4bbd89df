"""A conversation in a real notebook: edited, run again, restarted, restored, and given code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_app import code
from jupyter_page import opened
from playwright.sync_api import expect
from scripted_server import Request, ScriptedServer, Step, chunk, done, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_page import NotebookPage

WITH_CODE = "Prose.\n```python\nraise SystemExit('it ran')\n```\nMore prose."
INSERTED = "raise SystemExit('it ran')"


def answer(request: Request) -> list[Step]:
    """Answer with the prompt and how many messages came, or with code."""
    messages: Any = request.json()["messages"]
    prompt = messages[-1]["content"]
    text = WITH_CODE if "code" in prompt else f"re: {prompt} ({len(messages)})"
    return sse(chunk(text), chunk(finish_reason="stop"), done)


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(answer) as running:
        yield running


@pytest.fixture(scope="module", params=["lab"])
def page(lab_page: NotebookPage) -> Iterator[NotebookPage]:
    """A notebook of its own, as its kernel is restarted."""
    lab_page.app.write("conversation.ipynb", [code("")])
    with opened(lab_page, "conversation.ipynb") as notebook:
        yield notebook
        assert notebook.foreign_requests == []


def start(server: ScriptedServer) -> str:
    """Return a first cell, which a new kernel needs too."""
    return f"%load_ext secondme_magics\n%secondme connect {server.url}"


def prompts(server: ScriptedServer) -> list[str]:
    """Return what the user says in the last request."""
    messages: Any = server.requests[-1].json()["messages"]
    return [each["content"] for each in messages if each["role"] == "user"]


def text(page: NotebookPage, index: int) -> str:
    """Return the plain text of a cell's one output."""
    [output] = page.model(index)
    found = output["data"]["text/plain"] if "data" in output else output["text"]
    told = found if isinstance(found, str) else "".join(found)
    return re.sub(r"[0-9.]+ s\b", "… s", told)  # how long it took is another time


def ask_three(page: NotebookPage, server: ScriptedServer) -> None:
    """Ask three prompts of a new kernel."""
    page.restart()
    cells = [f"%%secondme\n{word}" for word in ("one", "two", "three")]
    page.write(start(server), *cells, "%secondme history")
    assert page.run_all()


def test_a_cell_that_is_edited_and_run_again_replaces_its_own_turn(
    page: NotebookPage, server: ScriptedServer
) -> None:
    ask_three(page, server)
    page.edit(2, "%%secondme\nTWO")
    assert page.run(2)
    assert prompts(server) == ["one", "TWO"]
    expect(page.output(2)).to_contain_text("re: TWO (3)")
    expect(page.output(2)).to_contain_text("Replaces turn 2 of this conversation.")
    expect(page.output(2).locator(".secondme-footer")).to_contain_text("1 earlier turn sent")
    assert page.run(4)
    said = [("one", "re: one (1)"), ("TWO", "re: TWO (3)"), ("three", "re: three (5)")]
    for number, (prompt, answer) in enumerate(said):
        turn = page.output(4).locator(".secondme").nth(number)
        expect(turn.locator(".secondme-speaker").first).to_have_text(f"You · turn {number + 1}")
        expect(turn.locator("blockquote")).to_have_text(prompt)
        expect(turn).to_contain_text(answer)


def test_restart_and_run_all_gives_the_conversation_that_was_made_by_hand(
    page: NotebookPage, server: ScriptedServer
) -> None:
    ask_three(page, server)
    for index in (3, 1, 2):
        page.edit(index, f"%%secondme\nagain {index}")
        assert page.run(index)
    assert page.run(4)
    by_hand = [text(page, index) for index in (1, 2, 3, 4)]
    page.restart(run_all=True)
    assert [text(page, index) for index in (1, 2, 3, 4)] == by_hand
    assert [cell["execution_count"] for cell in page.cells()] == [1, 2, 3, 4, 5]
    assert prompts(server) == ["again 1", "again 2", "again 3"]


def test_a_new_kernel_goes_on_with_what_the_saved_notebook_holds(
    page: NotebookPage, server: ScriptedServer
) -> None:
    ask_three(page, server)
    page.save()
    page.restart()
    page.edit(0, f"{start(server)}\n%secondme restore")
    page.edit(4, "%%secondme\nfour")
    assert page.run(0)
    assert "default: 3 turns" in page.output(0).inner_text()
    assert page.run(4)
    assert prompts(server) == ["one", "two", "three", "four"]
    page.edit(2, "%%secondme\nTWO")
    assert page.run(2)
    assert prompts(server) == ["one", "TWO"]
    expect(page.output(2)).to_contain_text("Replaces turn 2 of this conversation.")


@pytest.mark.parametrize(
    ("first", "second"),
    [("%%secondme -x\nSome code", ""), ("%%secondme\nSome code", "%secondme code")],
    ids=["with its answer", "later"],
)
def test_code_goes_into_a_new_cell_below_and_is_not_run(
    page: NotebookPage, server: ScriptedServer, first: str, second: str
) -> None:
    page.write(start(server), first, second, "kept = 1")
    assert page.run(0)
    assert page.run(1)
    if second:
        assert page.run(2)
    page.wait_for_cells(5)
    below = 3 if second else 2
    inserted = page.cells()[below]
    assert (inserted["cell_type"], inserted["source"]) == ("code", INSERTED)
    assert (inserted["execution_count"], inserted["outputs"]) == (None, [])
    assert [cell["source"] for cell in page.cells()][-1] == "kept = 1"
    assert page.run(4)
