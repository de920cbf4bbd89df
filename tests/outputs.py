"""A front end that applies what it is told as Jupyter's do, and counts it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secondme_magics.showing.origin import Metadata
    from secondme_magics.showing.rendering import Bundle


class FrontEnd:
    """Outputs by their display id, in order, and what it cost to bring them there."""

    def __init__(self) -> None:
        self.outputs: dict[str, Bundle] = {}
        self.metadata: Metadata = {}
        self.messages = 0
        self.bytes = 0
        self.most_outputs = 0
        self._clear = False

    def publish(
        self,
        data: Bundle,
        metadata: Metadata | None = None,
        *,
        transient: dict[str, str] | None = None,
        update: bool = False,
    ) -> None:
        self.messages += 1
        self.bytes += len(json.dumps([data, metadata]))
        if self._clear and not update:
            self.outputs.clear()
            self._clear = False
        name = (transient or {})["display_id"]
        assert update == (name in self.outputs)
        self.outputs[name] = data
        self.metadata = metadata or {}
        self.most_outputs = max(self.most_outputs, len(self.outputs))

    def clear_output(self, wait: bool = False) -> None:
        assert wait
        self.messages += 1
        self._clear = True

    @property
    def html(self) -> str:
        return "".join(data["text/html"] for data in self.outputs.values())
