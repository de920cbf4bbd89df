"""What a panel's header and menus offer, from the page through the kernel to the wire and back."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from jupyter_page import in_lab
from jupyter_panel import ask, open_panel
from playwright.sync_api import expect
from scripted_server import ScriptedServer, chunk, done, sse

if TYPE_CHECKING:
    from jupyter_page import NotebookPage
    from playwright.sync_api import Locator


def choose(panel: Locator, menu: str, item: str) -> None:
    """Open a menu and click on what it offers."""
    panel.locator(".smp-menu-button").filter(has_text=menu).click()
    panel.locator(".smp-menu").get_by_role("button", name=item).click()


@in_lab
def test_what_was_cleared_comes_back_and_is_exported_under_its_new_name(
    notebook: NotebookPage,
) -> None:
    with ScriptedServer(sse(chunk("Hello **world**"), done)) as server:
        panel = open_panel(notebook, server)
        ask(panel, "Hi")
        body = panel.locator(".smp-body")
        expect(panel.get_by_role("status")).to_have_text("Finished")
        choose(panel, "More", "Clear the conversation")
        expect(body).to_have_count(0)
        choose(panel, "More", "Bring the conversation back")
        expect(body).to_have_text(["Hello world"])
        panel.locator(".smp-menu-button").filter(has_text="Conversation").click()
        panel.get_by_role("textbox", name="Name").fill("plans")
        panel.get_by_role("textbox", name="Name").press("Enter")
        expect(panel.locator(".smp-header")).to_contain_text("plans")
        for name, words in {
            "Markdown": "Hello **world**",
            "HTML": "<strong>world</strong>",
        }.items():
            with notebook.page.expect_download() as download:
                choose(panel, "More", f"Export as {name}")
            assert "plans" in download.value.suggested_filename
            assert words in Path(download.value.path()).read_text(encoding="utf-8")
        choose(panel, "More", "Take back the last turn")
        expect(body).to_have_count(0)


@in_lab
def test_what_is_set_in_a_panel_is_in_its_requests(notebook: NotebookPage) -> None:
    with ScriptedServer(sse(chunk("Yes"), done)) as server:
        panel = open_panel(notebook, server)
        panel.locator(".smp-menu-button").filter(has_text="Settings").click()
        panel.get_by_label("Temperature").fill("0.3")
        panel.get_by_label("Temperature").press("Enter")
        panel.get_by_label("Search the notes (L0)").select_option(label="off")
        panel.get_by_label("Use the profile (L1)").select_option(label="on")
        notebook.page.keyboard.press("Escape")
        ask(panel, "Hi")
        expect(panel.locator(".smp-body")).to_have_text("Yes")
        sent = server.requests[-1].json()
    assert sent["temperature"] == 0.3
    metadata = sent["metadata"]
    assert isinstance(metadata, dict)
    assert (metadata["enable_l0_retrieval"], metadata["enable_l1_retrieval"]) == (False, True)


def test_a_prompt_waits_while_one_is_answered_and_is_asked_then(notebook: NotebookPage) -> None:
    gate = Event()
    answers = sse(chunk("One"), gate, done), sse(chunk("Two"), done)
    with ScriptedServer(*answers) as server:
        panel = open_panel(notebook, server)
        ask(panel, "first")
        expect(panel.locator(".smp-body")).to_have_text("One")
        ask(panel, "second")
        expect(panel.locator(".smp-next")).to_contain_text("second")
        assert len(server.requests) == 1
        gate.set()
        expect(panel.locator(".smp-body")).to_have_text(["One", "Two"])
        expect(panel.locator(".smp-next")).to_be_hidden()


def test_the_host_typesets_the_math_of_a_panel(notebook: NotebookPage) -> None:
    words = "Square $x^2$, sum \\[\\sum_i z_i\\] and it costs $5 and $6.\n\nThe end."
    with ScriptedServer(sse(chunk(words), done)) as server:
        panel = open_panel(notebook, server)
        ask(panel, "Hi")
        expect(panel.locator(".smp-body mjx-container")).to_have_count(2)
        expect(panel.locator(".smp-body")).to_contain_text("it costs $5 and $6.")
