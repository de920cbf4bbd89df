"""The page's files are joined whole: what uses the others stands last, and one alone exports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from secondme_magics.panel.front import FRONT, LAST, read_module, read_style

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = sorted(FRONT.glob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_each_script_is_in_the_module_and_only_the_last_exports(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text in read_module()
    assert text.startswith("// ")
    exports = re.search(r"^(?:export|import)\b", text, re.MULTILINE)
    assert bool(exports) == (path.name == LAST)


def test_the_last_file_ends_the_module() -> None:
    assert read_module().endswith((FRONT / LAST).read_text(encoding="utf-8"))


def test_no_two_scripts_declare_the_same_name() -> None:
    pattern = re.compile(r"^(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)
    names = pattern.findall(read_module())
    assert len(names) == len(set(names)) > 0


def test_each_icon_and_each_word_is_used() -> None:
    module = read_module()
    icons = _names(module.partition("const ICONS = {")[2].partition("\n};")[0], 2)
    words = _names(module.partition("\n  en: {")[2].partition("\n  },")[0], 4)
    assert [icon for icon in icons if f'"{icon}"' not in module] == []
    taken = "".join(re.findall(r"const \{ ([^}]+) \} = this\.panel\.words;", module))
    used = {*re.findall(r"ords\.(\w+)", module), *taken.split(", ")}
    assert [word for word in words if word not in used] == []


def _names(table: str, indent: int) -> list[str]:
    names = re.findall(rf"^ {{{indent}}}(\w+): ", table, re.MULTILINE)
    assert names
    return names


def test_each_style_is_in_the_style_sheet() -> None:
    sheet = read_style()
    assert all(path.read_text(encoding="utf-8") in sheet for path in FRONT.glob("*.css"))
    assert ".secondme-transcript" in sheet


def test_nothing_of_the_page_comes_from_elsewhere() -> None:
    assert not re.search(r"https?://(?!www\.w3\.org/)", read_module() + read_style())
