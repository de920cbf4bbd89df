"""The stop button, heard only where it does no harm: while we wait, not while we show.

A `KeyboardInterrupt` may otherwise strike between any two steps: in the middle of an import, or
between publishing an output and noting that it was published.
"""

from __future__ import annotations

import math
import signal
import time
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, NamedTuple

from secondme_magics.errors import SecondMeError
from secondme_magics.notebook.shells import owns_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from IPython.core.interactiveshell import InteractiveShell
    from typing_extensions import Self

    from secondme_magics.notebook.state import NotebookState


class Interrupted(KeyboardInterrupt):
    """The user stopped what stood among other statements: they stop too."""

    def _render_traceback_(self) -> list[str]:
        return ["Interrupted."]


def end_cell(state: NotebookState, shell: InteractiveShell) -> None:
    """After a stop, see to it that nothing runs on.

    A cell that is all ours fails without another output; other statements are interrupted.

    Raises:
        Interrupted: More statements follow in the cell.
    """
    if not owns_cell(shell):
        raise Interrupted
    state.interrupted = True


TOO_LONG = 1.0
"""Seconds after which a user who presses again is taken at their word."""


class Interrupts:
    """While it is entered, an interrupt is raised inside of `welcome` only.

    One that comes at another moment is raised at the next `welcome`, or else when it is left, also
    in place of an error of ours: a loop that goes on after such errors has to end. But one that
    comes long after another is raised at once: something is stuck. Only the main thread is ever
    interrupted; on another one, or where interrupts are ignored, this does nothing.
    """

    def __init__(self) -> None:
        self._is_ours = False
        self._came = False
        self._since = math.inf
        self._heard = False
        self._welcome = False

    def __enter__(self) -> Self:
        before = signal.getsignal(signal.SIGINT)
        if current_thread() is main_thread() and callable(before):
            self._is_ours = True
            self._before = before
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._is_ours:
            signal.signal(signal.SIGINT, self._before)
        is_hidden = kind is not None and not issubclass(kind, SecondMeError)
        if self._came and not self._heard and not is_hidden:
            raise Interrupted

    def acknowledge(self) -> bool:
        """Return whether an interrupt came; this one is not raised any more, a later one is."""
        came = self._came
        self._heard = self._heard or came
        return came

    @contextmanager
    def welcome(self) -> Iterator[None]:
        """Let an interrupt be raised here.

        Raises:
            KeyboardInterrupt: It came meanwhile, or before, and was not raised yet.
        """
        self._welcome = True
        try:
            if self._came and not self._heard:
                self._raise()
            yield
        finally:
            self._welcome = False

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        is_stuck = now - self._since > TOO_LONG
        self._since = min(self._since, now)
        self._came = True
        if is_stuck or (self._welcome and not self._heard):
            self._raise()

    def _raise(self) -> None:
        self._heard = True
        raise KeyboardInterrupt


class Front(NamedTuple):
    """The notebook around one use of the magics.

    Args:
        shell: Where something is shown.
        interrupts: Says when it is to stop.
        names: The variables that are seen where the magic stands.
    """

    shell: InteractiveShell
    interrupts: Interrupts
    names: Mapping[str, object]
