"""The panel's page alone: what can be done with a turn, and the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_page import streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage


def test_a_message_is_edited_with_the_keyboard(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.", prompt="Firts")])
    panel.button("Edit").focus()
    panel.page.keyboard.press("Enter")
    box = panel.page.get_by_label("Edit your message")
    expect(box).to_be_focused()
    box.press("Escape")
    expect(panel.button("Edit")).to_be_focused()
    panel.page.keyboard.press("Enter")
    box.fill("First")
    box.press("Enter")
    [message] = panel.sent("edit")
    assert (message["turn"], message["prompt"]) == ("1", "First")
    assert message["prompt_id"]
    expect(box).to_have_count(0)


ACTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "regenerate": ("Answer again", {"turn": "1"}),
    "continue": ("Continue", {"turn": "1"}),
    "insert_code": ("Put the code into a new cell", {"turn": "1"}),
    "version": ("Earlier version", {"turn": "1", "index": 1}),
}


@pytest.mark.parametrize("kind", ACTIONS)
def test_a_turn_s_buttons_say_what_they_do(panel: PanelPage, kind: str) -> None:
    panel.open(turns=[turn_of("1", "Words.", has_code=True, can_continue=True, version=[2, 2])])
    name, fields = ACTIONS[kind]
    panel.button(name).click()
    [message] = panel.sent()
    message.pop("prompt_id", None)
    assert message == {"kind": kind, **fields}
    expect(panel.button("Later version")).to_be_disabled()
    expect(panel.page.locator(".smp-version")).to_have_text("2/2")


def test_code_goes_into_a_cell_of_the_kernel_s_where_the_host_has_no_cells(
    panel: PanelPage,
) -> None:
    panel.open(turns=[turn_of("1", "Words.", has_code=True)])
    panel.add_view()
    panel.button("Put the code into a new cell").first.click()
    [message] = panel.sent()
    panel.tell("cell", prompt_id=message["prompt_id"], code="x = 1")
    assert panel.sent("next_cell") == [{"kind": "next_cell", "turn": "1"}]


def test_another_version_keeps_the_focus_on_its_button(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("2", "New.", version=[2, 3])])
    panel.button("Earlier version").click()
    panel.tell("turns", **{"from": 0, "turns": [turn_of("1", "Old.", version=[1, 3])]})
    expect(panel.log).to_contain_text("Old.")
    expect(panel.log).to_be_focused()
    panel.button("Later version").click()
    panel.tell("turns", **{"from": 0, "turns": [turn_of("2", "New.", version=[2, 3])]})
    expect(panel.button("Later version")).to_be_focused()


def test_a_failed_answer_is_a_card_with_retry_and_the_draft_stays(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.box.fill("My draft")
    error = {"what": "no answer from x", "hint": "Is it running?"}
    panel.tell("turns", **{"from": 0, "turns": [turn_of("1", state="failed", error=error)]})
    panel.head()
    card = panel.page.get_by_role("alert")
    expect(card).to_contain_text("no answer from x")
    expect(card).to_contain_text("Is it running?")
    panel.button("Retry").click()
    [message] = panel.sent("retry")
    assert message["turn"] == "1"
    expect(panel.box).to_have_value("My draft")
    panel.tell("turns", **{"from": 0, "turns": [streaming("1")]})
    expect(card).to_have_count(0)
    expect(panel.log).to_be_focused()


CUT = {"what": "the answer was cut", "hint": "What came is kept. Ask again."}


def test_a_card_on_an_answer_that_was_cut_names_its_own_buttons(panel: PanelPage) -> None:
    turn = turn_of("1", "Half an", state="interrupted", error=CUT, can_continue=True)
    panel.open(turns=[turn])
    card = panel.page.locator(".smp-card")
    expect(card).to_contain_text("Continue goes on from there, Retry asks anew.")
    expect(card).not_to_contain_text("Ask again")
    expect(panel.button("Answer again")).to_be_hidden()
    for name in ("Continue", "Retry"):
        expect(panel.button(name)).to_have_count(1)
        panel.button(name).click()
    assert [message["kind"] for message in panel.sent()] == ["continue", "retry"]
    panel.head(status="answering")
    for name in ("Continue", "Retry"):
        expect(panel.button(name)).to_be_disabled()


def test_an_older_answer_that_was_cut_cannot_be_gone_on_with(panel: PanelPage) -> None:
    turn = turn_of("1", "Half an", state="interrupted", error=CUT)
    panel.open(turns=[turn, turn_of("2", "Whole.")])
    expect(panel.page.locator(".smp-card")).to_have_text(
        "the answer was cutWhat came is kept. Ask again.Retry"
    )


def test_a_screen_reader_can_jump_from_message_to_message(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "One."), turn_of("2", "# Two")])
    panel.box.fill("And then?")
    panel.box.press("Enter")
    names = ["You said:", "Ada said:", "You said:", "Ada said:", "You said:"]
    articles = panel.log.get_by_role("article")
    assert articles.evaluate_all("all => all.map(each => each.ariaLabel)") == names
    marks = panel.log.get_by_role("heading", level=6, include_hidden=True)
    assert marks.all_text_contents() == names
    expect(panel.log.get_by_role("article", name="Ada said:").last).to_contain_text("Two")
    expect(articles.last).to_contain_text("And then?")


def test_a_task_list_has_boxes_that_nobody_can_tick(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "- [ ] to do\n- [x] done\n- other\n")])
    items = panel.page.locator(".smp-body li")
    assert items.all_inner_texts() == ["\u2610 to do", "\u2611 done", "other"]
    marks = "all => all.map(each => getComputedStyle(each).listStyleType)"
    assert items.evaluate_all(marks) == ["none", "none", "disc"]
    expect(panel.page.locator(".smp-body input")).to_have_count(0)


def test_copying_says_so_and_takes_what_was_written(panel: PanelPage) -> None:
    panel.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.open(turns=[turn_of("1", "**Words**\n\n```python\nx = 1\n```\n")])
    read = "() => navigator.clipboard.readText()"
    panel.page.locator("[data-action=copy]").click()
    expect(panel.page.get_by_role("status")).to_have_text("Copied")
    assert panel.page.evaluate(read) == "**Words**\n\n```python\nx = 1\n```\n"
    panel.button("Copy code").click()
    panel.page.wait_for_function("async () => await navigator.clipboard.readText() === 'x = 1\\n'")


def test_copying_works_without_a_clipboard(panel: PanelPage) -> None:
    panel.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.open(turns=[turn_of("1", "**Words**")])
    panel.page.evaluate(
        """() => {
            window.clipboard = navigator.clipboard;
            Object.defineProperty(navigator, 'clipboard', {value: undefined});
        }"""
    )
    panel.page.locator("[data-action=copy]").click()
    expect(panel.page.get_by_role("status")).to_have_text("Copied")
    assert panel.page.evaluate("() => window.clipboard.readText()") == "**Words**"


def test_where_nothing_can_be_copied_the_text_is_selected(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "**Words**")])
    panel.page.evaluate(
        """() => {
            Object.defineProperty(navigator, 'clipboard', {value: undefined});
            document.execCommand = () => false;
        }"""
    )
    panel.page.locator("[data-action=copy]").click()
    expect(panel.page.get_by_role("status")).to_contain_text("press Ctrl+C")
    assert panel.page.evaluate("() => String(getSelection()).trim()") == "Words"


def test_code_that_came_in_pieces_is_copied_whole(panel: PanelPage) -> None:
    panel.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    piece = '<div class="highlight{}"><pre><span></span>{}</pre></div>\n'
    blocks = [piece.format(" secondme-cut", "a\n"), piece.format(" secondme-cut", "b\n"),
              piece.format("", "c\n"), piece.format("", "other\n")]  # fmt: skip
    panel.open(turns=[turn_of("1", blocks=blocks)])
    expect(panel.button("Copy code")).to_have_count(2)
    panel.button("Copy code").first.click()
    panel.page.wait_for_function(
        "async () => await navigator.clipboard.readText() === 'a\\nb\\nc\\n'"
    )


def test_a_long_prompt_is_shown_in_part(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.", prompt="x" * 1_000_000)])
    assert len(panel.page.locator(".smp-said").inner_text()) < 5_000
    panel.page.get_by_role("button", name="Show all").click()
    assert len(panel.page.locator(".smp-said").inner_text()) == 1_000_000


def test_text_of_the_kernel_is_never_markup(panel: PanelPage) -> None:
    bad = "<img src=x onerror=window.attacked=1>"
    error = {"what": bad, "hint": bad}
    panel.open(
        turns=[turn_of("1", prompt=bad, footer=bad, notes=[bad], error=error, state="failed")],
        instance={"name": bad, "origin": bad, "is_demo": False},
        conversation=bad, conversations=[bad], roles=[{"id": "a", "name": bad}], role="a",
        suggestions=[bad],
    )  # fmt: skip
    panel.tell("said", text=bad)
    panel.tell("refused", prompt_id="", what=bad, hint=bad)
    for name in ("Conversation", "Role", "Settings", "More"):
        panel.menu(name).click()
    expect(panel.page.locator("img")).to_have_count(0)
    assert panel.page.evaluate("() => window.attacked") is None


def test_a_conversation_is_chosen_made_and_named(panel: PanelPage) -> None:
    panel.open(conversations=["main", "ideas"])
    panel.menu("Conversation").click()
    panel.button("ideas").click()
    panel.menu("Conversation").click()
    panel.page.get_by_label("Name").fill("plans")
    panel.page.get_by_label("Name").press("Enter")
    panel.page.locator(".smp-header > .smp-tool").click()
    assert panel.sent() == [
        {"kind": "use", "conversation": "ideas"},
        {"kind": "rename", "conversation": "plans"},
        {"kind": "new"},
    ]


def test_roles_are_asked_for_when_the_picker_opens(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Role").click()
    assert panel.sent() == [{"kind": "roles"}]
    panel.head(roles=[{"id": "t", "name": "Teacher"}])
    panel.button("Teacher").click()
    panel.head(roles=[{"id": "t", "name": "Teacher"}], role="t")
    expect(panel.menu("Role")).to_contain_text("Teacher")
    panel.menu("Role").click()
    panel.button("No role").click()
    assert panel.sent("set") == [{"kind": "set", "role": "t"}, {"kind": "set", "role": None}]


def test_settings_are_sent_one_by_one(panel: PanelPage) -> None:
    panel.open(settings={"temperature": 0.5, "l0": True, "l1": None, "max_tokens": None})
    panel.menu("Settings").click()
    temperature = panel.page.get_by_label("Temperature")
    expect(temperature).to_have_value("0.5")
    temperature.fill("0.3")
    temperature.press("Enter")
    panel.page.get_by_label("Search the notes (L0)").select_option(label="off")
    panel.page.get_by_label("Use the profile (L1)").select_option(label="on")
    temperature.fill("")
    temperature.blur()
    assert panel.sent() == [
        {"kind": "set", "temperature": 0.3},
        {"kind": "set", "l0": False},
        {"kind": "set", "l1": True},
        {"kind": "set", "temperature": None},
    ]


def test_the_menu_takes_back_clears_and_exports(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")], can_undo=True)
    for name in ("Take back the last turn", "Clear the conversation", "Export as Markdown"):
        panel.menu("More").click()
        panel.button(name).click()
    panel.head(can_bring_back=True)
    with panel.page.expect_download() as download:
        panel.tell("file", name="talk.md", mime="text/markdown", text="# Talk")
    assert download.value.suggested_filename == "talk.md"
    panel.menu("More").click()
    panel.button("Bring the conversation back").click()
    assert panel.sent() == [
        {"kind": "undo"}, {"kind": "clear"}, {"kind": "export", "format": "md"},
        {"kind": "bring_back"},
    ]  # fmt: skip


def test_what_is_said_cannot_be_cleared_under_an_answer_that_grows(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.", state="streaming")], status="answering")
    panel.menu("More").click()
    expect(panel.button("Take back the last turn")).to_be_disabled()
    expect(panel.button("Clear the conversation")).to_be_disabled()


def test_a_menu_closes_with_escape_and_gives_the_focus_back(panel: PanelPage) -> None:
    panel.open()
    panel.menu("More").focus()
    panel.page.keyboard.press("Enter")
    expect(panel.button("Export as Markdown")).to_be_focused()
    panel.page.keyboard.press("ArrowDown")
    expect(panel.button("Export as HTML")).to_be_focused()
    panel.page.keyboard.press("Escape")
    expect(panel.button("Export as HTML")).to_be_hidden()
    expect(panel.menu("More")).to_be_focused()
