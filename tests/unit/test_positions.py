from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Place, Position, Turn
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.lines import Options
from secondme_magics.notebook.places import Places
from secondme_magics.notebook.positions import notes_of_limit, position_of, tell_position
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.rendering import metadata, notes_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GOOD = Reply("answer", state="complete")
HERE = Place("here")
ORIGIN = Origin("demo", "default", notes=("First.",))


def talk(system: str | None = None) -> Conversation:
    turns = [Turn(1, "a", GOOD, Place("there")), Turn(2, "b", GOOD, HERE), Turn(3, "c", GOOD)]
    return Conversation("default", system, turns)


def shell(cell: object = None, run: str = "1") -> InteractiveShell:
    parent = {"header": {"msg_id": run}, "metadata": {} if cell is None else {"cellId": cell}}
    return cast("InteractiveShell", SimpleNamespace(get_parent=lambda: parent))


def test_each_prompt_of_a_run_has_a_place_of_its_own_and_the_next_run_the_same() -> None:
    places = Places()
    asked = [places.next(shell("a", run), "talk") for run in ("1", "1", "2", "2")]
    assert asked == [Place("a", 1), Place("a", 2), Place("a", 1), Place("a", 2)]


def test_a_prompt_of_one_conversation_does_not_move_those_of_another() -> None:
    places = Places()
    asked = [places.next(shell("a"), talk) for talk in ("one", "two", "one")]
    assert asked == [Place("a", 1), Place("a", 1), Place("a", 2)]


@pytest.mark.parametrize("cell", [None, "", 7])
def test_without_a_cells_id_there_is_no_place(cell: object) -> None:
    assert Places().next(shell(cell), "talk") is None


def test_a_shell_without_a_front_end_has_no_place() -> None:
    bare = cast("InteractiveShell", SimpleNamespace())
    assert Places().next(bare, "talk") is None


POSITIONS: dict[str, tuple[Place | None, Options, Position]] = {
    "again": (HERE, Options(), Position(HERE, talk().turns[1])),
    "append": (HERE, Options(append=True), Position(HERE)),
    "truncate": (HERE, Options(truncate=True), Position(HERE, talk().turns[1], truncates=True)),
    "a new cell": (Place("new"), Options(), Position(Place("new"))),
    "no cell": (None, Options(), Position()),
    "a limit": (None, Options(last_turns=0), Position(last=0)),
}


@pytest.mark.parametrize(("place", "options", "position"), POSITIONS.values(), ids=POSITIONS)
def test_the_cell_and_the_options_say_where_a_prompt_comes(
    place: Place | None, options: Options, position: Position
) -> None:
    assert position_of(place, talk(), options, SecondMe()) == position


def test_the_default_limit_holds_unless_an_option_says_otherwise() -> None:
    config = SecondMe(max_turns=2)
    assert position_of(None, talk(), Options(), config).last == 2
    assert position_of(None, talk(), Options(last_turns=1), config).last == 1


AGAIN = Position(HERE, talk().turns[1])
BESIDES: dict[str, tuple[Place | None, Position, Options, dict[str, object]]] = {
    "nothing": (HERE, AGAIN, Options(), {"follows": 1}),
    "the second of its cell": (
        Place("x", 2),
        Position(Place("x", 2)),
        Options(),
        {"follows": 3, "place": 2},
    ),
    "asked again elsewhere": (Place("retry"), AGAIN, Options(), {"follows": 1, "revises": "here"}),
    "asked again without cells": (
        None,
        Position(replaces=talk().turns[2]),
        Options(),
        {"follows": 2, "revises": None, "last": True},
    ),
    "without what came after": (
        HERE,
        AGAIN._replace(truncates=True),
        Options(truncate=True),
        {"follows": 1, "last": True},
    ),
    "afresh": (HERE, AGAIN, Options(new=True), {"follows": 0}),
    "a system message": (HERE, AGAIN, Options(system="Brief"), {"follows": 1, "system": "Brief"}),
}


@pytest.mark.parametrize(("place", "position", "options", "kept"), BESIDES.values(), ids=BESIDES)
def test_the_saved_notebook_keeps_what_restores_the_position(
    place: Place | None, position: Position, options: Options, kept: dict[str, object]
) -> None:
    origin = tell_position(ORIGIN, place, position, talk(), options)
    assert origin.besides == kept
    assert origin.position == position
    assert origin.notes == ("First.",)
    about: Any = metadata(Turn(1, "a", GOOD), origin)["secondme"]
    assert kept.items() <= about.items()


def test_the_conversations_system_message_is_kept_until_it_is_taken_away() -> None:
    for options, kept in ((Options(), "Brief"), (Options(system=""), None)):
        origin = tell_position(ORIGIN, HERE, AGAIN, talk("Brief"), options)
        assert origin.besides.get("system") == kept


@pytest.mark.parametrize("reply", [Reply("half", state="failed"), Reply("", state="interrupted")])
def test_of_an_answer_that_changes_nothing_it_is_kept_what_holds(reply: Reply) -> None:
    origin = tell_position(ORIGIN, HERE, AGAIN, talk("Brief"), Options(new=True, system="New"))
    good: Any = metadata(Turn(2, "b", GOOD), origin)["secondme"]
    assert (good["follows"], good["system"], good.get("stays")) == (0, "New", None)
    bad: Any = metadata(Turn(2, "b", reply), origin)["secondme"]
    assert (bad["follows"], bad["system"], bad["stays"]) == (1, "Brief", True)


def test_a_branch_keeps_what_it_was_parted_from() -> None:
    branch = Conversation("trunk", turns=[Turn(1, "a", GOOD, revision=4)]).copy("b").copy("c")
    origin = tell_position(ORIGIN, None, Position(), branch, Options())
    assert origin.besides["trunks"] == [
        {"name": "trunk", "revision": 4},
        {"name": "b", "revision": 4},
    ]


@pytest.mark.parametrize(
    ("last", "notes"),
    [
        (None, []),
        (3, []),
        (2, ["1 earlier turn was left out of what was sent: the limit is 2."]),
        (0, ["3 earlier turns were left out of what was sent: the limit is 0."]),
    ],
)
def test_what_was_left_out_is_told(last: int | None, notes: list[str]) -> None:
    assert notes_of_limit(talk().left_out(Position(last=last)), last) == notes


NOTES = {
    "replaced": (AGAIN, GOOD, ["Replaces turn 2 of this conversation."]),
    "gone on with": (
        Position(HERE, talk().turns[1], continues=True),
        GOOD,
        ["Goes on with turn 2 of this conversation."],
    ),
    "failed": (
        AGAIN,
        Reply("", state="failed"),
        ["Turn 2 of this conversation stays as it was."],
    ),
    "still streaming": (AGAIN, Reply("an"), []),
    "the end": (Position(HERE), GOOD, []),
}


@pytest.mark.parametrize(("position", "reply", "notes"), NOTES.values(), ids=NOTES)
def test_the_reader_is_told_whose_place_the_answer_takes(
    position: Position, reply: Reply, notes: list[str]
) -> None:
    assert notes_of(reply, Origin("demo", "default", position=position)) == notes
