"""What a page sends, checked field by field: it may be anybody's.

Pure. What is wrong becomes an error in two lines, never anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from secondme_magics.conversation.bounds import MAX_TOKENS, TEMPERATURE
from secondme_magics.errors import ConfigurationError
from secondme_magics.showing.exporting import EXPORTS

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_PROMPT = 2**20
"""Bytes of a prompt as UTF-8."""

LONGEST_WORD = 200
"""Characters of a prompt's id, a role's id, or the name of a conversation."""


@dataclass(frozen=True, slots=True)
class Request:
    """A message of the page; what a kind has not, stays as it is here.

    Args:
        kind: What is wanted.
        prompt_id: The page's own name for a prompt.
        prompt: What is asked.
        turn: The number of the turn that is meant.
        index: Which version of it.
        conversation: A conversation's name.
        format: What to export as.
        page: The page's name for itself: another one each time it is loaded.
        settings: New settings by their names.
    """

    kind: str
    prompt_id: str = ""
    prompt: str = ""
    turn: int = 0
    index: int = 0
    conversation: str = ""
    format: str = ""
    page: str = ""
    settings: dict[str, object] = field(default_factory=dict)


def parse_request(content: object) -> Request:
    """Return the message that `content` is.

    Raises:
        ConfigurationError: It is none, or a field of it is missing, of the wrong type or too large.
    """
    if not isinstance(content, dict):
        raise _wrong("message")
    kind = content.get("kind")
    if kind == "set":
        return Request("set", settings=_parse_settings(content))
    names = KINDS.get(kind) if isinstance(kind, str) else None
    if names is None:
        raise _wrong("kind")
    fields: dict[str, Any] = {name: _FIELDS[name](content.get(name)) for name in names}
    return Request(str(kind), **fields)


def prompt_id_of(content: object) -> str | None:
    """Return the id of the prompt that a message is about, also of a wrong one."""
    value = content.get("prompt_id") if isinstance(content, dict) else None
    return value if isinstance(value, str) and len(value) <= LONGEST_WORD else None


KINDS: dict[str, tuple[str, ...]] = {
    "ready": ("page",),
    "ask": ("prompt", "prompt_id"),
    "unqueue": (),
    "withdraw": ("prompt_id",),
    "stop": (),
    "edit": ("turn", "prompt", "prompt_id"),
    "regenerate": ("turn", "prompt_id"),
    "continue": ("turn", "prompt_id"),
    "retry": ("turn", "prompt_id"),
    "version": ("turn", "index"),
    "undo": (),
    "clear": (),
    "bring_back": (),
    "insert_code": ("turn", "prompt_id"),
    "next_cell": ("turn",),
    "roles": (),
    "use": ("conversation",),
    "new": (),
    "rename": ("conversation",),
    "export": ("format",),
}
"""The kinds of messages but `set`, and what each one has."""

ASKING = {"ask", "edit", "regenerate", "continue", "retry"}
"""The kinds that begin an answer: their ids are taken once."""


def check_prompt(prompt: object) -> str:
    """Return `prompt`.

    Raises:
        ConfigurationError: It is not text, or too long.
    """
    if not isinstance(prompt, str):
        raise _wrong("prompt")
    if len(prompt.encode("utf-8", "replace")) > LONGEST_PROMPT:
        raise ConfigurationError(
            "the prompt is longer than 1 MiB", "Shorten it, or put it into a variable of a cell."
        )
    return prompt


def _parse_settings(content: dict[str, object]) -> dict[str, object]:
    names = content.keys() & SETTINGS.keys()
    settings = {name: content[name] for name in names}
    for name, value in settings.items():
        is_good, wanted = SETTINGS[name]
        if value is not None and not is_good(value):
            raise ConfigurationError(f"{name} cannot be that", f"Choose {wanted}.")
    return settings


def _is_temperature(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return TEMPERATURE.admit(value)


def _is_count(value: object) -> bool:
    return type(value) is int and MAX_TOKENS.admit(value)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_WORD


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


SETTINGS: dict[str, tuple[Callable[[object], bool], str]] = {
    "role": (_is_word, "a role of the list"),
    "temperature": (_is_temperature, "0 to 1 for a Second Me, 0 to 2 elsewhere"),
    "l0": (_is_switch, "on or off"),
    "l1": (_is_switch, "on or off"),
    "max_tokens": (_is_count, "a whole number of tokens"),
}
"""What can be set, what it can be, and how that is called."""


def _word(value: object) -> str:
    if not isinstance(value, str) or not _is_word(value):
        raise _wrong("name")
    return value


def _turn(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,10}", value):
        raise _wrong("turn")
    return int(value)


def _index(value: object) -> int:
    if type(value) is not int or not 1 <= value <= 2**31:
        raise _wrong("index")
    return value


def _format(value: object) -> str:
    if not isinstance(value, str) or f".{value}" not in EXPORTS:
        raise _wrong("format")
    return value


_FIELDS: dict[str, Callable[[object], object]] = {
    "prompt": check_prompt,
    "prompt_id": _word,
    "turn": _turn,
    "index": _index,
    "conversation": _word,
    "format": _format,
    "page": lambda value: "" if value is None else _word(value),
}


def _wrong(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"the panel's page sent no {name} that can be read", "Reload the page and try again."
    )
