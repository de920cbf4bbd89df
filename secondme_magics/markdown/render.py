"""Markdown to safe HTML, one top-level block at a time; what goes over a bound becomes plain text.

Knows markdown-it: its settings, its tokens, its renderer. Knows nothing of streaming.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from html import escape
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from secondme_magics.markdown import math
from secondme_magics.markdown.code import render_code
from secondme_magics.markdown.room import is_plain, plain
from secondme_magics.markdown.safety import escape_text, host_of, is_safe_link, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

DEEPEST = 20
LONGEST_PROSE = 20_000
"""Characters of one paragraph, heading or cell."""
LONGEST_CODE = 100_000
"""Characters of one fence."""
WIDEST_TABLE = 60
MOST_GROWTH = 12
"""Characters of HTML that a character of Markdown may become in one block."""


def parse_blocks(text: str) -> list[Token]:
    """Return the block tokens of `text`, clean text; what stands in a line is not parsed yet."""
    tokens: list[Token] = []
    parser = _parser()
    parser.block.parse(text, parser, {}, tokens)
    return tokens


def split_blocks(tokens: Sequence[Token]) -> list[int]:
    """Return the index of each token that opens a top-level block."""
    return [i for i, token in enumerate(tokens) if token.level == 0 and token.map]


def render_blocks(text: str, tokens: Sequence[Token]) -> str:
    """Return the safe HTML of the `tokens` that `parse_blocks` made of `text`."""
    lines = text.split("\n")
    bounds = [*split_blocks(tokens), len(tokens)]
    blocks = [_block(lines, tokens[a:b]) for a, b in pairwise(bounds)]
    return "".join(
        "".join(group) if alone else sanitize("".join(group))
        for alone, group in groupby(blocks, is_plain)  # nh3 takes the square of a long text
    )


def _block(lines: Sequence[str], tokens: Sequence[Token]) -> str:
    first, last = tokens[0].map or (0, 0)
    source = "\n".join(lines[first:last])
    note = _too_much(tokens)
    html = "" if note else _rendered(tokens)
    if len(html) > MOST_GROWTH * len(source) + 1_000:
        note = "its markup is out of proportion"
    return plain(source, f"Shown as plain text: {note}.") if note else html


def _too_much(tokens: Sequence[Token]) -> str:
    """Return why these tokens of one block are not worth rendering, or nothing."""
    if any(token.level == DEEPEST - 1 and token.type in _CONTAINERS for token in tokens):
        return "it is nested too deeply"
    is_long = any(t.type == "inline" and len(t.content) > LONGEST_PROSE for t in tokens)
    if any(token.tag == "code" and len(token.content) > LONGEST_CODE for token in tokens):
        return "its code is too long"
    return "a paragraph of it is too long" if is_long else ""


_CONTAINERS = {"blockquote_open", "list_item_open", "bullet_list_open", "ordered_list_open"}


def _rendered(tokens: Sequence[Token]) -> str:
    from markdown_it.rules_core import StateCore  # noqa: PLC0415 - loads with the first answer

    parser = _parser()
    state = StateCore("", parser, {})
    state.tokens = list(tokens)
    parser.core.process(state)
    return str(parser.renderer.render(state.tokens, parser.options, state.env))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loads with the first answer

    parser = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": DEEPEST})
    parser.disable(["html_block", "html_inline", "reference", "image", "linkify"])
    parser.validateLink = is_safe_link  # type: ignore[method-assign] # its documented way to restrict links
    parser.block.ruler.at("table", _table, {"alt": ["paragraph"]})
    parser.block.ruler.before("paragraph", "sparse_row", _is_sparse_row, {"alt": ["blockquote"]})
    parser.inline.ruler.before("link", "image_link", _image_link)
    math.install(parser)
    parser.core.ruler.enableOnly(["inline", "text_join"])
    parser.core.ruler.before("inline", "tasks", _find_tasks)
    parser.core.ruler.push("tokens", _mend_tokens)
    parser.renderer.rules.update(_RULES)  # type: ignore[attr-defined] # its protocol leaves them out
    return parser


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Parse a table unless it is too wide: short rows would grow to its width."""
    from markdown_it.rules_block import table  # noqa: PLC0415 - loads with the first answer

    columns = state.src.count("|", state.bMarks[start + 1], state.eMarks[start + 1]) - 1
    state.env["columns"] = columns
    return columns < WIDEST_TABLE and table(state, start, end, silent)


def _is_sparse_row(state: StateBlock, line: int, _end: int, _silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Return whether a table ends before `line`, which has fewer than two characters a cell."""
    width = state.eMarks[line] - state.bMarks[line]
    return state.parentType == "table" and 2 * state.env["columns"] > width + 2


def _image_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Parse an image as the link to it, which names its host: nothing is loaded by itself."""
    from markdown_it.rules_inline import link  # noqa: PLC0415 - loads with the first answer

    if not state.src.startswith("![", state.pos):
        return False
    state.pos += 1
    made = len(state.tokens) + bool(state.pending)
    if not link(state, silent):
        state.pos -= 1
        return False
    if not silent:
        state.tokens[made].meta["image"] = True
    return True


def _find_tasks(state: StateCore) -> None:
    """Take the box off the items of a task list: it is shown, and cannot be clicked."""
    tokens = state.tokens
    for item, paragraph, words in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_item = (item.type, paragraph.type) == ("list_item_open", "paragraph_open")
        if is_item and (box := _BOX.match(words.content)):
            words.content = words.content[box.end() :]
            words.meta["box"] = "\u2610" if box[1] == " " else "\u2611"


_BOX = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


def _mend_tokens(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in {"td_open", "th_open"} and token.attrs:
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}
        elif token.type == "inline":
            token.children = [*_iter_box(token), *_iter_mended(token.children or [])]


def _iter_box(words: Token) -> Iterator[Token]:
    from markdown_it.token import Token  # noqa: PLC0415 - loads with the first answer

    if box := words.meta.get("box"):
        yield Token("box", "", 0, content=box)


def _iter_mended(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield `tokens` with the host after a link that hides it, and no link within a link."""
    from markdown_it.token import Token  # noqa: PLC0415 - loads with the first answer

    links: list[tuple[Token, int]] = []
    words: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((token, len(words)))
        elif token.type == "link_close":
            link, begun = links.pop()
            words.append(_whereto(link, "".join(words[begun:]).strip()))
            yield Token("text", "", 0, content=words[-1])
        words.append(_BREAKS.get(token.type, token.content))
        if token.tag != "a" or len(links) == (token.nesting == 1):
            yield token


_BREAKS = {"softbreak": "\n", "hardbreak": " "}
"""The ends of lines, of which a browser does not draw each."""


def _whereto(link: Token, words: str) -> str:
    """Return what a link's `words` do not say of where it leads."""
    host = host_of(str(link.attrs["href"]))
    if link.meta.get("image"):
        return f" (image at {host})" if words else f"(image at {host})"
    hosts = _HOST.finditer(_as_seen(words))
    claimed = {found["host"].lower().removeprefix("www.") for found in hosts}
    if claimed - {host.removeprefix("www.")}:
        return f" ({host})"
    return "" if words else host


def _as_seen(words: str) -> str:
    """Return `words` as a reader takes them: without marks and what is not seen, any dot a dot."""
    joined = _NO_SPACE.sub("", words)
    plain_words = _DOT.sub(".", unicodedata.normalize("NFKC", joined))
    return "".join(
        c
        for c in plain_words
        if (c.isprintable() or c.isspace()) and not unicodedata.category(c).startswith("M")
    )


_WIDE = (
    "[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffef]"
)
_NO_SPACE = re.compile(f"\u200b\\n|\\n\u200b|(?<={_WIDE})\\n(?={_WIDE})")
"""The ends of lines that browsers draw nothing for: https://www.w3.org/TR/css-text-3/#line-break-transform."""
_DOT = re.compile("[\u3002\u0701\u0702\ua4f8\ua60e]")
_HOST = re.compile(
    r"(?<![\w-])(?P<host>(?<=://)(?:[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}|\[[0-9A-Fa-f:.]+(?:%\w+)?\])"
    r"|(?:[\w-]{1,63}\.){0,9}(?i:localhost)|(?:[\w-]{1,63}\.){1,9}(?:xn--[\w-]{1,59}|[^\W\d_]{2,63})"
    r"|(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]))(?:[/?#]\S*)?"
)
"""What reads like a host, wherever it stands in a link's words, and the path behind it."""


def _text(tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    """Render text so that no host takes it for math: MathJax does not look across elements."""
    return escape_text(tokens[index].content)


def _code(tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    words = tokens[index].info.split()
    return render_code(tokens[index].content, words[0] if words else None)


def _math(tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    content = escape(tokens[index].content, quote=False)
    if tokens[index].type == "math_display":
        return f'<span class="secondme-math secondme-display">\\[{content}\\]</span>'
    return f'<span class="secondme-math">\\({content}\\)</span>'


_RULES: dict[str, Callable[[Sequence[Token], int, object, object], str]] = {
    "table_open": lambda *_: '<div class="secondme-table"><table>\n',
    "table_close": lambda *_: "</table></div>\n",
    "text": _text,
    "box": lambda tokens, index, *_: f'<span class="secondme-task">{tokens[index].content}</span> ',
    "fence": _code,
    "code_block": _code,
    "math_inline": _math,
    "math_display": _math,
}
