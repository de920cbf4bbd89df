"""Conversations from the answers that a saved notebook holds: their text, and what is kept of them.

A notebook that was edited by hand, or comes from a stranger, is text to be checked: nothing in it
runs, and what is not as it should be is left out and told of. Knows no paths and opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from secondme_magics.conversation.conversation import (
    MOST_TRUNKS,
    Conversation,
    Place,
    Trunk,
    Turn,
)
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.saving import (
    FormatError,
    parse_number,
    parse_object,
    parse_revision,
    parse_seconds,
    parse_state,
    parse_usage,
)
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import conversation_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from secondme_magics.conversation.saving import Fields

HIGHEST_TURN = 1_000_000
LONGEST_WORD = 1_000
"""Characters of a cell's id, or of a finish reason."""


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


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer of the notebook, read.

    Args:
        conversation: The name of the conversation.
        turn: What was asked and answered.
        revises: Whether it was asked in another cell than the turn itself.
        stays: Whether an earlier answer to the same turn stayed, and this one did not.
        follows: The number of the turn before it; those in between were taken back or dropped.
        is_last: Whether it took the place of a turn, and none stood behind that one then.
        system: The system message above it.
        trunks: What the conversation was parted from.
        sent: How many earlier turns were sent with the prompt.
    """

    conversation: str
    turn: Turn
    revises: bool
    stays: bool
    follows: int
    is_last: bool
    system: str | None
    trunks: tuple[Trunk, ...]
    sent: int


def restore_conversations(content: bytes) -> Restored:
    """Return the conversations of the notebook that is the file `content`.

    Raises:
        ConfigurationError: It is no notebook.
    """
    talks: dict[str, list[_Answer]] = {}
    skipped: list[str] = []
    for number, cell in enumerate(_parse_cells(content), start=1):
        for answer in _iter_answers(cell):
            if isinstance(answer, FormatError):
                skipped.append(f"cell {number}: {answer}")
            else:
                talks.setdefault(answer.conversation, []).append(answer)
    joined = {name: _join(_grown(name, talks)) for name in talks}
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


def _parse_cells(content: bytes) -> list[object]:
    try:
        notebook = parse_object(content)
        cells = notebook.get("cells")
        if not isinstance(cells, list) or "nbformat" not in notebook:
            raise FormatError("it has no cells")
    except ValueError as error:
        raise ConfigurationError(
            f"this is no notebook that can be read: {error}",
            "Nothing was changed; give the path of an .ipynb file of format 4.",
        ) from None
    return cells


def _iter_answers(cell: object) -> Iterator[_Answer | FormatError]:
    """Yield the answers in the outputs of `cell`, or what is wrong with them."""
    if not isinstance(cell, dict) or not isinstance(cell.get("outputs"), list):
        return
    for output in cell["outputs"]:
        metadata = output.get("metadata") if isinstance(output, dict) else None
        kept = metadata.get("secondme") if isinstance(metadata, dict) else None
        if isinstance(kept, dict) and kept.get("turn", "") is not None:
            yield _read_answer(cell, output, kept)


def _read_answer(cell: Fields, output: Fields, kept: Fields) -> _Answer | FormatError:
    try:
        return _parse_answer(cell, output, kept)
    except FormatError as error:
        return error


def _parse_answer(cell: Fields, output: Fields, kept: Fields) -> _Answer:
    number = parse_number(kept.get("turn"))
    if number > HIGHEST_TURN:
        raise FormatError("a turn has too high a number")
    prompt = _text(kept.get("prompt"), "prompt")
    if not prompt.strip():
        raise FormatError("a prompt is empty")
    revises = "revises" in kept
    cell_id = kept["revises"] if revises else cell.get("id")
    reply, place = _parse_reply(output, kept), _parse_place(cell_id, kept)
    return _Answer(
        conversation=_parse_name(kept.get("conversation")),
        turn=Turn(number, prompt, reply, place, parse_revision(kept.get("revision"))),
        revises=revises,
        stays=kept.get("stays") is True,
        follows=parse_revision(kept.get("follows", number - 1)),
        system=None if kept.get("system") is None else _text(kept["system"], "system"),
        is_last=kept.get("last") is True,
        trunks=_parse_trunks(kept.get("trunks", [])),
        sent=parse_revision(kept.get("sent")),
    )


def _parse_name(value: object) -> str:
    try:
        return conversation_name(_text(value, "conversation"))
    except ValueError:
        raise FormatError("a conversation has no name that it can have") from None


def _parse_trunks(value: object) -> tuple[Trunk, ...]:
    if not isinstance(value, list) or len(value) > MOST_TRUNKS:
        raise FormatError("trunks is no list, or too long")
    return tuple(
        Trunk(_parse_name(each.get("name")), parse_revision(each.get("revision")))
        for each in value
        if isinstance(each, dict)
    )


def _parse_reply(output: Fields, kept: Fields) -> Reply:
    bundle = output.get("data")
    text = bundle.get("text/plain") if isinstance(bundle, dict) else None
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    reason = kept.get("finish_reason")
    return Reply(
        text=_text(text, "an answer"),
        state=parse_state(kept.get("state")),
        finish_reason=None if reason is None else _text(reason, "finish_reason", LONGEST_WORD),
        usage=parse_usage(kept.get("usage")),
        elapsed=parse_seconds(kept.get("elapsed")),
    )


def _parse_place(cell: object, kept: Fields) -> Place | None:
    prompt = parse_number(kept.get("place", 1))
    is_known = isinstance(cell, str) and 0 < len(cell) <= LONGEST_WORD
    return Place(str(cell), prompt) if is_known else None


def _text(value: object, name: str, most: int | None = None) -> str:
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise FormatError(f"{name} is no text, or too long")
    return without_surrogates(value)


def _to_conversation(name: str, joined: Sequence[_Answer]) -> Conversation:
    """Return a conversation of these answers.

    Turns of the same number were asked by different kernels: both stay, and get new numbers.
    """
    turns: list[Turn] = []
    for each in joined:
        lowest = turns[-1].number + 1 if turns else 1
        turns.append(replace(each.turn, number=max(lowest, each.turn.number)))
    last = max(reversed(joined), key=_revision)
    return Conversation(name, last.system, turns, trunks=_trunks(name, joined))


def _trunks(name: str, answers: Iterable[_Answer]) -> tuple[Trunk, ...]:
    """Return what the conversation called `name` was parted from, as its own answers tell."""
    own = (answer for answer in answers if answer.conversation == name)
    return max(own, key=_revision).trunks


def _count_missing(joined: Iterable[_Answer]) -> int:
    """Return how many answers are not among `joined` that the conversation had.

    Told by one that was shown in place of an answer that stayed, and by one that was sent with
    more turns than there are; unless those before it changed since.
    """
    missing = there = last = 0
    for answer in joined:
        if _revision(answer) >= last:
            missing = max(missing, answer.sent - there)
        last = max(last, _revision(answer))
        missing += answer.stays
        there += answer.turn.is_sent or answer.stays
    return missing


def _revision(answer: _Answer) -> int:
    return answer.turn.revision


def _grown(name: str, talks: Mapping[str, Sequence[_Answer]]) -> list[_Answer]:
    """Return a conversation's own answers, and those of its trunks that stood when it parted."""
    grown = list(talks[name])
    for trunk in reversed(_trunks(name, grown)):
        changed = {answer.turn.number for answer in grown if not answer.stays}
        grown += [
            answer
            for answer in talks.get(trunk.name, ())
            if _revision(answer) <= trunk.revision and answer.turn.number not in changed
        ]
    return grown


def _join(answers: Iterable[_Answer]) -> list[_Answer]:
    """Return the answers that stood in the end, in the order of their turns."""
    joined: list[_Answer] = []
    latest: dict[tuple[int, Place | None], int] = {}
    for answer in sorted(answers, key=lambda each: (each.turn.number, each.revises)):
        number, place = answer.turn.number, answer.turn.place
        revised = latest.get((number, place)) if answer.revises else None
        if revised is None:
            latest[number, place] = latest[number, None] = len(joined)
            joined.append(answer)
        elif _replaces(answer, joined[revised]):
            place = joined[revised].turn.place  # one that was asked without has that of its cell
            joined[revised] = replace(answer, turn=replace(answer.turn, place=place))
    return _without_dropped(joined)


def _without_dropped(joined: Iterable[_Answer]) -> list[_Answer]:
    """Return the answers without those that were gone when a later one was asked."""
    left: list[_Answer] = []
    dropped = 0
    for answer in joined:
        if _revision(answer) < dropped:
            continue
        while left and answer.follows < left[-1].turn.number < answer.turn.number:
            left.pop()
        left.append(answer)
        if answer.is_last:
            dropped = _revision(answer)
    return left


def _replaces(answer: _Answer, earlier: _Answer) -> bool:
    """Return whether `answer` came last: the cell of the turn may have been run again since."""
    is_later = earlier.stays or _revision(answer) >= _revision(earlier)
    return is_later and earlier.turn.gives_way_to(answer.turn.reply)
