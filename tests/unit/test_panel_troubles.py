"""What goes wrong around a panel harms nobody else: who waits goes on, and it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_client import FakeClient, RefusingClient
from panels import HI, PATIENCE, FakeHost, Gate, ask_and_wait, open_panel

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from secondme_magics.panel.panel import Panel

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


class Broken(FakeHost):
    """A notebook that fails to keep what one of its panels shows."""

    broken: Panel | None = None

    def keep(self, panel: Panel) -> None:
        if panel is self.broken:
            raise RuntimeError("no room on the disk")
        super().keep(panel)


def test_a_panel_that_cannot_be_kept_asks_what_waits_and_ends_who_waits_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate()
    host = Broken(FakeClient(gate, *HI))
    panel, page = open_panel(host)
    panel.ask("one")
    gate.wait()
    panel.ask("two")
    host.broken = panel
    gate.opened.set()
    assert str(panel.wait(PATIENCE)) == "Hi there"
    assert [turn["prompt"] for turn in page.turns] == ["one", "two"]
    assert page.head["status"] == "idle"
    assert page.agrees
    assert "no room on the disk" in caplog.text


def test_a_panel_that_fails_does_not_keep_the_others_from_what_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    host = Broken()
    opened = [open_panel(host) for _ in range(3)]
    broken, _ = opened[1]
    broken.send = fail
    (panel, page), _, (_, other) = opened
    ask_and_wait(panel, page)
    assert [turn["text"] for turn in page.turns] == ["Hi there"]
    assert other.turns == page.turns
    assert "the line is cut" in caplog.text


def fail(*_: object) -> None:
    raise OSError("the line is cut")


def test_who_waits_for_a_prompt_that_is_refused_is_told_why_and_given_no_older_reply() -> None:
    host = FakeHost()
    panel, page = open_panel(host)
    panel.ask("one")
    assert str(panel.wait(PATIENCE)) == "Hi there"
    host.answering = RefusingClient()
    panel.ask("two")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="temperature is 3"):
            panel.wait(PATIENCE)
    assert page.of_kind("refused")[0]["prompt_id"] is None
    host.answering = FakeClient(*HI)
    panel.ask("three")
    assert str(panel.wait(PATIENCE)) == "Hi there"


def test_a_refusal_of_the_page_s_prompt_is_not_raised_in_python() -> None:
    panel, page = open_panel(FakeHost(RefusingClient()))
    ask_and_wait(panel, page)
    assert len(page.of_kind("refused")) == 1


def test_a_closed_panel_is_asked_nothing() -> None:
    client = FakeClient(*HI)
    panel, _ = open_panel(FakeHost(client))
    panel.close()
    with pytest.raises(ConfigurationError, match="the panel is closed") as caught:
        panel.ask("Hello")
    assert "%secondme panel" in caught.value.hint
    assert (panel.conversation.turns, client.parameters) == ((), None)


def test_a_prompt_of_python_that_waits_in_a_panel_that_is_closed_is_refused() -> None:
    gate = Gate()
    panel, _ = open_panel(FakeHost(FakeClient(gate, *HI)))
    panel.ask("one")
    gate.wait()
    panel.ask("two")
    panel.close()
    gate.opened.set()
    with pytest.raises(ConfigurationError, match="closed before the prompt that waited"):
        panel.wait(PATIENCE)
    assert [turn.prompt for turn in panel.conversation.turns] == ["one"]


def test_a_prompt_of_the_page_that_waits_in_a_panel_that_is_closed_is_refused_there() -> None:
    gate = Gate()
    panel, page = open_panel(FakeHost(FakeClient(gate, *HI)))
    page.send("ask", prompt="one", prompt_id="1")
    gate.wait()
    page.send("ask", prompt="two", prompt_id="2")
    panel.close()
    gate.opened.set()
    panel.wait(PATIENCE)
    assert [each["prompt_id"] for each in page.of_kind("refused")] == ["2"]
