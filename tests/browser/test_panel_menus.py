"""The menus in a panel's header, while an answer begins, ends, and instances change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage

TEACHER, POET = {"id": "1", "name": "Teacher"}, {"id": "1", "name": "Poet"}
SECOND = {"name": "Bob", "origin": "http://localhost:8003", "is_demo": False}


def test_a_name_that_is_half_typed_stays_while_answers_begin_and_end(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Conversation").click()
    name = panel.page.get_by_label("Name", exact=True)
    name.fill("my careful")
    panel.head(status="answering")
    panel.head(can_undo=True, conversations=["main", "other"])
    expect(name).to_have_value("my careful")
    expect(name).to_be_focused()
    name.press_sequentially(" name")
    panel.button("Rename").focus()
    panel.head(conversations=["main", "other", "third"])
    panel.button("Rename").click()
    assert panel.sent() == [{"kind": "rename", "conversation": "my careful name"}]


def test_escape_of_an_input_method_leaves_a_half_typed_name(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Conversation").click()
    name = panel.page.get_by_label("Name", exact=True)
    name.fill("我的")
    name.evaluate(COMPOSING_ESCAPE)
    expect(name).to_have_value("我的")
    expect(name).to_be_visible()


COMPOSING_ESCAPE = """box => box.dispatchEvent(
    new KeyboardEvent('keydown', {bubbles: true, key: 'Escape', isComposing: true}))"""


def test_a_list_that_is_open_shows_what_is_new(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Conversation").click()
    panel.head(conversations=["main", "other"])
    expect(panel.button("other")).to_be_visible()
    panel.page.keyboard.press("Escape")
    panel.menu("More").click()
    expect(panel.button("Take back the last turn")).to_be_disabled()
    panel.head(can_undo=True)
    expect(panel.button("Take back the last turn")).to_be_enabled()


def test_a_setting_is_not_written_over_but_shows_the_next_time(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Settings").click()
    temperature = panel.page.get_by_label("Temperature")
    temperature.press_sequentially("0.")
    panel.head(settings={"temperature": 0.9, "l0": True, "l1": None, "max_tokens": None})
    temperature.press_sequentially("5")
    temperature.press("Enter")
    assert panel.sent() == [{"kind": "set", "temperature": 0.5}]
    panel.page.keyboard.press("Escape")
    panel.menu("Settings").click()
    expect(temperature).to_have_value("0.9")


@pytest.mark.parametrize("text", ["0.25", "0.123456", "1", "2e-1"])
def test_any_temperature_can_be_entered(panel: PanelPage, text: str) -> None:
    panel.open()
    panel.menu("Settings").click()
    panel.page.get_by_label("Temperature").press_sequentially(text)
    panel.page.get_by_label("Temperature").press("Enter")
    panel.page.keyboard.press("Escape")
    assert panel.sent() == [{"kind": "set", "temperature": float(text)}]


@pytest.mark.parametrize(
    ("label", "text"),
    [("Temperature", "0.3e"), ("Temperature", "2.5"), ("Longest answer, in tokens", "1.5")],
)
@pytest.mark.parametrize("leave", ["Enter", "Tab", "Escape"])
def test_what_is_no_such_number_is_said_and_not_sent(
    panel: PanelPage, label: str, text: str, leave: str
) -> None:
    panel.open(settings={"temperature": 0.5, "l0": None, "l1": None, "max_tokens": 9})
    panel.menu("Settings").click()
    field = panel.page.get_by_label(label)
    field.press("Control+a")
    field.press_sequentially(text)
    field.press(leave)
    expect(panel.page.locator(".smp-toast")).to_contain_text(f"{label}: ")
    assert panel.sent() == []


def test_roles_are_asked_for_anew_each_time_and_the_known_ones_are_shown(
    panel: PanelPage,
) -> None:
    panel.open(roles=[TEACHER], role="1")
    panel.menu("Role").click()
    expect(panel.button("Teacher")).to_be_visible()
    assert panel.sent() == [{"kind": "roles"}]
    panel.head(roles=[TEACHER, {"id": "2", "name": "Cook"}], role="1")
    expect(panel.button("Cook")).to_be_visible()
    assert panel.sent() == [{"kind": "roles"}]


def test_roles_are_asked_for_anew_where_another_instance_is_connected(panel: PanelPage) -> None:
    panel.open(roles=[TEACHER], role="1")
    panel.menu("Role").click()
    panel.head(instance=SECOND)
    expect(panel.page.get_by_text("Loading…")).to_be_visible()
    panel.head(instance=SECOND, roles=[POET])
    expect(panel.button("Poet")).to_be_visible()
    expect(panel.button("Teacher")).to_have_count(0)
    assert panel.sent() == [{"kind": "roles"}] * 2


def test_a_server_that_is_no_second_me_has_no_roles_and_no_notes(panel: PanelPage) -> None:
    panel.open(instance={"name": "llama", "is_second_me": False})
    expect(panel.menu("Role")).to_be_hidden()
    panel.menu("Settings").click()
    expect(panel.page.locator(".smp-menu:not([hidden]) select")).to_have_count(0)
    temperature = panel.page.get_by_label("Temperature")
    temperature.fill("1.5")
    temperature.press("Enter")
    assert panel.sent() == [{"kind": "set", "temperature": 1.5}]
    panel.head()
    expect(panel.menu("Role")).to_be_visible()


def test_a_second_me_takes_no_temperature_above_one(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Settings").click()
    temperature = panel.page.get_by_label("Temperature")
    temperature.fill("1.5")
    temperature.press("Enter")
    assert panel.sent() == []
