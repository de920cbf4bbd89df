"""A notebook's conversations in any order of what a user may do: what always holds of them.

The notebook's front end is a dictionary of outputs, the instance a script; the rest is ours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from asked import left_of, ways_at
from fake_client import FakeClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.messages import Delta
from secondme_magics.conversation.saving import parse_saved, to_saved
from secondme_magics.conversation.turns import END, Place, Position, Turn
from secondme_magics.errors import SecondMeError
from secondme_magics.notebook.branches import go_on, retry
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.lines import Options
from secondme_magics.notebook.positions import position_of, tell_position
from secondme_magics.notebook.restoring import restore_conversations
from secondme_magics.notebook.state import NotebookState
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import metadata, render_plain

if TYPE_CHECKING:
    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.notebook.restoring import Restored

Script = tuple[Delta | BaseException, ...]

FAILURE = SecondMeError("what", "hint")
OUTCOMES: dict[str, Script] = {
    "complete": (Delta("all"), Delta(finish_reason="stop")),
    "without text": (Delta("", finish_reason="stop"),),
    "cut at its longest": (Delta("cut", finish_reason="length"),),
    "stopped": (Delta("half"), Delta("never read")),
    "stopped before a word": (Delta("", "hm"), Delta("never read")),
    "failed": (Delta("half"), FAILURE),
    "failed before a word": (FAILURE,),
}
STOPPED = ("stopped", "stopped before a word")

cells = st.sampled_from(["a", "b", "c"])
outcomes = st.sampled_from(sorted(OUTCOMES))
systems = st.sampled_from([None, None, None, "Brief", "Long", ""])


@dataclass(frozen=True)
class Output:
    """What a front end keeps of an answer."""

    conversation: str
    turn: Turn
    saved: dict[str, object]

    def shows(self, name: str, turn: Turn) -> bool:
        """Return whether this is how `turn` came into the conversation called `name`."""
        return (self.conversation, self.turn) == (name, turn)


class AnyNotebook(RuleBasedStateMachine):
    """Asks, runs again, goes back, parts, stops, fails, saves, loads and restores, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.state = NotebookState(SecondMe())
        self.outputs: dict[str, list[Output]] = {}
        self.asked = 0
        self.gone_back: set[str] = set()
        self.unseen: set[str] = set()
        self.streaming: tuple[Conversation, StreamingTurn] | None = None

    @property
    def talk(self) -> Conversation:
        return self.state.conversations.talk()

    def ask(
        self, cell: str, options: Options, outcome: str, position: Position | None = None
    ) -> None:
        """Do in `cell` what the magic does, and keep what a front end would of it."""
        self.asked += 1
        place = Place(cell, len(self.outputs[cell]) + 1)
        talk, before = self.talk, self.talk.turns
        position = position or position_of(place, talk, options, self.state.config)
        client = FakeClient(*OUTCOMES[outcome])
        turn = ask(
            talk,
            client,
            f"prompt {self.asked}" if position.replaces is None else position.replaces.prompt,
            system=options.system,
            afresh=options.new,
            position=position,
        )
        sent = sum(message.role == "assistant" for message in client.messages)
        origin = Origin("demo", talk.name, sent=sent)
        origin = tell_position(origin, place, position, talk, options)
        _answer(turn, outcome)
        if _is_taken_in(before, turn.recorded) and turn.recorded.is_sent:
            self.gone_back.discard(talk.name)
        _check_the_others(before, talk.turns, turn.recorded, options)
        self.keep(cell, turn.recorded, origin)

    def keep(self, cell: str, turn: Turn, origin: Origin) -> None:
        if turn.reply.state != "failed" or turn.reply.text:
            saved = {
                "data": {"text/plain": render_plain(turn.reply)},
                "metadata": metadata(turn, origin),
            }
            self.outputs[cell].append(Output(origin.conversation, turn, saved))

    @rule(
        cell=cells,
        options=st.builds(
            Options,
            new=st.sampled_from([False, False, True]),
            system=systems,
            append=st.booleans(),
            truncate=st.booleans(),
            last_turns=st.none() | st.integers(0, 3),
        ),
        results=st.lists(outcomes, min_size=1, max_size=3),
    )
    def run_cell(self, cell: str, options: Options, results: list[str]) -> None:
        self.outputs[cell] = []
        for outcome in results:
            self.ask(cell, options, outcome)
            if "failed" in outcome or outcome in STOPPED:
                break

    @precondition(lambda self: self.talk.turns)
    @rule(cell=st.sampled_from(["d", "e"]), outcome=outcomes)
    def retry(self, cell: str, outcome: str) -> None:
        self.outputs[cell] = []
        asked = retry(self.state, Options())
        self.ask(cell, asked.options, outcome, asked.position)

    @precondition(lambda self: any(turn.is_unfinished for turn in _asked_last(self.talk)))
    @rule(cell=st.sampled_from(["d", "e"]), outcome=outcomes)
    def go_on(self, cell: str, outcome: str) -> None:
        self.outputs[cell] = []
        (begun,) = _asked_last(self.talk)
        asked = go_on(self.state, Options())
        self.ask(cell, asked.options, outcome, asked.position)
        (gone_on,) = [turn for turn in self.talk.turns if turn.number == begun.number]
        assert gone_on.reply.text.startswith(begun.reply.text)

    @precondition(lambda self: self.talk.turns and self.streaming is None)
    @rule(data=st.data(), outcome=outcomes)
    def vary(self, data: st.DataObject, outcome: str) -> None:
        """Answer a turn again or edit it, as a panel does."""
        talk, before = self.talk, self.talk.turns
        index = data.draw(st.integers(0, len(before) - 1))
        ways = ways_at(talk, index)
        position = Position(place=before[index].place, varies=before[index])
        turn = ask(talk, FakeClient(*OUTCOMES[outcome]), "other", position=position)
        _answer(turn, outcome)
        assert talk.turns in left_of(ways, index, turn.recorded)
        assert talk.has_put_away(before[index] if turn.recorded in talk.turns else turn.recorded)
        self.unseen |= set() if talk.turns == before else {talk.name}

    @precondition(lambda self: self.talk.turns)
    @rule()
    def undo(self) -> None:
        self.gone_back.add(self.talk.name)
        turns, others = self.talk.turns, self.talk.points
        assert self.talk.undo() == turns[-1:]
        now = self.talk.turns
        assert (now if not others else now[: len(turns) - 1]) == turns[:-1]

    @rule()
    def reset(self) -> None:
        self.gone_back.add(self.talk.name)
        self.talk.reset()

    @rule()
    def fork(self) -> None:
        talk = self.talk
        self.asked += 1
        branch = self.state.conversations.fork(f"branch-{self.asked}")
        for names in (self.gone_back, self.unseen):
            names.update({branch.name} if talk.name in names else ())
        said = tuple(turn for turn in talk.turns if turn.reply.state != "streaming")
        assert branch.turns == said
        assert branch.messages("now") == talk.messages("now")

    @rule(number=st.integers(0, 9))
    def use(self, number: int) -> None:
        names = [self.talk.name, *self.state.conversations]
        self.state.conversations.use(names[number % len(names)])

    @precondition(lambda self: self.streaming is None)
    @rule(cell=cells)
    def begin(self, cell: str) -> None:
        """Begin an answer on another thread, as a panel does."""
        position = Position(place=Place(cell), replaces=self.talk.at(Place(cell)))
        turn = ask(self.talk, FakeClient(Delta("x", finish_reason="stop")), "y", position=position)
        self.streaming = (self.talk, turn.__enter__())

    @precondition(lambda self: self.streaming is not None)
    @rule()
    def end(self) -> None:
        """End it: whatever has become of its turn, no other is touched."""
        assert self.streaming is not None
        (talk, turn), self.streaming = self.streaming, None
        others = [each for each in talk.turns if each.number != turn.recorded.number]
        turn.read()
        turn.__exit__(None, None, None)
        self.unseen.add(talk.name)  # no output tells of what was said in it
        assert [each for each in talk.turns if each.number != turn.recorded.number] == others

    @rule()
    def save_and_load(self) -> None:
        saved = to_saved(self.talk)
        loaded = parse_saved(saved)
        assert to_saved(loaded) == saved
        if self.streaming is None:
            assert (loaded.turns, loaded.count) == (self.talk.turns, self.talk.count)
            assert loaded.messages("now") == self.talk.messages("now")
            assert (loaded.name, loaded.system) == (self.talk.name, self.talk.system)

    @precondition(lambda self: self.streaming is None)
    @rule(goes_on=st.booleans())
    def restart_and_restore(self, goes_on: bool) -> None:
        """Clear what no conversation holds any more, and have the rest restored."""
        held = {name: self.held(name) for name in self.state.conversations}
        for cell, outputs in self.outputs.items():
            self.outputs[cell] = [each for each in outputs if _is_held(each, self.state)]
        found = _restore(self.outputs)
        restored = {talk.name: talk for talk in found.conversations}
        for name, conversation in restored.items():
            if name in self.unseen:
                continue
            assert list(conversation.turns) == [_as_shown(turn) for turn in held[name]]
            talk = self.state.conversations[name]
            if held[name] == list(talk.turns):
                assert name not in found.missing
            if held[name] == list(talk.turns) and name not in self.gone_back:
                assert conversation.messages("now") == talk.messages("now")
        if goes_on:
            self.state = NotebookState(SecondMe())
            for conversation in restored.values():
                self.state.conversations.keep(conversation)

    def held(self, name: str) -> list[Turn]:
        """Return the turns of a conversation that an output shows, its own or its trunk's."""
        talk = self.state.conversations[name]
        names = {name, *(trunk.name for trunk in talk.trunks)}
        shown = [each for outputs in self.outputs.values() for each in outputs]
        return [
            turn
            for turn in talk.turns
            if any(each.shows(of, turn) for each in shown for of in names)
        ]

    @invariant()
    def what_is_sent_alternates_and_begins_and_ends_right(self) -> None:
        for talk in self.state.conversations.values():
            positions = [
                Position(replaces=turn, last=last) for turn in talk.turns for last in (None, 1)
            ]
            for position in [END, Position(last=2), *positions]:
                roles = [each.role for each in talk.messages("now", position=position)]
                said = roles[1:] if talk.system else roles
                assert ["system", *said] == (roles if talk.system else ["system", *roles])
                assert said == ["user", "assistant"] * (len(said) // 2) + ["user"]

    @invariant()
    def turns_stand_in_the_order_of_their_numbers(self) -> None:
        for talk in self.state.conversations.values():
            numbers = [turn.number for turn in talk.turns]
            assert numbers == sorted(set(numbers))
            assert max([0, *numbers]) <= talk.count
            revisions = [turn.revision for turn in talk.turns if turn.revision]
            assert len(revisions) == len(set(revisions))


def _asked_last(talk: Conversation) -> list[Turn]:
    return sorted(talk.turns, key=attrgetter("revision", "number"))[-1:]


def _answer(turn: StreamingTurn, outcome: str) -> None:
    try:
        with turn as deltas:
            for _ in deltas:
                if outcome in STOPPED:
                    break
    except SecondMeError:
        pass


def _is_taken_in(before: tuple[Turn, ...], asked: Turn) -> bool:
    return all(turn.gives_way_to(asked.reply) for turn in before if turn.number == asked.number)


def _check_the_others(
    before: tuple[Turn, ...], now: tuple[Turn, ...], asked: Turn, options: Options
) -> None:
    """Nothing but the turn itself changed, unless it was asked for and there is an answer."""
    number, stood = asked.number, [turn for turn in before if turn.number == asked.number]
    is_taken_in = _is_taken_in(before, asked)
    drops_earlier = options.new and is_taken_in and asked.is_sent
    drops_later = options.truncate and is_taken_in and asked.is_sent
    kept = [
        turn
        for turn in before
        if turn.number != number
        and not (drops_earlier and turn.number < number)
        and not (drops_later and turn.number > number)
    ]
    assert [turn for turn in now if turn.number != number] == kept
    stands = [asked] if is_taken_in else stood
    assert [turn for turn in now if turn.number == number] == stands


def _is_held(output: Output, state: NotebookState) -> bool:
    """Return whether a conversation still has the turn that `output` shows."""
    talk = state.conversations.get(output.conversation)
    return talk is not None and any(output.shows(talk.name, turn) for turn in talk.turns)


def _restore(outputs: dict[str, list[Output]]) -> Restored:
    written = [
        {"id": cell, "outputs": [each.saved for each in kept]} for cell, kept in outputs.items()
    ]
    content = json.dumps({"nbformat": 4, "cells": written}).encode()
    restored = restore_conversations(content)
    assert restored.skipped == ()
    return restored


def _as_shown(turn: Turn) -> Turn:
    """Return what an output keeps of `turn`."""
    reply = turn.reply
    elapsed = round(reply.elapsed, 3)
    return replace(turn, reply=replace(reply, reasoning="", first=None, elapsed=elapsed))


AnyNotebook.TestCase.settings = settings(
    max_examples=80, stateful_step_count=20, suppress_health_check=[HealthCheck.too_slow]
)
test_in_any_order_nothing_is_lost_and_a_notebook_gives_back_what_it_shows = AnyNotebook.TestCase
