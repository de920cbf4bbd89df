"""The request's body: every field under the wire's name, in its bounds, and only what is set.

Knows no sockets, and leaves each default to the server.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, get_args

from secondme_magics.conversation.bounds import MAX_TOKENS, TEMPERATURES
from secondme_magics.conversation.messages import Role
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import ConfigurationError, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from secondme_magics.api.endpoint import Kind
    from secondme_magics.conversation.messages import Message, Parameters

_ROLES = get_args(Role)


class Preview(NamedTuple):
    """A request as it would be sent, but for the key, which is masked."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, object]


def to_body(messages: Sequence[Message], parameters: Parameters, kind: Kind) -> dict[str, object]:
    """Return the request's body.

    Args:
        messages: In the conversation's order, beginning with system or user.
        parameters: The optional fields; `None` is left to the server.
        kind: Whose bounds hold.

    Raises:
        ConfigurationError: A value is out of its bounds, there is no model for a server that
            wants one, or something is said that only a Second Me understands, or twice.
    """
    if kind == "openai" and parameters.model is None:
        raise ConfigurationError(
            "an OpenAI-compatible server wants the name of a model",
            "Add -m NAME, also to %secondme connect for all prompts (in Python: model=). "
            "%secondme models lists them.",
        )
    fields: dict[str, object] = {
        "messages": _to_messages(messages),
        "model": _name("model", parameters.model),
        "metadata": _metadata(parameters, kind) or None,
        "temperature": _temperature(parameters.temperature, kind),
        "max_tokens": _max_tokens(parameters.max_tokens),
        "stream": parameters.stream,
    }
    sent = _only_set(fields)
    return sent | _extra(parameters.extra or {}, sent)


def check_extra(extra: Mapping[str, object]) -> None:
    """Raise if the fields of `extra` cannot be sent.

    Raises:
        ConfigurationError: They are not JSON, or the conversation itself is among them.
    """
    try:
        json.dumps(extra, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        is_json = False
    else:
        is_json = all(isinstance(name, str) for name in extra)
    if not is_json:
        raise ConfigurationError(
            f"extra is {_shown(extra)}, which is not JSON",
            "Give fields as the server names them, as in {'max_completion_tokens': 100}.",
        )
    if "messages" in extra:
        raise _twice(["messages"])


def _extra(given: Mapping[str, object], fields: Mapping[str, object]) -> dict[str, object]:
    extra = dict(given)
    check_extra(extra)
    if twice := [name for name in extra if name in fields]:
        raise _twice(twice)
    return extra


def _twice(names: Sequence[str]) -> ConfigurationError:
    return ConfigurationError(
        f"extra has {', '.join(names)}, which the request has already",
        "Leave it out of extra (%config SecondMe.extra, or extra=), or its own option or parameter "
        "out of the prompt.",
    )


def _metadata(parameters: Parameters, kind: Kind) -> dict[str, object]:
    metadata = _only_set(
        {
            "enable_l0_retrieval": parameters.enable_l0_retrieval,
            "enable_l1_retrieval": parameters.enable_l1_retrieval,
            "role_id": _name("role_id", parameters.role_id),
        }
    )
    if metadata and kind == "openai":
        raise ConfigurationError(
            f"only a Second Me has roles and retrieval: {', '.join(metadata)} cannot be sent to "
            "an OpenAI-compatible server",
            "Leave out -r, --l0 and --l1; or is it a Second Me? Name the host alone then, as in "
            "http://localhost:8002.",
        )
    return metadata


def _only_set(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _to_messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    if not messages or messages[0].role not in {"system", "user"}:
        raise ConfigurationError(
            "a conversation begins with a system or a user message",
            "Ask with a prompt that is not empty.",
        )
    return [_to_message(message) for message in messages]


def _to_message(message: Message) -> dict[str, str]:
    content: object = message.content
    if message.role not in _ROLES or not isinstance(content, str):
        raise ConfigurationError(
            f"a message is from {str(message.role)!r} and holds a {type(content).__name__}",
            "Its role is 'system', 'user' or 'assistant', its content a string.",
        )
    return {"role": message.role, "content": without_surrogates(content)}


def _temperature(value: float | None, kind: Kind) -> float | None:
    bounds = TEMPERATURES[kind]
    if value is not None and not bounds.admit(value):
        raise _refused("temperature", value, bounds.wanted)
    return None if value is None else float(value)


def _max_tokens(value: int | None) -> int | None:
    if value is not None and not MAX_TOKENS.admit(value):
        raise _refused("max_tokens", value, MAX_TOKENS.wanted)
    return None if value is None else int(value)


def _name(field: str, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise _refused(field, value, "a name that is not empty")
    return None if value is None else without_surrogates(value)


def _refused(field: str, value: object, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"{field} is {_shown(value)}, which is not {wanted}",
        f"Give {field} as {wanted}, or leave it out: the server has a default.",
    )


def _shown(value: object) -> str:
    try:
        return one_line(repr(value)[:200])[:60]
    except ValueError:  # more digits than Python writes
        return f"a {type(value).__name__}"
