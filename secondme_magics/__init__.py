"""Talk to a Second Me, or any OpenAI-compatible language model, from a Jupyter notebook.

`%load_ext secondme_magics` gives the notebook `%%secondme` and `%secondme`; a script uses
`SecondMe`. Importing this package costs neither IPython nor requests: each name loads when it
is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Delta, Message, Parameters, Reply, Usage
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.errors import (
        AuthenticationFailed,
        ConfigurationError,
        ConnectionFailed,
        InstanceNotFound,
        InstanceUnavailable,
        InvalidRequest,
        ProtocolError,
        RateLimited,
        ResponseTimeout,
        SecondMeError,
        StatusError,
        StreamInterrupted,
    )
    from secondme_magics.secondme import SecondMe, Talk

__version__ = "0.1.0"

__all__ = [
    "AuthenticationFailed",
    "ConfigurationError",
    "ConnectionFailed",
    "Conversation",
    "Delta",
    "InstanceNotFound",
    "InstanceUnavailable",
    "InvalidRequest",
    "Message",
    "Parameters",
    "ProtocolError",
    "RateLimited",
    "Reply",
    "ResponseTimeout",
    "SecondMe",
    "SecondMeError",
    "StatusError",
    "StreamInterrupted",
    "StreamingTurn",
    "Talk",
    "Turn",
    "Usage",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_ROOMS = {
    "Conversation": "conversation.conversation",
    "StreamingTurn": "conversation.asking",
    "Turn": "conversation.turns",
    "Delta": "conversation.messages",
    "Message": "conversation.messages",
    "Parameters": "conversation.messages",
    "Reply": "conversation.messages",
    "Usage": "conversation.messages",
    "SecondMe": "secondme",
    "Talk": "secondme",
}
"""Where a public name lives, if not among the errors."""


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_ROOMS.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give `shell` the magics `%%secondme` and `%secondme`; called by `%load_ext`."""
    from secondme_magics.notebook.extension import load  # noqa: PLC0415 - costs IPython

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Undo all that `load_ipython_extension` did; called by `%unload_ext`."""
    from secondme_magics.notebook.extension import unload  # noqa: PLC0415 - costs IPython

    unload(shell)
