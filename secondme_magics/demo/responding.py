"""What all endpoints of the demo share: who may ask, how errors look, and that nothing is logged.

Knows tornado; knows no endpoint.
"""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tornado.web import RequestHandler

from secondme_magics.demo.fields import RefusedError
from secondme_magics.demo.manual import read_manual
from secondme_magics.demo.roles import Roles

if TYPE_CHECKING:
    from types import TracebackType

    from secondme_magics.demo.manual import Note

MOST_BYTES = 1024 * 1024
"""Of a request's body."""

_METHOD_NOT_ALLOWED = 405
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Demo:
    """What one demo instance has.

    Args:
        words_per_second: How fast an answer comes.
        heartbeat: Seconds of silence after which a stream shows that it lives.
    """

    words_per_second: float
    heartbeat: float
    notes: tuple[Note, ...] = field(default_factory=read_manual)
    roles: Roles = field(default_factory=Roles)


class Responder(RequestHandler):
    """An endpoint that answers JSON in Second Me's envelope, errors too."""

    demo: Demo

    def initialize(self, demo: Demo) -> None:
        """Keep what the instance has."""
        self.demo = demo

    def prepare(self) -> None:
        """Let only this machine in, and only bodies of a sane size.

        A web page that rebinds its own name to 127.0.0.1 arrives with that name as its `Host`;
        one that posts across origins names itself as `Origin`.
        """
        origin = self.request.headers.get("Origin")
        names = [f"//{self.request.host}", *([] if origin is None else [origin])]
        if not all(map(is_loopback, names)):
            raise RefusedError(403, "The demo answers only to its own machine")
        if len(self.request.body) > MOST_BYTES:
            raise RefusedError(413, f"The request body is over {MOST_BYTES:,} bytes")

    def write_envelope(self, data: object) -> None:
        """Answer with `data` as Second Me wraps it."""
        self.write({"code": 0, "message": "success", "data": data})

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """Answer with an error in Second Me's words; a traceback is never part of it."""
        refusal = _refusal_in(kwargs.get("exc_info")) or RefusedError(status_code, self._reason)
        self.set_status(refusal.status)
        if refusal.status == _METHOD_NOT_ALLOWED:  # RFC 9110, 15.5.6: names what is allowed
            self.set_header("Allow", ", ".join(self._methods()))
        self.finish(self.to_error(refusal))

    def to_error(self, refusal: RefusedError) -> dict[str, object]:
        """Return the body of an error: the envelope, or which fields are wrong."""
        if not refusal.problems:
            return {"code": refusal.status, "message": refusal.message, "data": None}
        problems = [{"loc": p.loc, "msg": p.msg, "type": "value_error"} for p in refusal.problems]
        return {"validation_error": {"body_params": problems}}

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Keep the notebook's output clean: a bug of the demo shows at the level DEBUG only."""
        if typ is not None and value is not None and not isinstance(value, RefusedError):
            _log.debug("%s %s", self.request.method, self.request.path, exc_info=(typ, value, tb))

    def _methods(self) -> list[str]:
        methods = ("GET", "POST", "PUT", "DELETE")
        unused = RequestHandler.get
        return [name for name in methods if getattr(type(self), name.lower()) is not unused]


class OpenAIResponder(Responder):
    """An endpoint that words its errors as OpenAI does."""

    def to_error(self, refusal: RefusedError) -> dict[str, object]:
        """Return the body of an error; a wrong field is a 400 here."""
        first = refusal.problems[0] if refusal.problems else None
        where = ".".join(map(str, first.loc)) if first else None
        message = f"'{where}' {first.msg}" if first else refusal.message
        if first:
            self.set_status(400)
        kind = "invalid_request_error"
        return {"error": {"message": message, "type": kind, "param": where, "code": None}}


class Missing(Responder):
    """Every path that is no endpoint."""

    def prepare(self) -> None:
        """Refuse, whatever the method is."""
        super().prepare()
        raise RefusedError(404, f"There is nothing at {self.request.path}")


def is_loopback(url: str) -> bool:
    """Return whether the host of `url` is this machine, by its name or its address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal_in(raised: object) -> RefusedError | None:
    error = raised[1] if isinstance(raised, tuple) else None
    return error if isinstance(error, RefusedError) else None
