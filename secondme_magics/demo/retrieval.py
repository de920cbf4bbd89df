"""From a prompt to the notes that match it best: full-text search with BM25.

Chinese is written without spaces: each pair of neighbouring characters counts as a word.
Knows nothing of conversations.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from secondme_magics.demo.manual import Note

    Scorer = Callable[[Sequence[Note], Sequence[str]], list[dict[int, float]]]

LONGEST_PROMPT = 4000
"""Characters of a prompt that are looked at; what follows is mostly pasted."""

MOST_WORDS = 40
SHARE = 0.4
"""Of the prompt's telling words, those that a note must know to match; of Chinese, half as many.

Every other pair of characters joins the end of one word to the beginning of the next.
"""

_HAN = r"[\u3400-\u9fff]"
_IS_HAN = re.compile(_HAN)
_WORD = re.compile(rf"({_HAN}+)|((?:(?!{_HAN})[^\W_])+)")
_COMMON_HAN = re.compile(
    "怎么|怎样|如何|什么|哪些|哪个|可以|应该|自己|请问|一下|[我你您的了吗呢吧啊是在有和把能会要想用请给让这那不到]"
)
_COMMON = """
a about am an and any are as at be by can could demo do does doing don explain find for from get
give good has have hello help hey hi how i if in into is it its let like look make may me mean more
morning my need no not now of ok on one or other our please possible s second secondme see set
should show so some t tell than thank thanks that the them then there these they thing things this
those to too up us use used using want was way we what when where which who why will with work works
would you your
"""
_COMMON_WORDS = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True)
class Match:
    """A note that matches, and how well: the higher the score the better."""

    note: Note
    score: float


def telling_words(prompt: str) -> list[str]:
    """Return the words of `prompt` that tell what it is about, each once."""
    shown = _COMMON_HAN.sub(" ", prompt[:LONGEST_PROMPT].casefold())
    words = dict.fromkeys(_iter_words(shown))
    return [word for word in words if word not in _COMMON_WORDS][:MOST_WORDS]


def find_notes(
    notes: Sequence[Note], words: Sequence[str], score: Scorer | None = None
) -> list[Match]:
    """Return the notes that know enough of `words`, the best first.

    Args:
        notes: The manual.
        words: What to look for.
        score: How; by full-text search if not said.
    """
    try:
        scores = (score or search)(notes, words)
    except sqlite3.OperationalError:  # an SQLite that was built without FTS5
        scores = count(notes, words)
    needed = SHARE * sum(0.5 if _IS_HAN.match(word) else 1 for word in words)
    matches = []
    for number, note in enumerate(notes):
        known = [found[number] for found in scores if number in found]
        if known and len(known) >= needed:
            matches.append(Match(note, sum(known)))
    return sorted(matches, key=lambda match: -match.score)


def search(notes: Sequence[Note], words: Sequence[str]) -> list[dict[int, float]]:
    """Return for each word the BM25 scores of the notes that know it, by the note's number."""
    rows = [
        (number, *map(_spaced, (f"{note.topic} {note.title}", note.also, note.text)))
        for number, note in enumerate(notes)
    ]
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute(
            "CREATE VIRTUAL TABLE notes USING fts5(title, also, text, tokenize='porter unicode61')"
        )
        index.executemany("INSERT INTO notes (rowid, title, also, text) VALUES (?, ?, ?, ?)", rows)
        found = "SELECT rowid, -bm25(notes, 6, 4, 1) FROM notes WHERE notes MATCH ?"
        return [dict(index.execute(found, (f'"{word}"',))) for word in words]


def count(notes: Sequence[Note], words: Sequence[str]) -> list[dict[int, float]]:
    """Return for each word how often the notes have it, by the note's number."""
    texts = [_spaced(f"{note.title} {note.also} {note.text}") for note in notes]
    return [
        {number: float(text.count(word)) for number, text in enumerate(texts) if word in text}
        for word in words
    ]


def _spaced(text: str) -> str:
    return " ".join(_iter_words(text.casefold()))


def _iter_words(text: str) -> Iterator[str]:
    """Yield the words of `text`, and the pairs of characters of what is Chinese."""
    for run, word in _WORD.findall(text):
        if word:
            yield word
        yield from (run[start : start + 2] for start in range(len(run) - 1))
