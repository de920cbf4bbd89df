"""What stands in an answer's code fences, and the JSON value in an answer.

Reads Markdown after CommonMark. Runs nothing of what it finds.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it import MarkdownIt


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

    One that is still open at the end of `text` counts.
    """
    if "```" not in text and "~~~" not in text:
        return
    from markdown_it.common.utils import unescapeAll  # noqa: PLC0415 - loads with the first fence

    for block in _block_parser().parse(text):
        if block.type == "fence":
            yield Fence(unescapeAll((block.info.split() or [""])[0]), block.content)


def open_fence(text: str) -> str:
    """Return the mark that closes the code block in which `text` ends; empty if it ends in none."""
    blocks = _block_parser().parse(f"{text}\n\n.")  # below all else, this is a paragraph
    return blocks[-1].markup if blocks[-1].type == "fence" else ""


@cache
def _block_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loads with the first fence

    parser = MarkdownIt("commonmark").disable("reference")
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

_OPENING = re.compile(r'\{\s*"|\[\s*[\[{"\dtfn-]')
_TOO_DEEP = "the JSON is nested too deeply"


def _iter_prose_values(text: str) -> Iterator[object]:
    """Yield the values that stand in prose; nothing is taken out of a broken one."""
    end = 0
    for opening in islice(_OPENING.finditer(text), MOST_TRIES):
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
