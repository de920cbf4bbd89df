"""Waiting for the network from a cell: stoppable, bounded, with a line that says how long.

The work is done on a thread, so an interrupt is heard at once. Knows nothing of what is waited for.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future, wait
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import uuid4

from IPython.core.displaypub import CapturingDisplayPublisher

from secondme_magics.errors import ResponseTimeout
from secondme_magics.markdown.safety import clean_text
from secondme_magics.notebook.shells import in_notebook, write
from secondme_magics.showing.streaming import FAREWELL, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.api.client import Client
    from secondme_magics.notebook.interrupts import Front, Interrupts

T = TypeVar("T")


class Line(Protocol):
    """A line that says how far something is."""

    def show(self, text: str) -> None:
        """Show `text` in place of what the line said before."""

    def finish(self, text: str) -> None:
        """Show `text` for good."""


def wait_for(  # noqa: PLR0913 - what it waits for, and four things to say about it
    work: Callable[[], T],
    stop: Callable[[], object],
    interrupts: Interrupts,
    *,
    seconds: float = 3600,
    what: str = "it",
    tell: Callable[[], object] = lambda: None,
) -> T:
    """Return what `work` returns, which runs on a thread of its own.

    Args:
        work: What takes its time.
        stop: Ends it early.
        interrupts: Says when the user wants to stop; entered.
        seconds: How long it may take.
        what: What an error calls it.
        tell: Called again and again while it is waited for.

    Raises:
        KeyboardInterrupt: The user stopped it.
        ResponseTimeout: It took too long.
    """
    future: Future[T] = Future()
    Thread(target=_fulfil, args=(future, work), name="secondme-inquiry", daemon=True).start()
    late = time.monotonic() + seconds
    try:
        while not _is_done(future, interrupts):
            if time.monotonic() > late:
                raise ResponseTimeout(
                    f"{what} took more than {seconds:g} s",
                    "Try again; if it keeps failing, check your connection to the network.",
                )
            tell()
        return future.result()
    finally:
        if not future.done():
            stop()
            wait([future], FAREWELL)


def _is_done(future: Future[T], interrupts: Interrupts) -> bool:
    with interrupts.welcome():
        wait([future], PATIENCE)
    return future.done()


def _fulfil(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        future.set_exception(error)


def ask_server(client: Client, question: Callable[[Callable[[str], object]], T], front: Front) -> T:
    """Return what `question` makes of the JSON values that a server has.

    Args:
        client: Whose endpoint is asked.
        question: Gets what returns the JSON value at a path.
        front: Says when the user wants to stop.

    Raises:
        SecondMeError: The server did not answer as it should.
        KeyboardInterrupt: The user stopped it.
    """
    from secondme_magics.api.lever import Lever  # noqa: PLC0415 - not at loading
    from secondme_magics.api.stream import STOPPED  # noqa: PLC0415 - not at loading

    lever = Lever()
    return wait_for(
        lambda: question(lambda path: client.get_json(path, lever=lever)),
        lambda: lever.cut(STOPPED),
        front.interrupts,
    )


def line_for(shell: InteractiveShell) -> Line:
    """Return the line that fits where `shell` shows its output."""
    if in_notebook(shell) and not isinstance(shell.display_pub, CapturingDisplayPublisher):
        return NotebookLine(shell)
    return TerminalLine(is_live=sys.stdout.isatty())


class NotebookLine:
    """A line that is one output of a cell, updated in place."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._transient = {"display_id": uuid4().hex}
        self._shown = ""

    def show(self, text: str) -> None:
        """Show `text` in place."""
        if text != self._shown:
            self._shell.display_pub.publish(
                {"text/plain": clean_text(text)},
                transient=self._transient,
                update=bool(self._shown),
            )
            self._shown = text

    finish = show


class TerminalLine:
    """A line of a terminal; where nothing can be taken back, only its last state is printed."""

    def __init__(self, *, is_live: bool) -> None:
        self._is_live = is_live

    def show(self, text: str) -> None:
        """Show `text` in place."""
        if self._is_live:
            write(f"\r\x1b[K{clean_text(text)}")

    def finish(self, text: str) -> None:
        """Show `text` and end the line."""
        self.show(text)
        write("\n" if self._is_live else f"{clean_text(text)}\n")
