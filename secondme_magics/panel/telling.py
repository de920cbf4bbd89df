"""What the page of a panel is told: all of it when it asks, else only what has changed.

Each message has a number, so that a page knows of a gap. Knows nothing of what a page wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.panel.state import head_fields, rows_of, turn_fields

if TYPE_CHECKING:
    from secondme_magics.panel.board import Shown
    from secondme_magics.panel.growth import Fields
    from secondme_magics.panel.host import Host
    from secondme_magics.panel.panel import Panel
    from secondme_magics.panel.state import Row


class Telling:
    """What a page knows of its panel.

    Args:
        panel: Whose page it is.
        host: The notebook around it.
    """

    def __init__(self, panel: Panel, host: Host) -> None:
        self._panel = panel
        self._host = host
        self._lock = host.board.lock
        self._seq = 0
        self._rows: list[Row] = []
        self._head: Fields = {}

    def begin(self) -> None:
        """Assume that the page knows all that is shown now."""
        self._rows = self._rows_now()
        self._head = head_fields(self._panel, self._host)

    def tell(self, kind: str, **fields: object) -> None:
        """Tell the page something."""
        with self._lock:
            self._seq += 1
            self._panel.send({"kind": kind, "seq": self._seq, **fields})

    def tell_all(self) -> None:
        """Tell the page all there is."""
        with self._lock:
            self.begin()
            self._seq += 1
            self._panel.send({"kind": "snapshot", "seq": self._seq, "state": self.state()})

    def tell_turns(self) -> None:
        """Tell the page of the turns that have changed, and of those below them."""
        with self._lock:
            rows = self._rows_now()
            start = _common(self._rows, rows)
            if start < max(len(rows), len(self._rows)):
                grown = [row.running.growth.blocks for row in self._rows if row.running]
                self._rows = rows
                turns = [_lean(turn, grown) for turn in self._turns(rows[start:])]
                self.tell("turns", **{"from": start, "turns": turns})

    def tell_head(self) -> None:
        """Tell the page of the header if it has changed."""
        with self._lock:
            head = head_fields(self._panel, self._host)
            if head != self._head:
                self._head = head
                self.tell("head", head=head)

    def state(self, last: int | None = None) -> Fields:
        """Return all that is shown, as a page reads it, or only so many of the last turns.

        What is told then fits a page that knows all: one that knows less has to ask for it first.
        """
        with self._lock:
            head = head_fields(self._panel, self._host)
            rows = self._rows_now()
            shown = rows if last is None else rows[-last:]
            seq = self._seq if len(shown) == len(rows) else -1
            return {"seq": seq, "head": head, "turns": self._turns(shown)}

    def _rows_now(self) -> list[Row]:
        return rows_of(self._panel.conversation, self._host.board)

    def _turns(self, rows: list[Row]) -> list[Fields]:
        return [turn_fields(row, self._shown(row)) for row in rows]

    def _shown(self, row: Row) -> Shown | None:
        if row.running:
            return None
        return self._host.board.shown(self._panel.conversation, row.turn)


def _lean(turn: Fields, grown: list[list[str]]) -> Fields:
    """Return `turn` without blocks that the page has already, as they have grown there."""
    return turn | {"blocks": None} if any(turn["blocks"] is each for each in grown) else turn


def _common(one: list[Row], other: list[Row]) -> int:
    """Return how many rows both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
