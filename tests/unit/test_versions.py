"""Versions: what is asked otherwise keeps what was said, and only what stands is sent."""

from __future__ import annotations

import pytest
from asked import ANSWER, left_of, prompts, said, say, vary, versions, ways_at
from fake_client import begin
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Position, Turn
from secondme_magics.conversation.versions import START
from secondme_magics.errors import ConfigurationError


def test_a_turn_asked_otherwise_begins_a_version_and_puts_away_what_followed() -> None:
    talk = said("a b c")
    assert vary(talk, 2, "B").number == 4
    assert prompts(talk) == "a B"
    assert versions(talk) == [(1, 1), (2, 2)]


def test_what_was_put_away_is_told_from_what_stands() -> None:
    talk = said("a b c")
    [_, before, _] = talk.turns
    vary(talk, 2, "B")
    put_away = [talk.has_put_away(turn) for turn in (before, *talk.turns)]
    assert put_away == [True, False, False]


def test_turns_of_a_long_conversation_have_versions_too() -> None:
    talk = Conversation(count=999)
    say(talk, "a")
    vary(talk, int("1000"), "b")
    talk.choose(int("1001"), 1)
    assert prompts(talk) == "a"


def test_only_what_stands_is_sent() -> None:
    talk = said("a b c")
    position = Position(varies=talk.turns[1])
    assert [m.content for m in talk.messages("B", position=position)] == ["a", "answer", "B"]
    say(talk, "B", position)
    assert [m.content for m in talk.messages("x")] == ["a", "answer", "B", "answer", "x"]


def test_each_version_is_chosen_with_all_that_followed() -> None:
    talk = said("a b c")
    vary(talk, 2, "B")
    say(talk, "C")
    vary(talk, 4, "beta")
    assert (prompts(talk), versions(talk)[1]) == ("a beta", (3, 3))
    talk.choose(6, 1)
    assert (prompts(talk), versions(talk)[1]) == ("a b c", (1, 3))
    talk.choose(2, 2)
    assert (prompts(talk), versions(talk)[1]) == ("a B C", (2, 3))
    talk.choose(4, 2)
    assert prompts(talk) == "a B C"


def test_the_first_turn_has_versions_too() -> None:
    talk = said("a b")
    vary(talk, 1, "A")
    assert (prompts(talk), versions(talk)) == ("A", [(2, 2)])
    assert [point.after for point in talk.points] == [START]


def test_versions_within_a_version_come_back_with_it() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    vary(talk, 1, "A")
    talk.choose(4, 1)
    assert (prompts(talk), versions(talk)) == ("a B", [(1, 2), (2, 2)])
    talk.choose(3, 1)
    assert prompts(talk) == "a b"


def test_a_version_keeps_its_place_when_it_is_chosen() -> None:
    talk = said("a")
    for number, prompt in enumerate("bcd", 1):
        vary(talk, number, prompt)
    for version, prompt in enumerate("abcd", 1):
        talk.choose(talk.turns[0].number, version)
        assert (prompts(talk), versions(talk)) == (prompt, [(version, 4)])


def test_the_only_version_may_be_chosen() -> None:
    talk = said("a b")
    talk.choose(1, 1)
    assert (prompts(talk), talk.points) == ("a b", ())


def test_the_last_of_many_turns_parts_after_the_one_before() -> None:
    talk = said("a b c d e")
    vary(talk, 5, "E")
    assert ([point.after for point in talk.points], versions(talk)[-2:]) == ([4], [(1, 1), (2, 2)])


GONE = (
    "turn 9 does not stand in this conversation\n"
    "It was taken back, or another version was chosen meanwhile."
)


@pytest.mark.parametrize(
    ("number", "version", "why"),
    [
        (1, 2, "turn 1 has no version 2 (there: 1)\nChoose one that is there."),
        (1, 0, "turn 1 has no version 0 (there: 1)\nChoose one that is there."),
        (9, 1, GONE),
    ],
)
def test_there_is_no_version_that_is_not_there(number: int, version: int, why: str) -> None:
    talk = said("a b")
    with pytest.raises(ConfigurationError) as caught:
        talk.choose(number, version)
    assert (str(caught.value), prompts(talk)) == (why, "a b")


def test_no_version_is_chosen_while_a_turn_is_answered() -> None:
    talk = said("a")
    vary(talk, 1, "A")
    begin(talk, "b")
    with pytest.raises(ConfigurationError) as caught:
        talk.choose(2, 1)
    assert str(caught.value) == (
        "a turn of this conversation is being answered\nStop it first, or wait."
    )


def test_a_turn_that_is_gone_has_no_version() -> None:
    talk = said("a b")
    gone = talk.turns[1]
    talk.undo()
    with pytest.raises(ConfigurationError, match="does not stand"):
        say(talk, "B", Position(varies=gone))
    assert prompts(talk) == "a"


def test_a_turn_put_away_while_it_is_answered_gets_its_answer() -> None:
    talk = said("a")
    late = begin(talk, "b")
    vary(talk, 2, "B")
    talk.finish(late, ANSWER)
    assert talk.has_put_away(late)
    talk.choose(3, 1)
    assert [turn.reply for turn in talk.turns] == [ANSWER, ANSWER]


def test_an_answer_that_comes_late_is_that_of_its_own_turn() -> None:
    talk = said("a b")
    late = begin(talk, "c")
    say(talk, "d")
    vary(talk, 2, "B")
    talk.finish(late, Reply("late", state="complete"))
    talk.choose(5, 1)
    assert [turn.reply.text for turn in talk.turns] == ["answer", "answer", "late", "answer"]
    assert prompts(talk) == "a b c d"


def test_the_points_are_values_however_they_came_to_be() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    begun = talk.points
    talk.choose(3, 1)
    assert len({*begun, *talk.points}) == 2


def test_a_turn_that_was_put_away_has_no_versions_to_choose() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    with pytest.raises(ConfigurationError, match="does not stand"):
        talk.choose(2, 1)


def test_what_is_forgotten_after_a_turn_without_versions_is_only_the_turns() -> None:
    talk = said("a b c")
    turn = talk.prepare("B", Position(replaces=talk.turns[1]))
    talk.finish(turn, ANSWER, position=Position(truncates=True))
    assert (prompts(talk), talk.points) == ("a B", ())


def test_what_is_forgotten_has_no_versions() -> None:
    talk = said("a b")
    vary(talk, 1, "A")
    talk.finish(begin(talk, "new"), ANSWER, afresh=True)
    assert (prompts(talk), versions(talk)) == ("new", [(1, 1)])
    talk = said("a b")
    vary(talk, 2, "B")
    turn = talk.prepare("A", Position(replaces=talk.turns[0]))
    talk.finish(turn, ANSWER, position=Position(truncates=True))
    assert (prompts(talk), talk.points) == ("A", ())


def test_versions_after_turns_that_went_are_forgotten() -> None:
    talk = said("a b c")
    vary(talk, 3, "C")
    turn = talk.prepare("A", Position(replaces=talk.turns[0]))
    talk.finish(turn, ANSWER, position=Position(truncates=True))
    assert (prompts(talk), talk.points) == ("A", ())


def test_a_copy_has_the_versions_and_its_own_choice() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    copy = talk.copy("other")
    copy.choose(3, 1)
    assert (prompts(copy), prompts(talk)) == ("a b", "a B")
    assert say(copy, "c").number == 4


def test_a_copy_of_a_version_that_is_being_answered_shows_the_one_before() -> None:
    talk = said("a b")
    turn = talk.prepare("B", Position(varies=talk.turns[1]))
    talk.add(turn, Position(varies=talk.turns[1]))
    assert prompts(talk.copy("other")) == "a b"


def test_what_was_forgotten_is_brought_back_before_what_was_asked_since() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    forgotten = talk.reset()
    assert (prompts(talk), talk.points) == ("", ())
    say(talk, "c")
    vary(talk, 4, "C")
    talk.bring_back(forgotten)
    assert (prompts(talk), versions(talk)) == ("a B C", [(1, 1), (2, 2), (2, 2)])
    talk.choose(3, 1)
    assert prompts(talk) == "a b"


def test_versions_on_both_sides_of_what_is_brought_back_are_kept() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    forgotten = talk.reset()
    say(talk, "c")
    vary(talk, 4, "C")
    say(talk, "d")
    vary(talk, 6, "D")
    talk.bring_back(forgotten)
    assert versions(talk) == [(1, 1), (2, 2), (2, 2), (2, 2)]
    assert sorted(point.after for point in talk.points) == [1, 3, 5]
    talk.choose(5, 1)
    assert prompts(talk) == "a B c"


def test_a_single_turn_is_brought_back_before_versions() -> None:
    talk = said("a")
    forgotten = talk.reset()
    say(talk, "b")
    vary(talk, 2, "B")
    talk.bring_back(forgotten)
    assert (prompts(talk), versions(talk)) == ("a B", [(1, 1), (2, 2)])


def test_nothing_forgotten_brings_nothing_back() -> None:
    talk = Conversation()
    talk.bring_back(talk.reset())
    assert talk.turns == ()


class Talking(RuleBasedStateMachine):
    """Whatever is asked, varied, chosen and taken back: no turn is lost or there twice."""

    def __init__(self) -> None:
        super().__init__()
        self.talk = Conversation()
        self.asked = 0
        self.taken = 0

    def every_turn(self) -> list[Turn]:
        hidden = [way for point in self.talk.points for way in point.others]
        return [turn for way in [self.talk.turns, *hidden] for turn in way]

    @rule()
    def ask(self) -> None:
        say(self.talk, "x")
        self.asked += 1

    @precondition(lambda self: self.talk.turns)
    @rule(data=st.data())
    def vary(self, data: st.DataObject) -> None:
        vary(self.talk, data.draw(st.sampled_from(self.talk.turns)).number, "x")
        self.asked += 1

    @precondition(lambda self: self.talk.turns)
    @rule(data=st.data())
    def fail_to_vary(self, data: st.DataObject) -> None:
        stood = self.talk.turns
        index = data.draw(st.integers(0, len(stood) - 1))
        ways = ways_at(self.talk, index)
        tried = vary(self.talk, stood[index].number, "x", Reply(state="failed"))
        self.asked += 1
        assert self.talk.turns in left_of(ways, index, tried)

    @precondition(lambda self: self.talk.turns)
    @rule(data=st.data())
    def choose(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.talk.turns) - 1))
        turn, (_, count) = self.talk.versions[at]
        index = data.draw(st.integers(1, count))
        self.talk.choose(turn.number, index)
        assert self.talk.versions[at][1] == (index, count)

    @precondition(lambda self: self.talk.turns)
    @rule()
    def undo(self) -> None:
        before, stood = self.every_turn(), self.talk.turns
        taken = self.talk.undo()
        after, stands = self.every_turn(), self.talk.turns[len(stood) - 1 :]
        self.taken += len(before) - len(after)
        assert self.talk.turns[: len(stood) - 1] == stood[:-1]
        assert {t for t in before if t.is_sent} - set(taken) == {t for t in after if t.is_sent}
        within = [turn for turn in after if turn.number >= stands[0].number] if stands else ()
        assert not stands or any(turn.is_sent for turn in within)

    @rule()
    def forget_and_bring_back(self) -> None:
        stood = self.talk.turns
        self.talk.bring_back(self.talk.reset())
        assert self.talk.turns == stood

    @invariant()
    def every_turn_is_there_once(self) -> None:
        numbers = [turn.number for turn in self.every_turn()]
        assert len(numbers) == len(set(numbers)) == self.asked - self.taken

    @invariant()
    def what_stands_is_in_order(self) -> None:
        stands = [turn.number for turn in self.talk.turns]
        assert stands == sorted(stands)
        assert all(1 <= i <= n for i, n in versions(self.talk))


TestTalking = Talking.TestCase
TestTalking.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
