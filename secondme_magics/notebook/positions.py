"""Where a prompt comes in its conversation: a cell that is run again replaces its own turn.

And what the reader and the saved notebook are told of it. Asks and shows nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from secondme_magics.conversation.turns import Position

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Place
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.lines import Options
    from secondme_magics.showing.origin import Metadata, Origin


def position_of(
    place: Place | None, conversation: Conversation, options: Options, config: SecondMe
) -> Position:
    """Return where a prompt at `place` comes in `conversation`."""
    return Position(
        place=place,
        replaces=None if options.append else conversation.at(place),
        truncates=options.truncate,
        last=config.max_turns if options.last_turns is None else options.last_turns,
    )


def tell_position(
    origin: Origin,
    place: Place | None,
    position: Position,
    conversation: Conversation,
    options: Options,
) -> Origin:
    """Return `origin` with what is to be known of `position`.

    Args:
        origin: Where the answer comes from.
        place: Where the prompt is asked: elsewhere than the turn's, if it asks that one again.
        position: Where in the conversation it comes.
        conversation: What was said before.
        options: What stood on the magic's line.
    """
    last = _last_before(position, conversation)
    otherwise: Metadata = {"follows": last, "system": conversation.system or None}
    besides: Metadata = {"follows": 0 if options.new else last}
    system = conversation.system if options.system is None else options.system
    if system:
        besides["system"] = system
    if sent := origin.sent - position.continues:
        besides["sent"] = sent
    otherwise["last"] = conversation.turns[-1:] == (position.replaces,)
    if otherwise["last"] or (position.replaces and position.truncates):
        besides["last"] = True
    besides |= _place_and_trunks(place, position, conversation)
    return replace(origin, position=position, besides=besides, otherwise=otherwise)


def _place_and_trunks(
    place: Place | None, position: Position, conversation: Conversation
) -> Metadata:
    kept: Metadata = {}
    if position.place is not None and position.place.prompt > 1:
        kept["place"] = position.place.prompt
    if position.replaces is not None and (place is None or place != position.place):
        kept["revises"] = position.place.cell if position.place else None
    if conversation.trunks:
        kept["trunks"] = [trunk._asdict() for trunk in conversation.trunks]
    return kept


def _last_before(position: Position, conversation: Conversation) -> int:
    """Return the number of the turn before `position`, 0 if it is the first."""
    numbers = [turn.number for turn in conversation.turns]
    if position.replaces is not None:
        numbers = [number for number in numbers if number < position.replaces.number]
    return max(numbers, default=0)


def notes_of_limit(left_out: int, last: int | None) -> list[str]:
    """Return what the reader is to know of turns that were not sent."""
    if not left_out:
        return []
    what = "1 earlier turn was" if left_out == 1 else f"{left_out} earlier turns were"
    return [f"{what} left out of what was sent: the limit is {last}."]
