"""What a growing answer costs on the way to its page, counted by frames and bytes, not by time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_client import begin
from hypothesis import given
from hypothesis import strategies as st
from panels import FakeHost, Page, RecordingComm, followed, open_panel

from secondme_magics.conversation.messages import Reply
from secondme_magics.panel.growth import Growth, difference, differences
from secondme_magics.showing.streaming import FRAME, MOST_FRAMES, is_enough

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.panel.running import RunningAnswer

SECTION = """\
## A heading

A paragraph of some words with **strong** and `code` and a [link](https://example.org/), which goes
on for a while, as paragraphs of an answer do, and then comes to an end.

- one thing, and
- another thing that takes some more words to say

| name | value |
| --- | --- |
| a | 1 |
| b | 2 |

```python
def area(radius: float) -> float:
    return 3.14159 * radius ** 2
```

几句中文还有一个表情 🙂 也要逐字出现。

"""

CODE = '''\
def area(radius: float) -> float:
    """Return the area of a circle, in the unit of its radius, squared."""
    # the sixth digit is more than anybody measures
    return 3.14159 * radius ** 2


'''

ANSWERS = {
    "mixed": SECTION,
    "one long paragraph": "words and words and words that never come to an end ",
    "one long list": "- an item of some words\n",
    "one long table": "| Alba | 4 | a boat of the harbour |\n",
    "one long block of code": CODE,
}

OPENINGS = {
    "one long table": "| boat | crew | what |\n| --- | --- | --- |\n",
    "one long block of code": "```python\n",
}

ENVELOPE = 630
"""Bytes of a message of Jupyter's before it says anything."""

DELTA, FLOW = 4, 40
"""Characters of a delta, and of a frame: 200 deltas a second, 20 frames a second."""

BESIDE = 6
"""Messages besides those of the growth: the turn begins and ends, and the header each time."""


def grow(text: str, thought: str = "") -> tuple[Page, int]:
    """Show an answer as it comes; return the page, and how many frames long that took."""
    host = FakeHost()
    panel, page = open_panel(host)
    talk = panel.conversation
    running = host.board.start(talk)
    turn = begin(talk, "Tell me")
    running.begin(turn)
    frames = flow(thought, running, lambda piece: running.update("", piece))
    frames += flow(text, running, lambda piece: running.update(piece, ""))
    reply = Reply(text, state="complete", reasoning=thought)
    running.finish(talk.finish(turn, reply))
    host.board.end(running)
    return page, frames


def flow(text: str, running: RunningAnswer, show: Callable[[str], None]) -> int:
    """Show `text` in the rhythm of `stream_answer`, and return how many frames that takes."""
    shown, frames = DELTA, 0
    show(text[:shown])
    while shown < len(text):
        waiting: list[int] = []
        while not waiting or not is_enough(waiting, running.enough()):
            frames += 1
            waiting.append(FLOW * (len(waiting) + 1))
        show(text[shown : shown + waiting[-1]])
        shown += waiting[-1]
    return frames


def filled(name: str, size: int) -> str:
    unit = ANSWERS[name]
    return (OPENINGS.get(name, "") + unit * (size // len(unit) + 1))[:size]


def all_bytes(page: Page) -> int:
    return page.comm.size + ENVELOPE * len(page.comm.sent)


@pytest.mark.growth
@pytest.mark.parametrize(
    ("name", "size", "most"),
    [
        *(pytest.param(name, 2_000, 12, id=f"2 kB, {name}") for name in ANSWERS),
        *(pytest.param(name, 20_000, 10, id=f"20 kB, {name}") for name in ANSWERS),
        pytest.param("mixed", 200_000, 10, id="200 kB"),
        pytest.param("one long block of code", 200_000, 10, id="200 kB of code"),
    ],
)
def test_an_answer_costs_ten_times_its_bytes_at_most_with_all_envelopes(
    name: str, size: int, most: int
) -> None:
    text = filled(name, size)
    page, frames = grow(text)
    assert all_bytes(page) <= most * len(text.encode())
    assert len(page.comm.sent) <= 25 * FRAME * frames + BESIDE
    assert page.agrees


def test_a_thought_costs_no_more_than_an_answer() -> None:
    thought, text = filled("one long paragraph", 10_000), filled("mixed", 10_000)
    page, _ = grow(text, thought)
    assert all_bytes(page) <= 10 * len((thought + text).encode())


def test_no_more_of_an_answer_comes_at_once_than_is_worth_a_message() -> None:
    page, frames = grow(filled("one long block of code", 20_000))
    assert len(page.of_kind("grow")) >= frames / MOST_FRAMES


def test_a_conversation_that_no_panel_shows_needs_no_rest() -> None:
    host = FakeHost()
    running = host.board.start(host.talks["default"])
    assert running.enough() == 0
    open_panel(host)
    assert running.enough() > 0


def test_what_has_grown_is_what_stands_in_the_end() -> None:
    page, _ = grow(filled("mixed", 20_000))
    count = sum(len(message["cuts"]) for message in page.of_kind("grow"))
    assert page.of_kind("turns")[-1]["turns"][0]["blocks"] is page.turns[0]["blocks"]
    assert len(page.turns[0]["blocks"]) == count


def test_a_frame_in_which_nothing_can_be_seen_is_not_sent() -> None:
    growth = Growth()
    assert growth.feed("Hello", "")
    assert not growth.feed("", "")


def test_an_answer_without_a_word_ends_without_a_block() -> None:
    growth = Growth()
    growth.end(Reply(state="failed"))
    assert (growth.blocks, growth.tail, growth.thought()) == ([], "", None)


def test_the_end_of_an_answer_brings_what_was_not_shown_of_it() -> None:
    growth = Growth()
    growth.feed("One ", "Hm")
    growth.end(Reply("One two", "Hmm", "complete"))
    thought = growth.thought()
    assert thought is not None
    assert "".join(growth.blocks) == "<p>One two</p>\n"
    assert "Hmm" in str(thought["html"])


words = st.text(st.characters(codec="utf-8"))


@given(words, words, words)
def test_a_difference_leads_from_what_was_to_what_is(start: str, one: str, other: str) -> None:
    before, after = start + one, start + other
    change = difference(before, after)
    assert followed(before, change) == after
    assert len(str(change["html"])) <= len(other)


@given(words, st.integers(1, 2_000), st.text(max_size=100), st.text(max_size=100))
def test_differences_lead_from_what_was_to_what_is(
    unit: str, times: int, put_in: str, added: str
) -> None:
    shown = unit * times
    after = f"<p{put_in}>{shown}{added}"
    before = f"<p>{shown}"
    for change in differences(before, after):
        before = followed(before, change)
    assert before == after


def test_a_long_text_that_is_changed_at_two_places_is_not_told_again() -> None:
    words = " ".join(map(str, range(1_000)))
    before, after = f"<p>{words}</p>", f"<p class=cut>{words}</p><p>and on</p>"
    changes = differences(before, after)
    assert sum(len(str(change["html"])) for change in changes) < 50
    for change in changes:
        before = followed(before, change)
    assert before == after


def test_a_comm_counts_bytes_and_not_characters() -> None:
    comm = RecordingComm()
    comm.send({"method": "update", "é": ""})
    assert comm.size == len(b'{"method": "update", "\xc3\xa9": ""}')
