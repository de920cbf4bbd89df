from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.files import parse_path, paths_beginning, read_file, write_file

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = parse_path(str(tmp_path / "file"))
    write_file(path, b"one")
    write_file(path, b"two")
    assert read_file(path, 3) == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_the_paths_that_begin_as_typed_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("talk.json", "talk.ipynb", "a b.json", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "talks" / "inner").mkdir(parents=True)
    assert paths_beginning("") == ["a b.json", "talk.ipynb", "talk.json", "talks/"]
    assert paths_beginning("tal", ".ipynb") == ["talk.ipynb", "talks/"]
    assert paths_beginning("talks/i") == ["talks/inner/"]
    assert paths_beginning("~/a") == ["~/a b.json"]
    assert paths_beginning(f"{tmp_path}/.h") == [f"{tmp_path}/.hidden"]
    assert paths_beginning("none/") == paths_beginning("talk.json/") == []
    assert paths_beginning("a\0b/") == paths_beginning("~nobody-of-that-name/") == []


def test_a_file_over_the_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"four")
    with pytest.raises(ConfigurationError, match="too large"):
        read_file(path, 3)


def test_a_link_stays_and_a_files_mode_too(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_file(parse_path(str(link)), b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.access("/etc/passwd", os.W_OK), reason="an administrator may write it")
def test_a_file_that_is_protected_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o440)
    with pytest.raises(ConfigurationError, match="cannot be written: Permission denied"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_home_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_path("~/file") == tmp_path.resolve() / "file"


@pytest.mark.parametrize("name", ["", ".", "/dev/null", "a\0b", "~nobody-of-that-name/x"])
def test_what_is_no_file_is_refused_in_two_lines(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_path(name)
    assert len(str(caught.value).splitlines()) == 2


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="is not a file"):
        parse_path(str(tmp_path / "pipe"))


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "file"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as if the disk were full
    try:
        with pytest.raises(ConfigurationError, match="cannot be written") as caught:
            write_file(path, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(str(caught.value).splitlines()) == 2
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
