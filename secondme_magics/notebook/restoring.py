"""Conversations made again from the answers that a saved notebook holds.

Knows which of them stood in the end: what was asked again, taken back, or parted from another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.saving import FormatError
from secondme_magics.notebook.kept_answers import KeptAnswer, iter_answers, parse_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from secondme_magics.conversation.turns import Place, Trunk, Turn

MOST_CONVERSATIONS = 500

MOST_SHARED = 100_000
"""Answers that branches take from what they were parted from; each may name the longest of all."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a notebook holds.

    Args:
        conversations: What was said, in the order in which the notebook first names them.
        skipped: What is wrong with what was left out, a line each.
        missing: How many turns of a conversation were sent with a later one and are not there.
    """

    conversations: tuple[Conversation, ...]
    skipped: tuple[str, ...]
    missing: Mapping[str, int] = field(default_factory=dict)


def restore_conversations(content: bytes) -> Restored:
    """Return the conversations of the notebook that is the file `content`.

    Raises:
        ConfigurationError: It is no notebook.
    """
    talks: dict[str, list[KeptAnswer]] = {}
    skipped: list[str] = []
    for number, cell in enumerate(parse_cells(content), start=1):
        for answer in iter_answers(cell):
            if isinstance(answer, FormatError):
                skipped.append(f"cell {number}: {answer}")
            elif answer.conversation not in talks and len(talks) == MOST_CONVERSATIONS:
                skipped.append(f"cell {number}: there are too many conversations")
            else:
                talks.setdefault(answer.conversation, []).append(answer)
    joined = {name: _join(grown) for name, grown in _iter_grown(talks, skipped)}
    return Restored(
        tuple(_to_conversation(name, answers) for name, answers in joined.items()),
        tuple(skipped),
        {name: count for name in joined if (count := _count_missing(joined[name]))},
    )


def iter_notebook_names(names: Mapping[str, object], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield where the running notebook's own file may be, as VS Code and Jupyter tell it.

    Args:
        names: The variables of the kernel.
        environ: The environment of the kernel.
    """
    told = (
        names.get("__vsc_ipynb_file__"),
        names.get("__session__"),
        environ.get("JPY_SESSION_NAME"),
    )
    yield from (name for name in told if isinstance(name, str) and name.endswith(".ipynb"))


def _to_conversation(name: str, joined: Sequence[KeptAnswer]) -> Conversation:
    """Return a conversation of these answers.

    Turns of the same number were asked by different kernels: both stay, and get new numbers.
    """
    turns: list[Turn] = []
    for each in joined:
        lowest = turns[-1].number + 1 if turns else 1
        turns.append(replace(each.turn, number=max(lowest, each.turn.number)))
    last = max(reversed(joined), key=lambda answer: answer.revision)
    return Conversation(name, last.system, turns, trunks=_trunks(name, joined))


def _trunks(name: str, answers: Iterable[KeptAnswer]) -> tuple[Trunk, ...]:
    """Return what the conversation called `name` was parted from, as its own answers tell."""
    own = (answer for answer in answers if answer.conversation == name)
    return max(own, key=lambda answer: answer.revision).trunks


def _count_missing(joined: Iterable[KeptAnswer]) -> int:
    """Return how many answers are not among `joined` that the conversation had.

    Told by one that was shown in place of an answer that stayed, and by one that was sent with
    more turns than there are; unless those before it changed since.
    """
    missing = there = last = 0
    for answer in joined:
        if answer.revision >= last:
            missing = max(missing, answer.sent - there)
        last = max(last, answer.revision)
        missing += answer.stays
        there += answer.turn.is_sent or answer.stays
    return missing


def _iter_grown(
    talks: Mapping[str, Sequence[KeptAnswer]], skipped: list[str]
) -> Iterator[tuple[str, list[KeptAnswer]]]:
    """Yield each conversation with its answers and those of its trunks from before it parted.

    What is left out, because so much is shared, is told to `skipped`.
    """
    room = MOST_SHARED
    for name, own in talks.items():
        grown = [*own]
        for trunk in reversed(_trunks(name, own)):
            shared = talks.get(trunk.name, ())
            room -= len(shared)
            if room < 0:
                skipped.append(f"conversation {name}: what it was parted from is too long")
                break
            changed = {answer.turn.number for answer in grown if not answer.stays}
            grown += [
                answer
                for answer in shared
                if answer.revision <= trunk.revision and answer.turn.number not in changed
            ]
        yield name, grown


def _join(answers: Iterable[KeptAnswer]) -> list[KeptAnswer]:
    """Return the answers that stood in the end, in the order of their turns."""
    joined: list[KeptAnswer] = []
    latest: dict[tuple[int, Place | None], int] = {}
    told: set[tuple[object, ...]] = set()
    for answer in sorted(answers, key=lambda a: (a.turn.number, a.revises, a.is_retold)):
        if answer.is_retold and not told.isdisjoint(answer.marks):
            continue
        told |= answer.marks
        number, place = answer.turn.number, answer.turn.place
        revised = latest.get((number, place)) if answer.revises else None
        if revised is None:
            latest[number, place] = latest[number, None] = len(joined)
            joined.append(answer)
        elif _replaces(answer, joined[revised]):
            place = joined[revised].turn.place  # one that was asked without has that of its cell
            joined[revised] = replace(answer, turn=replace(answer.turn, place=place))
    return _without_dropped(joined)


def _without_dropped(joined: Iterable[KeptAnswer]) -> list[KeptAnswer]:
    """Return the answers without those that were gone when a later one was asked."""
    left: list[KeptAnswer] = []
    dropped = 0
    for answer in joined:
        if answer.revision < dropped:
            continue
        while left and answer.follows < left[-1].turn.number < answer.turn.number:
            left.pop()
        left.append(answer)
        if answer.is_last:
            dropped = answer.revision
    return left


def _replaces(answer: KeptAnswer, earlier: KeptAnswer) -> bool:
    """Return whether `answer` came last: the cell of the turn may have been run again since."""
    is_later = earlier.stays or answer.revision >= earlier.revision
    return is_later and earlier.turn.gives_way_to(answer.turn.reply)
