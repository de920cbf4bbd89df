"""Files that the user names: found, read within bounds, written whole or not at all.

Knows no content.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from errno import EACCES
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


def parse_path(text: str) -> Path:
    """Return the file that `text` names, where links lead to it; `~` is the user's home.

    Raises:
        ConfigurationError: It names none.
    """
    with _told(text, "found"):
        path = Path(text).expanduser().resolve()
        mode = path.stat().st_mode if path.exists() else stat.S_IFREG
    if not stat.S_ISREG(mode):
        raise ConfigurationError(f"{text!r} is not a file", "Give the path of a file.")
    return path


def paths_beginning(start: str, suffix: str = "") -> list[str]:
    """Return the files and directories whose path begins as it was typed, directories with a `/`.

    Args:
        start: The beginning of a path; hidden files are found only by their dot.
        suffix: The end of the files' names.
    """
    directory, slash, name = start.rpartition("/")
    found: list[str] = []
    with suppress(OSError, ValueError, RuntimeError):
        for entry in Path(directory + slash).expanduser().iterdir():
            is_wanted = entry.name.startswith(name) and (name or not entry.name.startswith("."))
            if is_wanted and entry.is_dir():
                found.append(f"{directory}{slash}{entry.name}/")
            elif is_wanted and entry.name.endswith(suffix):
                found.append(f"{directory}{slash}{entry.name}")
    return sorted(found)


def read_file(path: Path, most: int) -> bytes:
    """Return what the file at `path` holds.

    Args:
        path: A regular file, as `parse_path` returns it.
        most: How many bytes it may have.

    Raises:
        ConfigurationError: It cannot be read, or is larger.
    """
    with _told(str(path), "read"), path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ConfigurationError(
            f"{path} is too large: more than {most // 2**20} MiB",
            "Give the path of a smaller file.",
        )
    return content


def read_beginning(path: Path, most: int) -> str:
    """Return how the text in the file at `path` begins: its first `most` bytes.

    Raises:
        ConfigurationError: It cannot be read.
    """
    with _told(str(path), "read"), path.open("rb") as file:
        return file.read(most).decode("utf-8", "replace")


def write_file(path: Path, content: bytes) -> None:
    """Write `content` to `path`, in place of what is there; after a failure that is still there.

    Raises:
        ConfigurationError: It cannot be written.
    """
    draft = path.with_name(f".{uuid4().hex}.tmp")
    with _told(str(path), "written"):
        if path.exists() and not os.access(path, os.W_OK):  # replacing it would not ask
            raise PermissionError(EACCES, os.strerror(EACCES))
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                draft.chmod(stat.S_IMODE(path.stat().st_mode))
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise


@contextmanager
def _told(name: str, verb: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            f"{name} cannot be {verb}: {reason or type(error).__name__}",
            "Nothing was changed; check the path, or give another one.",
        ) from None
