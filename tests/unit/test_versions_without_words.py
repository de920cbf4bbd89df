"""Another version of a turn that ends without an answer: what stood before stands again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asked import ANSWER, prompts, said, say, vary, versions
from fake_client import FakeClient, begin

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.messages import Delta, Reply, State
from secondme_magics.conversation.saving import parse_saved, to_saved
from secondme_magics.conversation.turns import Position
from secondme_magics.errors import ConnectionFailed

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation

NO_ANSWERS = {
    "failed": Reply(state="failed"),
    "failed in its midst": Reply("half", state="failed"),
    "stopped before a word": Reply(reasoning="hm", state="interrupted"),
    "without text": Reply(state="complete"),
}


def standing(conversation: Conversation, number: int) -> Position:
    return Position(varies=next(t for t in conversation.turns if t.number == number))


@pytest.mark.parametrize("reply", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_stood_before_stands_again_and_the_try_is_another_version(reply: Reply) -> None:
    talk = said("a b c")
    tried = vary(talk, 1, "A", reply)
    assert (prompts(talk), versions(talk)) == ("a b c", [(1, 2), (1, 1), (1, 1)])
    talk.choose(1, 2)
    assert talk.turns == (tried,)


@pytest.mark.parametrize("state", ["complete", "interrupted"])
def test_an_answer_with_words_stays(state: State) -> None:
    talk = said("a b c")
    vary(talk, 2, "B", Reply("words", state=state))
    assert (prompts(talk), versions(talk)) == ("a B", [(1, 1), (2, 2)])


def test_of_three_versions_the_one_that_stood_stands_again() -> None:
    talk = said("a b")
    vary(talk, 1, "A", ANSWER)
    talk.choose(3, 1)
    vary(talk, 1, "alpha", Reply(state="failed"))
    assert (prompts(talk), versions(talk)) == ("a b", [(1, 3), (1, 1)])


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_one_that_stood_stands_again_after_any_turn(number: int) -> None:
    talk = said("a b c d")
    vary(talk, number, "x", Reply(state="failed"))
    assert prompts(talk) == "a b c d"
    assert versions(talk)[number - 1] == (1, 2)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_of_many_versions_the_one_that_stood_stands_again(version: int) -> None:
    talk = said("a")
    vary(talk, 1, "b")
    vary(talk, 2, "c")
    talk.choose(3, version)
    stood = talk.turns
    vary(talk, version, "x", Reply(state="failed"))
    assert (talk.turns, versions(talk)) == (stood, [(version, 4)])


def test_a_try_that_ends_before_others_that_stand_changes_none_of_them() -> None:
    talk = said("a")
    position = standing(talk, 1)
    late = talk.prepare("A", position)
    talk.add(late, position)
    say(talk, "b")
    vary(talk, 3, "B")
    talk.finish(late, Reply(state="failed"), position=position)
    assert prompts(talk) == "A B"


def test_what_is_asked_next_follows_what_was_said_before() -> None:
    talk = said("a b")
    turn = ask(talk, FakeClient(ConnectionFailed("no", "way")), "A", position=standing(talk, 1))
    with pytest.raises(ConnectionFailed):
        turn.read()
    client = FakeClient(Delta("c"), Delta(finish_reason="stop"))
    ask(talk, client, "next").read()
    assert [m.content for m in client.messages] == ["a", "answer", "b", "answer", "next"]
    assert (prompts(talk), talk.turns[-1].number) == ("a b next", 4)


def test_a_try_that_was_stopped_at_once_is_saved_as_a_version_that_does_not_stand() -> None:
    talk = said("a b")
    with ask(talk, FakeClient(Delta("x")), "A", position=standing(talk, 1)) as turn:
        turn.stop()
    loaded = parse_saved(to_saved(talk))
    assert (prompts(loaded), versions(loaded)) == ("a b", [(1, 2), (1, 1)])
    loaded.choose(1, 2)
    assert (prompts(loaded), loaded.turns[0].reply.state) == ("A", "interrupted")


def test_where_nothing_was_answered_before_the_last_try_stands() -> None:
    talk = said("a", Reply(state="failed"))
    vary(talk, 1, "A", Reply(state="failed"))
    assert (prompts(talk), versions(talk)) == ("A", [(2, 2)])


def test_a_failed_turn_with_answers_behind_it_stands_again_too() -> None:
    talk = said("a", Reply(state="failed"))
    talk.finish(begin(talk, "b"), ANSWER)
    vary(talk, 1, "A", Reply(state="failed"))
    assert prompts(talk) == "a b"


def test_what_was_asked_behind_the_try_meanwhile_goes_on_standing() -> None:
    talk = said("a b")
    position = standing(talk, 1)
    tried = talk.prepare("A", position)
    talk.add(tried, position)
    talk.finish(begin(talk, "c"), ANSWER)
    talk.finish(tried, Reply(state="failed"), position=position)
    assert prompts(talk) == "A c"


def test_a_try_that_is_asked_again_with_success_stands() -> None:
    talk = said("a b")
    tried = vary(talk, 1, "A", Reply(state="failed"))
    talk.choose(1, 2)
    again = Position(replaces=tried)
    talk.finish(talk.prepare("A", again), ANSWER, position=again)
    assert (prompts(talk), versions(talk)) == ("A", [(2, 2)])


def test_where_all_before_was_forgotten_meanwhile_the_try_stands() -> None:
    talk = said("a b")
    position = standing(talk, 2)
    tried = talk.prepare("B", position)
    talk.add(tried, position)
    turn = talk.prepare("a", Position(replaces=talk.turns[0]))
    talk.finish(turn, ANSWER, position=Position(truncates=True))
    talk.finish(tried, Reply(state="failed"), position=position)
    assert prompts(talk) == "a"


def test_where_the_turn_before_began_afresh_meanwhile_the_try_stands_behind_it() -> None:
    talk = said("a b c")
    position = standing(talk, 3)
    tried = talk.prepare("C", position)
    talk.add(tried, position)
    again = Position(replaces=talk.turns[1])
    talk.finish(talk.prepare("B", again), ANSWER, afresh=True, position=again)
    talk.finish(tried, Reply(state="failed"), position=position)
    assert (prompts(talk), talk.points) == ("B C", ())


@pytest.mark.parametrize("reply", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_an_answer_taken_back_takes_the_tries_without_an_answer_along(reply: Reply) -> None:
    talk = said("a b")
    vary(talk, 2, "B", reply)
    assert [turn.prompt for turn in talk.undo()] == ["b"]
    assert (prompts(talk), talk.points) == ("a", ())
    assert said_after_reset(talk) == "a c"


def said_after_reset(talk: Conversation) -> str:
    """Forget what was said, ask once more, and bring it back."""
    forgotten = talk.reset()
    talk.finish(begin(talk, "c"), ANSWER)
    talk.bring_back(forgotten)
    return prompts(talk)


def test_a_try_that_was_chosen_and_taken_back_lets_the_answer_stand_again() -> None:
    talk = said("a")
    vary(talk, 1, "A", Reply(state="failed"))
    talk.choose(1, 2)
    talk.undo()
    assert (prompts(talk), versions(talk)) == ("a", [(1, 1)])


def test_what_was_answered_stands_after_an_undo_and_not_the_try_right_before() -> None:
    talk = said("a")
    vary(talk, 1, "A", Reply(state="failed"))
    vary(talk, 1, "alpha")
    talk.undo()
    assert (prompts(talk), versions(talk)) == ("a", [(1, 2)])
    talk.choose(1, 2)
    assert prompts(talk) == "A"


def test_an_answer_within_a_version_without_one_is_not_lost_by_an_undo() -> None:
    talk = said("a", Reply(state="failed"))
    talk.finish(begin(talk, "b"), ANSWER)
    vary(talk, 2, "B", Reply(state="failed"))
    talk.choose(2, 2)
    vary(talk, 1, "A")
    talk.undo()
    talk.choose(3, 1)
    assert prompts(talk) == "a b"


def test_what_is_being_answered_stands_again_after_an_undo() -> None:
    talk = said("a")
    late = begin(talk, "b")
    vary(talk, 2, "B")
    talk.undo()
    talk.finish(late, ANSWER)
    assert (prompts(talk), versions(talk)) == ("a b", [(1, 1), (1, 1)])


def test_tries_after_an_earlier_try_let_what_was_answered_stand() -> None:
    talk = said("a")
    vary(talk, 1, "A", Reply(state="failed"))
    talk.choose(1, 2)
    vary(talk, 2, "alpha", Reply(state="failed"))
    assert (prompts(talk), versions(talk)) == ("a", [(1, 3)])
    assert [message.content for message in talk.messages("next")] == ["a", "answer", "next"]


def test_the_nearest_answer_stands_where_the_try_before_has_none() -> None:
    talk = said("a")
    vary(talk, 1, "A")
    vary(talk, 2, "alpha", Reply(state="failed"))
    talk.choose(2, 3)
    vary(talk, 3, "beta", Reply(state="failed"))
    assert (prompts(talk), versions(talk)) == ("A", [(2, 4)])
