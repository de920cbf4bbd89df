"""JupyterLab and Notebook 7 in a real browser, a notebook open in each."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from jupyter_app import TIMEOUT, JupyterApp, code
from jupyter_page import VIEWPORT, NotebookPage, opened_in
from panel_page import PanelPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

_VIEWPORT: ViewportSize = {"width": 900, "height": 700}

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    # A name that is looked up is a request that went out: none is found, all are recorded.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, with a home of its own: it writes there, whatever its profile."""
    path = _find_browser()
    from playwright.sync_api import (  # noqa: PLC0415 - skipped without a browser
        expect,
        sync_playwright,
    )

    expect.set_options(timeout=TIMEOUT * 1000)
    home = str(tmp_path_factory.mktemp("chromium"))
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    environment: dict[str, str | float | bool] = {**os.environ, **dict.fromkeys(names, home)}
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS, env=environment)
        yield running
        running.close()


def _find_browser() -> str:
    # The first of them has no window to draw, which halves what a page costs.
    chromium = ("chromium-headless-shell", "chromium", "chromium-browser")
    names = (*chromium, "google-chrome", "google-chrome-stable")
    for path in filter(None, map(shutil.which, names)):
        return path
    missing = "no Chromium or Chrome is on the PATH"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterApp]:
    with JupyterApp("jupyterlab", tmp_path_factory.mktemp("lab")) as app:
        yield app


@pytest.fixture(scope="session")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterApp]:
    with JupyterApp("notebook", tmp_path_factory.mktemp("notebook7")) as app:
        yield app


@pytest.fixture(scope="session")
def lab_page(browser: Browser, lab: JupyterApp) -> Iterator[NotebookPage]:
    with _loaded(browser, lab) as notebook:
        yield notebook


@pytest.fixture(scope="session")
def notebook7_page(browser: Browser, notebook7: JupyterApp) -> Iterator[NotebookPage]:
    with _loaded(browser, notebook7) as notebook:
        yield notebook


@contextmanager
def _loaded(browser: Browser, app: JupyterApp) -> Iterator[NotebookPage]:
    app.write("shared.ipynb", [code("%load_ext secondme_magics")])
    context = browser.new_context(viewport=VIEWPORT)
    with context, opened_in(context, app, "shared.ipynb") as notebook:
        assert notebook.run()
        yield notebook


@pytest.fixture(params=["lab", "notebook7"])
def notebook(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NotebookPage]:
    """An open notebook that has loaded the extension; tests share it and write its cells anew."""
    assert browser.is_connected()
    shared = request.getfixturevalue(f"{request.param}_page")
    assert isinstance(shared, NotebookPage)
    yield shared
    assert shared.foreign_requests == []


@pytest.fixture(scope="session")
def shared_pages(browser: Browser) -> Iterator[BrowserContext]:
    """Where the one page is that shows panels: another for each test would cost it a second."""
    with browser.new_context(viewport=_VIEWPORT, locale="en-GB") as context:
        yield context


@pytest.fixture
def own_pages(browser: Browser) -> Iterator[BrowserContext]:
    """Where a panel's page opens that sets the clock or a script of its own, which stay with it."""
    with browser.new_context(viewport=_VIEWPORT, locale="en-GB") as context:
        yield context


@pytest.fixture
def panel(request: pytest.FixtureRequest) -> Iterator[PanelPage]:
    """The panel's page alone, with a model that the test speaks for."""
    has_own = "own_pages" in request.fixturenames
    pages: BrowserContext = request.getfixturevalue("own_pages" if has_own else "shared_pages")
    page = pages.pages[0] if pages.pages else pages.new_page()
    troubles: list[str] = []

    def note(error: object) -> None:
        troubles.append(str(error))

    page.on("pageerror", note)
    yield PanelPage(page)
    _clean(page)
    page.remove_listener("pageerror", note)
    assert troubles == []


def _clean(page: Page) -> None:
    """Leave `page` as a fresh one."""
    page.goto("about:blank")
    page.unroute_all()
    page.emulate_media(media="null", reduced_motion="null", forced_colors="null")
    page.set_viewport_size(_VIEWPORT)
    page.mouse.move(0, 0)
    page.context.clear_permissions()
