"""What a server is asked about itself, shown in a cell: the instances of a registry, the models.

Also waits for an instance until it is online. Knows neither what travels nor how an answer is
asked for.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from secondme_magics.api.inquiry import MISSING
from secondme_magics.api.registry import (
    MOST_PAGES,
    ONLINE,
    find_instance,
    iter_pages,
    models_path,
    parse_models,
    registry_path,
)
from secondme_magics.errors import (
    ConfigurationError,
    ConnectionFailed,
    InstanceNotFound,
    InstanceUnavailable,
    ProtocolError,
    SecondMeError,
    StatusError,
    one_line,
)
from secondme_magics.notebook.tables import Table, show_table
from secondme_magics.notebook.waiting import ask_server, line_for, wait_for
from secondme_magics.showing.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.api.registry import Instances
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.notebook.waiting import Line

T = TypeVar("T")

MOST_ROWS = 200
"""Instances of one table."""

PAUSE = 5.0
"""Seconds from one look into the registry to the next."""

LONGEST_WAIT = 600.0
"""Seconds that an instance is waited for."""


def list_instances(
    state: NotebookState, front: Front, word: str = "", base: str | None = None
) -> None:
    """Show the registered instances that are online.

    Args:
        state: Says where the registry stands.
        front: Where they are shown.
        word: Stands in the name, the description or the id of those that are shown.
        base: Where the registry stands, if it is another one.

    Raises:
        SecondMeError: There is no registry, or it gave no answer.
    """
    endpoint = _registry(state, base)
    path = registry_path(endpoint)
    client = state.instances.client(endpoint)
    pages = _ask_registry(client, lambda get: list(iter_pages(get, path, ONLINE)), front)
    found = [each for page in pages for each in page.listed if each.matches(word)]
    state.instances.listed = tuple(each.id for each in found[:MOST_ROWS])
    rows = [(each.name, each.id, each.description) for each in found[:MOST_ROWS]]
    notes = _notes(len(found), pages, word, endpoint.origin)
    if rows:
        notes.append(f"Talk to one with {_connect_line(state, endpoint, path)}")
    show_table(front.shell, Table(("name", "id", "description"), rows, notes))


def list_models(state: NotebookState, front: Front) -> None:
    """Show the models of the current instance, an OpenAI-compatible server.

    Raises:
        SecondMeError: It has no list of models, or gave no answer.
    """
    endpoint = state.instances.endpoint()
    path = models_path(endpoint)
    if path is None:
        raise has_own_model(endpoint)
    client = state.instances.client(endpoint)
    names = ask_server(client, lambda get: parse_models(get(path)), front)
    state.instances.models = names[:MOST_ROWS]
    asked = state.instances.model_of(None, endpoint)
    rows = [(name, "yes" if name == asked else "") for name in names[:MOST_ROWS]]
    notes = [f"{counted(len(names), 'model')} at {endpoint.origin}."]
    if len(names) > MOST_ROWS:
        notes.append(f"The first {MOST_ROWS} are shown.")
    if rows:
        always = f"%secondme connect {_target(state, endpoint)} -m NAME"
        notes.append(f"Ask one with %%secondme -m NAME, or always: {always}")
    show_table(front.shell, Table(("name", "asked"), rows, notes))


def _target(state: NotebookState, endpoint: Endpoint) -> str:
    """Return how the current instance is connected again; a query, which may hold a key, is not."""
    name = state.instances.name_of(None, endpoint)
    if name in state.instances.named:
        return name
    return "TARGET" if "?" in endpoint.url else endpoint.url


def has_own_model(endpoint: Endpoint) -> ConfigurationError:
    """Return the error for a model that is asked of a Second Me."""
    is_known = endpoint.instance_id is not None or endpoint.is_demo
    base = "http://localhost:11434" if is_known else endpoint.origin
    return ConfigurationError(
        f"{endpoint.name} is asked as a Second Me, which has one model, its own",
        f"Ask it without -m; an OpenAI-compatible server is connected by its base, as in {base}/v1",
    )


def _registry(state: NotebookState, base: str | None) -> Endpoint:
    """Return an endpoint beside which the registry stands."""
    from secondme_magics.secondme import resolve_endpoint  # noqa: PLC0415 - not at loading

    if base is None and state.instances.current is None:
        base = state.config.base_url or os.environ.get("SECONDME_BASE_URL")
    return state.instances.endpoint() if base is None else resolve_endpoint("any", base_url=base)


def _ask_registry(
    client: Client, question: Callable[[Callable[[str], object]], T], front: Front
) -> T:
    """Return what `ask_server` returns; where there is no registry, say so."""
    try:
        return ask_server(client, question, front)
    except StatusError as error:
        if error.status not in MISSING:
            raise
        raise StatusError(
            f"{client.endpoint.origin} has no list of instances (status {error.status})",
            "Name a registry, as in %secondme instances --base https://app.secondme.io",
            error.status,
        ) from None


def _notes(found: int, pages: list[Instances], word: str, origin: str) -> list[str]:
    """Return what is to be known of a list, a sentence each."""
    online = sum(len(page.listed) for page in pages)
    skipped = sum(page.skipped for page in pages)
    matching = f", {found} of them with {one_line(word)[:80]!r}" if word else ""
    are = "instance is" if online == 1 else "instances are"
    notes = [f"{online} {are} online at {origin}{matching}."]
    if found > MOST_ROWS:
        notes.append(f"The first {MOST_ROWS} are shown: narrow the list with a WORD.")
    if len(pages) == MOST_PAGES and pages[-1].pages != MOST_PAGES:
        notes.append(f"The list goes on: its first {MOST_PAGES} pages were read.")
    if skipped:
        notes.append(f"Entries that could not be read: {skipped}.")
    return notes


def _connect_line(state: NotebookState, endpoint: Endpoint, path: str) -> str:
    """Return how an instance of the list is connected."""
    from secondme_magics.secondme import resolve_endpoint  # noqa: PLC0415 - not at loading

    url = f"{endpoint.origin}{path.removesuffix('/upload/list')}/chat/ID"
    with suppress(ConfigurationError):
        if resolve_endpoint("ID", base_url=state.config.base_url).url == url:
            return "%secondme connect ID"
    return f"%secondme connect {url}"


def wait_for_instance(state: NotebookState, front: Front, endpoint: Endpoint) -> None:
    """Return once the instance at `endpoint` is online.

    Raises:
        SecondMeError: It is not registered, did not come in time, or the registry gave no answer.
        KeyboardInterrupt: The user stopped waiting.
    """
    wanted = endpoint.instance_id
    if wanted is None:
        if endpoint.is_demo:
            return
        raise ConfigurationError(
            f"--wait waits for an instance of a registry, and {endpoint.origin} names none",
            "Connect without --wait, or name the instance's id.",
        )
    client = state.instances.client(endpoint)
    wait_until_online(
        wanted,
        lambda: _status_of(wanted, client, front),
        lambda seconds, tell: _rest(seconds, tell, front),
        line_for(front.shell),
        time.monotonic,
    )


def _status_of(wanted: str, client: Client, front: Front) -> str:
    path = registry_path(client.endpoint)
    found, is_certain = _ask_registry(client, lambda get: find_instance(get, path, wanted), front)
    if found is not None:
        return found.status
    if not is_certain:
        return "not seen yet in a long list"
    raise InstanceNotFound(
        f"no instance {wanted} is registered at {client.endpoint.origin}",
        "Check the id; %secondme instances lists those that are online.",
        404,
    )


def _rest(seconds: float, tell: Callable[[], object], front: Front) -> None:
    enough = Event()
    wait_for(lambda: enough.wait(seconds), enough.set, front.interrupts, tell=tell)


def wait_until_online(
    name: str,
    look: Callable[[], str],
    rest: Callable[[float, Callable[[], object]], object],
    line: Line,
    clock: Callable[[], float],
) -> None:
    """Look again and again until the status is `online`, and tell of it in `line`.

    Args:
        name: The instance's id.
        look: Returns its status.
        rest: Lets so many seconds pass, and calls what it is given meanwhile.
        line: Grows in place.
        clock: Returns seconds.

    Raises:
        InstanceUnavailable: It did not come in `LONGEST_WAIT`.
        SecondMeError: The first look failed, or a later one says that there is no such instance.
        KeyboardInterrupt: The user stopped waiting.
    """
    begun = clock()
    status = ""
    try:
        while (status := _look(look, status)) != ONLINE:
            waited = clock() - begun
            if waited >= LONGEST_WAIT:
                line.finish(f"{name} did not come online · {waited:.0f} s")
                raise _not_in_time(name, status, waited)
            tell = _telling(line, name, status, begun, clock)
            tell()
            rest(min(PAUSE, LONGEST_WAIT - waited), tell)
    except KeyboardInterrupt:
        line.finish(f"stopped waiting for {name} · {clock() - begun:.0f} s")
        raise
    line.finish(f"{name} is online · {clock() - begun:.0f} s")


def _look(look: Callable[[], str], before: str) -> str:
    """Return the status; where it was known `before`, a registry that fails is given time."""
    try:
        return look()
    except (ConnectionFailed, ProtocolError, StatusError) as error:
        if not before or isinstance(error, InstanceNotFound):
            raise
        return "the registry gives no answer"


def _telling(
    line: Line, name: str, status: str, begun: float, clock: Callable[[], float]
) -> Callable[[], None]:
    return lambda: line.show(f"waiting for {name} ({status}) · {clock() - begun:.0f} s")


def _not_in_time(name: str, status: str, waited: float) -> SecondMeError:
    return InstanceUnavailable(
        f"{name} did not come online in {waited / 60:.0f} minutes (last seen: {status})",
        "Start it, or ask its owner to; then connect again.",
        503,
    )
