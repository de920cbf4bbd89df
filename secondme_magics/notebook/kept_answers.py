"""The answers that a saved notebook holds: their text, and what is kept of them, checked.

A notebook that was edited by hand, or comes from a stranger, is text: nothing in it runs, and what
is not as it should be is reported. Knows no paths and opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

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
from secondme_magics.conversation.turns import MOST_TRUNKS, Place, Trunk, Turn
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.lines import conversation_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from secondme_magics.conversation.saving import Fields

HIGHEST_TURN = 1_000_000
LONGEST_WORD = 1_000
"""Characters of a cell's id, or of a finish reason."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
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
        is_retold: Whether a panel's transcript holds it: its cell's output may hold it too.
    """

    conversation: str
    turn: Turn
    revises: bool
    stays: bool
    follows: int
    is_last: bool
    system: str | None
    trunks: tuple[Trunk, ...]
    sent: int = 0
    is_retold: bool = False

    @property
    def revision(self) -> int:
        """Which answer of its conversation it is; 0 if that is not told."""
        return self.turn.revision

    @property
    def marks(self) -> set[tuple[object, ...]]:
        """What a transcript that holds it again has in common with it: its words, or its place."""
        turn = self.turn
        words = (turn.number, turn.prompt, turn.reply.text)
        return {words, (turn.number, turn.place)} if turn.place else {words}


def parse_cells(content: bytes) -> list[object]:
    """Return the cells of the notebook that is the file `content`.

    Raises:
        ConfigurationError: It is no notebook.
    """
    try:
        notebook = parse_object(content)
        cells = notebook.get("cells")
        if not isinstance(cells, list) or "nbformat" not in notebook:
            raise FormatError("it has no cells")
    except ValueError as error:
        raise ConfigurationError(
            f"this cannot be read as a notebook: {error}",
            "Nothing was changed; give the path of an .ipynb file of format 4.",
        ) from None
    return cells


def iter_answers(cell: object) -> Iterator[KeptAnswer | FormatError]:
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


def _iter_retold(kept: object) -> Iterator[KeptAnswer | FormatError]:
    """Yield what the transcript of a panel holds of one conversation."""
    if not isinstance(kept, dict) or not isinstance(kept.get("turns"), list):
        yield FormatError("a transcript has no turns")
        return
    follows = 0
    for turn in kept["turns"]:
        answer = _read(partial(_parse_retold, kept, turn, follows))
        if isinstance(answer, KeptAnswer):
            follows = answer.turn.number
        yield answer


def _read(parse: Callable[[], KeptAnswer]) -> KeptAnswer | FormatError:
    try:
        return parse()
    except FormatError as error:
        return error


def _parse_retold(kept: Fields, turn: object, follows: int) -> KeptAnswer:
    if not isinstance(turn, dict):
        raise FormatError("a turn is not an object")
    place = turn.get("place")
    cell, prompt = (place.get("cell"), place.get("prompt")) if isinstance(place, dict) else (0, 1)
    number, asked = _parse_prompt(turn)
    reply, revision = _parse_reply(turn.get("text"), turn), parse_revision(turn.get("revision"))
    return KeptAnswer(
        conversation=_parse_name(kept.get("conversation")),
        turn=Turn(number, asked, reply, _parse_place(cell, prompt), revision),
        revises=False,
        stays=False,
        follows=follows,
        is_last=False,
        system=_parse_system(kept),
        trunks=_parse_trunks(kept.get("trunks", [])),
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


def _parse_answer(cell: Fields, output: Fields, kept: Fields) -> KeptAnswer:
    number, prompt = _parse_prompt(kept)
    revises = "revises" in kept
    cell_id = kept["revises"] if revises else cell.get("id")
    reply = _parse_reply(_plain_text(output), kept)
    place = _parse_place(cell_id, kept.get("place", 1))
    return KeptAnswer(
        conversation=_parse_name(kept.get("conversation")),
        turn=Turn(number, prompt, reply, place, parse_revision(kept.get("revision"))),
        revises=revises,
        stays=kept.get("stays") is True,
        follows=parse_revision(kept.get("follows", number - 1)),
        is_last=kept.get("last") is True,
        system=_parse_system(kept),
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
        raise FormatError("trunks is not a list, or too long")
    return tuple(
        Trunk(_parse_name(each.get("name")), parse_revision(each.get("revision")))
        for each in value
        if isinstance(each, dict)
    )


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
        raise FormatError(f"{name} is not text, or too long")
    return without_surrogates(value)
