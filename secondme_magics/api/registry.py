"""Which instances are registered and which roles there are: JSON values into what may be shown.

Knows the envelope, the pages and where they stand; opens nothing. What comes in is hostile until
shown otherwise: cleaned, bounded, and skipped where it has the wrong type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from secondme_magics.api.endpoint import INSTANCE_ID, KERNEL_CHAT
from secondme_magics.api.failures import words_of
from secondme_magics.errors import ConfigurationError, ProtocolError, one_line
from secondme_magics.markdown.safety import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from secondme_magics.api.endpoint import Endpoint

LONGEST_NAME = 80
LONGEST_DESCRIPTION = 200
"""Characters that are kept of what somebody else wrote."""

ONLINE = "online"
"""The status of an instance that can be talked to."""

MOST_PAGES = 20
PAGE_SIZE = 100
MOST_ON_A_PAGE = 1_000
"""Pages that are asked for, and entries that are asked for and looked at on each."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as the registry lists it, fit to be shown."""

    id: str
    name: str
    description: str
    status: str

    def matches(self, word: str) -> bool:
        """Return whether `word` stands in its name, description or id, in any case."""
        texts = (self.name, self.description, self.id)
        return any(word.casefold() in text.casefold() for text in texts)


@dataclass(frozen=True, slots=True)
class Instances:
    """Registered instances.

    Args:
        listed: Those that can be shown, as they were listed.
        skipped: How many entries could not be read.
        pages: How many pages the registry says that there are; 0 where it does not say.
    """

    listed: tuple[Instance, ...]
    skipped: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a Second Me, fit to be shown."""

    id: str
    name: str
    description: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a Second Me, and how many could not be read."""

    listed: tuple[Role, ...]
    skipped: int = 0


def registry_path(endpoint: Endpoint) -> str:
    """Return the path of the registry that stands beside an endpoint.

    Raises:
        ConfigurationError: It is no Second Me's, so no registry can be there.
    """
    path = urlsplit(endpoint.url).path
    chat = f"/api/chat/{endpoint.instance_id}" if endpoint.instance_id else KERNEL_CHAT
    is_known = endpoint.instance_id or path.endswith(chat)
    if endpoint.kind == "second_me" and is_known:
        return f"{path.rpartition(chat)[0]}/api/upload/list"
    raise ConfigurationError(
        f"{endpoint.origin} has no list of instances: it is not known as a Second Me's address",
        "Name a registry, as in %secondme instances --base https://app.secondme.io",
    )


def kernel_path(endpoint: Endpoint, name: str) -> str | None:
    """Return the path of what a Second Me on the user's own machine has beside its chat.

    Args:
        endpoint: Where the chat is.
        name: `roles` or `health`.
    """
    path = urlsplit(endpoint.url).path
    return f"{path.removesuffix('chat')}{name}" if path.endswith(KERNEL_CHAT) else None


def status_path(endpoint: Endpoint) -> str | None:
    """Return the path of what tells, without a prompt, whether an endpoint is well.

    Its registry, its health, or its list of models; none where nothing is known.
    """
    if endpoint.instance_id:
        return registry_path(endpoint)
    return models_path(endpoint) or kernel_path(endpoint, "health")


def models_path(endpoint: Endpoint) -> str | None:
    """Return the path of the list of models of an OpenAI-compatible server; none of another."""
    path = urlsplit(endpoint.url).path
    if endpoint.kind != "openai" or not path.endswith("/chat/completions"):
        return None
    return f"{path.removesuffix('/chat/completions')}/models"


def parse_models(value: object) -> tuple[str, ...]:
    """Return the names in a list of models (OpenAI API, "List models").

    Raises:
        ProtocolError: It is no such list.
    """
    listed = value.get("data") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        raise ProtocolError(
            "what came is not a list of models",
            "Check the address: an OpenAI-compatible base often ends in /v1.",
        )
    names = [each.get("id") for each in listed if isinstance(each, dict)]
    return tuple(one_line(name) for name in names if isinstance(name, str) and name.strip())


def iter_pages(get: Callable[[str], object], path: str, status: str | None) -> Iterator[Instances]:
    """Yield the pages of a registry until it ends, turns in circles, or `MOST_PAGES` have come.

    Args:
        get: Returns the JSON value at a path.
        path: Where the registry stands.
        status: Which instances are asked for; all without one. Others that come are left out.

    Raises:
        SecondMeError: Whatever `get` raises.
        ProtocolError: What came is no page of a registry.
    """
    seen: set[str] = set()
    for number in range(1, MOST_PAGES + 1):
        query = f"?page_no={number}&page_size={PAGE_SIZE}"
        page = parse_instances(get(f"{path}{query}{f'&status={status}' if status else ''}"))
        fresh = [each for each in page.listed if each.id not in seen]
        seen.update(each.id for each in fresh)
        wanted = tuple(each for each in fresh if status in {None, each.status})
        yield Instances(wanted, page.skipped, page.pages)
        if not fresh or 0 < page.pages <= number:
            break


def find_instance(
    get: Callable[[str], object], path: str, wanted: str
) -> tuple[Instance | None, bool]:
    """Return the instance with the id `wanted`, and whether it is certain that there is no other.

    Of a registry that is too long to be read whole, those that are online are read too. The
    arguments and errors are those of `iter_pages`.
    """
    number = 0
    for status in (None, ONLINE):
        for number, page in enumerate(iter_pages(get, path, status), 1):  # noqa: B007 - the last
            for each in page.listed:
                if each.id == wanted:
                    return each, True
        if number < MOST_PAGES:
            return None, status is None
    return None, False


def parse_instances(value: object) -> Instances:
    """Return the page of a registry that a JSON value holds.

    Raises:
        ProtocolError: It holds none, or an error.
    """
    page = _from_envelope(value)
    items = page.get("items") if isinstance(page, dict) else None
    if not isinstance(page, dict) or not isinstance(items, list):
        raise _no_envelope()
    listed = tuple(filter(None, map(_parse_instance, items[:MOST_ON_A_PAGE])))
    once = tuple({each.id: each for each in listed}.values())
    pagination = page.get("pagination")
    pages = pagination.get("total_pages") if isinstance(pagination, dict) else 0
    return Instances(once, len(items) - len(listed), pages if isinstance(pages, int) else 0)


def parse_roles(value: object) -> Roles:
    """Return the roles that a JSON value holds.

    Raises:
        ProtocolError: It holds none, or an error.
    """
    items = _from_envelope(value)
    if not isinstance(items, list):
        raise _no_envelope()
    listed = tuple(filter(None, map(_parse_role, items[:MOST_ON_A_PAGE])))
    return Roles(listed, len(items) - len(listed))


def _from_envelope(value: object) -> object:
    if not isinstance(value, dict) or "data" not in value:
        raise _no_envelope()
    if value.get("code", 0) not in (0, "0"):
        words = one_line(words_of(value))[:LONGEST_DESCRIPTION]
        raise ProtocolError(
            f"the server reported an error{': ' if words else ''}{words}",
            "Try again; if it keeps failing, check the server's log.",
        )
    return value["data"]


def _no_envelope() -> ProtocolError:
    return ProtocolError(
        "what the server sent is not a list as a Second Me sends it",
        "Check the address with %secondme status: another program may answer there.",
    )


def _parse_instance(item: object) -> Instance | None:
    if not isinstance(item, dict):
        return None
    name = _text(item.get("upload_name"), LONGEST_NAME)
    description = _text(item.get("description"), LONGEST_DESCRIPTION)
    status = _text(item.get("status"), LONGEST_NAME)
    identity = _identity(item.get("instance_id"))
    if name is None or description is None or status is None or identity is None:
        return None
    return Instance(identity, name, description, status)


def _parse_role(item: object) -> Role | None:
    if not isinstance(item, dict):
        return None
    name = _text(item.get("name"), LONGEST_NAME)
    description = _text(item.get("description"), LONGEST_DESCRIPTION)
    identity = _identity(item.get("uuid"))
    is_active = item.get("is_active", True)
    if name is None or description is None or identity is None or not isinstance(is_active, bool):
        return None
    return Role(identity, name, description, is_active)


def _identity(value: object) -> str | None:
    return value if isinstance(value, str) and INSTANCE_ID.fullmatch(value) else None


def _text(value: object, longest: int) -> str | None:
    """Return a text as one clean, bounded line; nothing for null, none for another type."""
    if not isinstance(value, str | None):
        return None
    line = one_line(clean_text((value or "")[: 8 * longest]))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
