"""The cells that were executed, read from IPython's history: the one place that knows where.

IPython 8 keeps sources and results; IPython 9 also what was printed and raised. What was raised
since the extension was loaded, we have kept ourselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.notebook.context import Cell
from secondme_magics.notebook.shells import is_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.notebook.state import NotebookState


class ExecutedCells:
    """The cells before the running one.

    Args:
        shell: Who executed them.
        state: What they raised.
    """

    def __init__(self, shell: InteractiveShell, state: NotebookState) -> None:
        history = shell.history_manager
        self._sources: list[str] = getattr(history, "input_hist_raw", [])[:-1]
        self._results: Mapping[int, str] = getattr(history, "output_hist_reprs", {})
        self._outputs: Mapping[int, list[object]] | None = getattr(history, "outputs", None)
        self._exceptions: Mapping[int, Mapping[str, object]] = getattr(history, "exceptions", {})
        self._state = state

    def numbers(self) -> list[int]:
        """Return the numbers of the cells that hold more than a prompt or a command of ours."""
        return [
            number
            for number, source in enumerate(self._sources)
            if source.strip() and not is_ours(source)
        ]

    def read(self, number: int) -> Cell | None:
        """Return a cell, or none if there is none of this number; a cell of ours has no source."""
        if not 0 < number < len(self._sources):
            return None
        source = self._sources[number]
        if is_ours(source):
            return Cell(number, "")
        return Cell(
            number,
            source,
            self._printed(number),
            str(self._results.get(number, "")),
            self._raised(number),
        )

    def last_error(self) -> Cell | None:
        """Return the cell of the last exception that is not ours."""
        earlier = self._exceptions.keys() - self._state.errors.summaries.keys()
        failed = (self._state.errors.tracebacks.keys() | earlier) & set(self.numbers())
        return self.read(max(failed)) if failed else None

    def _printed(self, number: int) -> str | None:
        if self._outputs is None:
            return None
        outputs = self._outputs.get(number, [])
        bundles = [getattr(output, "bundle", {}) for output in outputs]
        return "".join("".join(bundle.get("stream", [])) for bundle in bundles)

    def _raised(self, number: int) -> str:
        state, theirs = self._state, self._exceptions.get(number, {}).get("traceback", [])
        told = state.errors.tracebacks.get(number) or state.errors.summaries.get(number)
        return told or "\n".join(map(str, theirs if isinstance(theirs, list) else []))
