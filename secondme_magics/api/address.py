"""An http(s) address: read strictly, written in one form. Knows no targets and opens nothing."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit

from secondme_magics.errors import ConfigurationError, one_line

if TYPE_CHECKING:
    from typing import NoReturn

_PORTS = {"http": 80, "https": 443}
_LETTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_DOUBTFUL_PATH = re.compile(
    r"%(?![0-9A-Fa-f]{2})|%(?:2[EeFf]|5[Cc]|[01][0-9A-Fa-f]|7[Ff])|//|/\.{1,2}(?:/|$)"
)


class Address(NamedTuple):
    """A URL in its parts, normalised: lower case, no default port, no slash at the end."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def netloc(self) -> str:
        """The host as a URL writes it, with its port where that is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.origin}{self.path}{'?' * bool(self.query)}{self.query}"

    @property
    def is_local(self) -> bool:
        """Whether it names the user's own machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        address = _ip_address(self.host)
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        address = mapped or address
        return address is not None and (address.is_loopback or address.is_unspecified)

    def with_path(self, path: str) -> Address:
        """Return the address with another path."""
        return self._replace(path=path)


def parse_address(text: str) -> Address:
    """Return the address that `text` writes.

    Raises:
        ConfigurationError: It is no http(s) URL, carries a user name, or is read differently by
            different programs (RFC 3986 and the WHATWG's URL standard disagree about it).
    """
    text = text.strip()
    parts = _split(text) or _refuse(text, "its host or port cannot be read")
    port = parts.port
    if "@" in parts.netloc:
        raise ConfigurationError(
            "the URL holds a user name or a password, which would be shown",
            "Take them out, and put the key into the environment variable SECONDME_API_KEY.",
        )
    if parts.scheme not in _PORTS:
        _refuse(text, "it does not begin with http:// or https://")
    if not _LETTERS.fullmatch(text):
        _refuse(text, "it holds a character that must not stand in one")
    if port == 0:
        _refuse(text, "there is no port 0")
    if _DOUBTFUL_PATH.search(parts.path):
        _refuse(text, "its path is doubtful")
    if parts.fragment.startswith(("/", "!")):
        _refuse(text, "what follows its '#' leads to a page")
    host = _host(parts) or _refuse(text, "its host is doubtful")
    path = parts.path.removesuffix("/")
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], path, parts.query)


def _split(text: str) -> SplitResult | None:
    """Return the parts of a URL, its port read; `None` where one cannot be, and no cause of it."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host(parts: SplitResult) -> str | None:
    """Return the host in its one form, or `None` where programs read it differently."""
    host = (parts.hostname or "").removesuffix(".")
    if address := _ip_address(host):
        bracketed = "[" in parts.netloc
        is_one = bracketed == isinstance(address, IPv6Address) and "%" not in host
        return str(address) if is_one else None
    labels = host.split(".")
    # `127.1`, `0x7f.1` and `2130706433` are addresses to some programs, and names to others.
    is_number = labels[-1].isdigit() or labels[-1].startswith("0x")
    is_name = len(host) <= 253 and all(map(_LABEL.fullmatch, labels))  # noqa: PLR2004 - RFC 1035
    return host if is_name and not is_number else None


def _ip_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


_NO_PORT = re.compile(r"(://[^/:\[\]]+):[^/]*[^/\d][^/]*")
"""What stands where a port belongs and is none: it may be a password."""


def _refuse(text: str, why: str) -> NoReturn:
    told = re.split(r"[?#]", text)[0].rpartition("@")[2]
    shown = one_line(_NO_PORT.sub(r"\1", told))[:120]
    raise ConfigurationError(
        f"{shown!r} cannot be used as an address: {why}",
        "Write it as in https://example.com/v1 or http://localhost:8002: letters that need it "
        "as %XX, an international host as xn--....",
    )
