"""Code in the colours of Pygments' classes, and the style sheet of an answer.

A language is what its fence says, or none: it is never guessed. Nothing is run.
"""

from __future__ import annotations

from functools import cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from secondme_magics.markdown.safety import CODE_CLASSES, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LONGEST_CODE = 50_000
LONGEST_LINE = 2_000
"""Characters; code beyond these bounds goes without colours."""


def render_code(code: str, language: str | None) -> str:
    """Return `code` as an HTML block in Jupyter's convention, coloured where its language is known.

    Args:
        code: Its text; it is cleaned.
        language: The first word of the fence, which may be anything.
    """
    code = clean_text(code)
    lexer = _lexer(language.lower()) if language and _is_small(code) else None
    html = _coloured(code, lexer) if lexer else escape(code, quote=False)
    return f'<div class="highlight"><pre><span></span>{html}</pre></div>\n'


def _is_small(code: str) -> bool:
    return len(code) <= LONGEST_CODE and max(map(len, code.split("\n"))) <= LONGEST_LINE


def _lexer(language: str) -> Lexer | None:
    name = _lexer_names().get(_OTHER_NAMES.get(language, language))
    return _lexer_class(name)(stripnl=False, ensurenl=False) if name else None


@cache
def _lexer_names() -> dict[str, str]:
    """Return Pygments' own lexers by alias: looking among plugins would search the whole disk."""
    from pygments.lexers import get_all_lexers  # noqa: PLC0415 - loads with the first code

    names = get_all_lexers(plugins=False)
    return {alias: aliases[0] for _, aliases, _, _ in names for alias in aliases}


@cache
def _lexer_class(name: str) -> type[Lexer]:
    from pygments.lexers import find_lexer_class_by_name  # noqa: PLC0415 - loads with the first code

    return find_lexer_class_by_name(name)


_OTHER_NAMES = {"ipython": "python", "ipython3": "python", "jsonc": "json", "zsh": "bash"}


def _coloured(code: str, lexer: Lexer) -> str:
    tokens = list(lexer.get_tokens(code))
    if "".join(text for _, text in tokens) != code:
        return escape(code, quote=False)
    return "".join(_spans(tokens))


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
    for name, group in groupby(tokens, key=lambda token: _class_of(token[0])):
        html = escape("".join(text for _, text in group), quote=False)
        yield f'<span class="{name}">{html}</span>' if name else html


@cache
def _class_of(kind: _TokenType) -> str:
    """Return the short class of the nearest kind that Pygments has one for, if it has a colour."""
    from pygments.token import STANDARD_TYPES  # noqa: PLC0415 - loads with the first code

    name = next(STANDARD_TYPES[each] for each in reversed(kind.split()) if each in STANDARD_TYPES)
    return name if name in CODE_CLASSES else ""


STYLE = """
"""
