"""JupyterLab or Notebook 7 as a process on loopback, with a port, a token and a home of its own.

Writes only into the directory it is given, and into one that it takes away. Leaves no process
behind: it ends when the process that started it does. Knows nothing of browsers.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Literal

from kernels import TRANSPORT

import secondme_magics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

Module = Literal["jupyterlab", "notebook"]

TIMEOUT = 60.0

_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {
        "autosave": False,
        "confirmClosingDocument": False,
    },
}


_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
"""A notebook without a kernel asks for one in a dialog, and everything waits."""

_BOOT = """
import ctypes, runpy, sys
if sys.platform == "linux":
    PR_SET_PDEATHSIG, SIGTERM = 1, 15
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGTERM)
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


class JupyterApp:
    """One server; started and ended by `with`.

    Args:
        module: Which of the two.
        home: An empty directory, for everything that it writes.
    """

    def __init__(self, module: Module, home: Path) -> None:
        self.module = module
        self.directory = home / "notebooks"
        self.origin = ""
        self._token = secrets.token_hex(16)
        self._home = home
        self._process: subprocess.Popen[str] | None = None
        self._log: list[str] = []
        self._settled = Event()
        self._runtime = TemporaryDirectory(prefix="jupyter-")  # a socket's path is short

    def __enter__(self) -> Self:
        self.directory.mkdir()
        config = self._home / "config" / "labconfig"
        config.mkdir(parents=True)
        (config / "default_setting_overrides.json").write_text(json.dumps(_SETTINGS))
        self.disable()
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and arguments of ours
            [sys.executable, "-c", _BOOT, self.module, *self._arguments()],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._reader.start()
        self._settled.wait(TIMEOUT)
        if not self.origin:
            self.__exit__()
            raise RuntimeError(f"{self.module} did not start:\n{self.log}")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._runtime.cleanup()

    @property
    def log(self) -> str:
        """What the server has said."""
        return "".join(self._log)

    def url_of(self, name: str) -> str:
        """Return the address of a notebook, without the layout that an earlier page left."""
        paths = {
            "jupyterlab": f"lab/workspaces/{secrets.token_hex(4)}/tree",
            "notebook": "notebooks",
        }
        return f"{self.origin}/{paths[self.module]}/{name}?token={self._token}"

    def write(self, name: str, cells: Sequence[dict[str, object]], **metadata: object) -> None:
        """Write a notebook; its `metadata` changes its signature."""
        notebook = {
            "cells": cells,
            "metadata": {"kernelspec": _KERNEL, **metadata},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.directory / name).write_text(json.dumps(notebook), encoding="utf-8")

    def disable(self, *extensions: str) -> None:
        """Let the pages that are opened from now on have none of `extensions`."""
        page = {"buildCheck": False, "disabledExtensions": dict.fromkeys(extensions, True)}
        path = self._home / "config" / "labconfig" / "page_config.json"
        path.write_text(json.dumps(page), encoding="utf-8")

    def read(self, name: str) -> list[dict[str, Any]]:
        """Return the cells of a notebook as it was saved."""
        notebook = json.loads((self.directory / name).read_text(encoding="utf-8"))
        cells = notebook["cells"]
        assert isinstance(cells, list)
        return cells

    def _arguments(self) -> list[str]:
        return [
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={self._token}",
            f"--ServerApp.root_dir={self.directory}",
            "--ServerApp.terminals_enabled=False",
            "--expose-app-in-browser",
            f"--KernelManager.transport={TRANSPORT}",
        ]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        own = {
            name: str(self._home / name.lower())
            for name in (
                "HOME", "IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR",
                "JUPYTERLAB_WORKSPACES_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
            )
        }  # fmt: skip
        package = Path(secondme_magics.__file__).parents[1]
        return {
            **kept,
            **own,
            "JUPYTER_CONFIG_DIR": str(self._home / "config"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTER_RUNTIME_DIR": self._runtime.name,
            "PYTHONPATH": str(package),
        }

    def _read_log(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._log.append(line)
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/\w+\?token", line):
                self.origin = found[1]
                self._settled.set()
        self._settled.set()


def code(source: str, **more: object) -> dict[str, object]:
    """Return a code cell that has not run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": secrets.token_hex(4),
        "metadata": {},
        "outputs": [],
        "source": source,
        **more,
    }
