"""Conversations from the answers that a saved notebook holds: their text, and what is kept of them.

A notebook that was edited by hand, or comes from a stranger, is text to be checked: nothing in it
runs, and what is not as it should be is left out and told of. Knows no paths and opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from secondme_magics.notebook.lines import conversation_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from secondme_magics.conversation.saving import Fields

HIGHEST_TURN = 1_000_000
MOST_CONVERSATIONS = 500
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
    """

    conversation: str
    turn: Turn
    run: int | None
    revises: bool
    afresh: bool
    system: str | None


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
            elif answer.conversation not in talks and len(talks) == MOST_CONVERSATIONS:
                skipped.append(f"cell {number}: there are too many conversations")
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
    run = cell.get("execution_count")
    return _Answer(
        conversation=_parse_name(kept.get("conversation")),
        turn=Turn(number, prompt, _parse_reply(output, kept), _parse_place(cell_id, kept)),
        run=run if isinstance(run, int) else None,
        revises=revises,
        afresh=kept.get("afresh") is True,
        system=None if kept.get("system") is None else _text(kept["system"], "system"),
    )


def _parse_name(value: object) -> str:
    try:
        return conversation_name(_text(value, "conversation"))
    except ValueError:
        raise FormatError("a conversation has no name that it can have") from None


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


def _join(name: str, answers: list[_Answer]) -> Conversation:
    """Return a conversation of `answers`, which stand as in the notebook, by their turns' numbers.

    Turns of the same number were asked by different kernels: both stay, and get new numbers.
    """
    joined: list[_Answer] = []
    places: dict[tuple[int, Place | None], int] = {}
    for answer in sorted(answers, key=lambda each: (each.turn.number, each.revises)):
        key = (answer.turn.number, answer.turn.place)
        revised = places.get(key) if answer.revises else None
        if revised is None:
            places[key] = len(joined)
            joined.append(answer)
        elif _replaces(answer, joined[revised]):
            joined[revised] = answer
        if answer.afresh and answer.turn.reply.state != "failed":
            joined = joined[-1:]
            last = joined[0].turn
            places = {(last.number, last.place): 0}
    turns: list[Turn] = []
    for each in joined:
        lowest = turns[-1].number + 1 if turns else 1
        turns.append(replace(each.turn, number=max(lowest, each.turn.number)))
    systems = [each.system for each in joined if each.turn.reply.state != "failed"]
    return Conversation(name, systems[-1] if systems else None, turns)


def _replaces(answer: _Answer, earlier: _Answer) -> bool:
    """Return whether `answer` came last: the cell of the turn may have been run again since."""
    is_later = answer.run is None or earlier.run is None or answer.run > earlier.run
    return is_later and earlier.turn.gives_way_to(answer.turn.reply)
