"""What a panel shows, as the JSON that its page reads: the header and the turns.

Pure: knows neither the widget nor how messages travel.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from secondme_magics import __version__
from secondme_magics.errors import SecondMeError
from secondme_magics.markdown.safety import clean_text
from secondme_magics.panel.growth import thought_fields
from secondme_magics.showing.insertion import whole_code
from secondme_magics.showing.origin import UNKNOWN
from secondme_magics.showing.rendering import footer_of, notes_of

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.panel.board import Board, Shown
    from secondme_magics.panel.growth import Fields
    from secondme_magics.panel.host import Host
    from secondme_magics.panel.panel import Panel
    from secondme_magics.panel.running import RunningAnswer

FAILED = SecondMeError("this prompt got no answer", "Ask it again, or ask your next prompt.")
"""What is said of a failure of which nothing is known any more."""


@dataclass(frozen=True)
class Row:
    """A turn as it stands in a panel; two are equal if they look the same.

    Args:
        turn: The turn.
        running: Its answer, while it grows.
        error: What it failed with, in two lines.
        version: Which version it is, and how many there are.
        can_continue: Whether its answer can be continued.
    """

    turn: Turn
    running: RunningAnswer | None
    error: tuple[str, str] | None
    version: tuple[int, int]
    can_continue: bool = False


def rows_of(conversation: Conversation, board: Board) -> list[Row]:
    """Return the turns of `conversation` as they stand now, but one that is about to begin."""
    growing = {each.turn.number: each for each in board.running(conversation) if each.turn}
    rows = [
        _row(turn, version, growing.get(turn.number), board.known(conversation, turn))
        for turn, version in conversation.versions
        if turn.reply.state != "streaming" or turn.number in growing
    ]
    if rows and rows[-1].running is None and rows[-1].turn.is_unfinished:
        rows[-1] = replace(rows[-1], can_continue=True)
    return rows


def _row(
    turn: Turn,
    version: tuple[int, int],
    running: RunningAnswer | None,
    shown: Shown | None,
) -> Row:
    if running is not None and running.turn is not None:
        return Row(running.turn, running, None, version)
    error = shown.error if shown else None
    if error is None and turn.reply.state == "failed":
        error = FAILED
    lines = (error.what, error.hint) if error and turn.reply.state != "complete" else None
    return Row(turn, None, lines, version)


def turn_fields(row: Row, shown: Shown | None) -> Fields:
    """Return a row as a page reads it; `shown` is its answer unless it grows."""
    turn = row.turn
    fields: Fields = {
        "key": str(turn.number),
        "prompt": clean_text(turn.prompt),
        "version": list(row.version),
        "place": turn.place is not None,
    }
    if row.running is not None:
        return fields | _growing(row.running)
    assert shown is not None  # noqa: S101 - what does not grow has been rendered
    return fields | _ended(row, shown)


def _growing(running: RunningAnswer) -> Fields:
    growth = running.growth
    return {
        "state": "streaming",
        "blocks": list(growth.blocks),
        "tail": growth.tail,
        "thought": growth.thought(),
        "notes": [],
        "footer": "",
        "text": "",
        "has_code": False,
        "error": None,
        "can_continue": False,
        "prompt_id": running.prompt_id,
    }


def _ended(row: Row, shown: Shown) -> Fields:
    reply = row.turn.reply
    origin = shown.origin or UNKNOWN
    return {
        "state": reply.state,
        "blocks": shown.blocks,
        "tail": "",
        "thought": thought_fields(reply.reasoning, shown.seconds),
        "notes": [clean_text(note) for note in notes_of(reply, origin)],
        "footer": clean_text(footer_of(reply, origin)),
        "text": clean_text(reply.text),
        "has_code": bool(whole_code(reply)),
        "error": {"what": row.error[0], "hint": row.error[1]} if row.error else None,
        "can_continue": row.can_continue,
        "prompt_id": shown.prompt_id,
    }


def head_fields(panel: Panel, host: Host) -> Fields:
    """Return the header of `panel`, which stands in `host`."""
    instance = host.instance()
    waiting = panel.waiting
    talk = panel.conversation
    running = host.board.running(talk)
    roles, settings = panel.choices.roles, panel.choices.settings
    return {
        "instance": asdict(instance),
        "status": _status(running),
        "can_interrupt": host.can_interrupt,
        "conversation": talk.name,
        "conversations": list(dict.fromkeys([*host.conversations(), talk.name])),
        "roles": None if roles is None else [asdict(role) for role in roles],
        "role": settings.role,
        "settings": settings.shown(host.defaults().parameters),
        "suggestions": [clean_text(each) for each in host.suggestions()],
        "waiting": waiting and {"prompt_id": waiting.prompt_id, "prompt": clean_text(waiting.text)},
        "can_undo": bool(talk.turns) and not running,
        "can_bring_back": host.board.can_bring_back(talk) and not running,
        "version": __version__,
    }


def _status(running: list[RunningAnswer]) -> str:
    if not running:
        return "idle"
    return "stopping" if all(each.is_stopping for each in running) else "answering"
