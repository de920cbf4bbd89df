"""The panel's page alone: a kernel that ends, clicks that come twice, a page that sleeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_page import head_of, streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage
    from playwright.sync_api import Locator

GONE = "kernel of this panel is gone"

ENDS: dict[str, tuple[str, object]] = {
    "shut down": ("kernelChanged", {"oldValue": {"id": "k"}, "newValue": None}),
    "another kernel": ("kernelChanged", {"oldValue": {"id": "k"}, "newValue": {"id": "l"}}),
    "dead": ("statusChanged", "dead"),
    "shutting down": ("statusChanged", "terminating"),
    "restarting": ("statusChanged", "restarting"),
    "restarting by itself": ("statusChanged", "autorestarting"),
}
LIVES: dict[str, tuple[str, object]] = {
    "found": ("kernelChanged", {"oldValue": None, "newValue": {"id": "k"}}),
    "found again": ("kernelChanged", {"oldValue": {"id": "k"}, "newValue": {"id": "k"}}),
    "busy": ("statusChanged", "busy"),
    "connecting": ("connectionStatusChanged", "connecting"),
}


def alert(panel: PanelPage) -> Locator:
    return panel.page.get_by_role("alert")


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_kernel_that_ends_is_said_at_once_and_the_draft_stays(
    panel: PanelPage, end: tuple[str, object]
) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.box.fill("A draft")
    panel.tell_of_kernel(*end)
    expect(alert(panel)).to_contain_text(GONE)
    expect(alert(panel)).to_contain_text("%secondme restore")
    expect(panel.page.get_by_role("img", name="The kernel is gone")).to_be_visible()
    expect(panel.box).to_have_value("A draft")
    expect(panel.log).to_contain_text("Words.")


@pytest.mark.parametrize("sign", LIVES.values(), ids=LIVES)
def test_a_kernel_that_lives_is_not_said_to_be_gone(
    panel: PanelPage, sign: tuple[str, object]
) -> None:
    panel.open()
    panel.tell_of_kernel(*sign)
    panel.tell("said", text="Here I am.")
    expect(panel.page.get_by_role("status")).to_have_text("Here I am.")
    expect(alert(panel)).to_have_count(0)


def test_a_line_that_stands_again_is_asked_for_all_that_was_missed(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.page.wait_for_function("() => window.model.sent.length === 2")
    panel.tell_of_kernel("connectionStatusChanged", "connected")
    assert panel.readies == 3
    panel.tell("snapshot", state=panel.state(turns=[turn_of("1", "All of it.")]))
    expect(panel.log).to_contain_text("All of it.")


def test_a_kernel_that_is_heard_of_again_is_not_gone(panel: PanelPage) -> None:
    panel.open()
    panel.tell_of_kernel("statusChanged", "dead")
    expect(alert(panel)).to_contain_text(GONE)
    panel.tell("snapshot", state=panel.state())
    expect(alert(panel)).to_have_count(0)


def test_the_plain_transcript_is_hidden_only_while_a_kernel_answers(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Old words.")])
    panel.page.evaluate(ADD_TRANSCRIPT)
    transcript = panel.page.locator(".secondme-transcript")
    panel.page.wait_for_function("() => window.model.sent.length === 2")
    expect(transcript).to_be_visible()
    panel.tell("snapshot", state=panel.state())
    expect(transcript).to_be_hidden()
    panel.tell_of_kernel("statusChanged", "dead")
    expect(transcript).to_be_visible()
    panel.tell("snapshot", state=panel.state())
    expect(transcript).to_be_hidden()
    panel.add_view()
    panel.page.evaluate("() => window.views.shift()()")
    expect(panel.page.locator(".secondme-panel")).to_have_count(1)
    expect(transcript).to_be_hidden()
    panel.page.evaluate("() => window.views.shift()()")
    expect(transcript).to_be_visible()


ADD_TRANSCRIPT = """() => {
    const transcript = document.createElement('div');
    transcript.className = 'secondme-transcript';
    transcript.textContent = 'What was said.';
    document.querySelector('main').append(transcript);
}"""


def test_half_an_answer_can_be_copied_when_the_kernel_is_gone(panel: PanelPage) -> None:
    panel.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.open(turns=[streaming()], status="answering")
    panel.grow("Half an", tail="<p>answer</p>")
    expect(panel.page.locator("[data-action=copy]")).to_be_hidden()
    panel.tell_of_kernel("statusChanged", "dead")
    panel.page.locator("[data-action=copy]").click()
    expect(panel.page.get_by_role("status")).to_have_text("Copied")
    copied = panel.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.split() == ["Half", "an", "answer"]
    expect(panel.button("Send")).to_be_visible()


def test_a_prompt_on_its_way_to_a_kernel_that_is_gone_comes_back(panel: PanelPage) -> None:
    panel.open()
    panel.box.fill("Hello")
    panel.box.press("Enter")
    panel.tell_of_kernel("statusChanged", "dead")
    expect(panel.log).to_contain_text("It was not sent.")
    panel.button("Take back").click()
    expect(panel.box).to_have_value("Hello")


@pytest.mark.parametrize("draft", ["", "Something else"])
def test_a_prompt_that_waits_comes_back_from_a_kernel_that_is_gone(
    panel: PanelPage, draft: str
) -> None:
    waiting = {"prompt_id": "w", "prompt": "And then?"}
    panel.open(turns=[streaming()], status="answering", waiting=waiting)
    panel.box.fill(draft)
    panel.page.evaluate("() => { window.model.isDead = true; }")
    panel.tell_of_kernel("statusChanged", "dead")
    panel.button("Take back").click()
    expect(panel.button("Take back")).to_be_hidden()
    if draft:
        expect(panel.box).to_have_value(draft)
        panel.button("Put it into the box").click()
    expect(panel.box).to_have_value("And then?")
    expect(panel.box).to_be_focused()


def test_roles_that_cannot_be_looked_up_are_said_and_asked_for_again(panel: PanelPage) -> None:
    panel.open()
    panel.menu("Role").click()
    expect(panel.page.get_by_text("Loading…")).to_be_visible()
    panel.tell("no_roles", what="no answer from x", hint="Is it running?")
    expect(panel.page.get_by_text("Loading…")).to_have_count(0)
    expect(alert(panel)).to_have_text("no answer from xIs it running?Retry")
    panel.button("Retry").press("Enter")
    expect(panel.page.get_by_text("Loading…")).to_be_visible()
    expect(panel.menu("Role")).to_be_focused()
    panel.head(roles=[{"id": "t", "name": "Teacher"}])
    expect(panel.button("Teacher")).to_be_visible()
    assert panel.sent() == [{"kind": "roles"}] * 2


@pytest.mark.usefixtures("own_pages")
def test_roles_of_which_nothing_is_heard_are_not_loading_for_ever(panel: PanelPage) -> None:
    panel.page.clock.install()
    panel.open()
    panel.menu("Role").click()
    expect(panel.page.get_by_text("Loading…")).to_be_visible()
    panel.page.clock.fast_forward(10_000)
    expect(alert(panel)).to_contain_text("The kernel has not answered yet")
    panel.page.keyboard.press("Escape")
    panel.menu("Role").click()
    expect(panel.page.get_by_text("Loading…")).to_be_visible()
    assert panel.sent() == [{"kind": "roles"}] * 2


def test_a_second_click_asks_nothing_twice(panel: PanelPage) -> None:
    panel.open(suggestions=["Who are you?"])
    panel.button("Who are you?").evaluate("button => { button.click(); button.click(); }")
    panel.button("Send").evaluate(DOUBLE, "Hello")
    asked = [message["prompt"] for message in panel.sent("ask")]
    assert asked == ["Who are you?", "Hello"]


DOUBLE = """(button, text) => {
    const box = document.querySelector('.smp-composer .smp-box');
    box.value = text;
    button.click();
    button.click();
}"""


@pytest.mark.parametrize("name", ["Answer again", "Continue", "Put the code into a new cell"])
def test_a_second_click_on_a_turn_is_one_prompt(panel: PanelPage, name: str) -> None:
    panel.open(turns=[turn_of("1", "Words.", can_continue=True, has_code=True)])
    panel.button(name).evaluate("button => { button.click(); button.click(); }")
    assert len(panel.sent()) == 1


@pytest.mark.usefixtures("own_pages")
def test_what_was_lost_does_not_leave_a_button_dead(panel: PanelPage) -> None:
    turns = [turn_of("1", "Words.", has_code=True)]
    panel.page.clock.install()
    panel.open(turns=turns)
    insert = panel.button("Put the code into a new cell")
    insert.click()
    panel.page.clock.run_for(5_000)
    readies = panel.readies
    insert.click()
    assert panel.readies == readies + 1
    panel.tell("snapshot", state=panel.state(turns=turns))
    first, second = panel.sent("insert_code")
    assert first == second
    panel.tell("cell", prompt_id=first["prompt_id"], code="1")
    insert.click()
    panel.tell("over", prompt_id=panel.sent("insert_code")[-1]["prompt_id"])
    insert.click()
    assert len({message["prompt_id"] for message in panel.sent("insert_code")}) == 3


def test_stop_is_sent_once_however_often_it_is_clicked(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.button("Stop").evaluate("button => { button.click(); button.click(); }")
    assert [message["kind"] for message in panel.sent()] == ["stop"]


SLEEP = """() => {
    const hide = state => {
        Object.defineProperty(document, 'visibilityState', {configurable: true, value: state});
        document.dispatchEvent(new Event('visibilitychange'));
    };
    const {requestAnimationFrame: draw} = window;
    const frames = [];
    window.requestAnimationFrame = frame => frames.push(frame);
    hide('hidden');
    window.wake = () => {
        window.requestAnimationFrame = draw;
        frames.forEach(frame => draw(frame));
        hide('visible');
    };
}"""
"""A hidden page draws no frame; what is told to it still comes."""

TELL = "messages => messages.forEach(each => window.model.tell('msg:custom', each))"


def block_of(seq: int, html: str) -> dict[str, object]:
    """Return the message that an answer has grown by a block."""
    told = {"kind": "grow", "seq": seq, "turn": "1", "html": html, "cuts": [len(html)]}
    return {**told, "keep": 0, "keep_end": 0}


@pytest.mark.usefixtures("own_pages")
def test_a_page_that_was_hidden_for_minutes_shows_all_that_came(panel: PanelPage) -> None:
    panel.page.clock.install()
    panel.open(turns=[streaming()], status="answering")
    panel.tell("wait", turn="1", seconds=1, connected=True)
    panel.page.evaluate(SLEEP)
    panel.page.clock.fast_forward(300_000)
    texts = [f"<p>Word {number}</p>" for number in range(3_000)]
    panel.page.evaluate(TELL, [block_of(seq, text) for seq, text in enumerate(texts, 2)])
    before = panel.readies
    panel.page.evaluate("() => window.wake()")
    expect(panel.page.locator(".smp-part > p")).to_have_count(3_000)
    assert panel.readies == before + 1
    assert panel.log.evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") < 2
    panel.seq = 3_001
    panel.head()
    expect(panel.page.get_by_role("status")).to_have_text("Finished")


def test_a_page_that_is_seen_again_with_nothing_on_its_way_asks_for_nothing(
    panel: PanelPage,
) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.page.wait_for_function("() => window.model.sent.length === 2")
    panel.page.evaluate(SLEEP)
    panel.page.evaluate("() => window.wake()")
    assert panel.readies == 2


def test_messages_lost_doubled_and_out_of_order_end_in_what_the_kernel_shows(
    panel: PanelPage,
) -> None:
    panel.open(turns=[streaming()], status="answering")
    told = [block_of(seq, f"<p>{seq}</p>") for seq in (1, 1, 2, 5, 4, 5, 2, 3)]
    panel.page.evaluate(TELL, told)
    expect(panel.page.locator(".smp-body p")).to_have_text(["1", "2", "3"])
    whole = streaming(blocks=[f"<p>{number}</p>" for number in range(1, 7)])
    state = {"seq": 6, "head": head_of(status="answering"), "turns": [whole]}
    panel.tell_as(6, "snapshot", state=state)
    panel.page.evaluate(TELL, told)
    expect(panel.page.locator(".smp-body p")).to_have_text([*"123456"])
    late = {"seq": 3, "head": head_of(), "turns": []}
    panel.tell_as(3, "snapshot", state=late)
    expect(panel.page.locator(".smp-body p")).to_have_count(6)


@pytest.mark.usefixtures("own_pages")
def test_all_there_is_is_asked_for_until_it_comes(panel: PanelPage) -> None:
    panel.page.clock.install()
    panel.open(turns=[streaming()], status="answering")
    panel.page.clock.run_for(2_000)
    assert panel.readies == 2
    panel.tell_as(9, "said", text="Lost before.")
    for count in (3, 4, 5):
        assert panel.readies >= count
        panel.page.clock.run_for(5_000)
    panel.tell_as(9, "snapshot", state={"seq": 9, "head": head_of(), "turns": []})
    settled = panel.readies
    panel.page.clock.run_for(60_000)
    assert panel.readies == settled
