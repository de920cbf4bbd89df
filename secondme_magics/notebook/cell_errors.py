"""What the cells of a notebook raised, by the cell's number."""

from __future__ import annotations


class CellErrors:
    """The errors of the cells, as text."""

    summaries: dict[int, str]
    """The name and the words of each."""

    tracebacks: dict[int, str]
    """Each with its traceback, where the error is not ours."""

    def __init__(self) -> None:
        self.summaries = {}
        self.tracebacks = {}

    def note(self, number: int, summary: str, traceback: str = "") -> None:
        """Remember what the cell of `number` raised; an error of ours has no traceback."""
        self.forget(number)
        self.summaries[number] = summary
        if traceback:
            self.tracebacks[number] = traceback

    def forget(self, number: int) -> None:
        """Forget what a cell raised: its number was given again."""
        self.summaries.pop(number, None)
        self.tracebacks.pop(number, None)
