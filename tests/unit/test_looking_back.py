from __future__ import annotations

import pytest
from allowed_html import text_of
from fake_client import FakeClient, begin

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Delta, Reply, State
from secondme_magics.conversation.turns import Position, Turn
from secondme_magics.errors import ConnectionFailed
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.looking_back import LONGEST, render_plain_talk, render_talk
from secondme_magics.notebook.state import NotebookState
from secondme_magics.showing.pasted import join


def talk_of(*answers: str, state: State = "complete", system: str | None = None) -> Conversation:
    turns = [Turn(n, "Why?", Reply(text, state=state)) for n, text in enumerate(answers, start=1)]
    return Conversation("talk", system, turns)


def words_of(talk: Conversation, speakers: dict[int, str] | None = None) -> str:
    return text_of(render_talk(talk, speakers or {}).rpartition("</style>")[2])


def test_text_says_where_a_prompt_ends_and_who_answered() -> None:
    talk = talk_of("**Yes**", "", system="Brief")
    assert render_plain_talk(talk, {1: "ada"}) == (
        "System message:\nBrief\n\n"
        "[1] You:\nWhy?\n\nada:\n**Yes**\n[0.0 s]\n\n"
        "[2] You:\nWhy?\n\nAnswer:\n[The server sent no text.]\n[0.0 s]"
    )


ENDINGS: dict[State, str] = {
    "streaming": "This is still being answered.",
    "interrupted": "Interrupted after 0.0 s.",
    "failed": "The answer broke off here. Later prompts leave it out.",
}


@pytest.mark.parametrize(("state", "line"), ENDINGS.items(), ids=ENDINGS)
def test_a_turn_without_a_whole_answer_says_so(state: State, line: str) -> None:
    talk = talk_of("Half", state=state)
    assert f"Half\n[{line}]" in render_plain_talk(talk, {})
    assert line in words_of(talk)


def test_a_notebook_is_shown_who_said_what_and_the_numbers_of_turns() -> None:
    words = words_of(talk_of("**Yes**", "No"), {2: "ada <b>"})
    assert words.startswith("You · turn 1Why?AnswerYes")
    assert "You · turn 2Why?ada <b>No" in words


def test_what_was_pasted_above_a_prompt_is_folded() -> None:
    talk = Conversation("talk", turns=[Turn(1, join(["## Variable df"], "Why?"))])
    html = render_talk(talk, {})
    assert "<p>Why?</p><details" in html
    assert html.index("<details") < html.index("Variable df")


def test_where_nothing_was_said_yet_that_is_said() -> None:
    talk = Conversation("talk", "Brief")
    told = "Conversation talk has no turn yet."
    assert render_plain_talk(talk, {}) == f"System message:\nBrief\n\n{told}"
    assert words_of(talk).endswith(told)


def test_answers_beyond_what_a_page_holds_are_plain_text() -> None:
    html = render_talk(talk_of("*a*", "word " * (LONGEST // 4), "*b*"), {})
    assert "<em>b</em>" in html
    assert "<em>a</em>" not in html
    assert "*a*" in html


def test_of_a_conversation_that_no_page_holds_the_end_is_shown_below_a_note() -> None:
    talk = talk_of(*("word " * 200 for _ in range(5_000)), "the last", system="Brief")
    html = render_talk(talk, {})
    assert len(html) < 2_000_000
    assert text_of(html.rpartition("</style>")[2]).startswith("What came before is too long")
    assert "the last" in html
    assert "turn 1<" not in html
    assert "Brief" not in html
    assert render_plain_talk(talk, {}).count("You:") == 5_001


def test_a_last_turn_that_fills_the_page_alone_is_shown() -> None:
    html = render_talk(talk_of("short one", "word " * 400_000), {})
    assert html.count("What came before is too long") == 1
    assert 1_000_000 < len(html) < 2_000_000


def test_who_answered_is_who_gave_the_answer_that_stands() -> None:
    state, talk = NotebookState(SecondMe()), Conversation("talk")
    first = ask(talk, FakeClient(Delta("Yes"), Delta(finish_reason="stop")), "Why?")
    state.note_speaker(talk, first, "nobody yet")
    first.read()
    state.note_speaker(talk, first, "ada")
    assert state.speakers(talk) == {1: "ada"}
    again = ask(
        talk,
        FakeClient(ConnectionFailed("no", "Go.")),
        "Why?",
        position=Position(replaces=talk.turns[0]),
    )
    with pytest.raises(ConnectionFailed):
        again.read()
    state.note_speaker(talk, again, "eve")
    talk.finish(begin(talk, "And?"), Reply("No", state="complete"))
    assert state.speakers(talk) == {1: "ada"}
