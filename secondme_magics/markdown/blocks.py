"""A whole answer as safe HTML, and an answer that grows, block by block.

Knows when a block of Markdown is finished and cannot change any more. Knows nothing of who shows
it. Everything that it returns is safe: see `safety`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from secondme_magics.markdown.pieces import find_cut, offset_of
from secondme_magics.markdown.render import parse_blocks, plain, render_blocks, split_blocks
from secondme_magics.markdown.safety import TextCleaner, clean_text

if TYPE_CHECKING:
    from markdown_it.token import Token

FIRST_LOOK = 256
"""Characters after which it is first looked whether a block is finished, then each half more."""
LONGEST_PIECE = 2_000
"""Characters of an open block after which its beginning is shown for good, where it can be cut."""
LONGEST_LINE = 4_096
LONGEST_TAIL = 6_000
LONGEST_TAIL_HTML = 16_000
"""Characters of what is open that are rendered; of more, only the end is shown, as plain text."""
GROWTH = 8
ALLOWANCE = 32_000
"""An answer may become so many times its length in HTML, and so many characters more."""


def render_markdown(text: str) -> str:
    """Return a whole answer as safe HTML."""
    stream = MarkdownStream()
    stream.feed(text)
    stream.finish()
    return stream.whole()


def render_text(text: str) -> str:
    """Return `text` as safe HTML that shows it as it is, and wraps."""
    return plain(clean_text(text))


class MarkdownStream:
    """An answer that grows: what is finished is returned once, what is open can be asked for.

    How the text is split over calls of `feed` changes nothing. A block of more than
    `LONGEST_PIECE` characters is returned in pieces while it grows: they look like their part of
    it. `whole` has it in one, so its pieces are the only thing in which these differ:

        "".join([*every list from feed, *finish()]) == whole() == render_markdown(text)
    """

    def __init__(self) -> None:
        self._cleaner = TextCleaner()
        self._line = ""
        self._lines: list[str] = []
        self._length = 0
        self._look = FIRST_LOOK
        self._prefix = 0
        self._pieces: list[str] = []
        self._whole: list[str] = []
        self._budget = ALLOWANCE
        self._is_plain = False
        self._tail: str | None = ""

    def feed(self, text: str) -> list[str]:
        """Take `text` in, and return the HTML of what is finished now and never changes again."""
        self._tail = None
        return self._take(self._cleaner.feed(text))

    def tail(self) -> str:
        """Return the HTML of what is still open; its cost does not grow with the answer."""
        if self._tail is None:
            self._tail = self._render_tail()
        return self._tail

    def finish(self) -> list[str]:
        """Return the HTML of what was still open: the answer has ended."""
        shown = self._take(self._cleaner.flush())
        source = "".join([*self._lines, self._line])
        self._line, self._tail = "", ""
        self._hold("")
        return [*shown, *self._close(source, parse_blocks(source))]

    def whole(self) -> str:
        """Return the HTML of all that is finished, each block in one."""
        return "".join(self._whole)

    def _take(self, text: str) -> list[str]:
        text = self._line + text
        shown: list[str] = []
        start = 0
        while end := _end_of_line(text, start):
            self._lines.append(text[start:end])
            self._length += end - start
            start = end
            if self._length >= self._look:
                shown += self._look_for_blocks()
        self._line = text[start:]
        return shown

    def _look_for_blocks(self) -> list[str]:
        """Return what is finished of the open lines, and hold the rest.

        A block is finished once another has begun at the top level: CommonMark reads line by
        line, and what was read before a block began cannot change.
        """
        source = "".join(self._lines)
        if self._is_plain:
            self._hold("")
            return self._close(source, [])
        source = _BLANK_LINES.sub("", source)
        tokens = parse_blocks(source)
        starts = split_blocks(tokens)
        if len(starts) > 1:
            return self._close_all_but_last(source, tokens, starts[-1])
        cut = find_cut(source, tokens) if starts and len(source) >= LONGEST_PIECE else None
        if cut is None:
            self._hold(source, self._prefix)
            return []
        self._pieces.append(source[self._prefix : cut.end])
        self._hold(cut.prefix + source[cut.end :], len(cut.prefix))
        return [_joined(_render(source[: cut.end]))]

    def _close_all_but_last(self, source: str, tokens: list[Token], last: int) -> list[str]:
        end = offset_of(source, (tokens[last].map or [0])[0])
        shown = self._close(source[:end], tokens[:last])
        self._hold(source[end:])
        return shown

    def _close(self, source: str, tokens: list[Token]) -> list[str]:
        """Return the blocks of `source` as they are shown, and keep them as they will be saved."""
        shown = plain(source) if self._is_plain else render_blocks(source, tokens)
        whole = "".join([*self._pieces, source[self._prefix :]])
        html = _render(whole) if self._pieces else shown
        self._budget += GROWTH * len(whole) - len(html)
        if self._budget < 0 and not self._is_plain:
            self._is_plain = True
            html = plain(whole, "From here on this is plain text: its markup is out of proportion.")
            shown = shown if self._pieces else html
        self._pieces, self._prefix = [], 0
        self._whole.append(html)
        return [shown] if shown else []

    def _hold(self, source: str, prefix: int = 0) -> None:
        self._lines = [source] if source else []
        self._length, self._prefix = len(source), prefix
        grown = FIRST_LOOK + self._length + self._length // 2
        self._look = LONGEST_PIECE if self._is_plain else grown

    def _render_tail(self) -> str:
        if self._is_plain or self._length > LONGEST_TAIL:
            return plain(self._ending())
        source = "".join(self._lines) + _HALF_MARK.sub("", self._line)
        tokens = parse_blocks(source)
        _close_marks(tokens)
        html = render_blocks(source, tokens)
        return html if len(html) <= LONGEST_TAIL_HTML else plain(source)

    def _ending(self) -> str:
        """Return the last `LONGEST_PIECE` characters of what is open."""
        parts = [self._line]
        room = LONGEST_PIECE - len(self._line)
        for line in reversed(self._lines):
            if room <= 0:
                return "\u2026\n" + "".join(reversed(parts))
            parts.append(line[-room:])
            room -= len(parts[-1])
        return "".join(reversed(parts))


_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
_HALF_MARK = re.compile(r"\A[ \t>]*[-=*_+#`~|:]+[ \t]*\Z")
"""What opens many things, and is none of them yet: shown too early, the text would flicker."""


def _end_of_line(text: str, start: int) -> int:
    """Return where the line ends that begins at `start`, or 0; a long one ends at `LONGEST_LINE`."""
    end = text.find("\n", start, start + LONGEST_LINE) + 1
    return end or (start + LONGEST_LINE if len(text) - start >= LONGEST_LINE else 0)


def _render(source: str) -> str:
    return render_blocks(source, parse_blocks(source))


def _joined(html: str) -> str:
    """Return the piece `html` so that what follows it looks like the same block."""
    for plain_, joined in _JOINED.items():
        if html.startswith(plain_):
            return joined + html.removeprefix(plain_)
    return html


_JOINED = {
    "<p>": '<p class="sm-cut">',
    '<div class="highlight">': '<div class="highlight sm-cut">',
}


def _close_marks(tokens: list[Token]) -> None:
    """Close what the last words opened and have not closed yet: code, or strong emphasis."""
    last = next((t for t in reversed(tokens) if t.type in {"inline", "fence", "code_block"}), None)
    if last and last.type == "inline":
        last.content = _with_closed_marks(last.content)


def _with_closed_marks(text: str) -> str:
    if text.count("`") % 2:
        return text + "`"
    words = text.rstrip()
    if words.count("**") % 2:
        return words.removesuffix("**") if words.endswith("**") else words + "**"
    return text
