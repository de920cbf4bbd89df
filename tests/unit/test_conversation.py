from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields
from typing import TYPE_CHECKING

import pytest
from fake_client import begin
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from secondme_magics.conversation.conversation import Conversation, Said
from secondme_magics.conversation.messages import Message, Reply, State
from secondme_magics.conversation.turns import END, MOST_TRUNKS, Place, Position, Trunk, Turn
from secondme_magics.conversation.versions import START, Point
from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER = Reply("answer", state="complete")


def record(
    conversation: Conversation,
    prompt: str,
    reply: Reply = ANSWER,
    *,
    system: str | None = None,
    afresh: bool = False,
) -> Turn:
    turn = begin(conversation, prompt)
    return conversation.finish(turn, reply, system=system, afresh=afresh)


def spoken(messages: list[Message]) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in messages]


def test_a_prompt_is_sent_after_what_was_said_before() -> None:
    conversation = Conversation(system="Be brief")
    record(conversation, "Hello", Reply("Hi", state="complete"))
    assert spoken(conversation.messages("And then?")) == [
        ("system", "Be brief"),
        ("user", "Hello"),
        ("assistant", "Hi"),
        ("user", "And then?"),
    ]


@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Conversation().messages(prompt)
    assert str(caught.value) == "the prompt is empty\nWrite what you want to ask."


@pytest.mark.parametrize(
    ("state", "text", "is_sent"),
    [
        ("complete", "Hi", True),
        ("interrupted", "H", True),
        ("complete", " \n", False),
        ("interrupted", "", False),
        ("failed", "half", False),
        ("streaming", "half", False),
    ],
)
def test_failed_empty_and_unfinished_turns_are_never_sent(
    state: State,
    text: str,
    is_sent: bool,
) -> None:
    conversation = Conversation()
    turn = record(conversation, "Hello", Reply(text, state=state))
    assert turn.is_sent is is_sent
    assert len(conversation.messages("And?")) == (3 if is_sent else 1)
    assert conversation.turns == (turn,)


@pytest.mark.parametrize(
    ("reply", "is_unfinished"),
    [
        (Reply("Hi", state="complete"), False),
        (Reply("Hi", state="complete", finish_reason="stop"), False),
        (Reply("Hi", state="complete", finish_reason="content_filter"), False),
        (Reply("Hi", state="complete", finish_reason="length"), True),
        (Reply("Hi", state="complete", finish_reason="MAX_TOKENS"), True),
        (Reply("Hi", state="interrupted"), True),
        (Reply("", state="interrupted"), False),
        (Reply("Hi", state="failed", finish_reason="length"), False),
    ],
)
def test_only_what_was_cut_or_stopped_is_unfinished(reply: Reply, is_unfinished: bool) -> None:
    assert Turn(1, "Hello", reply).is_unfinished == is_unfinished


def test_an_answer_gives_way_to_an_answer_only() -> None:
    failed = Reply("Hi", state="failed")
    assert Turn(1, "Hello", ANSWER).gives_way_to(ANSWER)
    assert not Turn(1, "Hello", ANSWER).gives_way_to(failed)
    assert Turn(1, "Hello", failed).gives_way_to(failed)


def test_a_prompt_comes_at_the_end_of_its_conversation_if_nothing_is_said() -> None:
    assert Position() == Position(None, None, False, False, None, None) == END
    assert Turn(1, "Hello") == Turn(1, "Hello", Reply(), None, 0)
    assert Place("cell") == Place("cell", 1)


@pytest.mark.parametrize("value", [Turn(1, "Hello"), Place("cell")])
def test_a_turn_and_its_place_are_values_that_never_change(value: Turn | Place) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, "other")


def test_a_conversation_that_nobody_named_is_the_default_one() -> None:
    assert Conversation().name == "default"


def test_a_copy_has_the_system_message() -> None:
    assert Conversation(system="Be brief").copy("other").system == "Be brief"


def test_revisions_count_the_answers_from_one() -> None:
    conversation = Conversation()
    assert [record(conversation, prompt).revision for prompt in ("a", "b")] == [1, 2]


def test_numbers_and_revisions_go_on_behind_all_that_a_conversation_is_made_again_from() -> None:
    stands, away = Turn(2, "a", ANSWER, revision=3), Turn(4, "b", ANSWER, revision=5)
    for turns, points, trunks, number, revision in [
        ([stands], [], [], 3, 4),
        ([stands], [Point(START, ((away,),), 1)], [], 5, 6),
        ([stands], [], [Trunk("old", 7)], 3, 8),
    ]:
        conversation = Conversation(turns=turns, trunks=tuple(trunks), points=points)
        turn = record(conversation, "c")
        assert (turn.number, turn.revision) == (number, revision)


def test_the_latest_of_many_trunks_are_remembered_by_name() -> None:
    conversation = Conversation("0")
    record(conversation, "Hello")
    for number in range(1, MOST_TRUNKS + 5):
        conversation = conversation.copy(str(number))
    names = [trunk.name for trunk in conversation.trunks]
    assert names == [str(number) for number in range(4, MOST_TRUNKS + 4)]


def test_a_turn_that_is_being_answered_is_there_but_not_sent() -> None:
    conversation = Conversation()
    turn = begin(conversation, "Hello")
    assert conversation.turns == (turn,)
    assert turn.reply.state == "streaming"
    assert spoken(conversation.messages("And?")) == [("user", "And?")]


def test_a_new_system_message_holds_from_now_on() -> None:
    conversation = Conversation(system="old")
    assert conversation.messages("a", system="new")[0].content == "new"
    assert conversation.system == "old"
    record(conversation, "a", system="new")
    assert conversation.system == "new"


def test_an_empty_system_message_takes_the_old_one_away() -> None:
    conversation = Conversation(system="old")
    record(conversation, "a", system="")
    assert conversation.messages("b")[0].role == "user"


def test_starting_afresh_leaves_the_earlier_turns_out_and_then_drops_them() -> None:
    conversation = Conversation()
    record(conversation, "old")
    assert spoken(conversation.messages("new", afresh=True)) == [("user", "new")]
    turn = record(conversation, "new", afresh=True)
    assert conversation.turns == (turn,)


def test_nothing_but_the_turn_changes_when_it_fails() -> None:
    conversation = Conversation(system="old")
    first = record(conversation, "a")
    second = record(conversation, "b", Reply("half", state="failed"), system="new", afresh=True)
    assert conversation.system == "old"
    assert conversation.turns == (first, second)


def test_nothing_but_the_turn_changes_when_it_is_stopped_before_a_word() -> None:
    conversation = Conversation(system="old")
    first = record(conversation, "a")
    second = record(conversation, "b", Reply(state="interrupted"), system="new", afresh=True)
    assert conversation.system == "old"
    assert conversation.turns == (first, second)


def test_what_was_stopped_changes_the_conversation_as_an_answer_does() -> None:
    conversation = Conversation(system="old")
    record(conversation, "a")
    turn = record(conversation, "b", Reply("ha", state="interrupted"), system="new", afresh=True)
    assert conversation.system == "new"
    assert conversation.turns == (turn,)


def test_a_turn_that_was_reset_meanwhile_stays_away() -> None:
    conversation = Conversation(system="old")
    turn = begin(conversation, "a")
    conversation.reset()
    later = record(conversation, "b")
    finished = conversation.finish(turn, Reply("A", state="complete"), system="new", afresh=True)
    assert finished.reply.text == "A"
    assert conversation.turns == (later,)
    assert conversation.system == "old"


def test_parallel_turns_keep_the_order_in_which_they_were_asked() -> None:
    conversation = Conversation()
    first, second = begin(conversation, "a"), begin(conversation, "b")
    conversation.finish(second, Reply("B", state="complete"))
    conversation.finish(first, Reply("A", state="complete"))
    assert [turn.reply.text for turn in conversation.turns] == ["A", "B"]


def test_turns_stand_in_the_order_of_their_numbers_whoever_comes_first() -> None:
    conversation = Conversation()
    first, second = conversation.prepare("a"), conversation.prepare("b")
    conversation.add(second)
    conversation.add(first)
    assert conversation.turns == (first, second)


def test_a_number_is_never_given_twice() -> None:
    conversation = Conversation()
    record(conversation, "a")
    conversation.reset()
    assert begin(conversation, "b").number == 2


def test_threads_may_come_at_once() -> None:
    conversation = Conversation()
    with ThreadPoolExecutor(4) as threads:
        turns = list(threads.map(lambda n: record(conversation, str(n)), range(200)))
    assert sorted(turn.number for turn in turns) == list(range(1, 201))
    assert len(conversation.turns) == 200


class CountedLock:
    """Counts who comes."""

    def __init__(self) -> None:
        self.came = 0

    def __enter__(self) -> None:
        self.came += 1

    def __exit__(self, *_: object) -> None: ...


DOORS: dict[str, Callable[[Conversation], object]] = {
    "turns": lambda conversation: conversation.turns,
    "points": lambda conversation: conversation.points,
    "said": lambda conversation: conversation.said,
    "versions": lambda conversation: conversation.versions,
    "has_put_away": lambda conversation: conversation.has_put_away(Turn(1, "a")),
    "choose": lambda conversation: conversation.choose(1, 1),
    "messages": lambda conversation: conversation.messages("b", afresh=True),
    "left_out": lambda conversation: conversation.left_out(END),
    "prepare": lambda conversation: conversation.prepare("b"),
    "add": lambda conversation: conversation.add(Turn(2, "b")),
    "finish": lambda conversation: conversation.finish(Turn(1, "a"), ANSWER),
    "undo": lambda conversation: conversation.undo(),
    "copy": lambda conversation: conversation.copy("other"),
    "reset": lambda conversation: conversation.reset(),
    "bring_back": lambda conversation: conversation.bring_back(Said((), ())),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_whoever_comes_takes_the_lock(door: Callable[[Conversation], object]) -> None:
    conversation = Conversation()
    record(conversation, "a")
    lock = vars(conversation)["_lock"] = CountedLock()
    door(conversation)
    assert lock.came > 0


def test_a_conversation_shows_its_name_and_how_many_turns_it_has() -> None:
    conversation = Conversation("work")
    record(conversation, "a")
    assert repr(conversation) == "<Conversation 'work': 1 turns>"


class AnyConversation(RuleBasedStateMachine):
    """Asks, completes, interrupts, fails and resets in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation()
        self.open: list[Turn] = []

    @rule()
    def ask(self) -> None:
        self.open.append(begin(self.conversation, f"prompt {len(self.open)}"))

    @rule(
        state=st.sampled_from(["complete", "interrupted", "failed"]),
        text=st.sampled_from(["", "\n", "answer"]),
        system=st.sampled_from([None, "", "system"]),
        afresh=st.booleans(),
        which=st.integers(0, 9),
    )
    def finish(
        self, state: State, text: str, system: str | None, *, afresh: bool, which: int
    ) -> None:
        if self.open:
            turn = self.open.pop(which % len(self.open))
            reply = Reply(text, state=state)
            self.conversation.finish(turn, reply, system=system, afresh=afresh)

    @rule()
    def reset(self) -> None:
        self.conversation.reset()

    @invariant()
    def what_is_sent_alternates_and_ends_in_the_users_prompt(self) -> None:
        for afresh in (False, True):
            messages = self.conversation.messages("now", afresh=afresh)
            if messages[0].role == "system":
                messages = messages[1:]
            assert len(messages) % 2 == 1
            assert {message.role for message in messages[::2]} == {"user"}
            assert {message.role for message in messages[1::2]} <= {"assistant"}
            assert all(message.content.strip() for message in messages)
            assert messages[-1].content == "now"

    @invariant()
    def turns_stand_in_the_order_of_their_numbers(self) -> None:
        numbers = [turn.number for turn in self.conversation.turns]
        assert numbers == sorted(set(numbers))


AnyConversation.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_in_any_order_what_is_sent_is_a_conversation = AnyConversation.TestCase
