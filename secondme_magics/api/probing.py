"""The way to a server, step by step: its name, its port, its certificate. Knows no HTTP.

What fails raises as the sockets do; the client's table says what that means.
"""

from __future__ import annotations

import os
import socket
import ssl
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from urllib3.exceptions import ConnectTimeoutError

from secondme_magics.errors import ConfigurationError

_HTTP_PORTS = {"http": 80, "https": 443}
_PROXY_PORTS = {**_HTTP_PORTS, **dict.fromkeys(("socks4", "socks4a", "socks5", "socks5h"), 1080)}


CERTIFICATE_TROUBLES = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate is self-signed",
    20: "nobody known has signed its certificate",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
"""OpenSSL's X509_V_ERR_* codes."""


class Way(NamedTuple):
    """How an endpoint is reached.

    Args:
        proxy: Host and port of the proxy in between.
        bundle: The file or folder of the certificates that are trusted.
    """

    proxy: tuple[str, int] | None
    bundle: str


def parse_proxy(url: str) -> tuple[str, int]:
    """Return the host and port of a proxy, without the password that its URL may hold.

    Raises:
        ConfigurationError: It names none, or one with a user that no request can name: what
            requests says then would show the password.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = _PROXY_PORTS[parts.scheme]
        port = parts.port or port
        if parts.scheme in _HTTP_PORTS:  # a SOCKS proxy takes others too
            unquote(f"{parts.username}{parts.password}").encode("latin-1")
    except (KeyError, ValueError):
        parts, port = urlsplit(""), 0
    if not parts.hostname:
        raise ConfigurationError(
            "the environment names a proxy whose address cannot be used",
            "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, as in http://proxy.example:3128; "
            "its user and password may have Latin letters only.",
        )
    return parts.hostname, port


class Certificate(NamedTuple):
    """What a server showed to prove who it is; a trusted authority signed it."""

    protocol: str
    issuer: str
    until: datetime


def check_bundle(verify: object) -> None:
    """Raise if `verify`, what a request trusts, is a file or a folder that is not there.

    Raises:
        ConfigurationError: It is not there.
    """
    if isinstance(verify, str) and not os.path.exists(verify):  # noqa: PTH110 - it need not be one
        raise ConfigurationError(
            "the environment names a file of certificates that is not there",
            "Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it.",
        )


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, however long the machine's resolver takes.

    Raises:
        OSError: The name is unknown, or nobody could say.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def check_port(host: str, port: int, seconds: float) -> str:
    """Return the address at which `host` accepts a connection, and close it.

    Raises:
        OSError: Nobody does.
        ConnectTimeoutError: Nobody says.
    """
    try:
        with socket.create_connection((host, port), seconds) as connection:
            return str(connection.getpeername()[0])
    except TimeoutError:
        raise ConnectTimeoutError from None


def check_certificate(host: str, port: int, bundle: str, seconds: float) -> Certificate:
    """Return the certificate that `host` shows, verified as a request would.

    Raises:
        OSError: It does not speak TLS, or its certificate is not good.
    """
    is_folder = Path(bundle).is_dir()
    context = ssl.create_default_context(
        cafile=None if is_folder else bundle, capath=bundle if is_folder else None
    )
    with (
        socket.create_connection((host, port), seconds) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown, protocol = secured.getpeercert() or {}, secured.version() or "TLS"
    until = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    return Certificate(
        protocol, _issuer(shown.get("issuer")), datetime.fromtimestamp(until, timezone.utc)
    )


def _issuer(names: object) -> str:
    """Return who signed a certificate: an organisation, or else a common name."""
    parts = [part for group in names for part in group] if isinstance(names, tuple) else []
    by_kind = dict(parts)
    return by_kind.get("organizationName") or by_kind.get("commonName") or "an unnamed authority"
