"""What a thinking model thought, taken out of its text while the text streams.

Knows `<think>` and `<answer>` as models write them, and where a tag is only text: inside code. A
server that swallows the opening `<think>` sends what looks like an answer until `</think>` comes;
it has been shown by then, so a `</think>` that nothing opened stays in the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_MARKERS = ">*+-.)0123456789"
"""What may stand before a fence on its line."""

_WORDS = r"[>*+\-.)0-9]*[^\s`~<>*+\-.)0-9][^\s`~<]*(?:[^\S\n]+[^\s`~<]+)*"
"""Words at once, the first of them more than markers: nothing is to be decided in between."""

_PIECE = re.compile(rf"\n|[^\S\n]+|`+|~+|</?(?:think|answer)>|{_WORDS}|[^\s`~<]+|<")
_NOT_PLAIN = re.compile(r"[\n`<]|\s\Z")


class ReasoningSplitter:
    """Tells an answer from the reasoning before it, whatever the pieces it comes in.

    `<think>` counts at the start of the answer or of a line; `<answer>` at the start or directly
    after the reasoning. Outside of code both end where they say. Nothing is lost but the tags that
    count and the white space next to them.
    """

    def __init__(self) -> None:
        self._code = _Code()
        self._held = ""
        self._spaces: list[str] = []
        self._thinking = False
        self._wrapped = False
        self._at_start = True
        self._after_opening = False
        self._after_answer = False

    def feed(self, text: str) -> tuple[str, str]:
        """Take in the next piece of text; return what it adds to the answer and the reasoning."""
        if self._is_plain(text):
            return ("", text) if self._thinking else (text, "")
        text = self._held + text
        self._held = _unfinished_tag(text)
        return self._split(text.removesuffix(self._held))

    def flush(self) -> tuple[str, str]:
        """Return what was held back, now that nothing more comes."""
        answer, reasoning = self._split(self._held)
        rest = "" if self._after_answer else "".join(self._spaces)
        self._held = ""
        self._spaces.clear()
        return (answer, reasoning + rest) if self._thinking else (answer + rest, reasoning)

    def _is_plain(self, text: str) -> bool:
        """Return whether nothing is to be decided: words in the middle of a line."""
        return (
            self._code.in_words and not (self._held or self._spaces) and not _NOT_PLAIN.search(text)
        )

    def _split(self, text: str) -> tuple[str, str]:
        answer: list[str] = []
        reasoning: list[str] = []
        for piece in _PIECE.findall(text):
            kept = reasoning if self._thinking else answer
            if piece in _TAGS and self._counts(piece):
                kept.extend(self._pass(piece))
            else:
                self._code.advance(piece)
                kept.extend(self._space(piece) if piece.isspace() else self._word(piece))
        return "".join(answer), "".join(reasoning)

    def _counts(self, tag: str) -> bool:
        if self._code.is_open():
            return False
        if self._thinking:
            return tag == "</think>"
        return {
            "<think>": self._at_start or self._code.at_line_start,
            "</think>": False,
            "<answer>": self._at_start and not self._wrapped,
            "</answer>": self._wrapped,
        }[tag]

    def _pass(self, tag: str) -> list[str]:
        """Take `tag` out; return the white space before it that has to stay."""
        stays = self._spaces if tag == "<think>" and not self._at_start else []
        if tag != "</answer>":
            self._spaces = []
        self._thinking = tag == "<think>"
        self._wrapped = tag == "<answer>" or (self._wrapped and tag != "</answer>")
        self._at_start = self._at_start or tag == "</think>"
        self._after_answer = tag == "</answer>"
        self._after_opening = tag != "</answer>"
        self._code = _Code()
        return stays

    def _space(self, piece: str) -> list[str]:
        if self._after_opening:
            return []
        if self._at_start or self._thinking or self._wrapped or self._after_answer:
            self._spaces.append(piece)
            return []
        return [piece]

    def _word(self, piece: str) -> list[str]:
        kept = [*self._spaces, piece]
        self._spaces = []
        self._at_start = self._after_opening = self._after_answer = False
        return kept


def _unfinished_tag(text: str) -> str:
    """Return the end of `text` that more text may make a tag."""
    rest = text[max(text.rfind("<"), 0) :]
    return rest if any(tag.startswith(rest) and tag != rest for tag in _TAGS) else ""


class _Code:
    """Whether the text so far ends inside of code: a fence, or inline code of the same line.

    Close to CommonMark, with what a stream allows: a fence may follow any list and quote markers,
    it closes at no more than three columns to the right of where it opened, also if a tag follows
    on the line, and inline code ends with its line.
    """

    def __init__(self) -> None:
        self._indent: int | None = 0
        self._run = ""
        self._length = 0
        self._ticks = 0
        self._opening: _Mark | None = None
        self._fence: _Mark | None = None
        self._closing = False

    @property
    def at_line_start(self) -> bool:
        return self._indent == 0 and not self._length

    @property
    def in_words(self) -> bool:
        """Whether more words on this line change nothing."""
        return self._indent is None and not self._length and not self._closing

    def is_open(self) -> bool:
        """Return whether a tag that stands here is only text."""
        self._end_run()
        in_fence = self._fence and not self._closing
        return bool(in_fence or self._opening or self._ticks)

    def advance(self, piece: str) -> None:
        if piece[0] in "`~":
            if piece[0] != self._run:
                self._end_run()
            self._run = piece[0]
            self._length += len(piece)
            return
        self._end_run()
        if piece == "\n":
            self._end_line()
        elif piece.isspace():
            self._indent = None if self._indent is None else self._indent + len(piece)
        else:
            self._pass_word(piece)

    def _pass_word(self, word: str) -> None:
        self._closing = False
        markers = ">" if self._fence else _MARKERS
        is_prefix = self._indent is not None and not word.strip(markers)
        self._indent = (self._indent or 0) + len(word) if is_prefix else None

    def _end_run(self) -> None:
        """Take in the backticks or tildes that have just ended, now that their number is known."""
        if not self._length:
            return
        if self._indent is not None:
            self._lead(_Mark(self._run, self._length, self._indent))
        elif self._run == "`":
            self._toggle(self._length)
        self._closing = self._closing and self._indent is not None
        self._indent = None
        self._run, self._length = "", 0

    def _lead(self, mark: _Mark) -> None:
        """Take in a run that is the first on its line: it may open or close a fence."""
        if self._fence:
            self._closing = mark.closes(self._fence)
            return
        self._opening = mark if mark.length >= SHORTEST_FENCE else None
        self._ticks = mark.length if mark.character == "`" else 0

    def _toggle(self, length: int) -> None:
        """Take in backticks in the middle of a line: no fence of backticks opens on it."""
        if self._opening and self._opening.character == "`":
            self._opening = None
        self._ticks = 0 if self._ticks == length else self._ticks or length

    def _end_line(self) -> None:
        self._fence = None if self._closing else self._opening or self._fence
        self._opening = None
        self._closing = False
        self._ticks = 0
        self._indent = 0


SHORTEST_FENCE = 3


class _Mark(NamedTuple):
    """A run of backticks or tildes, and how many characters of its line it follows."""

    character: str
    length: int
    indent: int

    def closes(self, fence: _Mark) -> bool:
        return (
            self.character == fence.character
            and self.length >= fence.length
            and self.indent <= fence.indent + 3
        )
