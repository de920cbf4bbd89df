"""What goes wrong around a panel harms nobody else: who waits goes on, and it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_client import FakeClient
from panels import HI, PATIENCE, FakeHost, Gate, ask_and_wait, open_panel

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
