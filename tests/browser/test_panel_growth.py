"""The panel's page alone: answers that grow, and messages that are lost, doubled or senseless."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_page import head_of, streaming, turn_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from panel_page import PanelPage

LONG = [turn_of(str(number), f"Answer {number}.\n\n" * 12) for number in range(1, 6)]


def test_finished_blocks_are_never_touched_again(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.grow("First.", tail="<p>Sec</p>")
    panel.page.evaluate(
        """() => {
            window.first = document.querySelector('.smp-body p');
            window.changes = 0;
            new MutationObserver(() => { window.changes += 1; })
                .observe(window.first, {attributes: true, childList: true, subtree: true});
        }"""
    )
    panel.grow("Second.", tail="<p>Th</p>")
    panel.grow(tail="ird</p>", kept=len("<p>Th"))
    expect(panel.page.locator(".smp-tail")).to_have_text("Third")
    done = turn_of("1", blocks=["<p>First.</p>\n", "<p>Second.</p>\n", "<p>Third</p>\n"])
    panel.tell("turns", **{"from": 0, "turns": [done]})
    panel.tell("snapshot", state=panel.state(turns=[done]))
    expect(panel.page.locator(".smp-body")).to_have_text("First.\nSecond.\nThird\n")
    assert panel.page.evaluate("() => [window.first.isConnected, window.changes]") == [True, 0]


def test_words_that_come_touch_no_other_turn_however_many_there_are(panel: PanelPage) -> None:
    turns = [turn_of(str(number), "Answer.") for number in range(1, 61)]
    panel.open(turns=[*turns, streaming("99")], status="answering")
    panel.page.evaluate(
        """() => {
            window.touched = 0;
            const list = document.querySelector('.smp-list');
            const isGrowing = node => list.lastElementChild.contains(node);
            const count = records => {
                window.touched += records.filter(each => !isGrowing(each.target)).length;
            };
            window.watching = new MutationObserver(count);
            window.watching.observe(list, {
                attributes: true, childList: true, characterData: true, subtree: true,
            });
        }"""
    )
    for count in range(5):
        panel.grow(f"Words {count}.", tail="<p>and</p>", key="99")
    expect(panel.page.locator(".smp-body p", has_text="Words")).to_have_count(5)
    assert panel.page.evaluate("() => window.touched") == 0
    edit = panel.button("Edit").first
    expect(edit).to_be_disabled()
    panel.head(status="idle")
    expect(edit).to_be_enabled()


def test_what_comes_all_at_once_is_drawn_frame_by_frame(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.page.evaluate(
        """() => {
            window.most = 0;
            new MutationObserver(records => {
                const added = records.flatMap(record => [...record.addedNodes]);
                const count = added.filter(node => node.matches?.('p, .smp-part')).length;
                window.most = Math.max(window.most, count);
            }).observe(document.querySelector('.smp-body'), {childList: true, subtree: true});
        }"""
    )
    texts = [f"Paragraph {number} of an answer" for number in range(5_000)]
    panel.grow(*texts, tail="<p>End</p>")
    expect(panel.page.locator(".smp-tail")).to_have_text("End")
    assert panel.page.locator(".smp-part > p").all_text_contents() == texts
    assert 0 < panel.page.evaluate("() => window.most") < 2_000


def test_a_selection_and_an_opened_thought_survive_what_comes(panel: PanelPage) -> None:
    thought = {"html": "<p>Hm.</p>", "seconds": 1, "open": True}
    panel.open(turns=[streaming(thought=thought)], status="answering")
    panel.grow("Select me.")
    panel.page.locator("summary").click()
    panel.page.evaluate(
        "() => getSelection().selectAllChildren(document.querySelector('.smp-body p'))"
    )
    for count in range(5):
        panel.grow(f"More {count}.", tail="<p>and</p>")
    assert panel.page.evaluate("() => String(getSelection())") == "Select me."
    expect(panel.page.get_by_text("Hm.")).to_be_visible()


def test_the_reader_is_followed_until_they_scroll_up(panel: PanelPage) -> None:
    panel.open(turns=[*LONG, streaming("9")], status="answering")
    panel.grow("Word.\n\n" * 20, key="9")
    assert panel.log.evaluate(FROM_END) < 2
    panel.log.hover()
    panel.page.mouse.wheel(0, -400)
    panel.page.wait_for_function("() => !document.querySelector('.smp-below').hidden")
    top = panel.log.evaluate("log => log.scrollTop")
    panel.grow("Word.\n\n" * 20, key="9")
    assert panel.log.evaluate("log => log.scrollTop") == top
    panel.button("New words below").click()
    assert panel.log.evaluate(FROM_END) < 2
    panel.grow("Word.\n\n" * 20, key="9")
    assert panel.log.evaluate(FROM_END) < 2


FROM_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight"


def test_an_unseen_panel_comes_back_to_the_reader_s_place(panel: PanelPage) -> None:
    panel.open(turns=LONG)
    panel.page.evaluate("() => { document.querySelector('main').style.display = 'none'; }")
    panel.tell("turns", **{"from": 5, "turns": [turn_of("6", "Word.\n\n" * 30)]})
    panel.page.evaluate("() => { document.querySelector('main').style.display = ''; }")
    panel.page.wait_for_function(f"() => ({FROM_END})(document.querySelector('.smp-log')) < 2")


def test_a_waiting_answer_shows_that_the_line_lives(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    expect(panel.page.locator(".smp-waiting")).to_be_visible()
    panel.tell("wait", turn="1", seconds=4, connected=True)
    expect(panel.page.locator(".smp-waiting")).to_contain_text("Connected, waiting · 4 s")
    expect(panel.page.locator(".smp-waiting")).to_contain_text("Connected, waiting · 5 s")
    panel.grow("There.")
    expect(panel.page.locator(".smp-waiting")).to_be_hidden()


def test_a_version_that_got_no_answer_is_not_said_to_be_finished(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "One."), turn_of("2", "Two.")])
    panel.head(status="answering")
    panel.tell("turns", **{"from": 0, "turns": [streaming("3", version=[2, 2])]})
    said = panel.page.get_by_role("status")
    expect(said).to_have_text("Replying")
    panel.tell("refused", prompt_id="p", what="no answer", hint="It stands again.")
    again = [turn_of("1", "One.", version=[1, 2]), turn_of("2", "Two.")]
    panel.tell("turns", **{"from": 0, "turns": again})
    panel.head()
    expect(panel.page.get_by_role("alert").filter(has_text="no answer")).to_be_visible()
    expect(said).to_have_text("")
    expect(panel.page.locator(".smp-body")).to_have_text(["One.", "Two."])


def test_the_end_of_an_answer_is_said_also_if_it_was_too_quick_to_be_seen(
    panel: PanelPage,
) -> None:
    panel.open()
    said = panel.page.get_by_role("status")
    expect(said).to_have_text("")
    panel.head(status="answering")
    expect(said).to_have_text("Replying")
    panel.tell("turns", **{"from": 0, "turns": [turn_of("1", state="interrupted")]})
    panel.head()
    expect(said).to_have_text("Stopped")
    panel.page.evaluate(
        """head => {
            const tell = message => window.model.tell('msg:custom', message);
            tell({kind: 'head', seq: 4, head: {...head, status: 'answering'}});
            tell({kind: 'turns', seq: 5, from: 0, turns: []});
            tell({kind: 'head', seq: 6, head});
        }""",
        head_of(),
    )
    expect(said).to_have_text("Finished")


def test_math_is_typeset_once_it_is_finished(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.grow("Square \\(x^2\\).", tail="<p>and</p>")
    assert panel.page.evaluate("() => window.model.typeset") == ["Square \\(x^2\\)."]


def test_a_gap_makes_the_page_ask_for_all_there_is(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.page.wait_for_function("() => window.model.sent.length === 2")
    panel.page.evaluate("() => { window.model.sent.length = 0; }")
    panel.tell_as(7, "grow", turn="1", keep=0, html="<p>Seventh</p>", keep_end=0, cuts=[14])
    panel.page.wait_for_function("() => window.model.sent.length === 1")
    expect(panel.log).not_to_contain_text("Seventh")
    panel.seq = 7
    panel.tell("snapshot", state=panel.state(turns=[streaming(blocks=["<p>All seven</p>"])]))
    expect(panel.log).to_contain_text("All seven")
    panel.grow("Ninth")
    expect(panel.log).to_contain_text("Ninth")


def test_a_message_that_comes_twice_counts_once(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.grow("Once.")
    panel.tell_as(1, "grow", turn="1", keep=0, html="<p>Once.</p>", keep_end=0, cuts=[12])
    expect(panel.page.locator(".smp-body p")).to_have_count(1)


@pytest.mark.parametrize("message", [None, {}, {"kind": "toString", "seq": 1}, {"kind": "other"}])
def test_a_message_that_makes_no_sense_is_passed_over(panel: PanelPage, message: object) -> None:
    panel.open()
    panel.page.evaluate("message => window.model.tell('msg:custom', message)", message)
    panel.tell("head", head=head_of(instance={"name": "Bo", "origin": "", "is_demo": False}))
    expect(panel.page.locator(".smp-name")).to_have_text("Bo")


def test_a_kernel_that_is_gone_is_said_and_the_draft_stays(panel: PanelPage) -> None:
    panel.open(turns=[turn_of("1", "Words.")])
    panel.page.evaluate("() => { window.model.isDead = true; }")
    panel.box.fill("Are you there?")
    panel.box.press("Enter")
    expect(panel.page.get_by_role("alert")).to_contain_text("kernel of this panel is gone")
    expect(panel.box).to_have_value("Are you there?")
    expect(panel.log).to_contain_text("Words.")


def test_a_comm_that_dies_is_noticed_before_anything_is_sent(panel: PanelPage) -> None:
    panel.open()
    panel.page.wait_for_function("() => window.model.sent.length === 2")
    panel.page.evaluate(
        "() => { window.model.isDead = true; window.model.tell('comm_live_update'); }"
    )
    expect(panel.page.get_by_role("alert")).to_contain_text("kernel of this panel is gone")


def test_an_answer_whose_kernel_is_gone_is_waited_for_no_more(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    expect(panel.page.locator(".smp-waiting")).to_be_visible()
    panel.page.evaluate("() => { window.model.isDead = true; }")
    panel.button("Stop").click()
    expect(panel.page.get_by_role("alert")).to_contain_text("kernel of this panel is gone")
    expect(panel.page.locator(".smp-waiting")).to_be_hidden()
    expect(panel.button("Send")).to_be_visible()
    expect(panel.log).to_have_attribute("aria-busy", "false")


def test_the_page_is_ready_at_once_and_again_later(panel: PanelPage) -> None:
    panel.open()
    assert panel.readies == 1
    panel.page.wait_for_function("() => window.model.sent.length === 2")
    assert panel.readies == 2


def test_two_views_of_one_panel_agree(panel: PanelPage) -> None:
    panel.open(turns=[streaming()], status="answering")
    panel.add_view()
    panel.grow("First.", tail="<p>Sec</p>")
    panel.add_view()
    panel.grow("Second.", tail="<p>Th</p>", kept=0)
    texts = panel.page.locator(".smp-body").all_inner_texts()
    assert len(texts) == 3
    assert len(set(texts)) == 1
    expect(panel.page.get_by_role("button", name="Stop")).to_have_count(3)
