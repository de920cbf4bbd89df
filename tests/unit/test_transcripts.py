"""What stays of a panel: its transcript, as it is published below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_client import begin
from panels import FakeHost, open_panel, said

from secondme_magics.conversation.messages import Reply
from secondme_magics.notebook.transcripts import LONGEST, Transcript

if TYPE_CHECKING:
    from secondme_magics.showing.origin import Metadata
    from secondme_magics.showing.rendering import Bundle


class RecordingPublisher:
    """Keeps what is published."""

    def __init__(self) -> None:
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
        self.bundles.append(data)
        self.metadata.append(metadata)

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


def test_a_long_transcript_is_plain_from_where_it_is_too_long_and_lacks_nothing() -> None:
    long = "A *word*.\n\n" * (LONGEST // 8) + "The end."
    html, publisher = transcript_of("A **first** one", long, "A **last** one")
    assert "A <strong>first</strong> one" in html
    assert html.count("<em>") == 0
    assert "The end." in html
    assert "A **last** one" in html
    assert len(html) < 2 * len(long)
    assert long in publisher.bundles[-1]["text/plain"]
    metadata = publisher.metadata[-1]
    assert metadata is not None
    assert long in str(metadata).replace("\\n", "\n")
