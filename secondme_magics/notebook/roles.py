"""The roles of a Second Me: listed, and found by a name or an id.

They are looked up once for each endpoint and kept. Knows neither what travels nor the options.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from secondme_magics.api.inquiry import MISSING
from secondme_magics.api.registry import kernel_path, parse_roles
from secondme_magics.errors import ConfigurationError, ProtocolError, StatusError, one_line
from secondme_magics.notebook.tables import Table, show_table
from secondme_magics.notebook.waiting import ask_server
from secondme_magics.showing.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from secondme_magics.api.client import Client
    from secondme_magics.api.registry import Role, Roles
    from secondme_magics.notebook.instances import Instances
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.state import NotebookState

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORD = re.compile(r"\w[\w.-]*")
_MOST_NAMED = 5


def list_roles(state: NotebookState, front: Front) -> None:
    """Show the roles of the current instance, asked for anew.

    Raises:
        SecondMeError: It has no roles, or gave no answer.
    """
    client = state.instances.client(state.instances.endpoint())
    roles = state.instances.roles[client.endpoint] = _ask_roles(client, front)
    if roles is None:
        raise ConfigurationError(
            f"{client.endpoint.origin} has no list of roles",
            "A Second Me on your own machine has one: %secondme connect http://localhost:8002",
        )
    rows = [
        (role.name, role.id, "yes" if role.is_active else "no", role.description)
        for role in roles.listed
    ]
    notes = [f"{counted(len(rows), 'role')}."]
    if rows:
        notes[0] += " Ask in one with %%secondme -r NAME"
    if roles.skipped:
        notes.append(f"Entries that could not be read: {roles.skipped}.")
    show_table(front.shell, Table(("name", "id", "active", "description"), rows, notes))


def find_role(value: str, instances: Instances, client: Client, front: Front) -> str:
    """Return the id of the role that `value`, an id or a name, means to the client's endpoint.

    An id, and any value where the server has no list of roles, is returned as it stands.

    Raises:
        ConfigurationError: No role, or more than one, is called so.
        SecondMeError: The server gave no answer.
        KeyboardInterrupt: The user stopped it.
    """
    if _UUID.fullmatch(value):
        return value
    if client.endpoint not in instances.roles:
        instances.roles[client.endpoint] = _ask_roles(client, front)
    roles = instances.roles[client.endpoint]
    return value if roles is None else choose_role(value, roles.listed)


def known_role(value: str, instances: Instances, client: Client) -> str:
    """Return what `find_role` returns, as far as it can be told without asking the server."""
    roles = instances.roles.get(client.endpoint)
    return value if roles is None else choose_role(value, roles.listed)


def choose_role(value: str, roles: tuple[Role, ...]) -> str:
    """Return the id of the one role that has the id `value`, or is called so in any case.

    Raises:
        ConfigurationError: There is none, or there are more.
    """
    if any(role.id == value for role in roles):
        return value
    exact = [role.id for role in roles if role.name == value]
    called = exact or [role.id for role in roles if role.name.casefold() == value.casefold()]
    if len(called) == 1:
        return called[0]
    shown = one_line(value)[:80]
    if called:
        raise ConfigurationError(
            f"{len(called)} roles are called {shown!r}",
            f"Name one by its id: {', '.join(called[:_MOST_NAMED])}",
        )
    names = [role.name for role in roles if role.name]
    near = get_close_matches(value, names, n=3, cutoff=0.5) or names[:_MOST_NAMED]
    there = f"There is: {', '.join(near)}." if near else "It has no role with a name."
    raise ConfigurationError(
        f"no role is called {shown!r}", f"{there} %secondme roles lists them anew."
    )


def words_for(instances: Instances) -> Iterator[str]:
    """Yield what Tab offers behind `-r`: names that are one word, and ids of the others."""
    for roles in instances.roles.values():
        for role in roles.listed if roles is not None else ():
            yield role.name if _WORD.fullmatch(role.name) else role.id


def look_up_roles(instances: Instances, client: Client) -> Roles | None:
    """Return the roles that the client's server has, asked for anew on a worker's thread.

    Raises:
        SecondMeError: The server gave no answer.
    """
    from secondme_magics.api.lever import Lever  # noqa: PLC0415 - not at loading

    roles = _read_roles(client, lambda path: client.get_json(path, lever=Lever()))
    instances.roles[client.endpoint] = roles
    return roles


def _ask_roles(client: Client, front: Front) -> Roles | None:
    return _read_roles(client, lambda path: ask_server(client, lambda get: get(path), front))


def _read_roles(client: Client, get_json: Callable[[str], object]) -> Roles | None:
    """Return the roles that the client's server has; none if it has no list of them."""
    path = kernel_path(client.endpoint, "roles")
    if path is None:
        return None
    try:
        value = get_json(path)
    except StatusError as error:
        if error.status in MISSING:
            return None
        raise
    except ProtocolError:  # what is there is no JSON: a page, or a chat
        return None
    return parse_roles(value)
