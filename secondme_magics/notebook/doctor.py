"""The way to the instance, checked step by step until the first thing that is wrong.

Writes a line for each step as it is done. Never shows a key, and records nothing.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from secondme_magics.api.address import parse_address
from secondme_magics.api.inquiry import MISSING
from secondme_magics.api.registry import ONLINE, find_instance, status_path
from secondme_magics.errors import (
    ConnectionFailed,
    InstanceNotFound,
    InstanceUnavailable,
    ProtocolError,
    SecondMeError,
    StatusError,
    one_line,
)
from secondme_magics.notebook.shells import write
from secondme_magics.notebook.waiting import ask_server, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.api.probing import Way
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.state import NotebookState

T = TypeVar("T")

SECONDS = 15.0
"""How long a step on the network may take."""

SECONDS_FOR_AN_ANSWER = 60.0

_PROMPT = "Say hello."


def examine(state: NotebookState, front: Front, *, ask: bool = False) -> None:
    """Check the way to the current instance, and write a line for each step.

    Args:
        state: Says whom the notebook talks to.
        front: Says when the user wants to stop.
        ask: Whether a tiny prompt is sent at the end.

    Raises:
        SecondMeError: The first thing that is wrong.
        KeyboardInterrupt: The user stopped it.
    """
    endpoint = _step("settings", lambda: _settings(state), lambda each: _describe(state, each))
    _step(
        "url",
        lambda: parse_address(endpoint.url),
        lambda each: f"{each.scheme}, {each.host}, port {each.port}",
    )
    client = state.instances.client(endpoint)
    way = _step("proxy", client.way, lambda way: _describe_proxy(endpoint, way))
    visit = Visit(client, way, front)
    _step("name", visit.look_up, str)
    _step("connection", visit.check_port, str)
    _step("tls", visit.check_certificate, str)
    _step("status", visit.check_status, str)
    if ask:
        _step(
            "answer",
            lambda: visit.check_answer(state.instances.model_of(None, visit.client.endpoint)),
            str,
        )
    more = " on the way" if ask else " so far; --ask also sends a short prompt"
    write(f"Nothing is wrong{more}.\n")


def _step(name: str, check: Callable[[], T], describe: Callable[[T], str]) -> T:
    try:
        found = check()
    except SecondMeError:
        write(f"{name:12}failed\n")
        raise
    except KeyboardInterrupt:
        write(f"{name:12}stopped\n")
        raise
    write(f"{name:12}{one_line(describe(found))}\n")
    return found


def _settings(state: NotebookState) -> Endpoint:
    return state.instances.endpoint()


def _describe(state: NotebookState, endpoint: Endpoint) -> str:
    """Return whom the settings name, where that was said, and whether there is a key."""
    name = state.instances.name_of(None, endpoint)
    address = endpoint.url.partition("?")[0]
    return f"{name} at {address}, {_source(state)}; {_key(endpoint)}"


def _source(state: NotebookState) -> str:
    if state.instances.current is not None:
        return "connected in this notebook"
    for trait in ("instance", "base_url"):
        if getattr(state.config, trait):
            return f"from %config SecondMe.{trait}"
    for name in ("SECONDME_INSTANCE", "SECONDME_BASE_URL"):
        if os.environ.get(name):
            return f"from {name}"
    return "as nothing else is connected"


def _key(endpoint: Endpoint) -> str:
    if endpoint.key is not None:
        return f"a key is set, from {endpoint.key.source}"
    if os.environ.get("SECONDME_API_KEY"):
        return "no key: SECONDME_API_KEY belongs to another address, or was set after connecting"
    return "no key"


def _describe_proxy(endpoint: Endpoint, way: Way) -> str:
    if way.proxy is not None:
        host, port = way.proxy
        return f"{host}, port {port}: from here on it is the proxy that is reached"
    return "none: this machine is asked directly" if endpoint.is_local else "none"


@dataclass(frozen=True, slots=True)
class Visit:
    """The steps on the network, each of which returns what it found.

    Args:
        client: Whose endpoint is visited.
        way: The proxy in between, and what certificates are trusted.
        front: Says when the user wants to stop.
    """

    client: Client
    way: Way
    front: Front

    def look_up(self) -> str:
        """Look up the name of the host, or of the proxy."""
        from secondme_magics.api.probing import look_up  # noqa: PLC0415 - not at loading

        host, port = self._target()
        addresses = self._probe(f"the look-up of {host}", lambda: look_up(host, port))
        return f"{host} is {', '.join(addresses[:4])}"

    def check_port(self) -> str:
        """Open a connection, and close it."""
        from secondme_magics.api.probing import check_port  # noqa: PLC0415 - not at loading

        host, port = self._target()
        seconds = self.client.endpoint.timeouts.connect
        begun = time.monotonic()
        address = self._probe("connecting", lambda: check_port(host, port, seconds))
        return f"{address}, port {port}, accepts after {1000 * (time.monotonic() - begun):.0f} ms"

    def check_certificate(self) -> str:
        """Verify the certificate of the host, where it has one and is reached directly."""
        from secondme_magics.api.probing import check_certificate  # noqa: PLC0415 - not at loading

        address = parse_address(self.client.endpoint.url)
        if address.scheme == "http":
            return "none: the address begins with http://"
        if self.way.proxy is not None:
            return "checked with the next step, through the proxy"
        seconds = self.client.endpoint.timeouts.connect
        shown = self._probe(
            "TLS",
            lambda: check_certificate(address.host, address.port, self.way.bundle, seconds),
        )
        until = f"{shown.until:%Y-%m-%d}"
        return f"{shown.protocol}, certificate valid until {until}, issued by {shown.issuer[:80]}"

    def check_status(self) -> str:
        """Ask what stands beside the chat: health, the list of models, or the registry."""
        path = status_path(self.client.endpoint)
        if path is None:
            return "not checked: nothing is known to stand beside this address"
        wanted = self.client.endpoint.instance_id
        try:
            if wanted is not None:
                return self._check_registry(path, wanted)
            ask_server(self.client, lambda get: get(path), self.front)
        except StatusError as error:
            if error.status not in MISSING or isinstance(error, InstanceNotFound):
                raise
            return f"GET {path}: {error.status}, nothing there, {self._doubt()}"
        return f"GET {path}: 200"

    def _doubt(self) -> str:
        """Return what to think of a server that has nothing beside its chat."""
        endpoint = self.client.endpoint
        is_sure = endpoint.kind == "openai" or endpoint.instance_id is not None
        other = f"; if it is no Second Me, connect it as {endpoint.origin}/v1"
        return "which need not be wrong" + ("" if is_sure else other)

    def _check_registry(self, path: str, wanted: str) -> str:
        found, is_certain = ask_server(
            self.client, lambda get: find_instance(get, path, wanted), self.front
        )
        if found is None and is_certain:
            raise InstanceNotFound(
                f"{wanted} is not registered at {self.client.endpoint.origin}",
                "Check the id; %secondme instances lists those that are online.",
                404,
            )
        if found is not None and found.status != ONLINE:
            raise InstanceUnavailable(
                f"{wanted} is registered, but {found.status or 'its status is not known'}",
                f"Start it, or wait for it with %secondme connect {wanted} --wait",
                503,
            )
        return f"GET {path}: 200, {'registered and online' if found else 'a long list'}"

    def check_answer(self, model: str | None) -> str:
        """Send a tiny prompt, and hang up at the first word."""
        from secondme_magics.conversation.messages import (  # noqa: PLC0415 - not at loading
            Message,
            Parameters,
        )

        messages, parameters = [Message("user", _PROMPT)], Parameters(model=model)
        stream = self.client.stream(messages, parameters, timeout=SECONDS_FOR_AN_ANSWER)

        def has_word() -> bool:
            with stream as deltas:
                return any(delta.content or delta.reasoning for delta in deltas)

        begun = time.monotonic()
        if not wait_for(
            has_word, stream.stop, self.front.interrupts, seconds=SECONDS_FOR_AN_ANSWER + SECONDS
        ):
            raise ProtocolError(
                f"{self.client.endpoint.origin} answered without a word",
                "Ask something of your own; if it keeps failing, check the server's log.",
            )
        return f"the first word of {_PROMPT!r} came after {time.monotonic() - begun:.1f} s"

    def _target(self) -> tuple[str, int]:
        """Return the host and port that are reached first."""
        address = parse_address(self.client.endpoint.url)
        return self.way.proxy or (address.host, address.port)

    def _probe(self, what: str, probe: Callable[[], T]) -> T:
        """Return what `probe` finds, within the time of a step."""
        from secondme_magics.api.lever import Lever  # noqa: PLC0415 - not at loading

        def translated() -> T:
            with self.client.translating(Lever(), SECONDS):
                return probe()

        origin = self.client.endpoint.origin
        try:
            return wait_for(
                translated, lambda: None, self.front.interrupts, seconds=SECONDS, what=what
            )
        except ConnectionFailed as error:
            if self.way.proxy is None:
                raise
            host, port = self.way.proxy
            raise ConnectionFailed(
                f"no way to {origin} through the proxy {host}:{port} ({error.what})",
                "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or add the host to NO_PROXY.",
            ) from None
