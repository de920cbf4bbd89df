"""The error tree, and how an error shows itself in two lines.

    SecondMeError
      ConfigurationError           nothing to talk to, a bad value
      ConnectionFailed             refused, DNS, TLS, proxy
        ResponseTimeout            too long without a sign of life, or over the total time
        StreamInterrupted          cut while it spoke
      StatusError                  an HTTP status other than 200
        InstanceNotFound           404
        InvalidRequest             400, 422
        AuthenticationFailed       401, 403
        RateLimited                429
        InstanceUnavailable        503
      ProtocolError                no chat completion; an error inside a stream of status 200

Every error says what happened and what to do next, a line each. A bug is none of these and keeps
its traceback. This module knows nothing of HTTP or of the notebook.
"""

from __future__ import annotations

from typing import Protocol

LONGEST_LINE = 600
"""Characters of one line of an error; a server's own words may be longer, and are cut."""

_JOINERS = "\u200c\u200d\u200e\u200f"


class PartialReply(Protocol):
    """What had come of an answer before it failed."""

    @property
    def text(self) -> str:
        """The answer's own text."""

    @property
    def reasoning(self) -> str:
        """What a thinking model thought."""


class SecondMeError(Exception):
    """What happened and what to do next, one line each.

    Args:
        what: What happened.
        hint: What to do next.

    `reply` holds what had come of the answer, if it had begun.
    """

    reply: PartialReply | None = None

    def __init__(self, what: str, hint: str) -> None:
        self.what = one_line(what)
        self.hint = one_line(hint)
        super().__init__(self.what, self.hint)

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}"

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints in place of a traceback."""
        return [f"{type(self).__name__}: {self.what}", self.hint]


class ConfigurationError(SecondMeError):
    """There is nothing to talk to, or a value is out of its bounds: nothing was sent."""


class ConnectionFailed(SecondMeError):
    """No connection: refused, unknown host, TLS, proxy."""


class ResponseTimeout(ConnectionFailed):
    """The server was silent for too long, or the answer took longer than its total time."""


class StreamInterrupted(ConnectionFailed):
    """The answer was cut before the server said that it is complete."""


class StatusError(SecondMeError):
    """The server answered with an HTTP status other than 200.

    Args:
        what: What happened.
        hint: What to do next.
        status: The HTTP status.
        body: The server's own text, bounded.
        retry_after: Seconds until the server wants to be asked again, where it said so.
    """

    def __init__(
        self,
        what: str,
        hint: str,
        status: int,
        body: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, hint)
        self.status = status
        self.body = body
        self.retry_after = retry_after
        self.args = (self.what, self.hint, status, body, retry_after)


class InstanceNotFound(StatusError):
    """404: no instance with this id, or no chat at this address."""


class InvalidRequest(StatusError):
    """400 or 422: the server refused a field of the request."""


class AuthenticationFailed(StatusError):
    """401 or 403: the key is missing, wrong, or not allowed to do this."""


class RateLimited(StatusError):
    """429: too many requests."""


class InstanceUnavailable(StatusError):
    """503: the instance is registered, but not connected."""


class ProtocolError(SecondMeError):
    """The answer is no chat completion, or the server reported an error inside its stream."""


def one_line(text: str) -> str:
    """Return `text` as one bounded line without a control, bidirectional or tag character."""
    words = " ".join(text.split())
    line = "".join(c for c in words if c.isprintable() or c in _JOINERS)
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
