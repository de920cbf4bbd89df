from __future__ import annotations

import re

import pytest

from secondme_magics.demo.answering import EXAMPLES
from secondme_magics.demo.manual import Note, parse_page, read_manual
from secondme_magics.notebook.commands import COMMANDS
from secondme_magics.notebook.options import OPTIONS

NOTES = read_manual()
PAGE = """\
# Tea

## Making it
<!-- also: brew cup -->
Boil the water.

Wait.

## Drinking it
Slowly.
"""


def test_each_section_of_a_page_is_a_note_and_what_it_is_also_asked_by_is_not_in_its_text() -> None:
    assert parse_page(PAGE) == (
        Note("Tea", "Making it", "brew cup", "Boil the water.\n\nWait."),
        Note("Tea", "Drinking it", "", "Slowly."),
    )


def test_the_first_paragraph_ends_at_the_first_empty_line() -> None:
    assert parse_page(PAGE)[0].first_paragraph == "Boil the water."


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.title)
def test_each_note_is_short_and_its_fences_close(note: Note) -> None:
    assert 0 < len(note.text) < 1600
    assert note.text.count("```") % 2 == 0
    assert "<!--" not in note.text


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.title)
def test_the_first_paragraph_of_each_note_stands_by_itself(note: Note) -> None:
    assert note.first_paragraph.endswith((".", "。"))
    assert note.first_paragraph.count("\n") == 0


def test_no_two_notes_have_the_same_title_within_a_topic() -> None:
    titles = [(note.topic, note.title) for note in NOTES]
    assert len(set(titles)) == len(titles)


def test_the_manual_begins_with_what_the_demo_is_and_names_prompts_to_try() -> None:
    assert "without a language model" in NOTES[0].text
    assert all(example in NOTES[0].text for example in EXAMPLES)


def test_the_notes_name_every_command_and_none_that_is_not_there() -> None:
    table = next(note for note in NOTES if note.title == "All commands").text
    rows = [line.split("|")[1] for line in table.split("\n") if line.startswith("| `")]
    assert set(re.findall(r"`([a-z]+)", "".join(rows))) == COMMANDS.keys()


def test_the_notes_name_every_option_and_none_that_is_not_there() -> None:
    table = next(note for note in NOTES if note.title == "All options").text
    flags = {flag for option in OPTIONS for flag in [*option.on, *option.off]}
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", table)) == flags
