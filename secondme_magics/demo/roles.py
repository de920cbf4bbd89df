"""The roles of the demo: two of its own, and those that are made while it runs.

They live in memory. Knows nothing of HTTP, and not what a role does to an answer.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from secondme_magics.demo.fields import RefusedError

if TYPE_CHECKING:
    from secondme_magics.demo.fields import Fields

Field = TypeVar("Field", str, bool)

MOST_ROLES = 100


@dataclass(frozen=True, slots=True)
class Role:
    """A role as the wire has it."""

    uuid: str
    name: str
    description: str = ""
    system_prompt: str = ""
    icon: str = ""
    is_active: bool = True
    enable_l0_retrieval: bool = True
    enable_l1_retrieval: bool = True

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the wire."""
        return asdict(self)


BRIEF = Role("brief", "brief", "Quotes only the first paragraph of a note.", "Be brief.")
THINKING = Role("thinking", "thinking", "Shows which notes it looked at, then answers.")


class Roles:
    """All roles, by their uuid."""

    def __init__(self) -> None:
        self._roles = {role.uuid: role for role in (BRIEF, THINKING)}

    def to_json(self) -> list[dict[str, object]]:
        """Return all roles, the oldest first."""
        return [role.to_json() for role in self._roles.values()]

    def find(self, uuid_: str) -> Role:
        """Return a role.

        Raises:
            RefusedError: There is no such role.
        """
        if uuid_ not in self._roles:
            raise RefusedError(404, "Role not found")
        return self._roles[uuid_]

    def add(self, fields: Fields) -> Role:
        """Make a role of a request's fields.

        Raises:
            RefusedError: A field is wrong, the name is missing, or there are too many roles.
        """
        if fields.text("name") is None:
            fields.add_problem("name", "is required")
        if len(self._roles) >= MOST_ROLES:
            raise RefusedError(429, f"There are {MOST_ROLES} roles already: delete one first")
        return self._keep(Role(str(uuid.uuid4()), ""), fields)

    def change(self, uuid_: str, fields: Fields) -> Role:
        """Change the fields of a role that a request names.

        Raises:
            RefusedError: There is no such role, or a field is wrong.
        """
        return self._keep(self.find(uuid_), fields)

    def remove(self, uuid_: str) -> None:
        """Forget a role.

        Raises:
            RefusedError: There is no such role.
        """
        del self._roles[self.find(uuid_).uuid]

    def _keep(self, role: Role, fields: Fields) -> Role:
        changed = Role(
            uuid=role.uuid,
            name=_either(fields.text("name"), role.name),
            description=_either(fields.text("description"), role.description),
            system_prompt=_either(fields.text("system_prompt"), role.system_prompt),
            icon=_either(fields.text("icon"), role.icon),
            is_active=_either(fields.boolean("is_active"), role.is_active),
            enable_l0_retrieval=_either(
                fields.boolean("enable_l0_retrieval"), role.enable_l0_retrieval
            ),
            enable_l1_retrieval=_either(
                fields.boolean("enable_l1_retrieval"), role.enable_l1_retrieval
            ),
        )
        fields.refuse_if_wrong()
        self._roles[role.uuid] = changed
        return changed


def _either(given: Field | None, before: Field) -> Field:
    return before if given is None else given
