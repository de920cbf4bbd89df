from __future__ import annotations

import pytest

from secondme_magics.conversation.messages import Reply, Usage
from secondme_magics.conversation.turns import Turn
from secondme_magics.markdown.code import CSS
from secondme_magics.notebook.display import TerminalView
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import footer_of, render_whole

DEMO = Origin("demo", "default")

FOOTERS = {
    "an answer": (
        Reply("Hi", first=0.42, elapsed=1.25),
        DEMO,
        "demo · 0.4 s to the first word, 1.2 s in all",
    ),
    "no word": (Reply(elapsed=3), DEMO, "demo · 3.0 s"),
    "an end like any other": (Reply(finish_reason="stop"), DEMO, "demo · 0.0 s"),
    "another end": (Reply(finish_reason="length"), DEMO, "demo · 0.0 s · length"),
    "tokens": (Reply(usage=Usage(1_200, 34, 1_234)), DEMO, "demo · 0.0 s · 1,200 + 34 tokens"),
    "tokens in all": (Reply(usage=Usage(None, 34, 99)), DEMO, "demo · 0.0 s · 99 tokens"),
    "tokens of the answer": (Reply(usage=Usage(None, 34)), DEMO, "demo · 0.0 s · 34 tokens"),
    "no tokens": (Reply(usage=Usage()), DEMO, "demo · 0.0 s"),
    "a role": (Reply(), Origin("demo", "x", role="poet"), "demo · role poet · 0.0 s"),
    "a turn": (Reply(), Origin("demo", "x", sent=1), "demo · 0.0 s · 1 earlier turn sent"),
    "turns": (Reply(), Origin("demo", "x", sent=2), "demo · 0.0 s · 2 earlier turns sent"),
    "what was put in": (
        Reply(),
        Origin("demo", "x", inserted=("cell [3]", "{df}")),
        "demo · 0.0 s · put in: cell [3], {df}",
    ),
}


@pytest.mark.parametrize(("reply", "origin", "line"), FOOTERS.values(), ids=FOOTERS)
def test_one_line_tells_how_an_answer_came_about(reply: Reply, origin: Origin, line: str) -> None:
    assert footer_of(reply, origin) == line


def test_what_a_server_says_stays_one_short_line_of_text() -> None:
    reply = Reply("Hi", finish_reason="<b>\n\u202e" + "x" * 5_000)
    footer = render_whole("", reply, DEMO).partition('<div class="secondme-footer" dir="auto">')[2]
    assert footer.startswith("demo · 0.0 s · &lt;b&gt; xxx")
    assert "\n" not in footer
    assert footer.endswith("x…</div></div>")
    assert len(footer) < 300


def test_the_footer_is_not_selected_with_the_answer() -> None:
    assert "user-select: none" in CSS.partition(".secondme-footer")[2].partition("}")[0]


def test_a_terminal_has_the_line_in_brackets_and_a_pipe_has_only_the_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    turn = Turn(1, "Hi", Reply("Hello", state="complete", elapsed=2))
    TerminalView(DEMO, live=True).finish(turn)
    assert capsys.readouterr().out.endswith("\n[demo · 2.0 s]\n")
    TerminalView(DEMO, live=False).finish(turn)
    assert capsys.readouterr().out == "Hello\n"
