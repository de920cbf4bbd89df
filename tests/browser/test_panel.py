"""The chat panel in JupyterLab and Notebook 7: its keys, its answers, and what is left of them."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest
from jupyter_app import code
from jupyter_page import in_lab, opened, opened_in
from jupyter_panel import ask, box, open_panel
from playwright.sync_api import expect
from scripted_server import CLOSE, UNTIL_GONE, Request, ScriptedServer, chunk, done, heartbeat, sse

if TYPE_CHECKING:
    from jupyter_page import NotebookPage
    from scripted_server import Answer

HELLO = sse(chunk("Hello **world**"), chunk(finish_reason="stop"), done)


KEPT = """words => {
    const {widgets} = window.jupyterapp.shell.currentWidget.content;
    const output = widgets[1].model.sharedModel.outputs.at(-1);
    const html = [output.data['text/html']].flat().join('');
    return words.every(word => html.includes(word));
}"""
"""Whether the transcript below the panel of the second cell holds these words."""


def test_an_answer_comes_word_by_word(notebook: NotebookPage) -> None:
    words = ["One", " two", " three", " four."]
    gates = [Event() for _ in words]
    steps = [step for pair in zip(map(chunk, words), gates, strict=True) for step in pair]
    with ScriptedServer(sse(*steps, done)) as server:
        panel = open_panel(notebook, server)
        ask(panel, "Count")
        for count, gate in enumerate(gates, 1):
            expect(panel.locator(".smp-body")).to_have_text("".join(words[:count]))
            notebook.wait_for_kernel()
            gate.set()
        expect(panel.get_by_role("status")).to_have_text("Finished")
        expect(box(panel)).to_be_focused()


def test_keys_in_the_box_and_on_buttons_leave_the_notebook_alone(notebook: NotebookPage) -> None:
    with ScriptedServer(HELLO) as server:
        panel = open_panel(notebook, server, "1")
        ask(panel, "Hi")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        box(panel).press_sequentially("a x m b")
        for keys in ("Shift+Enter", "d", "d"):
            box(panel).press(keys)
        expect(box(panel)).to_have_value("a x m b\ndd")
        box(panel).fill("")
        for element in panel.locator("button, [tabindex='0']").all():
            if element.is_visible() and element.is_enabled():
                element.focus()
                for keys in ("a", "b", "x", "m", "d", "d", "c", "v", "Shift+M"):
                    notebook.page.keyboard.press(keys)
        cells = "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells"
        kinds = notebook.page.evaluate(f"{cells}.map(cell => cell.cell_type)")
        assert kinds == ["code", "code", "code"]
        expect(panel.locator(".smp-body")).to_have_text("Hello world")
        assert len(server.requests) == 1


PHASES = {
    "connecting": ([UNTIL_GONE], "Connecting · "),
    "silent": (sse(heartbeat, UNTIL_GONE), "Connected, waiting · "),
    "speaking": (sse(chunk("Half an"), UNTIL_GONE), "Half an"),
}


@pytest.mark.parametrize(("answer", "seen"), PHASES.values(), ids=PHASES)
@pytest.mark.parametrize("busy", [False, True], ids=["kernel idle", "kernel busy"])
def test_stop_ends_an_answer(
    notebook: NotebookPage, answer: list[object], seen: str, busy: bool
) -> None:
    gate = notebook.app.directory / "gate"
    gate.unlink(missing_ok=True)
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"
    with ScriptedServer(answer, HELLO) as server:  # type: ignore[arg-type] # of three kinds
        panel = open_panel(notebook, server, wait)
        ask(panel, "Hi")
        expect(panel.locator(".smp-turn")).to_contain_text(seen)
        if busy:
            notebook.start(2)
            expect(notebook.cell(2)).to_contain_text("[*]")
        panel = notebook.output(1).locator(".secondme-panel")
        box(panel).press("Escape")
        assert server.gone.wait(10)
        expect(panel).to_contain_text("Interrupted after")
        can_continue = panel.get_by_role("button", name="Continue")
        expect(can_continue).to_be_visible(visible=seen == "Half an")
        gate.touch()
        if busy:
            assert notebook.wait()
        ask(panel, "Again")
        expect(panel.locator(".smp-body").last).to_have_text("Hello world")


def echo(request: Request) -> Answer:
    """Answer with the number of messages and the last prompt."""
    messages = request.json()["messages"]
    assert isinstance(messages, list)
    return sse(chunk(f"{len(messages)}: {messages[-1]['content']}"), done)


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(notebook: NotebookPage) -> None:
    """The page is a new one, the kernel and the answer are the same."""
    more, end = Event(), Event()
    app, name = notebook.app, "reloaded.ipynb"
    app.write(name, [code("%load_ext secondme_magics"), code("1"), code("2")])
    with (
        ScriptedServer(sse(chunk("One."), more, chunk("\n\nTwo."), end, done)) as server,
        opened_in(notebook.page.context, app, name) as page,
    ):
        assert page.run()
        panel = open_panel(page, server)
        ask(panel, "Hi")
        expect(panel.locator(".smp-body")).to_have_text("One.")
        page.reload()
        more.set()
        panel = page.output(1).locator(".secondme-panel")
        expect(panel.locator(".smp-body")).to_contain_text("Two.")
        end.set()
        expect(panel.locator(".smp-footer")).to_contain_text("ada")
        assert panel.locator(".smp-body").inner_text().split() == ["One.", "Two."]
        expect(panel.locator(".smp-said")).to_have_text("Hi")
        box(panel).focus()
        page.page.wait_for_function(KEPT, arg=["One.", "Two."])
        expect(box(panel)).to_be_focused()
        page.save()
        [_, transcript] = app.read(name)[1]["outputs"]
        assert transcript["metadata"]["secondme"]["transcript"][0]["turns"][0]["prompt"] == "Hi"


@in_lab
def test_a_message_is_edited_and_both_versions_are_kept(notebook: NotebookPage) -> None:
    with ScriptedServer(echo) as server:
        panel = open_panel(notebook, server)
        for prompt in ("first", "second"):
            ask(panel, prompt)
            expect(panel.locator(".smp-body").last).to_contain_text(prompt)
            expect(panel.get_by_role("status")).to_have_text("Finished")
        panel.locator(".smp-turn").first.hover()
        panel.get_by_role("button", name="Edit").first.click()
        panel.get_by_label("Edit your message").fill("third")
        panel.get_by_label("Edit your message").press("Enter")
        expect(panel.locator(".smp-body")).to_have_text(["1: third"])
        expect(panel.locator(".smp-version")).to_have_text("2/2")
        panel.get_by_role("button", name="Earlier version").click()
        expect(panel.locator(".smp-body")).to_have_text(["1: first", "3: second"])
        panel.get_by_role("button", name="Later version").first.click()
        expect(panel.locator(".smp-body")).to_have_text(["1: third"])
        panel.get_by_role("button", name="Answer again").click()
        expect(panel.locator(".smp-version")).to_have_text("3/3")
        expect(panel.locator(".smp-body")).to_have_text(["1: third"])


def test_a_cell_and_the_panel_share_a_conversation(notebook: NotebookPage) -> None:
    with ScriptedServer(echo) as server:
        panel = open_panel(notebook, server, "%%secondme\nfrom a cell")
        ask(panel, "from the panel")
        expect(panel.locator(".smp-body")).to_have_text("1: from the panel")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        assert notebook.run(2)
        expect(notebook.output(2)).to_contain_text("3: from a cell")
        panel = notebook.output(1).locator(".secondme-panel")
        expect(panel.locator(".smp-body")).to_have_text(["1: from the panel", "3: from a cell"])
        expect(panel.locator(".smp-place")).to_have_text("asked in a cell")


@in_lab
def test_two_panels_on_two_conversations_do_not_mix(notebook: NotebookPage) -> None:
    with ScriptedServer(echo) as server:
        panel = open_panel(notebook, server, "%secondme panel -c other")
        assert notebook.run(2)
        other = notebook.output(2).locator(".secondme-panel")
        ask(other, "there")
        expect(other.locator(".smp-body")).to_have_text("1: there")
        panel = notebook.output(1).locator(".secondme-panel")
        expect(panel.locator(".smp-body")).to_have_count(0)
        ask(panel, "here")
        expect(panel.locator(".smp-body")).to_have_text("1: here")


def test_code_goes_into_a_new_cell_below_the_panel_and_does_not_run(
    notebook: NotebookPage,
) -> None:
    answer = sse(chunk("So:\n\n```python\nx = print('ran')\n```\n"), done)
    with ScriptedServer(answer) as server:
        panel = open_panel(notebook, server, "last")
        ask(panel, "Code, please")
        insert = panel.get_by_role("button", name="Put the code into a new cell")
        insert.click()
        expect(panel.get_by_role("status")).to_have_text("The code is in a new cell below.")
        cells = "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells"
        sources = notebook.page.evaluate(f"{cells}.map(cell => cell.getSource())")
        assert sources[2:] == ["x = print('ran')", "last"]
        assert notebook.model(2) == []


@in_lab
def test_an_instance_that_goes_down_is_a_card_and_retry_asks_again(
    notebook: NotebookPage,
) -> None:
    cut = sse(chunk("Half an"), CLOSE)
    with ScriptedServer(cut, HELLO) as server:
        panel = open_panel(notebook, server)
        ask(panel, "Hi")
        card = panel.locator(".smp-card")
        expect(card).to_contain_text("was cut")
        expect(panel.locator(".smp-body")).to_have_text("Half an")
        box(panel).fill("A draft")
        panel.get_by_role("button", name="Retry").click()
        expect(panel.locator(".smp-body")).to_have_text("Hello world")
        expect(card).to_have_count(0)
        expect(box(panel)).to_have_value("A draft")


@in_lab
def test_a_restarted_kernel_is_said_and_what_was_said_stays(
    notebook: NotebookPage,
) -> None:
    app, name = notebook.app, "restarted.ipynb"
    app.write(name, [code("%load_ext secondme_magics"), code("1"), code("2")])
    with ScriptedServer(HELLO) as server, opened(notebook, name) as page:
        assert page.run()
        panel = open_panel(page, server)
        ask(panel, "Hi")
        expect(panel.locator(".smp-body")).to_have_text("Hello world")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        transcript = page.output(1).locator(".secondme-transcript")
        expect(transcript).to_be_attached()
        expect(transcript).to_be_hidden()
        page.restart_kernel()
        expect(panel.get_by_role("alert")).to_contain_text("kernel of this panel is gone")
        expect(transcript).to_be_visible()
        expect(transcript).to_contain_text("Hello world")
        box(panel).fill("Still there?")
        box(panel).press("Enter")
        expect(panel.get_by_role("alert")).to_contain_text("kernel of this panel is gone")
        expect(box(panel)).to_have_value("Still there?")
        expect(panel.locator(".smp-body")).to_have_text("Hello world")
        page.save()
        [_, transcript] = app.read(name)[1]["outputs"]
        assert "Hello <strong>world</strong>" in "".join(transcript["data"]["text/html"])


@pytest.mark.parametrize(
    ("notebook", "way"), [("lab", "dies"), ("notebook7", "shut down")], indirect=["notebook"]
)
def test_a_kernel_that_is_no_more_is_said_without_a_prompt(
    notebook: NotebookPage, way: str
) -> None:
    app, name = notebook.app, "ended.ipynb"
    app.write(name, [code("%load_ext secondme_magics"), code("1"), code("2")])
    with ScriptedServer(sse(chunk("Half an"), UNTIL_GONE)) as server:
        with opened(notebook, name) as page:
            assert page.run()
            panel = open_panel(page, server, "import os; os._exit(1)")
            ask(panel, "Hi")
            expect(panel.locator(".smp-body")).to_have_text("Half an")
            box(panel).fill("A draft")
            if way == "dies":
                page.start(2)
            else:
                page.end_kernel()
            panel = page.output(1).locator(".secondme-panel")
            expect(panel.get_by_role("alert")).to_contain_text("kernel of this panel is gone")
            expect(box(panel)).to_have_value("A draft")
            expect(panel.locator(".smp-body")).to_have_text("Half an")
            if way == "dies":
                page.page.locator(".jp-Dialog").get_by_role("button").click()
        assert server.gone.wait(10)
