"""Whom a notebook talks to: instances by name, the current one, and a client for each.

Knows no conversation, and nothing of how anything is shown.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from threading import Lock
from typing import TYPE_CHECKING

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.api.registry import Roles
    from secondme_magics.notebook.config import SecondMe


class Instances:
    """The instances that a notebook knows.

    Args:
        config: The defaults of `%config SecondMe`.
    """

    named: dict[str, Endpoint]
    """What `connect --name` gave a name."""

    current: tuple[str, Endpoint] | None
    """Whom the notebook talks to, and what it is called; none until it connects."""

    listed: tuple[str, ...]
    """The ids that were listed last."""

    models: tuple[str, ...]
    """The names of the models that were listed last."""

    roles: dict[Endpoint, Roles | None]
    """The roles of each endpoint that was asked for them; none where it has no list."""

    demo_was_named: bool
    """Whether the reader was told that the demo answers."""

    def __init__(self, config: SecondMe) -> None:
        self._config = config
        self._clients: dict[Endpoint, Client] = {}
        self._models: dict[str, str] = {}
        self._lock = Lock()
        self.named = {}
        self.current = None
        self.listed = ()
        self.models = ()
        self.roles = {}
        self.demo_was_named = False

    def endpoint(self, target: str | None = None) -> Endpoint:
        """Return where `target` answers; the current instance, or the default, without one.

        Raises:
            ConfigurationError: It names nothing to talk to.
        """
        from secondme_magics.secondme import resolve_endpoint  # noqa: PLC0415 - not at loading

        connected = self.named.get(target) if target else self.current and self.current[1]
        if connected is not None and not connected.is_demo:  # which may have begun anew
            return connected
        if connected is not None:
            return resolve_endpoint("demo")
        if target and target != "demo":  # which is meant, however alike a name is
            self._check_spelling(target)
        return resolve_endpoint(target or self._config.instance, base_url=self._config.base_url)

    def _check_spelling(self, target: str) -> None:
        """Refuse what is nearly a name that was given: another's instance may have it as its id."""
        near = get_close_matches(target, self.named, n=1, cutoff=0.6)
        near += [name for name in self.named if target in name]
        if near:
            raise ConfigurationError(
                f"no instance is called {target!r}",
                f"Did you mean {near[0]}? It is connected. An id that is so alike needs its "
                "whole address.",
            )

    @property
    def is_demo_by_default(self) -> bool:
        """Whether nobody said whom to talk to, so that the demo answers."""
        said = (self.current, self._config.instance, self._config.base_url)
        asked = (os.environ.get(f"SECONDME_{name}") for name in ("INSTANCE", "BASE_URL"))
        return not any(said) and not any(asked)

    def connect(
        self, endpoint: Endpoint, name: str | None = None, model: str | None = None
    ) -> None:
        """Make `endpoint` the current instance, and remember its name and model if there are."""
        if name is not None:
            self.named[name] = endpoint
        if model is not None:
            self._models[name or endpoint.url] = model
        self.current = (name or endpoint.name, endpoint)

    def model_of(self, target: str | None, endpoint: Endpoint | None) -> str | None:
        """Return the model that is asked for: what `connect` said of a name or URL, or the default.

        Args:
            target: What was asked by name; without one the current instance.
            endpoint: Where that is; none before anything is connected.
        """
        name = target or (self.current[0] if self.current else "")
        said = self._models.get(name) or self._models.get(endpoint.url if endpoint else "")
        return said or self._config.model

    def known(self, endpoint: Endpoint) -> Endpoint:
        """Return `endpoint` with the key that its URL was connected with before, if it has none."""
        before = [*self.named.values(), *([self.current[1]] if self.current else [])]
        same = [each for each in before if each.url == endpoint.url and each.key]
        return same[-1] if same and endpoint.key is None else endpoint

    def client(self, endpoint: Endpoint) -> Client:
        """Return the client of `endpoint`, which keeps its connection from prompt to prompt."""
        from secondme_magics.api.client import Client  # noqa: PLC0415 - costs requests

        with self._lock:
            if endpoint not in self._clients:
                self._clients[endpoint] = Client(endpoint)
            return self._clients[endpoint]

    def name_of(self, target: str | None, endpoint: Endpoint) -> str:
        """Return what the user calls `endpoint`, which `target` led to."""
        if target in self.named:
            return target
        if target is None and self.current is not None:
            return self.current[0]
        return endpoint.name

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.close()
