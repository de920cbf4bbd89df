from __future__ import annotations

import json
from typing import Any

import pytest
from fake_client import begin
from hypothesis import given, settings
from hypothesis import strategies as st

from secondme_magics.conversation.conversation import Conversation, Said
from secondme_magics.conversation.messages import Reply, Usage
from secondme_magics.conversation.saving import (
    FORMAT,
    HIGHEST_NUMBER,
    LONGEST,
    parse_saved,
    to_saved,
)
from secondme_magics.conversation.turns import Place, Position, Turn
from secondme_magics.errors import ConfigurationError

texts = st.text(st.characters(codec="utf-8"))
prompts = texts.filter(str.strip)
seconds = st.floats(0, 1e9)
tokens = st.none() | st.integers(0, 10**9)
replies = st.builds(
    Reply,
    text=texts,
    reasoning=texts,
    state=st.sampled_from(["complete", "interrupted", "failed"]),
    finish_reason=st.none() | texts,
    usage=st.none() | st.builds(Usage, tokens, tokens, tokens),
    first=st.none() | seconds,
    elapsed=seconds,
)
places = st.none() | st.builds(Place, texts, st.integers(1, 99))
turns = st.lists(
    st.builds(Turn, st.integers(1, 9_999), prompts, replies, places),
    unique_by=lambda turn: turn.number,
).map(lambda them: sorted(them, key=lambda turn: turn.number))
conversations = st.builds(Conversation, texts, st.none() | texts, turns, st.integers(0, 10**6))


@settings(max_examples=60, deadline=None)
@given(conversations)
def test_saving_and_loading_is_the_identity(conversation: Conversation) -> None:
    loaded = parse_saved(to_saved(conversation))
    assert (loaded.name, loaded.system) == (conversation.name, conversation.system)
    assert (loaded.turns, loaded.count) == (conversation.turns, conversation.count)


def test_a_turn_that_streams_is_cut_where_it_is() -> None:
    conversation = Conversation()
    begin(conversation, "Hi")
    assert parse_saved(to_saved(conversation)).turns[0].reply.state == "interrupted"


def test_half_a_character_is_mended() -> None:
    conversation = Conversation(system="a\ud800b")
    assert parse_saved(to_saved(conversation)).system == "a\ufffdb"
    assert parse_saved(changed("system", to="a\ud800b")).system == "a\ufffdb"


SAVED = to_saved(
    Conversation("talk", "Brief", [Turn(2, "Hi", Reply("Yes", state="complete"), Place("a"))])
)
GONE = object()


def changed(*path: str | int, to: object) -> bytes:
    """Return a saved conversation with one value changed, or gone."""
    *way, last = path
    saved: Any = json.loads(SAVED)
    place = saved
    for step in way:
        place = place[step]
    if to is GONE:
        del place[last]
    else:
        place[last] = to
    return json.dumps(saved).encode()


def in_two_versions() -> Conversation:
    conversation = Conversation("talk")
    for prompt in ("One", "Two"):
        conversation.finish(begin(conversation, prompt), Reply("Yes", state="complete"))
    turn = conversation.prepare("Other", Position(varies=conversation.turns[0]))
    conversation.add(turn, Position(varies=conversation.turns[0]))
    conversation.finish(turn, Reply("No", state="failed"))
    return conversation


def test_versions_are_saved_and_loaded() -> None:
    conversation = in_two_versions()
    loaded = parse_saved(to_saved(conversation))
    assert (loaded.turns, loaded.points) == (conversation.turns, conversation.points)
    assert loaded.versions[0][1] == (2, 2)
    loaded.choose(3, 1)
    assert [turn.prompt for turn in loaded.turns] == ["One", "Two"]


class Restless(Conversation):
    """A conversation in which a panel chooses another version whenever it was looked at."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        there = super().turns
        self._choose_other()
        return there

    @property
    def said(self) -> Said:
        there = super().said
        self._choose_other()
        return there

    def _choose_other(self) -> None:
        turn, (standing, _) = self.versions[0]
        self.choose(turn.number, 3 - standing)


def test_what_changes_while_it_is_saved_is_saved_as_it_was_at_one_moment() -> None:
    said = in_two_versions()
    restless = Restless("talk", None, said.turns, said.count, points=said.points)
    loaded = parse_saved(to_saved(restless))
    assert (loaded.turns, loaded.points) == (said.turns, said.points)


def test_a_conversation_without_versions_is_saved_as_ever() -> None:
    saved = to_saved(parse_saved(SAVED))
    assert saved.endswith(b"}\n")
    assert "versions" not in json.loads(saved)


VERSION = {"after": 0, "standing": 1, "others": [[{"number": 1}]]}
BAD_VERSIONS: dict[str, tuple[object, str]] = {
    "no list": ({}, "versions is not a list"),
    "no object": ([1], "an object is missing"),
    "no other way": ([{**VERSION, "others": []}], "a version has no turns"),
    "an empty way": ([{**VERSION, "others": [[]]}], "a version has no turns"),
    "before its own beginning": ([{**VERSION, "after": 7}], "not where it belongs"),
    "at its own beginning": ([{**VERSION, "after": 1}], "not where it belongs"),
    "within its own": (
        [{**VERSION, "after": 1, "others": [[{"number": 1}, {"number": 3}]]}],
        "not where it belongs",
    ),
    "no number": ([{**VERSION, "standing": "1"}], "standing is not a whole number"),
    "stands nowhere": ([{**VERSION, "standing": 2}], "a version stands nowhere"),
    "below zero": ([{**VERSION, "standing": -1}], "a version stands nowhere"),
    "twice at one place": ([VERSION, VERSION], "its turns are not in order"),
    "after no turn": ([{**VERSION, "after": -1}], "a version follows no turn"),
    "a number given twice": (
        [{**VERSION, "others": [[{"number": 2}]]}],
        "its turns are not in order",
    ),
    "a number not given": ([{**VERSION, "others": [[{"number": 3}]]}], "not in order"),
}


@pytest.mark.parametrize(("versions", "why"), BAD_VERSIONS.values(), ids=BAD_VERSIONS)
def test_versions_that_make_no_sense_are_refused(versions: object, why: str) -> None:
    saved: Any = json.loads(SAVED)
    turn = saved["turns"][0]
    for version in versions if isinstance(versions, list) else []:
        for way in version["others"] if isinstance(version, dict) else []:
            way[:] = [{**turn, **each} for each in way]
    with pytest.raises(ConfigurationError) as caught:
        parse_saved(json.dumps({**saved, "versions": versions}).encode())
    assert why in caught.value.what


def test_the_highest_number_is_read() -> None:
    saved = json.loads(SAVED) | {"count": HIGHEST_NUMBER, "turns": numbered(HIGHEST_NUMBER)}
    loaded = parse_saved(json.dumps(saved).encode())
    assert (loaded.count, loaded.turns[0].number) == (HIGHEST_NUMBER, HIGHEST_NUMBER)
    reply = parse_saved(changed("turns", 0, "reply", "elapsed", to=LONGEST)).turns[0].reply
    assert reply.elapsed == LONGEST


def numbered(*numbers: int) -> list[object]:
    return [json.loads(SAVED)["turns"][0] | {"number": number} for number in numbers]


def version(number: int) -> dict[str, object]:
    return {**VERSION, "others": [numbered(number)]}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"turns": numbered(3, 2)}, "its turns are not in order"),
        ({"versions": [version(1), version(3)]}, "a version follows no turn"),
    ],
    ids=["out of order", "two versions at one place"],
)
def test_turns_stand_in_order_and_versions_at_places_of_their_own(
    fields: dict[str, object], why: str
) -> None:
    content = json.dumps({**json.loads(SAVED), "count": 3, **fields}).encode()
    with pytest.raises(ConfigurationError, match=why):
        parse_saved(content)
    for number, after in ((1, 0), (3, 2)):
        fitting = {"turns": numbered(2), "versions": [version(number) | {"after": after}]}
        assert parse_saved(json.dumps(json.loads(content) | fitting).encode()).count == 3


def test_a_turn_that_does_not_tell_its_revision_has_none() -> None:
    for content in (changed("turns", 0, "revision", to=value) for value in (None, GONE, 0)):
        assert parse_saved(content).turns[0].revision == 0


REPLY = ("turns", 0, "reply")
HOSTILE = {
    "empty": (b"", "it is not JSON"),
    "no text": (b"\xff\xfe{", "not text in UTF-8"),
    "text in UTF-16": (SAVED.decode().encode("utf-16"), "not text in UTF-8"),
    "no JSON": (b'{"format": ', "it is not JSON"),
    "not a number": (b'{"count": NaN}', "NaN is not JSON"),
    "a number beyond all measure": (
        b'{"count": ' + b"9" * 5_000 + b"}",
        "a number that is too long",
    ),
    "a list": (b"[]", "not a JSON object"),
    "deep": (b'{"a":' + b"[" * 200_000, "nested too deep"),
    "deep objects": (b'{"a":' * 200_000, "nested too deep"),
    "another project's": (b'{"cells": [], "nbformat": 4}', "has not written it"),
    "another version": (changed("version", to=2), "it is of version 2, and 1 is"),
    "a long version": (changed("version", to="9" * 999), "it is of version 99999999999999999999,"),
    "no version": (changed("version", to=GONE), "it is of version None"),
    "no name": (changed("name", to=GONE), "name is not text"),
    "a system message of numbers": (changed("system", to=[1]), "system is not text"),
    "no count": (changed("count", to="2"), "count is not a whole number"),
    "count is a bool": (changed("count", to=True), "count is not a whole number"),
    "a low count": (changed("count", to=1), "its turns are not in order"),
    "a negative count": (changed("count", to=-1), "count is out of its bounds"),
    "turns are an object": (changed("turns", to={}), "turns is not a list"),
    "a turn is text": (changed("turns", 0, to="Hi"), "an object is missing"),
    "twice the same": (changed("turns", to=json.loads(SAVED)["turns"] * 2), "are not in order"),
    "number zero": (changed("turns", 0, "number", to=0), "a turn has no number"),
    "a broken number": (changed("turns", 0, "number", to=1.5), "a turn has no number"),
    "a great number": (changed("turns", 0, "number", to=10**30), "a turn has no number"),
    "a revision below zero": (changed("turns", 0, "revision", to=-1), "a turn has no number"),
    "a revision in text": (changed("turns", 0, "revision", to="1"), "a turn has no number"),
    "a great count": (changed("count", to=HIGHEST_NUMBER + 1), "count is out of its bounds"),
    "an empty prompt": (changed("turns", 0, "prompt", to=" \n"), "a prompt is empty"),
    "no prompt": (changed("turns", 0, "prompt", to=None), "prompt is not text"),
    "a place is text": (changed("turns", 0, "place", to="a"), "an object is missing"),
    "a place without a cell": (changed("turns", 0, "place", "cell", to=GONE), "cell is not text"),
    "a place of no number": (
        changed("turns", 0, "place", "prompt", to="1"),
        "a turn has no number",
    ),
    "no reply": (changed(*REPLY, to=None), "an object is missing"),
    "still streaming": (changed(*REPLY, "state", to="streaming"), "state is none of"),
    "a state in a list": (changed(*REPLY, "state", to=["complete"]), "state is none of"),
    "a reason in a list": (changed(*REPLY, "finish_reason", to=[]), "finish_reason is not text"),
    "usage is a number": (changed(*REPLY, "usage", to=3), "usage is not an object"),
    "usage below zero": (
        changed(*REPLY, "usage", to={"total_tokens": -1}),
        "total_tokens is out of its bounds",
    ),
    "usage beyond all measure": (
        changed(*REPLY, "usage", to={"prompt_tokens": 10**4_000}),
        "prompt_tokens is out of its bounds",
    ),
    "tokens are text": (
        changed(*REPLY, "usage", to={"total_tokens": "3"}),
        "total_tokens is not a whole number",
    ),
    "endless": (changed(*REPLY, "elapsed", to=1e300), "seconds are out of their bounds"),
    "over the longest": (changed(*REPLY, "elapsed", to=LONGEST + 1), "out of their bounds"),
    "a great whole number": (changed(*REPLY, "elapsed", to=10**400), "out of their bounds"),
    "negative": (changed(*REPLY, "first", to=-1), "seconds are out of their bounds"),
    "no seconds": (changed(*REPLY, "elapsed", to=None), "a number of seconds is missing"),
    "true seconds": (changed(*REPLY, "elapsed", to=True), "a number of seconds is missing"),
}


@pytest.mark.parametrize(("content", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_none_of_ours_is_refused_in_two_lines(content: bytes, reason: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be loaded as a conversation") as caught:
        parse_saved(content)
    assert reason in caught.value.what
    assert len(str(caught.value).splitlines()) == 2


@settings(max_examples=100, deadline=None)
@given(
    st.binary()
    | st.recursive(st.none() | texts | st.integers() | st.floats(), st.lists).map(
        lambda value: json.dumps({"format": FORMAT, "version": 1, "turns": value}).encode()
    )
)
def test_any_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError):
        parse_saved(content)


def test_a_mark_in_front_and_fields_that_are_not_known_do_no_harm() -> None:
    saved = json.loads(SAVED) | {"later": [1]}
    assert parse_saved(b"\xef\xbb\xbf" + json.dumps(saved).encode()).turns[0].prompt == "Hi"
