"""A notebook open in a browser, and what a person does there: write cells, run, stop, save, look.

Every wait is for a condition. It asks the page's own models, never the order of elements: a
front end attaches only the cells that are near the window.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakSet

import pytest
from jupyter_app import TIMEOUT, code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_app import JupyterApp
    from playwright.sync_api import BrowserContext, Locator, Page, Request, ViewportSize

VIEWPORT: ViewportSize = {"width": 1280, "height": 900}

in_lab = pytest.mark.parametrize("notebook", ["lab"], indirect=True)
"""For a test of what Notebook 7 has no part in: there it would be the same once more."""

_PANEL = "window.jupyterapp.shell.currentWidget"

_IS_OPEN = """name => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.context?.path === name && panel.context.isReady;
}"""

_OPEN_TAB = """async path => {
    await window.jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'});
}"""

_CLOSE_TAB = """([name, beside]) => {
    const {shell} = window.jupyterapp;
    const panelOf = path => [...shell.widgets('main')].find(each => each.context?.path === path);
    const panel = panelOf(name);
    if (panel) {
        panel.context.model.dirty = false;
        panel.close();
    }
    shell.activateById(panelOf(beside).id);
}"""

_HAS_KERNEL = f"""() => {{
    const kernel = {_PANEL}.context.sessionContext.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}}"""

_WRITE = f"""cells => {{
    const model = {_PANEL}.content.model.sharedModel;
    model.deleteCellRange(0, model.cells.length);
    model.insertCells(0, cells);
}}"""

_EDIT = f"""([index, source]) =>
    {_PANEL}.content.model.sharedModel.cells[index].setSource(source)"""

_CELLS = f"""() => {_PANEL}.content.model.sharedModel.cells.map(cell => cell.toJSON())"""

_RUN = """command => {
    window.__ran = undefined;
    window.jupyterapp.commands.execute(command).then(
        result => { window.__ran = String(result); },
        error => { window.__ran = String(error); });
}"""

_SELECT = f"""index => {{
    {_PANEL}.content.activeCellIndex = index;
    {_PANEL}.content.deselectAll();
}}"""

_MARK = f"""async index => {{
    const notebook = {_PANEL}.content;
    for (const cell of document.querySelectorAll('[data-cell]')) delete cell.dataset.cell;
    notebook.widgets[index].node.dataset.cell = String(index);
    await notebook.scrollToItem(index, 'smart');
}}"""

_SET_THEME = """async theme => {
    await window.jupyterapp.commands.execute('apputils:change-theme', {theme});
}"""

_THEME_STANDS = """light => document.body.dataset.jpThemeLight === light
    && !document.querySelector('#jupyterlab-splash')"""


_OPENED: WeakSet[Page] = WeakSet()


@contextmanager
def opened(beside: NotebookPage, name: str) -> Iterator[NotebookPage]:
    """Open one more notebook: in JupyterLab in a tab of its own, in Notebook 7 in a page.

    To load a page takes eight seconds of a processor, and a tab less than one.
    """
    if beside.app.module == "notebook":
        with opened_in(beside.page.context, beside.app, name) as notebook:
            yield notebook
        return
    notebook = NotebookPage(beside.page, beside.app)
    try:
        yield notebook.open_tab(name)
        notebook.end_kernel()
    finally:
        notebook.forget()
        beside.page.evaluate(_CLOSE_TAB, [name, beside.name])
        beside.wait_until_open()


@contextmanager
def opened_in(context: BrowserContext, app: JupyterApp, name: str) -> Iterator[NotebookPage]:
    """Open a notebook in a page of `context`."""
    notebook = NotebookPage(context.new_page(), app)
    try:
        yield notebook.open(name)
        notebook.end_kernel()
    finally:
        notebook.page.close()
        notebook.forget()


class NotebookPage:
    """One open notebook.

    Args:
        page: A fresh page, with nothing open.
        app: The server.
    """

    def __init__(self, page: Page, app: JupyterApp) -> None:
        self.page = page
        self.app = app
        self.name = ""
        self.requests: list[str] = []
        _OPENED.add(page)
        page.context.on("request", self._record)
        page.set_default_timeout(TIMEOUT * 1000)

    @property
    def foreign_requests(self) -> list[str]:
        """The requests that went anywhere but to the notebook's own server."""
        own = (f"{self.app.origin}/", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]

    @property
    def popups(self) -> list[Page]:
        """The pages that none of these has opened."""
        return [page for page in self.page.context.pages if page not in _OPENED]

    def open(self, name: str) -> NotebookPage:
        """Open the notebook `name` and wait for its kernel."""
        self.name = name
        self.page.goto(self.app.url_of(name), wait_until="domcontentloaded")
        self.wait_until_open()
        return self

    def open_tab(self, name: str) -> NotebookPage:
        """Open the notebook `name` in the open page of JupyterLab, and wait for its kernel."""
        self.name = name
        self.page.evaluate(_OPEN_TAB, name)
        self.wait_until_open()
        return self

    def forget(self) -> None:
        """Record no more requests."""
        self.page.context.remove_listener("request", self._record)

    def reload(self) -> None:
        """Save the notebook and load its page anew; the kernel lives on."""
        self.save()
        self.page.reload(wait_until="domcontentloaded")
        self.wait_until_open()

    def restart_kernel(self) -> None:
        """Restart the kernel and wait for it."""
        self.page.evaluate(f"() => {_PANEL}.context.sessionContext.session.kernel.restart()")
        self.wait_for_kernel()

    def _record(self, request: Request) -> None:
        self.requests.append(request.url)

    def wait_until_open(self) -> None:
        """Wait until the notebook is what the page shows, and its kernel is idle."""
        self.page.wait_for_function(_IS_OPEN, arg=self.name)
        self.page.evaluate("() => window.jupyterapp.restored.then(() => null)")
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is there and idle."""
        self.page.wait_for_function(_HAS_KERNEL)

    def write(self, *sources: str) -> None:
        """Replace all cells."""
        self.page.evaluate(_WRITE, [code(source) for source in sources])

    def edit(self, index: int, source: str) -> None:
        """Replace what stands in a cell, which stays the same cell."""
        self.page.evaluate(_EDIT, [index, source])

    def start(self, index: int) -> None:
        """Run a cell and do not wait for it."""
        self.page.evaluate(_SELECT, index)
        self.page.evaluate(_RUN, "notebook:run-cell")

    def start_all(self) -> None:
        """Run every cell and do not wait for them."""
        self.page.evaluate(_RUN, "notebook:run-all-cells")

    def wait(self) -> bool:
        """Wait for what was started, and return whether all of it went well."""
        self.page.wait_for_function("() => window.__ran !== undefined")
        return bool(self.page.evaluate("() => window.__ran === 'true'"))

    def run(self, index: int = 0) -> bool:
        """Run a cell, and return whether it went well."""
        self.start(index)
        return self.wait()

    def run_all(self) -> bool:
        """Run every cell, and return whether all went well."""
        self.start_all()
        return self.wait()

    def restart(self, *, run_all: bool = False) -> None:
        """Restart the kernel, say yes when asked, and wait for it, or for every cell."""
        self.page.evaluate(_RUN, f"notebook:restart-{'run-all' if run_all else 'kernel'}")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.wait()
        self.wait_for_kernel()

    @property
    def is_busy(self) -> bool:
        """Whether the kernel works."""
        status = f"() => {_PANEL}.context.sessionContext.session.kernel.status"
        return bool(self.page.evaluate(status) == "busy")

    def stop(self) -> None:
        """Click the notebook's stop button."""
        self.page.locator("[data-command='notebook:interrupt-kernel']:visible").first.click()

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate(f"() => {_PANEL}.context.save()")

    def cell(self, index: int = 0) -> Locator:
        """Return a cell, scrolled to where it can be seen."""
        self.page.evaluate(_MARK, index)
        return self.page.locator(f"[data-cell='{index}']")

    def output(self, index: int = 0) -> Locator:
        """Return a cell's output, scrolled to where it can be seen."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def cells(self) -> list[dict[str, Any]]:
        """Return the cells that saving would write."""
        cells = self.page.evaluate(_CELLS)
        assert isinstance(cells, list)
        return cells

    def wait_for_cells(self, count: int) -> None:
        """Wait until there are `count` cells."""
        self.page.wait_for_function(
            f"count => {_PANEL}.content.widgets.length === count", arg=count
        )

    def model(self, index: int = 0) -> list[dict[str, Any]]:
        """Return the outputs of a cell that saving would write."""
        outputs = self.page.evaluate(
            f"index => {_PANEL}.content.widgets[index].model.sharedModel.outputs", index
        )
        assert isinstance(outputs, list)
        return outputs

    def is_trusted(self, index: int = 0) -> bool:
        """Return whether a cell's outputs may do what they like."""
        trusted = f"index => {_PANEL}.content.widgets[index].model.trusted"
        return bool(self.page.evaluate(trusted, index))

    def use_theme(self, theme: Literal["Light", "Dark"]) -> None:
        """Show the page in one of Jupyter's own themes."""
        self.page.evaluate(_SET_THEME, f"JupyterLab {theme}")
        self.page.wait_for_function(_THEME_STANDS, arg=str(theme == "Light").lower())

    def end_kernel(self) -> None:
        """End the kernel."""
        self.page.evaluate(f"() => {_PANEL}.context.sessionContext.shutdown()")
