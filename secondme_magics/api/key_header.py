"""The header that carries a key, so that nothing shows it. Knows no HTTP library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from secondme_magics.api.endpoint import Key


class _Request(Protocol):
    """The part of a prepared request that a key is put into."""

    headers: MutableMapping[str, str]


RequestT = TypeVar("RequestT", bound="_Request")


class KeyHeader:
    """Puts the endpoint's key into a request, or none: .netrc's is not taken for it."""

    def __init__(self, key: Key | None) -> None:
        self._key = key

    def __call__(self, request: RequestT) -> RequestT:
        """Return `request` with the key in it."""
        if self._key is not None:
            request.headers["Authorization"] = _Unshown(f"Bearer {self._key.reveal()}")
        return request


class _Unshown(str):
    """A header's value that a formatted traceback does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<Key>"
