"""The server of the demo: which endpoint answers at which path.

Knows tornado; knows nothing of threads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer
from tornado.web import Application

from secondme_magics.demo.chat import Chat, Models, OpenAIChat
from secondme_magics.demo.fields import Fields, parse_fields
from secondme_magics.demo.registry import to_page
from secondme_magics.demo.responding import MOST_BYTES, Demo, Missing, Responder

if TYPE_CHECKING:
    from tornado.web import RequestHandler


def make_server(*, words_per_second: float, heartbeat: float) -> HTTPServer:
    """Return the server of a new demo instance, which listens nowhere yet.

    Args:
        words_per_second: How fast an answer comes.
        heartbeat: Seconds of silence after which a stream shows that it lives.
    """
    demo = {"demo": Demo(words_per_second, heartbeat)}
    application = Application(
        [(path, endpoint, demo) for path, endpoint in _ENDPOINTS],
        default_handler_class=Missing,
        default_handler_args=demo,
        log_function=_log_nothing,
    )
    # what is a little too large is read and gets an answer; what is far too large is cut off
    return HTTPServer(application, max_body_size=8 * MOST_BYTES)


def _log_nothing(_: RequestHandler) -> None:
    """Log nothing: in a kernel the log is the notebook's output."""


class Health(Responder):
    """`GET` whether the instance is well."""

    def get(self) -> None:
        """Say that it is."""
        self.write_envelope({"status": "ok", "notes": len(self.demo.notes)})


class RoleList(Responder):
    """`GET` all roles, `POST` a new one."""

    def get(self) -> None:
        """List the roles."""
        self.write_envelope(self.demo.roles.to_json())

    def post(self) -> None:
        """Make a role."""
        self.write_envelope(self.demo.roles.add(parse_fields(self.request.body)).to_json())


class OneRole(Responder):
    """`GET`, `PUT` or `DELETE` one role."""

    def get(self, uuid: str) -> None:
        """Show the role."""
        self.write_envelope(self.demo.roles.find(uuid).to_json())

    def put(self, uuid: str) -> None:
        """Change the fields of the role that the body names."""
        changed = self.demo.roles.change(uuid, parse_fields(self.request.body))
        self.write_envelope(changed.to_json())

    def delete(self, uuid: str) -> None:
        """Forget the role."""
        self.demo.roles.remove(uuid)
        self.write_envelope(None)


class InstanceList(Responder):
    """`GET` a page of the registered instances."""

    def get(self) -> None:
        """List them, or those of one status."""
        page_no = self._count("page_no", 1)
        page_size = self._count("page_size", 100)
        self.write_envelope(to_page(page_no, page_size, self.get_query_argument("status", None)))

    def _count(self, name: str, default: int) -> int:
        """Return a number of the query, at least 1."""
        said = self.get_query_argument(name, str(default))
        fields = Fields({name: int(said) if _NUMBER.fullmatch(said) else said})
        value = fields.integer(name, 1)
        fields.refuse_if_wrong()
        return value or default


_NUMBER = re.compile("[0-9]{1,9}")
_ENDPOINTS: list[tuple[str, type[Responder]]] = [
    (r"/api/kernel2/chat", Chat),
    (r"/api/kernel2/health", Health),
    (r"/api/kernel2/roles", RoleList),
    (r"/api/kernel2/roles/([^/]+)", OneRole),
    (r"/api/chat/([^/]+)", Chat),
    (r"/api/chat/([^/]+)/chat/completions", Chat),
    (r"/api/upload/list", InstanceList),
    (r"/v1/chat/completions", OpenAIChat),
    (r"/v1/models", Models),
]
