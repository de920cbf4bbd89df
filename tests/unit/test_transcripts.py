"""What stays of a panel: its transcript, as it is published below it."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from counting import Parsing
from fake_client import FakeClient, begin
from panels import PATIENCE, FakeHost, ask_and_wait, open_panel, said

from secondme_magics.conversation.messages import Delta, Reply
from secondme_magics.notebook.looking_back import LONGEST
from secondme_magics.notebook.transcripts import Transcript
from secondme_magics.panel.panel import Panel

if TYPE_CHECKING:
    from secondme_magics.showing.origin import Metadata
    from secondme_magics.showing.rendering import Bundle


class RecordingPublisher:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.shown = threading.Condition()
        self.bundles: list[Bundle] = []
        self.metadata: list[Metadata | None] = []

    def publish(
        self,
        data: Bundle,
        metadata: Metadata | None = None,
        *,
        transient: dict[str, str] | None = None,
        update: bool = False,
    ) -> None:
        with self.shown:
            self.bundles.append(data)
            self.metadata.append(metadata)
            self.shown.notify_all()

    @property
    def text(self) -> str:
        return self.bundles[-1]["text/plain"] if self.bundles else ""

    def clear_output(self, wait: bool = False) -> None:
        raise AssertionError(wait)


def transcript_of(*answers: str) -> tuple[str, RecordingPublisher]:
    """Return the HTML below a panel in which was answered so, and where it was published."""
    host = FakeHost()
    panel, _ = open_panel(host)
    talk = panel.conversation
    for answer in answers:
        talk.finish(begin(talk, "Tell me"), Reply(answer, state="complete"))
    publisher = RecordingPublisher()
    Transcript(publisher, panel, host.board).show(is_kept=True)
    return publisher.bundles[-1]["text/html"], publisher


def test_answers_are_shown_as_they_stood_in_the_panel() -> None:
    html, _ = transcript_of("Hello **world**", "And *on*")
    assert "Hello <strong>world</strong>" in html
    assert "And <em>on</em>" in html


def test_of_a_conversation_that_no_page_holds_the_end_is_shown_below_a_note() -> None:
    html, publisher = transcript_of("the first", *["word " * 80_000] * 5, "the last")
    assert len(html) < 2_000_000
    assert "What came before is too long" in html
    assert "the last" in html
    assert "the first" not in html
    assert "the first" in publisher.text


def test_a_page_that_was_loaded_anew_is_given_the_transcript_each_time() -> None:
    host = said("one")
    panel, page = open_panel(host)
    transcript = Transcript(RecordingPublisher(), panel, host.board)
    for name, kept in (("a", 0), ("a", 0), ("b", 1), ("b", 1), ("c", 2)):
        page.send("ready", page=name)
        transcript.show(is_kept=True)
        assert len(page.of_kind("kept")) == kept
    output = page.of_kind("kept")[-1]["output"]
    assert "one" in output["data"]["text/html"]
    assert output["metadata"]["secondme"]["transcript"][0]["turns"][0]["prompt"] == "one"


def test_each_panel_s_transcript_is_known_by_its_panel() -> None:
    host = said("one")
    marks: list[list[list[str]]] = []
    for talk in (host.talks["default"], host.new()):
        panel, _ = open_panel(host, talk)
        panel.comm.comm_id = f"panel-{len(marks)}"
        publisher = RecordingPublisher()
        transcript = Transcript(publisher, panel, host.board)
        transcript.show(is_kept=True)
        panel.close()
        talk.finish(begin(talk, "Elsewhere"), Reply("Yes", state="complete"))
        transcript.show(is_kept=True)
        htmls = [bundle["text/html"] for bundle in publisher.bundles]
        marks.append([re.findall(r'data-panel="(.*?)"', html) for html in htmls])
    assert marks == [[["panel-0"]] * 2, [["panel-1"]] * 2]


def test_a_long_transcript_is_plain_from_where_it_is_too_long_and_lacks_nothing() -> None:
    long = "A *word*.\n\n" * (LONGEST // 8) + "The end."
    html, publisher = transcript_of("A **first** one", long, "A **last** one")
    assert "A **first** one" in html
    assert html.count("<em>") == 0
    assert "The end." in html
    assert "A <strong>last</strong> one" in html
    assert len(html) < 2 * len(long)
    assert long in publisher.bundles[-1]["text/plain"]
    metadata = publisher.metadata[-1]
    assert metadata is not None
    assert long in str(metadata).replace("\\n", "\n")


@pytest.mark.growth
def test_of_a_long_transcript_only_what_is_no_plain_text_is_rendered() -> None:
    words = "word " * 100
    host = said(*["one"] * (4 * LONGEST // len(words)), reply=words)
    host.keeps_transcript = False
    panel = Panel(host, host.talks["default"])
    with Parsing() as parsing:
        Transcript(RecordingPublisher(), panel, host.board).show(is_kept=True)
    assert 0 < parsing.characters <= LONGEST + 2 * len(words)


def test_much_is_sent_once_the_panel_rests_and_at_once_where_that_is_wanted() -> None:
    host = said(*["one"] * 20, reply="many words " * 1_000)
    panel, _ = open_panel(host)
    talk = panel.conversation
    publisher = RecordingPublisher()
    transcript = Transcript(publisher, panel, host.board)
    transcript.show(is_kept=True)
    for prompt in ("first", "second", "third"):
        talk.finish(begin(talk, prompt), Reply("Yes", state="complete"))
        transcript.show_soon(is_kept=True)
    assert "third" not in publisher.text
    with publisher.shown:
        assert publisher.shown.wait_for(lambda: "third" in publisher.text, PATIENCE)
    assert len(publisher.bundles) == 2
    talk.finish(begin(talk, "fourth"), Reply("Yes", state="complete"))
    transcript.show_soon(is_kept=True)
    transcript.show(is_kept=True)
    assert "fourth" in publisher.text
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(PATIENCE)
    assert len(publisher.bundles) == 3


def test_many_quick_turns_send_their_transcript_a_few_times() -> None:
    host = FakeHost(FakeClient(Delta("word " * 400), Delta(finish_reason="stop")))
    panel, page = open_panel(host)
    publisher = RecordingPublisher()
    transcript = Transcript(publisher, panel, host.board)
    host.keep = lambda panel: transcript.show_soon(is_kept=True)  # type: ignore[method-assign] # noqa: ARG005 - as it is called
    for number in range(100):
        ask_and_wait(panel, page, prompt_id=str(number))
    transcript.show(is_kept=True)
    size = sum(len(text) for bundle in publisher.bundles for text in bundle.values())
    assert size <= 20 * len("word " * 400) * 100
