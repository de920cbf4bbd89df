"""What stands in an answer's code fences, and the JSON value in an answer.

Reads Markdown after CommonMark, without its raw HTML, which an answer is shown without too. Runs
nothing of what it finds.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token


class Fence(NamedTuple):
    """One fenced code block.

    Args:
        language: The first word after the opening fence; empty where there is none.
        code: Its lines, each with its line feed.
    """

    language: str
    code: str


def iter_fences(text: str) -> Iterator[Fence]:
    """Yield the fenced code blocks of `text`, also those in lists and quotes, in their order.

    One that is still open at the end of `text` counts. Lists and quotes are read only as far as
    `MOST_NESTED` allows; a fence at the margin is found however long the text is.
    """
    for found in _iter_found(text):
        yield found.fence


def open_fence(text: str) -> str:
    """Return the mark that closes the code block in which `text` ends; empty if it ends in none."""
    mark = ""
    for found in _iter_found(text):
        mark = found.open_mark
    return mark


MOST_NESTED = 200_000
"""What is spent on the lists and quotes of a text: a character costs one, a block `_BLOCK`."""
_BLOCK = 30
_PIECE = 8_000
"""Characters of a list after which it is cut before an item, to be parsed bit by bit."""


class _Found(NamedTuple):
    fence: Fence
    open_mark: str = ""
    """What would close it at the margin, if it is still open at the end of the text."""


def _iter_found(text: str) -> Iterator[_Found]:
    """Yield the fences of `text`: those at the margin by their marks, others by a parser."""
    if "```" not in text and "~~~" not in text:
        return
    text = _LINE_END.sub("\n", text).replace("\0", "\ufffd")
    start, left = 0, MOST_NESTED
    while opening := _OPENING.search(text, start):
        if mark := opening["ticks"] or opening["tildes"]:
            found, start = _read_fence(text, opening, mark)
            yield found
            continue
        begin = _start_of_paragraph(text, start, opening.start())
        start = _end_of_nested(text, opening.end())
        for piece_end in _iter_cuts(text, begin, start):
            if left <= 0:
                break
            piece = text[begin : min(piece_end, begin + left)]
            tokens = _parse(piece)
            left -= len(piece) + _BLOCK * len(tokens)
            yield from map(_Found, _nested_fences(tokens))
            if (line := _fence_at_margin(tokens)) is not None:
                start = _after_lines(text, begin, line)
                break
            begin = piece_end


_LINE_END = re.compile(r"\r\n?")
_OPENING = re.compile(
    r"^(?P<indent> {0,3})(?:(?P<ticks>`{3,})(?P<info>[^`\n]*)$|(?P<tildes>~{3,})(?P<words>[^\n]*)"
    r"|>|[-+*](?=[ \t\n])|[0-9]{1,9}[.)](?=[ \t\n]))",
    re.MULTILINE,
)
"""A fence, a quote, or an item of a list, at the margin."""
_CLOSING = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_END_OF_NESTED = re.compile(r"\n(?=`{3,}[^`\n]*$|~~~)|\n[ \t]*\n(?=[^ \t\n>*+0-9-])", re.MULTILINE)
"""Below it nothing is in a list or a quote: a fence at the margin, or words after an empty line."""
_ITEM = re.compile(r"\n(?=[-+*][ \t]|[0-9]{1,9}[.)][ \t]|>)")


def _read_fence(text: str, opening: re.Match[str], mark: str) -> tuple[_Found, int]:
    """Return the fence at the margin that begins with `opening`, and where it ends."""
    begin = min(opening.end() + 1, len(text))
    end, after, open_mark = len(text), len(text), mark
    for closing in _CLOSING.finditer(text, begin):
        if closing[1].startswith(mark):
            end, after, open_mark = closing.start(), closing.end(), ""
            break
    code = text[begin:end]
    if width := len(opening["indent"]):
        lines = code.split("\n")
        code = "\n".join(_unindented(line, width) for line in lines)
    return _Found(_fence(opening["info"] or opening["words"] or "", code), open_mark), after


def _unindented(line: str, width: int) -> str:
    """Return `line` without `width` columns of white space, three at most, or all that it has."""
    column = start = 0
    while column < width and line[start : start + 1] in {" ", "\t"}:
        column = 4 if line[start] == "\t" else column + 1
        start += 1
    return " " * (column - width) + line[start:]


def _fence(words: str, code: str) -> Fence:
    language = next(iter(words.split()), "")
    if "&" in language or "\\" in language:
        from markdown_it.common.utils import unescapeAll  # noqa: PLC0415 - loads when it is needed

        language = unescapeAll(language)
    return Fence(language, code)


def _start_of_paragraph(text: str, start: int, line: int) -> int:
    """Return where the words above `line` begin: what interrupts them is not always a list."""
    first = max(start, line - _LONGEST_LEAD)
    empty = text.rfind("\n\n", first, line)
    if empty >= 0:
        return empty + 2
    return first if first == start else text.index("\n", first) + 1


_LONGEST_LEAD = 2_000


def _end_of_nested(text: str, start: int) -> int:
    found = _END_OF_NESTED.search(text, start)
    return found.end() if found else len(text)


def _iter_cuts(text: str, begin: int, end: int) -> Iterator[int]:
    """Yield where the pieces of `text` from `begin` to `end` end that are worth being parsed."""
    if not _MARK.search(text, begin, end):
        return
    while begin < end:
        cut = _ITEM.search(text, min(begin + _PIECE, end), end)
        begin = cut.end() if cut else end
        yield begin


_MARK = re.compile("```|~~~")


def _parse(text: str) -> list[Token]:
    return _block_parser().parse(text) if _MARK.search(text) else []


def _nested_fences(tokens: Sequence[Token]) -> Iterator[Fence]:
    """Yield the fences of `tokens` up to the first at the margin."""
    for token in tokens:
        if token.type == "fence":
            if not token.level:
                return
            yield _fence(token.info, token.content)


def _fence_at_margin(tokens: Sequence[Token]) -> int | None:
    """Return the line of the first fence that stands in no list and no quote."""
    lines = (
        token.map[0] for token in tokens if token.type == "fence" and not token.level and token.map
    )
    return next(lines, None)


def _after_lines(text: str, start: int, lines: int) -> int:
    for _ in range(lines):
        start = text.index("\n", start) + 1
    return start


@cache
def _block_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loads with the first fence

    parser = MarkdownIt("commonmark").disable(["reference", "html_block"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def parse_json(text: str) -> object:
    """Return the JSON value in `text`.

    It is looked for in this order: the whole text, a `json` fence, any other fence, and last an
    object in the prose, or an array that has its lines to itself (`[1]` in a sentence is a
    footnote).

    Raises:
        ValueError: There is none; or it is nested too deeply, holds a number that has too many
            digits, or `NaN` or `Infinity`, which JSON does not have.
    """
    problems: list[ValueError] = []
    values = chain(
        _iter_values([text], problems),
        _iter_values(_iter_code_json_first(text), problems),
        _iter_prose_values(text),
    )
    for value in values:
        return value
    problem = (problems[1:] or problems)[0]
    raise ValueError(f"the answer holds no JSON value ({problem})")


def _iter_code_json_first(text: str) -> Iterator[str]:
    for fence in sorted(iter_fences(text), key=lambda fence: fence.language.lower() != "json"):
        yield fence.code


def _iter_values(candidates: Iterable[str], problems: list[ValueError]) -> Iterator[object]:
    for candidate in candidates:
        yield from _read_whole(candidate, problems)


def _read_whole(text: str, problems: list[ValueError]) -> list[object]:
    """Return the value that `text` is, or nothing; what is wrong joins `problems`."""
    try:
        return [_DECODER.decode(text)]
    except RecursionError:
        problems.append(ValueError(_TOO_DEEP))
    except ValueError as error:
        problems.append(error)
    return []


MOST_TRIES = 100
"""Openings in prose that are tried; each may read the whole answer."""

_JSON_OPENING = re.compile(r'\{\s*"|\[\s*[\[{"\dtfn-]')
_TOO_DEEP = "the JSON is nested too deeply"


def _iter_prose_values(text: str) -> Iterator[object]:
    """Yield the values that stand in prose; nothing is taken out of a broken one."""
    end = 0
    for opening in islice(_JSON_OPENING.finditer(text), MOST_TRIES):
        start = opening.start()
        if start < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            end = error.pos
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
        else:
            if isinstance(value, dict) or _has_its_lines(text, start, end):
                yield value


def _has_its_lines(text: str, start: int, end: int) -> bool:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    after = text[end:].partition("\n")[0]
    return not (before.strip() or after.strip())


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("the JSON holds a number that is too large")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
