"""A real kernel, and the part of a front end that turns its messages into a cell's outputs.

    with RunningKernel() as kernel:
        cell = kernel.run("%%secondme\\nhello")

Messages are applied as the Jupyter messaging specification says: outputs are added, updated by
their display id, and cleared.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from jupyter_client.manager import KernelManager
from scripted_server import chunk, done, sse

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripted_server import ScriptedServer
    from typing_extensions import Self

Message = dict[str, Any]
TIMEOUT = 60.0

TRANSPORT = "ipc" if os.name == "posix" else "tcp"
"""How a kernel is reached: Jupyter chooses a kernel's ports before it binds them, and a test that
connects a lot may be faster."""

HELLO = sse(chunk("Hello **world**"), chunk(finish_reason="stop"), done)
"""The answer of a server that does what it should."""

FORGET = """\
%unload_ext secondme_magics
from secondme_magics.notebook import extension
extension._extensions.clear()
%load_ext secondme_magics
"""
"""What lets a kernel begin anew with the extension: unloading it forgets nothing."""


@dataclass
class Cell:
    """What a front end knows of a cell that runs or has run."""

    outputs: list[Message] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    reply: Message = field(default_factory=dict)
    _clear_next: bool = False

    @property
    def status(self) -> str:
        """`ok`, `error` or `aborted`."""
        return str(self.reply.get("status"))

    @property
    def html(self) -> str:
        """The HTML of all outputs."""
        return "".join(each.get("data", {}).get("text/html", "") for each in self.outputs)

    @property
    def text(self) -> str:
        """The plain text of all outputs."""
        return "".join(
            each.get("data", {}).get("text/plain", each.get("text", "")) for each in self.outputs
        )

    @property
    def error(self) -> str:
        """The traceback, if there is one."""
        return "\n".join(line for each in self.outputs for line in each.get("traceback", []))

    def of_type(self, kind: str) -> list[Message]:
        """Return the messages of one type."""
        return [each for each in self.messages if each["msg_type"] == kind]

    def apply(self, message: Message) -> None:
        """Do what a front end does with a message of the cell."""
        self.messages.append(message)
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self._clear_next = content["wait"]
            if not content["wait"]:
                self.outputs.clear()
        elif kind == "update_display_data":
            for each in self.outputs:
                if each.get("id") == content["transient"]["display_id"]:
                    each.update(data=content["data"], metadata=content["metadata"])
        elif kind in {"display_data", "execute_result", "stream", "error"}:
            if self._clear_next:
                self.outputs.clear()
                self._clear_next = False
            last = self.outputs[-1] if self.outputs else {}
            if kind == "stream" and last.get("name") == content["name"]:
                last["text"] += content["text"]
                return
            identity = content.get("transient", {}).get("display_id")
            self.outputs.append({"output_type": kind, "id": identity, **content})


def without_settings() -> dict[str, str]:
    """Return our environment without what a developer has set for the package."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SECONDME_")}


class RunningKernel:
    """A kernel of this interpreter in a process of its own.

    Args:
        environment: Variables that it gets besides ours.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._environment = {**without_settings(), **(environment or {})}
        self._environment.pop("IPYTHONDIR", None)
        self._directory = TemporaryDirectory(prefix="kernel-")
        connection_file = str(Path(self._directory.name) / "kernel.json")
        self._manager = KernelManager(transport=TRANSPORT, connection_file=connection_file)

    def __enter__(self) -> Self:
        self._manager.start_kernel(env=self._environment)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=TIMEOUT)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._directory.cleanup()

    def run(
        self,
        code: str,
        *,
        cell_id: str | None = None,
        until: Callable[[Cell], bool] | None = None,
    ) -> Cell:
        """Run `code`, and return its cell once it is idle, or once `until` holds."""
        cell = Cell()
        self.go_on(cell, self.send(code, cell_id=cell_id), until=until)
        return cell

    def stop(self, code: str, *, until: Callable[[Cell], bool], cell_id: str | None = None) -> Cell:
        """Run `code`, press the stop button once `until` holds, and return its cell when idle."""
        cell = Cell()
        request = self.send(code, cell_id=cell_id)
        self.go_on(cell, request, until=until)
        self.interrupt()
        self.go_on(cell, request)
        return cell

    def send(self, code: str, *, cell_id: str | None = None) -> str:
        """Ask the kernel to run `code`, and return the request's id.

        The cell gets an id of its own if `cell_id` is none; if it is empty, it has no id.
        """
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": True,
        }  # fmt: skip
        message = self._client.session.msg("execute_request", content)
        if cell_id != "":
            message["metadata"] = {"cellId": cell_id or uuid4().hex}
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def go_on(
        self, cell: Cell, request: str, *, until: Callable[[Cell], bool] | None = None
    ) -> None:
        """Apply the messages of `request` to `cell` until it is idle, or until `until` holds."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            message = self._client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    break
                continue
            cell.apply(message)
            if until is not None and until(cell):
                return
        while True:
            reply = self._client.get_shell_msg(timeout=deadline - time.monotonic())
            if reply["parent_header"].get("msg_id") == request:
                cell.reply = reply["content"]
                return

    def say(self, comm: str, content: Message, *, subshell: str | None = None) -> str:
        """Send what a widget's page says, and return the message's id."""
        data = {"method": "custom", "content": content}
        message = self._client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def subshell(self) -> str | None:
        """Return the id of a new subshell, heard beside a running cell; none on old kernels."""
        info = self._client.kernel_info(reply=True, timeout=TIMEOUT)["content"]
        if "kernel subshells" not in info.get("supported_features", []):
            return None
        message = self._client.session.msg("create_subshell_request", {})
        self._client.control_channel.send(message)
        reply = self._client.get_control_msg(timeout=TIMEOUT)
        return str(reply["content"]["subshell_id"])

    def interrupt(self) -> None:
        """Press the stop button."""
        self._manager.interrupt_kernel()

    def complete(self, code: str) -> list[str]:
        """Return what Tab offers at the end of `code`."""
        reply = self._client.complete(code, len(code), reply=True, timeout=TIMEOUT)
        return list(reply["content"]["matches"])

    def kinds(self, code: str) -> set[str]:
        """Return what Tab says that its offers at the end of `code` are."""
        reply = self._client.complete(code, len(code), reply=True, timeout=TIMEOUT)
        offers = reply["content"]["metadata"]["_jupyter_types_experimental"]
        return {offer["type"] for offer in offers}

    def complete_at(self, code: str) -> tuple[str, int, int]:
        """Return what Tab puts in at the end of `code`, and in place of which characters."""
        reply = self._client.complete(code, len(code), reply=True, timeout=TIMEOUT)
        (match,) = reply["content"]["matches"]
        return match, reply["content"]["cursor_start"], reply["content"]["cursor_end"]

    def value(self, expression: str) -> str:
        """Return the repr of an expression in the kernel."""
        return self.run(f"print(repr({expression}))").text.strip()


def connect(kernel: RunningKernel, server: ScriptedServer) -> str:
    """Talk to `server` in a new conversation, and return the conversation's name."""
    assert kernel.run(f"%secondme connect {server.url}").status == "ok"
    return kernel.run("%secondme new").text.split()[1]


def only_output(cell: Cell) -> dict[str, Any]:
    """Return the one output of `cell`."""
    assert len(cell.outputs) == 1
    return cell.outputs[0]
