"""What a growing answer costs on the way to its page, counted by frames and bytes, not by time."""

from __future__ import annotations

import pytest
from fake_client import begin
from hypothesis import given
from hypothesis import strategies as st
from panels import FakeHost, Page, RecordingComm, followed, open_panel

from secondme_magics.conversation.messages import Reply
from secondme_magics.panel.growth import Growth, difference
from secondme_magics.panel.worker import ENOUGH

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
    "one long block of code": CODE,
}

HEADERS = 4_000
"""Bytes of what is said of the panel and the turn besides."""

ENVELOPE = 630
"""Bytes of a message of Jupyter's before it says anything."""

FRAME = 40
"""Characters of a frame: 200 deltas of 4 characters a second, shown 20 times a second."""


def grow(text: str, size: int = FRAME) -> tuple[Page, int]:
    """Show `text` frame by frame, and return the page and how many frames there were."""
    host = FakeHost()
    panel, page = open_panel(host)
    talk = panel.conversation
    running = host.board.start(talk)
    turn = begin(talk, "Tell me")
    running.begin(turn)
    frames = [text[start : start + size] for start in range(0, len(text), size)]
    for frame in frames:
        running.update(frame, "")
    running.finish(talk.finish(turn, Reply(text, state="complete")))
    host.board.end(running)
    return page, len(frames)


def filled(unit: str, size: int) -> str:
    head = "```python\n" if unit is CODE else ""
    return (head + unit * (size // len(unit) + 1))[:size]


@pytest.mark.parametrize(
    ("size", "unit"),
    [
        *(pytest.param(20_000, unit, id=f"20 kB, {name}") for name, unit in ANSWERS.items()),
        pytest.param(2_000, SECTION, id="2 kB"),
        pytest.param(200_000, SECTION, id="200 kB"),
    ],
)
def test_an_answer_costs_a_message_a_frame_and_bytes_in_proportion(size: int, unit: str) -> None:
    text = filled(unit, size)
    page, frames = grow(text, FRAME if size < 200_000 else 2 * FRAME)
    beside = 5  # the turn begins and ends, its last words, and the header each time
    assert len(page.comm.sent) <= frames + beside
    assert page.comm.size <= 10 * len(text.encode()) + HEADERS
    assert page.agrees


@pytest.mark.parametrize("unit", [SECTION, ANSWERS["one long paragraph"]], ids=["mixed", "words"])
def test_with_the_envelopes_a_slow_answer_costs_little_more(unit: str) -> None:
    text = filled(unit, 20_000)
    page, _ = grow(text, ENOUGH)
    all_bytes = page.comm.size + ENVELOPE * len(page.comm.sent)
    assert all_bytes <= 14 * len(text.encode()) + HEADERS


def test_what_has_grown_is_what_stands_in_the_end() -> None:
    page, _ = grow(filled(SECTION, 20_000))
    count = sum(len(message["cuts"]) for message in page.of_kind("grow"))
    assert page.of_kind("turns")[-1]["turns"][0]["blocks"] is page.turns[0]["blocks"]
    assert len(page.turns[0]["blocks"]) == count


def test_a_frame_in_which_nothing_can_be_seen_is_not_sent() -> None:
    growth = Growth()
    assert growth.feed("Hello", "") is not None
    assert growth.feed("", "") is None


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


def test_a_comm_counts_bytes_and_not_characters() -> None:
    comm = RecordingComm()
    comm.send({"method": "update", "é": ""})
    assert comm.size == len(b'{"method": "update", "\xc3\xa9": ""}')
