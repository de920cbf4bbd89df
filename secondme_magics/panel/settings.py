"""What a panel's reader has chosen for its prompts: the role, retrieval, temperature, length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from secondme_magics.conversation.messages import Parameters

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a panel; `None` leaves the notebook's default, and the server's behind it.

    Args:
        role: The id of a role.
        temperature: 0 to 1 for a Second Me, 0 to 2 elsewhere.
        l0: Whether the persona looks into its notes.
        l1: The same for what it has learned.
        max_tokens: The longest answer.
        role_name: What the reader calls the role.
    """

    role: str | None = None
    temperature: float | None = None
    l0: bool | None = None
    l1: bool | None = None
    max_tokens: int | None = None
    role_name: str | None = None

    def applied_to(self, parameters: Parameters) -> Parameters:
        """Return `parameters` with what was chosen here in their place."""
        return replace(
            parameters,
            role_id=_first(self.role, parameters.role_id),
            temperature=_first(self.temperature, parameters.temperature),
            enable_l0_retrieval=_first(self.l0, parameters.enable_l0_retrieval),
            enable_l1_retrieval=_first(self.l1, parameters.enable_l1_retrieval),
            max_tokens=_first(self.max_tokens, parameters.max_tokens),
        )

    def shown(self, defaults: Parameters) -> dict[str, object]:
        """Return the settings as a page shows them: what holds, where that is known."""
        held = self.applied_to(defaults)
        return {
            "temperature": held.temperature,
            "l0": held.enable_l0_retrieval,
            "l1": held.enable_l1_retrieval,
            "max_tokens": held.max_tokens,
        }

    def changed(self, values: dict[str, Any]) -> Settings:
        """Return the settings with `values`, which have been checked, in place."""
        return replace(self, **values)


def _first(chosen: T | None, default: T | None) -> T | None:
    return default if chosen is None else chosen
