"""Conversations from the answers that a saved notebook holds: their text, and what is kept of them.

A notebook that was edited by hand, or comes from a stranger, is text to be checked: nothing in it
runs, and what is not as it should be is left out and told of. Knows no paths and opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from secondme_magics.conversation.conversation import Conversation, Place, Turn
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.saving import (
    FormatError,
    parse_number,
    parse_object,
    parse_seconds,
    parse_state,
    parse_usage,
)
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import conversation_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
    """

    conversations: tuple[Conversation, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer of the notebook, read.

    Args:
        conversation: The name of the conversation.
        turn: What was asked and answered.
        run: How manieth run of a cell it came from, as far as that is known.
        revises: Whether it was asked in another cell than the turn itself.
        afresh: Whether the conversation began anew with it.
        system: The system message above it.
        is_retold: Whether a panel's transcript holds it: its cell's output may hold it too.
    """

    conversation: str
    turn: Turn
    run: int | None
    revises: bool
    afresh: bool
    system: str | None
    is_retold: bool = False

    def retells(self, other: _Answer) -> bool:
        """Return whether this is in a transcript what `other` is already."""
        mine, its = self.turn, other.turn
        is_same = (mine.prompt, mine.reply.text) == (its.prompt, its.reply.text)
        is_there = mine.place is not None and mine.place == its.place
        return self.is_retold and mine.number == its.number and (is_same or is_there)


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
    return Restored(tuple(_join(name, answers) for name, answers in talks.items()), tuple(skipped))


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
        if isinstance(kept, dict) and isinstance(kept.get("transcript"), list):
            for talk in kept["transcript"]:
                yield from _iter_retold(talk)
        elif isinstance(kept, dict) and kept.get("turn", "") is not None:
            yield _read(partial(_parse_answer, cell, output, kept))


def _iter_retold(kept: object) -> Iterator[_Answer | FormatError]:
    """Yield what the transcript of a panel holds of one conversation."""
    if not isinstance(kept, dict) or not isinstance(kept.get("turns"), list):
        yield FormatError("a transcript has no turns")
        return
    for turn in kept["turns"]:
        yield _read(partial(_parse_retold, kept, turn))


def _read(parse: Callable[[], _Answer]) -> _Answer | FormatError:
    try:
        return parse()
    except FormatError as error:
        return error


def _parse_retold(kept: Fields, turn: object) -> _Answer:
    if not isinstance(turn, dict):
        raise FormatError("a turn is no object")
    place = turn.get("place")
    cell, prompt = (place.get("cell"), place.get("prompt")) if isinstance(place, dict) else (0, 1)
    number, asked = _parse_prompt(turn)
    return _Answer(
        conversation=_parse_name(kept.get("conversation")),
        turn=Turn(number, asked, _parse_reply(turn.get("text"), turn), _parse_place(cell, prompt)),
        run=None,
        revises=False,
        afresh=False,
        system=_parse_system(kept),
        is_retold=True,
    )


def _parse_prompt(kept: Fields) -> tuple[int, str]:
    """Return the number of a turn and its prompt."""
    number = parse_number(kept.get("turn"))
    if number > HIGHEST_TURN:
        raise FormatError("a turn has too high a number")
    prompt = _text(kept.get("prompt"), "prompt")
    if not prompt.strip():
        raise FormatError("a prompt is empty")
    return number, prompt


def _parse_system(kept: Fields) -> str | None:
    return None if kept.get("system") is None else _text(kept["system"], "system")


def _parse_answer(cell: Fields, output: Fields, kept: Fields) -> _Answer:
    number, prompt = _parse_prompt(kept)
    revises = "revises" in kept
    cell_id = kept["revises"] if revises else cell.get("id")
    run = cell.get("execution_count")
    return _Answer(
        conversation=_parse_name(kept.get("conversation")),
        turn=Turn(
            number,
            prompt,
            _parse_reply(_plain_text(output), kept),
            _parse_place(cell_id, kept.get("place", 1)),
        ),
        run=run if isinstance(run, int) else None,
        revises=revises,
        afresh=kept.get("afresh") is True,
        system=_parse_system(kept),
    )


def _parse_name(value: object) -> str:
    try:
        return conversation_name(_text(value, "conversation"))
    except ValueError:
        raise FormatError("a conversation has no name that it can have") from None


def _plain_text(output: Fields) -> object:
    """Return the text of an output, which a file may hold line by line."""
    bundle = output.get("data")
    text = bundle.get("text/plain") if isinstance(bundle, dict) else None
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "".join(text)
    return text


def _parse_reply(text: object, kept: Fields) -> Reply:
    reason = kept.get("finish_reason")
    return Reply(
        text=_text(text, "an answer"),
        state=parse_state(kept.get("state")),
        finish_reason=None if reason is None else _text(reason, "finish_reason", LONGEST_WORD),
        usage=parse_usage(kept.get("usage")),
        elapsed=parse_seconds(kept.get("elapsed")),
    )


def _parse_place(cell: object, number: object) -> Place | None:
    prompt = parse_number(number)
    is_known = isinstance(cell, str) and 0 < len(cell) <= LONGEST_WORD
    return Place(str(cell), prompt) if is_known else None


def _text(value: object, name: str, most: int | None = None) -> str:
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise FormatError(f"{name} is no text, or too long")
    return without_surrogates(value)


def _join(name: str, answers: list[_Answer]) -> Conversation:
    """Return a conversation of `answers`, which stand as in the notebook, by their turns' numbers.

    Turns of the same number were asked by different kernels: both stay, and get new numbers.
    """
    joined: list[_Answer] = []
    for answer in sorted(answers, key=lambda a: (a.turn.number, a.revises, a.is_retold)):
        if _is_told(joined, answer):
            continue
        revised = _find_revised(joined, answer) if answer.revises else None
        if revised is None:
            joined.append(answer)
        elif _replaces(answer, joined[revised]):
            joined[revised] = answer
        if answer.afresh and answer.turn.reply.state != "failed":
            joined = joined[-1:]
    turns: list[Turn] = []
    for each in joined:
        lowest = turns[-1].number + 1 if turns else 1
        turns.append(replace(each.turn, number=max(lowest, each.turn.number)))
    systems = [each.system for each in joined if each.turn.reply.state != "failed"]
    return Conversation(name, systems[-1] if systems else None, turns)


def _is_told(joined: list[_Answer], answer: _Answer) -> bool:
    """Return whether one of `joined`, which stand in order, is what a transcript tells again."""
    for each in reversed(joined):
        if each.turn.number != answer.turn.number:
            return False
        if answer.retells(each):
            return True
    return False


def _find_revised(joined: list[_Answer], answer: _Answer) -> int | None:
    """Return which of `joined` is an earlier answer to the same turn."""
    for index, each in reversed(list(enumerate(joined))):
        if each.turn.number == answer.turn.number and each.turn.place == answer.turn.place:
            return index
    return None


def _replaces(answer: _Answer, earlier: _Answer) -> bool:
    """Return whether `answer` came last: the cell of the turn may have been run again since."""
    is_later = answer.run is None or earlier.run is None or answer.run > earlier.run
    return is_later and earlier.turn.gives_way_to(answer.turn.reply)
