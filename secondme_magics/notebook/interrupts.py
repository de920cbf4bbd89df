"""The stop button, heard only where it does no harm: while we wait, not while we show.

A `KeyboardInterrupt` may otherwise strike between any two steps, also between publishing an output
and noting that it was published.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from typing_extensions import Self


class Interrupts:
    """While it is entered, an interrupt is raised inside of `welcome` only.

    One that comes at another moment is raised at the next `welcome`. Only the main thread is ever
    interrupted; on another one this does nothing.
    """

    def __init__(self) -> None:
        self._came = False
        self._welcome = False

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if current_thread() is main_thread():
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def welcome(self) -> Iterator[None]:
        """Let an interrupt be raised here.

        Raises:
            KeyboardInterrupt: It came meanwhile, or before.
        """
        self._welcome = True
        try:
            if self._came:
                raise KeyboardInterrupt
            yield
        finally:
            self._welcome = False

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self._came = True
        if self._welcome:
            raise KeyboardInterrupt
