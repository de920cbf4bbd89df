"""The frozen values of a conversation, with the wire's own names.

Knows nothing of who asks, how the text travels, or where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Literal, NamedTuple

from secondme_magics.conversation.fences import iter_fences, parse_json

Role = Literal["system", "user", "assistant"]
State = Literal["streaming", "complete", "interrupted", "failed"]


class Message(NamedTuple):
    """One message as the wire has it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that the server says it counted."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


class Delta(NamedTuple):
    """What one chunk adds to an answer; one that adds nothing is false: the server lives."""

    content: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None

    def __bool__(self) -> bool:
        return any(self)

    def __str__(self) -> str:
        return self.content


@dataclass(frozen=True, slots=True)
class Parameters:
    """The optional fields of a request, under the wire's names; `None` leaves the server's default.

    Args:
        temperature: 0 to 1 for a Second Me (0.7 hosted, 0.1 local by default), 0 to 2 elsewhere.
        max_tokens: At least 1; a Second Me's default is 2000.
        model: The model's name; an OpenAI-compatible server wants one, a Second Me ignores it.
        role_id: A role of the instance; its own prompt and retrieval settings win.
        enable_l0_retrieval: Whether the persona looks into its owner's notes.
        enable_l1_retrieval: The same for what it has learned of its owner; a local server reads it.
        stream: Whether the answer comes in pieces.
        extra: Fields that this client does not know, as the server's own document names them;
            they are copied.

    Raises:
        TypeError: A value has the wrong type. Bounds are checked by who sends it.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    model: str | None = None
    role_id: str | None = None
    enable_l0_retrieval: bool | None = None
    enable_l1_retrieval: bool | None = None
    stream: bool = True
    extra: Mapping[str, object] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        for name, (kind, wanted) in _FIELDS.items():
            value = getattr(self, name)
            is_bool_in_disguise = isinstance(value, bool) and kind is not bool
            if value is not None and (not isinstance(value, kind) or is_bool_in_disguise):
                raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")
        if self.extra is not None:
            object.__setattr__(self, "extra", _copy_of(self.extra))


_FIELDS: dict[str, tuple[type, str]] = {
    "temperature": (Real, "a number"),
    "max_tokens": (Integral, "a whole number"),
    "model": (str, "a string"),
    "role_id": (str, "a string"),
    "enable_l0_retrieval": (bool, "True or False"),
    "enable_l1_retrieval": (bool, "True or False"),
    "stream": (bool, "True or False"),
    "extra": (Mapping, "a dictionary"),
}


def _copy_of(extra: Mapping[str, object]) -> object:
    try:
        return _json_copy(extra)
    except RecursionError:  # it holds itself: who sends it says that it is not JSON
        return dict(extra)


def _json_copy(value: object) -> object:
    """Return `value` with mappings and lists of its own; what is no JSON stays as it is."""
    if isinstance(value, Mapping):
        return {name: _json_copy(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_json_copy(each) for each in value]
    if isinstance(value, tuple):
        return tuple(_json_copy(each) for each in value)
    return value


_CUT = {"length", "max_tokens", "model_length", "insufficient_system_resource"}
"""The finish reasons of OpenAI, Anthropic, Mistral and DeepSeek for an answer that was cut."""

_FILTERED = {"content_filter"}
"""The finish reason for an answer that was cut for what it says: to go on would be no use."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or as much of it as came.

    Args:
        text: The answer, Markdown as the server wrote it, without its reasoning.
        reasoning: What a thinking model thought first.
        state: `streaming`, `complete`, `interrupted` or `failed`.
        finish_reason: The server's own word for why it ended; `length` means cut by `max_tokens`.
        usage: Tokens, where the server counted them.
        first: Seconds from the prompt to the first word.
        elapsed: Seconds from the prompt to the end.
    """

    text: str = ""
    reasoning: str = ""
    state: State = "streaming"
    finish_reason: str | None = None
    usage: Usage | None = None
    first: float | None = None
    elapsed: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether it ends where the model wanted: it is complete, and was not cut on the way."""
        return self.state == "complete" and self._reason not in _CUT | _FILTERED

    @property
    def is_unfinished(self) -> bool:
        """Whether it can be continued: it has words, and was stopped, or cut at its longest."""
        was_stopped = self.state == "interrupted" and self._reason not in _FILTERED
        was_cut = self.state == "complete" and self._reason in _CUT
        return bool(self.text.strip()) and (was_stopped or was_cut)

    @property
    def _reason(self) -> str:
        return (self.finish_reason or "").lower()

    @property
    def code(self) -> str:
        """The answer's fenced code, one block after the other; empty where there is none."""
        return "\n".join(fence.code for fence in iter_fences(self.text))

    def json(self) -> object:
        """Return the JSON value in the answer, taken out of its fence.

        Raises:
            ValueError: The answer holds no JSON value.
        """
        return parse_json(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        seconds = f"{self.elapsed:.1f} s"
        return f"<Reply {self.state}: {len(self.text):,} characters in {seconds}>"
