"""Where to talk: targets, base URLs, keys and timeouts, from arguments and the environment.

Whatever is doubtful about an address is refused before a request is made. Knows no HTTP, and
neither `demo` nor the names given with `connect`: who calls resolves those first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

from secondme_magics.api.address import Address, parse_address
from secondme_magics.errors import ConfigurationError, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["second_me", "openai"]

HOSTED = "https://app.secondme.io"

INSTANCE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")

KERNEL_CHAT = "/api/kernel2/chat"
"""Where a Second Me on the user's own machine answers."""

_HOSTED_HOSTS = {"app.secondme.io", "secondme.io", "www.secondme.io"}
_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\]):[0-9]", re.IGNORECASE)
"""A server of one's own, as it is typed."""
_INSTANCE_PATH = re.compile(
    rf".*/api/chat/(?!completions\Z)({INSTANCE_ID.pattern})(?:/chat/completions)?"
)


class Timeouts(NamedTuple):
    """How long to wait, in seconds.

    Args:
        connect: For a connection, name look-up and TLS included.
        silence: From byte to byte; a heartbeat is a byte. `None` where only the total counts, as
            wherever the user said one, and where the answer comes in one piece.
        total: For the whole answer.
        after_finish: For the end of the stream, once the server gave its finish reason.
    """

    connect: float = 10.0
    silence: float | None = 300.0
    total: float = 3600.0
    after_finish: float = 5.0


_TIMEOUTS = Timeouts()

SHORTEST_SECRET = 8
"""Characters of a key that is hidden; a shorter one, as `ollama`, is a word that servers accept."""

PLACEHOLDERS = {
    "dummy-api-key",
    "dummy-key",
    "lm-studio",
    "lmstudio",
    "no-key-required",
    "not-needed",
    "not-required",
    "placeholder",
    "sk-no-key-required",
    "token-abc123",
    "your-api-key",
}
"""Longer ones that are no secret: what the documents of servers and clients write for a key where
none is needed. An answer quotes them, as in a line of code."""


class Environment(dict[str, str]):
    """The variables of the process; a traceback that shows all values does not show these."""

    def __repr__(self) -> str:
        return "<Environment>"


class Key:
    """An API key that does not show itself.

    Args:
        value: The key as the server wants it.
        source: Where the user gave it, as a message names it: a variable, or `api_key=`.

    Raises:
        ConfigurationError: It cannot stand in a header; the message does not show it.
        TypeError: It is no string.
    """

    __slots__ = ("_value", "_written", "source")

    def __init__(self, value: str, source: str = "") -> None:
        if kind := _other_type(value):
            del value  # a traceback may show all variables
            raise TypeError(f"{source.removesuffix('=') or 'a key'} must be a string, not {kind}")
        if not value or any(c.isspace() or not c.isprintable() or c > "\xff" for c in value):
            del value
            raise ConfigurationError(
                "the API key is empty, or holds a space, a line break or another character "
                "that no key has",
                "Copy the key again, without what stands around it.",
            )
        self._value = value
        self.source = source
        self._written: re.Pattern[str] | None = None

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    @property
    def is_secret(self) -> bool:
        """Whether it is long enough to be one, and no word that documents write for a key."""
        return len(self._value) >= SHORTEST_SECRET and self._value.lower() not in PLACEHOLDERS

    def may_stand_in(self, text: str) -> bool:
        """Return whether `text`, which may be JSON, may hold it; at little cost."""
        is_escaped = "\\" in text and (
            "\\u00" in text or "\\/" in text or '"' in self._value or "\\" in self._value
        )
        return self.is_secret and (is_escaped or self._value in text)

    def hide_in(self, text: str) -> str:
        """Return `text`, a server's words, with the key made unreadable wherever it stands.

        As it is, or as JSON escapes it, twice too: JSON stands in JSON where an error is passed on.
        """
        if not self.may_stand_in(text):
            return text
        if self._written is None:
            parts = re.findall(r"\\+|[^\\]", self._value)
            self._written = re.compile("".join(map(_any_writing, parts)))
        return self._written.sub("•••", text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "<Key>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled: take it from the environment again")

    def __copy__(self) -> Key:
        return self

    def __deepcopy__(self, _: object) -> Key:
        return self


def _other_type(value: object) -> str:
    return "" if isinstance(value, str) else type(value).__name__


def _any_writing(part: str) -> str:
    """Return how JSON may write a part of a key: one character, or backslashes in a row."""
    if part.startswith("\\"):
        return rf"\\{{{len(part)},{4 * len(part)}}}"
    return rf"(?:\\{{0,3}}{re.escape(part)}|(?i:\\{{1,2}}u{ord(part):04x}))"


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """Who answers.

    Args:
        url: What is posted to.
        kind: A Second Me, or any server that is OpenAI-compatible.
        name: What the user sees: the instance's id, `demo`, or the host.
        key: Sent to this endpoint, and to no other.
        timeouts: How long to wait for it.
        is_demo: Whether it is the demo instance of this process.

    Raises:
        ConfigurationError: The URL is not good.
    """

    url: str
    kind: Kind
    name: str
    key: Key | None = None
    timeouts: Timeouts = _TIMEOUTS
    is_demo: bool = False

    def __post_init__(self) -> None:
        parse_address(self.url)

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a message shows, and what a key belongs to."""
        return parse_address(self.url).origin

    @property
    def is_local(self) -> bool:
        """Whether it runs on the user's own machine, and so is never asked through a proxy."""
        return parse_address(self.url).is_local

    @property
    def instance_id(self) -> str | None:
        """The id of the instance that is asked, or none where the address holds none."""
        return _instance_of(parse_address(self.url).path)

    def __repr__(self) -> str:
        return f"<Endpoint {self.name!r} at {self.origin}>"


def parse_target(
    target: str,
    *,
    base_url: str | None = None,
    key: Key | None = None,
    environ: Mapping[str, str] | None = None,
    timeouts: Timeouts | None = None,
) -> Endpoint:
    """Return the endpoint that `target` names: an instance id, a share link, or a URL.

    Args:
        target: What the user wrote; `demo` and given names are resolved before.
        base_url: Where instance ids live; else `SECONDME_BASE_URL`, else the hosted service.
        key: The key of this endpoint; else `SECONDME_API_KEY`, if the endpoint has the origin
            that the environment's key belongs to.
        environ: The environment, such as `os.environ`; none is read otherwise.
        timeouts: How long to wait for it.

    Raises:
        ConfigurationError: The target, the base URL or the key is not good.
        ValueError: The target is `demo`, which is not resolved here.
    """
    environ = environ or {}
    target = target.strip()
    if target == "demo":
        raise ValueError("the demo instance has no address before it is started")
    if _LOCAL.match(target):
        target = f"http://{target}"
    if "://" in target:
        address, kind, name = _read_url(parse_address(target))
    else:
        base = base_url or environ.get("SECONDME_BASE_URL") or HOSTED
        address, kind, name = _read_id(target, parse_address(base))
    return Endpoint(
        url=address.url,
        kind=kind,
        name=name,
        key=key or _key_for(address.origin, environ),
        timeouts=timeouts or Timeouts(),
    )


def _read_id(target: str, base: Address) -> tuple[Address, Kind, str]:
    if not INSTANCE_ID.fullmatch(target):
        raise ConfigurationError(
            f"{_shown(target)!r} is neither an instance id nor a URL",
            "An id has 1 to 128 letters, digits, '-' and '_'; a URL begins with http:// or "
            "https://, as in http://localhost:8002.",
        )
    return base.with_path(f"{_instances_under(base)}/{target}"), "second_me", target


def _shown(target: str) -> str:
    """Return as much of `target` as a message may show: no user, query or fragment."""
    return one_line(re.split("[?#]", target)[0].rpartition("@")[2])[:80]


def _instances_under(base: Address) -> str:
    for end, rest in (("/api/chat", ""), ("/api", "/chat")):
        if base.path.endswith(end):
            return base.path + rest
    if base.path.endswith(("/v1", "/chat", "/completions")):
        raise ConfigurationError(
            f"there are no instances under {base.origin}{base.path}",
            "Name the URL itself as the target, and choose a model with -m NAME (or model=).",
        )
    return f"{base.path}/api/chat"


def _read_url(address: Address) -> tuple[Address, Kind, str]:
    path = address.path
    if instance := _instance_of(path):
        return address, "second_me", instance
    if address.host in _HOSTED_HOSTS:
        return _read_share_link(address)
    if path.endswith("/chat/completions"):
        return address, "openai", address.netloc
    if path.endswith("/chat"):
        return address, "second_me", address.netloc
    if not path:
        return address.with_path(KERNEL_CHAT), "second_me", address.netloc
    return address.with_path(f"{path}/chat/completions"), "openai", address.netloc


def _instance_of(path: str) -> str | None:
    found = _INSTANCE_PATH.fullmatch(path)
    return found[1] if found else None


def _read_share_link(address: Address) -> tuple[Address, Kind, str]:
    instance = address.path.rpartition("/")[2]
    if not INSTANCE_ID.fullmatch(instance) or address.path.startswith("/api/chat"):
        raise ConfigurationError(
            f"{address.origin}{address.path} names no instance",
            "Give the instance's id, or the link that its owner shares: it ends in the id.",
        )
    return parse_address(f"{HOSTED}/api/chat/{instance}"), "second_me", instance


def _key_for(origin: str, environ: Mapping[str, str]) -> Key | None:
    """Return the environment's key if it was set for `origin`."""
    base = environ.get("SECONDME_BASE_URL") or HOSTED
    if not environ.get("SECONDME_API_KEY") or parse_address(base).origin != origin:
        return None
    return Key(environ["SECONDME_API_KEY"], "SECONDME_API_KEY")
