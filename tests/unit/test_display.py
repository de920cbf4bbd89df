"""Views with a publisher that applies what it is told as a front end does, and counts it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from outputs import FrontEnd

from secondme_magics.conversation.messages import Reply, State, Usage
from secondme_magics.conversation.turns import Turn
from secondme_magics.markdown.code import STYLE
from secondme_magics.notebook.display import (
    SEGMENTS,
    CellView,
    InlineView,
    QuietView,
    TerminalView,
)
from secondme_magics.showing.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from secondme_magics.showing.rendering import Bundle

ORIGIN = Origin("demo", "default")


def turn(text: str, state: State = "complete", **more: object) -> Turn:
    return Turn(1, "Hi", Reply(text, state=state, elapsed=1.25, **more))  # type: ignore[arg-type]


def pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def prose(length: int) -> str:
    block = "Some **words** in a paragraph, which goes on for a while.\n\n- an item\n- another\n\n"
    return (block * (length // len(block) + 1))[:length]


def test_a_short_answer_grows_and_ends_as_one_output() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    view.wait(2.4, connected=False)
    assert "connecting · 2 s" in front_end.html
    view.wait(3.4, connected=True)
    assert "connected, waiting · 3 s" in front_end.html
    view.update("Hello ", "")
    assert "Hello" in front_end.html
    assert "waiting" not in front_end.html
    view.update("**world**", "")
    view.finish(turn("Hello **world**", finish_reason="stop", usage=Usage(1, 2, 3)))
    (output,) = front_end.outputs.values()
    assert "Hello <strong>world</strong>" in output["text/html"]
    assert output["text/plain"] == "Hello **world**"
    assert front_end.metadata == {
        "secondme": {
            "instance": "demo",
            "conversation": "default",
            "turn": 1,
            "state": "complete",
            "finish_reason": "stop",
            "elapsed": 1.25,
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
            "prompt": "Hi",
            "revision": 0,
        }
    }


def test_a_pause_in_the_middle_is_told_and_goes_with_the_next_words() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    view.update("Hello", "")
    view.wait(5, connected=True)
    assert "Hello" in front_end.html
    assert "waiting · 5 s" in front_end.html
    view.update(" you", "")
    assert "waiting" not in front_end.html


def test_a_thought_is_glimpsed_while_it_goes_on_and_folded_at_the_end() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    view.update("", "x" * 5_000 + " and so")
    assert "and so" in front_end.html
    assert len(front_end.html) < len(STYLE) + 700
    view.update("Yes", "")
    assert "and so" in front_end.html
    assert "<details" in front_end.html
    view.finish(turn("Yes", reasoning="x" * 5_000 + " and so"))
    assert front_end.html.count("<details") == 1


def stream(view: CellView | InlineView, text: str, characters: int = 40) -> None:
    for piece in pieces(text, characters):
        view.update(piece, "")
    view.finish(turn(text))


UPDATE = 100
"""Characters of an update, many deltas at once, so that a long answer takes a short time."""


@cache
def streamed(length: int) -> FrontEnd:
    front_end = FrontEnd()
    stream(CellView(front_end, ORIGIN), prose(length), UPDATE)
    return front_end


@pytest.mark.growth
@pytest.mark.parametrize("length", [2_000, 20_000, 200_000])
def test_bytes_and_messages_grow_with_the_answer_and_no_faster(length: int) -> None:
    front_end = streamed(length)
    updates = -(-length // UPDATE) + 1  # and the whole
    assert front_end.messages <= 1.25 * updates + 5
    assert front_end.bytes <= (len(STYLE) + 1_800) * updates + 3 * length
    assert front_end.most_outputs <= SEGMENTS + 2
    assert len(front_end.outputs) == 1


@pytest.mark.growth
def test_ten_times_the_answer_costs_at_most_twelve_times_the_bytes() -> None:
    assert streamed(200_000).bytes <= 12 * streamed(20_000).bytes


@pytest.mark.growth
def test_finished_outputs_are_never_touched_again() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    seen: dict[str, Bundle] = {}
    for piece in pieces(prose(30_000), 40):
        view.update(piece, "")
        *finished, _ = front_end.outputs.items()
        for name, data in seen.items():
            assert front_end.outputs[name] is data
        seen = dict(finished)
    assert len(seen) > 3


@pytest.mark.growth
@pytest.mark.parametrize(
    "text",
    [
        prose(40_000),
        "```python\n" + "x = 1  # a line\n" * 1_000,
        "- item of a list\n" * 1_000,
        "| a | b |\n| - | - |\n" + "| 1 | 2 |\n" * 1_000,
        "word " * 8_000,
        "x" * 40_000,
    ],
    ids=["prose", "code", "a list", "a table", "a paragraph", "a word"],
)
def test_an_update_costs_no_more_late_than_early(text: str) -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    costs: list[int] = []
    for piece in pieces(text, UPDATE):
        before = front_end.bytes
        view.update(piece, "")
        costs.append(front_end.bytes - before)
    tenth = len(costs) // 10
    assert sum(costs[-tenth:]) <= 2.5 * sum(costs[tenth : 3 * tenth]) / 2 + 80_000
    assert sorted(costs)[int(0.99 * len(costs))] < 40_000


@pytest.mark.growth
def test_among_other_output_all_updates_together_are_a_few_times_the_answer() -> None:
    front_end = FrontEnd()
    text = prose(100_000)
    stream(InlineView(front_end, ORIGIN), text)
    (output,) = front_end.outputs.values()
    assert output["text/plain"] == text
    assert front_end.bytes < 9 * len(output["text/html"]) + 600_000


NOTES = {
    "interrupted": (turn("Half", "interrupted"), "Interrupted after 1.2 s."),
    "failed": (turn("Half", "failed"), "The answer broke off here"),
    "no text": (turn(""), "The server sent no text."),
    "length": (turn("Half", finish_reason="length"), "--max-tokens"),
    "filtered": (turn("Half", finish_reason="content_filter"), "content filter"),
    "another end": (turn("Half", finish_reason="<b>"), "'&lt;b&gt;'"),
}


@pytest.mark.parametrize(("ended", "note"), NOTES.values(), ids=NOTES)
def test_what_is_to_be_known_of_an_answer_stands_below_it(ended: Turn, note: str) -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    view.update(ended.reply.text, "")
    view.finish(ended)
    assert note in front_end.html


def test_a_failure_before_the_first_word_leaves_no_output_of_ours() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    view.finish(turn("", "failed"))
    assert front_end.outputs == {}
    assert front_end.messages == 0


def test_a_terminal_prints_the_words_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    view = TerminalView(ORIGIN, live=True)
    view.wait(2, connected=True)
    view.update("", "hm")
    view.update("Hello \x1b[31m", "")
    view.update("world", "")
    view.finish(turn("Hello \x1b[31mworld", "interrupted"))
    printed = capsys.readouterr().out
    assert "connected, waiting · 2 s" in printed
    assert "thinking" in printed
    assert "hm" not in printed
    assert printed.endswith("Hello ␛[31mworld\n[Interrupted after 1.2 s.]\n[demo · 1.2 s]\n")


def test_a_terminal_prints_what_came_with_the_stop(capsys: pytest.CaptureFixture[str]) -> None:
    view = TerminalView(ORIGIN, live=True)
    view.update("one\r", "")
    view.finish(turn("one\r\ntwo <", "interrupted"))
    assert capsys.readouterr().out.endswith(
        "one\ntwo <\n[Interrupted after 1.2 s.]\n[demo · 1.2 s]\n"
    )


@pytest.mark.parametrize(("live", "printed"), [(True, "\r\x1b[K"), (False, "")])
def test_a_terminal_leaves_it_to_the_error_where_no_word_came(
    capsys: pytest.CaptureFixture[str], *, live: bool, printed: str
) -> None:
    TerminalView(ORIGIN, live=live).finish(turn("", "failed"))
    assert capsys.readouterr().out == printed


def test_an_answer_that_is_not_streamed_ends_as_a_new_output() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, Origin("demo", "default", is_streamed=False))
    view.wait(1, connected=True)
    (waiting,) = front_end.outputs
    view.update("Hello", "")
    view.finish(turn("Hello"))
    assert waiting not in front_end.outputs
    assert len(front_end.outputs) == 1


@pytest.mark.parametrize(
    ("origin", "printed"),
    [
        (ORIGIN, "Here: `x`\n```json\n[1]\n```\n"),
        (Origin("demo", "default", "json"), "[\n  1\n]\n"),
        (Origin("demo", "default", "code"), "[1]\n\n"),
    ],
    ids=["markdown", "json", "code"],
)
def test_a_pipe_gets_the_answer_once(
    capsys: pytest.CaptureFixture[str], origin: Origin, printed: str
) -> None:
    view = TerminalView(origin, live=False)
    view.wait(2, connected=False)
    view.update("Here: `x`", "hm")
    view.finish(turn("Here: `x`\n```json\n[1]\n```"))
    assert capsys.readouterr().out == printed


def test_a_quiet_view_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    view = QuietView()
    view.wait(1, connected=True)
    view.update("Hello", "")
    view.finish(turn("Hello"))
    assert capsys.readouterr().out == ""
