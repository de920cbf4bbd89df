"""What an answer may cost: HTML and work, in proportion to its length.

A few bytes of Markdown can ask for a thousand of HTML. Counts characters and tokens, never
seconds: the same answer ends the same way on each machine.
"""

from __future__ import annotations

import re

HTML_GROWTH = 8
HTML_ALLOWANCE = 32_000
"""An answer may become so many times its length in HTML, and so many characters more."""
WORK_GROWTH = 0.5
WORK_ALLOWANCE = 50_000
"""The same for the parser's tokens, each counted when it is made and when it is rendered."""
LONGEST_MARKUP = 250_000
"""Characters of an answer that are read as Markdown; what follows is shown as it was written."""
CODE_ALLOWANCE = 48_000
"""Characters of an answer's code that are coloured; a sign or a line end counts as five."""


class Budget:
    """Grows with the answer; once it is spent, it stays so."""

    def __init__(self) -> None:
        self.is_spent = False
        self.is_long = False
        """Whether it is spent only because the answer is long."""
        self._length = 0
        self._html = HTML_ALLOWANCE
        self._work = float(WORK_ALLOWANCE)
        self._code = CODE_ALLOWANCE

    def earn(self, characters: int) -> None:
        """Add what `characters` more of an answer may cost."""
        self._length += characters
        if self._length > LONGEST_MARKUP and not self.is_spent:
            self.is_spent = self.is_long = True
        self._html += HTML_GROWTH * characters
        self._work += WORK_GROWTH * characters

    def spend(self, *, html: int = 0, work: int = 0) -> None:
        """Take off characters of HTML and tokens of work."""
        self._html -= html
        self._work -= work
        self.is_spent = self.is_spent or self._html < 0 or self._work < 0

    def has_colours_for(self, code: str) -> bool:
        """Take off what `code` costs a lexer, and return whether there is enough to colour it."""
        self._code -= len(code) + 4 * len(_SIGN.findall(code))
        return self._code >= 0


_SIGN = re.compile(r"[^\w ]")
"""One in eight to one in four characters of code; of hostile code most."""
