"""A front end without a browser: it starts a kernel, runs cells and keeps all that it is told.

Knows ZMQ and a kernel's CPU time; refuses to know what a cell is about.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
import zmq
from jupyter_client.manager import start_new_kernel
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

_START = b"<IDS|MSG>"

LONG = 50_000
"""Bytes from which on a message is only counted: some front ends are told gigabytes."""

SAMPLE = 0.1
"""Seconds between two looks at the kernel's CPU time."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the kernel, as its frames came; of a long one only how long it was."""

    at: float
    size: int
    frames: Sequence[bytes]

    @classmethod
    def take(cls, frames: Sequence[bytes]) -> Told:
        """Return `frames` as a message that came now."""
        size = sum(map(len, frames))
        start = frames.index(_START)
        short = frames[start:] if size < LONG else [*frames[start : start + 5], b"{}"]
        return cls(time.monotonic(), size, short)

    @property
    def kind(self) -> str:
        """The message's type."""
        return str(self._part(2)["msg_type"])

    @property
    def parent(self) -> str:
        """The request that it belongs to."""
        parent = self._part(3)
        return str(parent.get("msg_id", "") if isinstance(parent, dict) else "")

    @property
    def said(self) -> bytes:
        """What it says, as JSON."""
        return self.frames[5]

    @property
    def content(self) -> dict[str, object]:
        """What it says."""
        return self._part(5)

    def _part(self, number: int) -> dict[str, object]:
        """Return one of signature (1), header, parent, metadata and content (5)."""
        part: dict[str, object] = json.loads(self.frames[number])
        return part


@dataclass(slots=True)
class Run:
    """What a front end saw of one cell."""

    begun: float
    ended: float = 0.0
    told: list[Told] = field(default_factory=list)
    samples: list[tuple[float, float]] = field(default_factory=list)

    @property
    def outputs(self) -> list[Told]:
        """The messages that say something: not the kernel's busy and idle, not the echoed cell."""
        return [told for told in self.told if told.kind not in {"status", "execute_input"}]

    @property
    def cpu(self) -> float:
        """CPU seconds of the kernel."""
        return self.samples[-1][1] - self.samples[0][1]

    @property
    def worst_second(self) -> float:
        """The largest share of a core that the kernel took over a second."""
        width = round(1 / SAMPLE)
        pairs = zip(self.samples, self.samples[width:] or self.samples[-1:], strict=False)
        return max((cpu - before) / max(at - since, 1.0) for (since, before), (at, cpu) in pairs)


class FrontEnd:
    """A fresh kernel and the client that listens to it.

    Args:
        environment: More of it for the kernel.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._environment = environment or {}

    def __enter__(self) -> Self:
        self._manager, self._client = start_new_kernel(
            env={**psutil.Process().environ(), **self._environment}
        )
        assert isinstance(self._manager.provisioner, LocalProvisioner)
        self._kernel = psutil.Process(self._manager.provisioner.pid)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str) -> Run:
        """Run `code` to its end, and return all that was told meanwhile.

        Raises:
            RuntimeError: The cell failed.
        """
        run = Run(time.monotonic())
        over = threading.Event()
        sampler = threading.Thread(target=self._sample, args=(run, over))
        sampler.start()
        try:
            self._listen(run, self._client.execute(code))
        finally:
            over.set()
            sampler.join()
        return run

    def value(self, expression: str) -> str:
        """Return what printing `expression` in the kernel shows."""
        told = self.run(f"print({expression})").outputs
        return "".join(str(each.content["text"]) for each in told).strip()

    def _sample(self, run: Run, over: threading.Event) -> None:
        ended = False
        while not ended:
            ended = over.wait(SAMPLE)
            times = self._kernel.cpu_times()
            run.samples.append((time.monotonic(), times.user + times.system))

    def _listen(self, run: Run, request: str) -> None:
        """Keep the frames as they come; reading them is done when the cell has ended."""
        socket = self._client.iopub_channel.socket
        while True:
            if not socket.poll(600_000, zmq.POLLIN):
                raise TimeoutError("the kernel said nothing for ten minutes")
            told = Told.take(socket.recv_multipart())
            run.told.append(told)
            if told.kind in {"status", "error"} and told.parent == request:
                if told.kind == "error":
                    raise RuntimeError(str(told.content["evalue"]))
                if told.content.get("execution_state") == "idle":
                    run.ended = told.at
                    return
