"""TLS with the tests' own certificates: who speaks it, and who trusts whom."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

BUNDLE = "REQUESTS_CA_BUNDLE"
"""The variable that names the certificates to trust."""


def certificate(name: str) -> str:
    """Return the path of a certificate; `certificates/recipe.sh` says what each is."""
    return str(Path(__file__).parent / "certificates" / f"{name}.pem")


def speaking_tls(name: str) -> ssl.SSLContext:
    """Return the context of a server that proves itself with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(name))
    return context


def trust(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Trust who has a certificate, or one that it has signed."""
    monkeypatch.setenv(BUNDLE, certificate(name))
