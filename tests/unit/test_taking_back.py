"""Turns that are taken back, and which version stands where none does any more."""

from __future__ import annotations

import pytest
from asked import ANSWER, prompts, said, vary, versions

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Turn
from secondme_magics.conversation.versions import START, Point
from secondme_magics.errors import ConfigurationError


def test_of_nothing_nothing_is_taken_back() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Conversation("ada").undo()
    assert str(caught.value).splitlines() == [
        "conversation ada has no turn that could be taken back",
        "Ask something first; %secondme list shows the other conversations.",
    ]


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_more_than_there_is_is_not_taken_back(number: int) -> None:
    talk = said("a b")
    with pytest.raises(ConfigurationError) as caught:
        talk.undo(number)
    assert str(caught.value).splitlines() == [
        f"{number} turns cannot be taken back: conversation default has 2",
        "See them with %secondme history; %secondme undo 2 takes back the last two.",
    ]
    assert prompts(talk) == "a b"


def test_a_version_taken_back_lets_the_one_before_stand_again() -> None:
    talk = said("a b c")
    vary(talk, 2, "B")
    talk.undo()
    assert (prompts(talk), versions(talk)) == ("a b c", [(1, 1), (1, 1), (1, 1)])


def test_of_three_versions_two_are_left() -> None:
    talk = said("a")
    vary(talk, 1, "A")
    vary(talk, 2, "alpha")
    talk.choose(3, 1)
    talk.undo()
    assert (prompts(talk), versions(talk)) == ("A", [(1, 2)])


def test_the_last_version_taken_back_lets_the_one_right_before_it_stand() -> None:
    talk = said("a")
    vary(talk, 1, "A")
    vary(talk, 2, "alpha")
    talk.undo()
    assert (prompts(talk), versions(talk)) == ("A", [(2, 2)])


def test_ways_that_nothing_stands_on_stand_one_after_the_other() -> None:
    first, second = Turn(1, "a", ANSWER), Turn(2, "b", ANSWER)
    points = [Point(START, ((first,),), 0), Point(1, ((second,),), 0)]
    assert prompts(Conversation(points=points)) == "a b"


WAYS = {
    "the one before": ("FAAF", 2, "b"),
    "the one behind": ("AFAF", 2, "c"),
    "the first of all": ("AFFF", 3, "a"),
    "none answered, then the one before": ("FFF", 2, "b"),
    "none answered, then the one behind": ("FFF", 0, "a"),
}


@pytest.mark.parametrize(("ways", "standing", "stands"), WAYS.values(), ids=WAYS)
def test_of_ways_on_the_nearest_that_has_an_answer_stands(
    ways: str, standing: int, stands: str
) -> None:
    replies = {"A": ANSWER, "F": Reply(state="failed")}
    others = [
        (Turn(number, prompt, replies[way]),)
        for number, (way, prompt) in enumerate(zip(ways, "abcd", strict=False), 1)
    ]
    assert prompts(Conversation(points=[Point(START, tuple(others), standing)])) == stands


def test_what_is_taken_back_takes_its_versions_along() -> None:
    talk = said("a b")
    vary(talk, 2, "B")
    stood = talk.turns
    assert talk.undo(2) == stood
    assert (prompts(talk), talk.points) == ("", ())
