"""What the reader of a panel has chosen for its prompts, and the roles there are to choose from.

Roles are those of one instance: with another one, none is known or chosen. A server that is no
Second Me has no notes either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secondme_magics.errors import ConfigurationError
from secondme_magics.panel.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from secondme_magics.panel.host import Host, NamedRole


class Choices:
    """The settings of a panel, and the roles of its instance.

    Args:
        host: The notebook around the panel.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = host.board.lock
        self._instance = host.instance()
        self._roles: Sequence[NamedRole] | None = None
        self._settings = Settings()

    @property
    def settings(self) -> Settings:
        """What holds for a prompt that is asked now."""
        self._follow_instance()
        return self._settings

    @property
    def roles(self) -> Sequence[NamedRole] | None:
        """The roles of the instance; none before they were looked up."""
        self._follow_instance()
        return self._roles

    def change(self, values: dict[str, Any]) -> None:
        """Take over new settings by their names.

        Raises:
            ConfigurationError: The instance has no such role.
        """
        if "role" in values:
            values = {**values, "role_name": self._name_of(values["role"])}
        with self._lock:
            self._settings = self.settings.changed(values)

    def look_up_roles(self) -> None:
        """Ask the instance for its roles; this may take its time.

        Raises:
            SecondMeError: It gave no answer.
        """
        instance = self._host.instance()
        roles = self._host.ask_roles()
        with self._lock:
            self._follow_instance()
            if self._instance == instance:  # else they are another's by now
                self._roles = roles

    def _name_of(self, role: str | None) -> str | None:
        if role is None:
            return None
        for each in self.roles or ():
            if each.id == role:
                return each.name
        raise ConfigurationError(
            "the instance has no such role", "Open the list anew, and choose one of it."
        )

    def _follow_instance(self) -> None:
        with self._lock:
            instance = self._host.instance()
            if instance != self._instance:
                self._instance, self._roles = instance, None
                gone = {"role": None, "role_name": None}
                if not instance.is_second_me:
                    gone |= {"l0": None, "l1": None}
                self._settings = self._settings.changed(gone)
