"""The notes of the demo: this project's manual, read from Markdown files.

Each file is a topic, each of its sections a note. A comment `<!-- also: ... -->` in a section
holds words that people ask with and that the text does not say; it is not quoted.
Knows nothing of prompts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

_SECTION = re.compile(r"^## ", re.MULTILINE)
_ALSO = re.compile(r"<!-- also: (.*?) -->\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Note:
    """One section of the manual.

    Args:
        topic: The title of its file.
        title: Its own heading.
        also: Other words that people ask with.
        text: Its Markdown.
    """

    topic: str
    title: str
    also: str
    text: str

    @property
    def first_paragraph(self) -> str:
        """The text down to the first empty line."""
        return self.text.partition("\n\n")[0]


def read_manual() -> tuple[Note, ...]:
    """Return all notes in the manual's order, the introduction first."""
    folder = files("secondme_magics.demo") / "notes"
    pages = sorted(folder.iterdir(), key=lambda page: page.name)
    return tuple(
        note
        for page in pages
        if page.name.endswith(".md")
        for note in parse_page(page.read_text(encoding="utf-8"))
    )


def parse_page(page: str) -> tuple[Note, ...]:
    """Return the notes of a page: a `# ` title, then sections that begin with `## `."""
    head, *sections = _SECTION.split(page)
    topic = head.strip().removeprefix("# ")
    return tuple(_parse_section(topic, section) for section in sections)


def _parse_section(topic: str, section: str) -> Note:
    title, _, body = section.partition("\n")
    also = " ".join(_ALSO.findall(body))
    return Note(topic, title.strip(), also, _ALSO.sub("", body).strip())
