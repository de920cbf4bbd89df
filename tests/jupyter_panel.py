"""A chat panel in an open notebook, and what a person does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from jupyter_page import NotebookPage
    from playwright.sync_api import Locator
    from scripted_server import ScriptedServer


def open_panel(notebook: NotebookPage, server: ScriptedServer, *more: str) -> Locator:
    """Open a panel on a new conversation, in the second cell."""
    connect = f"%secondme connect {server.url} --name ada\n%secondme new"
    notebook.write(connect, "panel = %secondme panel", *more)
    assert notebook.run(0)
    assert notebook.run(1)
    panel = notebook.output(1).locator(".secondme-panel")
    expect(panel.get_by_text("What would you like to ask")).to_be_visible()
    return panel


def box(panel: Locator) -> Locator:
    """Return where a prompt is written."""
    return panel.get_by_role("textbox", name="Message")


def ask(panel: Locator, prompt: str) -> None:
    """Write a prompt and send it."""
    box(panel).fill(prompt)
    box(panel).press("Enter")
