"""The page's half of the panel: its plain files, joined into one ES module and one style sheet."""

from __future__ import annotations

from pathlib import Path

from secondme_magics.markdown.code import CSS

FRONT = Path(__file__).parent / "front"

LAST = "panel.js"
"""The file that exports what a front end calls; it stands below all that it uses."""


def read_module() -> str:
    """Return the ES module: all files in the order of their names, `LAST` at the end."""
    return _join(sorted(FRONT.glob("*.js"), key=lambda path: (path.name == LAST, path.name)))


def read_style() -> str:
    """Return the style sheet: an answer's own, then all files in the order of their names."""
    return f"{CSS}\n{_join(sorted(FRONT.glob('*.css')))}"


def _join(files: list[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
