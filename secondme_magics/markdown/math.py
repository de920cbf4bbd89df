r"""Where the TeX is: `\( \)`, `\[ \]`, `$$ $$`, and `$ $` where it cannot be money.

Rules for markdown-it's parser. What is inside stays as it was written, for the host's MathJax to
typeset; knows nothing of typesetting, and lets no macro through that does more than that.

A dollar opens a formula if no ASCII letter or digit stands before it and no space after it; one
closes it on the same line if no space stands before it and no digit after it. In between there is
no prose (two words side by side, a lone word without any sign of TeX, Chinese), and no dangling
operator: `$x$`, `$5x+1$`, `$n$-th` are math; `$5 and $6`, `$5-$10`, `US$5`, `$HOME/$USER` are not.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

LONGEST_INLINE = 1_000
LONGEST_DISPLAY = 5_000
DEEPEST = 20
"""Braces within braces, and commands in a row, that a formula may have."""

_CLOSERS = {"\\[": "\\]", "$$": "$$"}
"""Of display math, which alone may have lines of its own."""


def install(parser: MarkdownIt) -> None:
    """Teach `parser` where math is; it makes tokens `math_inline` and `math_display`."""
    parser.inline.ruler.before("escape", "math", _inline)
    parser.block.ruler.before("table", "math", _block, {"alt": ["paragraph"]})


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Keep the lines of display math in one paragraph, also those that look like a list."""
    begin = state.bMarks[start] + state.tShift[start]
    closer = _CLOSERS.get(state.src[begin : begin + 2])
    first = state.src[begin + 1 : state.eMarks[start]]  # `$$$` opens nothing
    if closer is None or closer in first or state.is_code_block(start):
        return False
    if not silent:
        state.line = _last_line(state, start, end, closer)
        state.push("paragraph_open", "p", 1).map = [start, state.line]
        inline = state.push("inline", "", 0)
        inline.map = [start, state.line]
        inline.content = state.getLines(start, state.line, state.blkIndent, False).strip()  # noqa: FBT003 - markdown-it's own
        inline.children = []
        state.push("paragraph_close", "p", -1)
    return True


def _last_line(state: StateBlock, start: int, end: int, closer: str) -> int:
    """Return the line after the one with `closer`, or the first that cannot be of the formula."""
    for line in range(start + 1, end):
        if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
            return line
        if closer in state.src[state.bMarks[line] : state.eMarks[line]]:
            return line + 1
    return end


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    opener = state.src[state.pos : state.pos + 2]
    found = _FORMULAS.get(opener, _DOLLARS).match(state.src, state.pos, state.posMax)
    if found is None or not found[1].strip() or _is_text(found):
        return False
    if not silent:
        _push(state, found, display=opener in _CLOSERS)
    state.pos = found.end()
    return True


def _push(state: StateInline, found: re.Match[str], *, display: bool) -> None:
    if is_harmless(found[1]):
        state.push("math_display" if display else "math_inline", "", 0).content = found[1]
    else:
        state.push("code_inline", "code", 0).content = found[0]


_FORMULAS = {
    "\\(": re.compile(rf"\\\(((?:[^\\]|\\[^()[\]]){{,{LONGEST_INLINE}}})\\\)"),
    "\\[": re.compile(rf"\\\[((?:[^\\]|\\[^()[\]]){{,{LONGEST_DISPLAY}}})\\]"),
    "$$": re.compile(
        rf"(?<!\$)\$\$(?!\$)((?:[^\\$]|\\[^()[\]]|\$(?!\$)){{,{LONGEST_DISPLAY}}})\$\$(?!\$)"
    ),
}
_DOLLARS = re.compile(
    r"(?<![0-9A-Za-z$])\$(?!\s)"
    rf"((?:[^\\$\n]|\\[^()[\]\n]){{,{LONGEST_INLINE}}})"
    r"(?<!\s)\$(?![0-9$])"
)


def _is_text(found: re.Match[str]) -> bool:
    """Return whether the dollars around `found` are no delimiters; a backslash always makes one."""
    if found[0].startswith("$$"):
        return _is_prose(found[1])
    after = found.string[found.end() : found.end() + 1]
    return found[0].startswith("$") and _is_money(found[1], after)


_TEX = re.compile(
    r"\\(?:text\w*|mathrm|mathit|mathbf|operatorname\*?|mbox) *\{[^{}]*\}|\\[A-Za-z]+"
)
_WORDS = re.compile(r"[A-Za-z]{2}[,;]? +[A-Za-z]{2}|[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_LONE_WORD = re.compile(r"(?:^|\s)[A-Za-z]{2,}[,;:.]?(?:\s|$)")
_DANGLING = re.compile(r"[^\\^_][-+*/=,;:.(<>&[{\u2013\u2014~]$")


def _is_prose(content: str) -> bool:
    bare = _TEX.sub("\\\\", content)
    return bool(_WORDS.search(bare) or (_LONE_WORD.search(bare) and not _has_sign(bare)))


def _has_sign(content: str) -> bool:
    return any(sign in content for sign in "\\^_=+<>{}")


def _is_money(content: str, after: str) -> bool:
    """Return whether dollars around `content`, with `after` behind them, mean the currency."""
    if _DANGLING.search(content) or _is_prose(content):
        return True
    if after.isascii() and after.isalpha() and not _has_sign(content):
        return len(content) > 1
    return content[0].isdigit() and bool(re.search(r"[ ,]", content)) and not _has_sign(content)


_HOSTILE = r"""(?xi)\\(?:
        href | url | html[a-z]* | style | class | cssid | data | script | mmltoken | action
        | includegraphics | input | include | require | unicode | char | verb
        | [egx]?def | definecolor | let | futurelet | global | long
        | csname | expandafter | catcode | loop | repeat | mathchoice | enclose
        | bbox | toggle | mathtip | texttip | tooltip | label | ref | eqref
        | [hm]?kern | [hmv]?skip | [hmv]?space | smash | above[a-z]* | fcolorbox
        | (?:re)?new(?!line)[a-z]+ | provide[a-z]+ | declare[a-z]+ | [a-z]*(?:lap|tagform)
        | [a-z]*mathtools[a-z]* | (?:math)?makebox | framebox | parbox | minipage | [ipxz]mat
        | genfrac | maxdimen | tag | uproot | leftroot | neg(?:thin|med|thick)space
        | skew | centerover | moveeqleft | xmathstrut | setoptions
        | rule | raise | lower | moveleft | moveright | (?:raise|rotate|scale|resize)box
    )(?![a-z])
    | \\\\\s*\[ \s*-?[0-9.]{2} | \\[bx]?cancel(?:to)?\s*\[ | \*\s*\{\s*[0-9]{2}
    | (?: -\s*[0-9.]+ | (?<![0-9.])(?=[0-9.]*[0-9]{3})[0-9.]+ )
        \s*(?:em|ex|p[xtc]|[cm]m|in|mu)(?![a-z])
    """
"""Macros that link, load, style, name or define; boxes and lengths that cover the page.

Compiled with the first formula: it takes longer than all other imports of this file. A number is
looked at from its first digit alone: from each, a long one would take the cube of its length.
"""
_CHAIN = re.compile(rf"(?:\\[A-Za-z!]+\s*){{{DEEPEST + 1}}}")
_BACKSPACE = re.compile(r"\\!")
_ENLARGED = re.compile(r"\\(?:large|LARGE|Large|huge|Huge)(?![A-Za-z])")
MOST_BACKSPACES = 10
"""How often a formula may go back by a sixth of a letter: more would cover the words before it.

A formula of large letters may not at all.
"""
_BRACES = re.compile(r"\\.|[{}]")


def is_harmless(content: str) -> bool:
    """Return whether a host may typeset `content`: it only draws, and only where it stands."""
    if re.search(_HOSTILE, content) or _CHAIN.search(content):
        return False
    if len(_BACKSPACE.findall(content)) > (0 if _ENLARGED.search(content) else MOST_BACKSPACES):
        return False
    steps = ({"{": 1, "}": -1}.get(brace, 0) for brace in _BRACES.findall(content))
    depths = list(accumulate(steps, initial=0))
    return not depths[-1] and all(0 <= depth <= DEEPEST for depth in depths)
