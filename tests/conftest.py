"""What tests of more than one file stand on."""

from __future__ import annotations

import re
import signal
import tempfile
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts its background jobs so
    # The kernels that tests start would inherit it, and never hear that they are to stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("ours", deadline=None)  # a test does not fail for a busy machine
settings.register_profile("few", deadline=None, max_examples=20)  # where others have had more
settings.load_profile("ours")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Let the tests of one front end share a worker: its page takes long to load."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - the tests go without it too

    class ByFileOrFrontEnd(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            front_end = re.search(r"[\[-](lab|notebook7)[\]-]", nodeid)
            return front_end[1] if front_end else super()._split_scope(nodeid)

    return ByFileOrFrontEnd(config, log)


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread behind; one that still connects or hands over may end."""
    from secondme_magics.api.lever import DIALLING  # noqa: PLC0415 - most tests do not need it

    before = threading.active_count()
    yield
    for thread in threading.enumerate():
        if thread.name in {DIALLING, "secondme-panel"}:
            thread.join(10)
    assert threading.active_count() <= before


@pytest.fixture
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a file descriptor or a file; no proxy is in its way."""
    from partners import nothing_left_behind  # noqa: PLC0415 - most tests do not need it

    request.getfixturevalue("no_proxy")
    here = request.getfixturevalue("tmp_path_factory").mktemp("here")
    monkeypatch = request.getfixturevalue("monkeypatch")
    monkeypatch.chdir(here)
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    with nothing_left_behind():
        yield
    assert [*here.iterdir()] == [], "a file is left"


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the proxies and certificates of this machine out of the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
