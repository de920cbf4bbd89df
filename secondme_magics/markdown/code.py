"""Code in the colours of Pygments' classes, and the style sheet of an answer.

A language is what its fence says, or none: it is never guessed. Nothing is run.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from secondme_magics.markdown.safety import CODE_CLASS, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LONGEST_CODE = 40_000
LONGEST_LINE = 1_000
"""Characters; code beyond these bounds goes without colours."""
LONGEST_CHUNK = 2_000
"""Characters that a lexer sees at once: on hostile code, many take the square of it, or worse."""
_ENDLESS = re.compile(r"[\w\s@$]{300}")
"""Words or white space without a sign but these: the worst for a lexer, and no code."""
_TAME = """
ada awk bash batch c clojure cmake coffeescript common-lisp console cpp csharp css cuda
cython d dart delphi diff django docker elixir elm erlang fortran fsharp gas glsl go graphql
groovy haml haskell hlsl html html+django http ini java javascript json jsonld jsx julia
kotlin less lua markdown mathematica matlab nasm nginx nimrod numpy objective-c ocaml octave
output perl php postgresql powershell prolog properties protobuf puppet pycon python qml
rconsole restructuredtext ruby rust sas scala scheme scss solidity sparql splus sql sqlite3
stan stata swift tcl tex toml tsql tsx turtle typescript vb.net verilog vhdl vim vue wast
xml yaml zig
"""
"""Pygments' names of languages whose lexers were found to take hostile code as well as good.

Others, such as `make`, `hcl` and `gherkin`, take up to seconds for a page of one sign.
"""


def tame_languages() -> list[str]:
    """Return the languages that are coloured."""
    return _TAME.split()


def render_code(code: str, language: str | None) -> str:
    """Return `code` as an HTML block in Jupyter's convention, coloured where its language is known.

    Args:
        code: Its text; it is cleaned.
        language: The first word of the fence, which may be anything.
    """
    code = clean_text(code)
    lexer = _lexer(language.lower()) if language and _is_tame(code) else None
    html = "".join(_coloured(chunk, lexer) for chunk in _iter_chunks(code)) if lexer else ""
    html = html or escape(code, quote=False)
    return f'<div class="highlight"><pre><span></span>{html}</pre></div>\n'


def _is_tame(code: str) -> bool:
    is_short = len(code) <= LONGEST_CODE and max(map(len, code.split("\n"))) <= LONGEST_LINE
    return is_short and not _ENDLESS.search(code)


def _iter_chunks(code: str) -> Iterator[str]:
    """Yield `code` in chunks that end before a paragraph at the margin, or at least at a line."""
    start = 0
    while len(code) - start > LONGEST_CHUNK:
        window = code[start : start + LONGEST_CHUNK]
        ends = [found.end() for found in _PARAGRAPH.finditer(window)]
        end = ends[-1] if ends else window.rfind("\n") + 1
        yield window[:end]
        start += end
    yield code[start:]


_PARAGRAPH = re.compile(r"\n\n(?=\S)")


def _lexer(language: str) -> Lexer | None:
    name = _lexer_names().get(_OTHER_NAMES.get(language, language))
    return _lexer_class(name)(stripnl=False, ensurenl=False) if name in tame_languages() else None


@cache
def _lexer_names() -> dict[str, str]:
    """Return Pygments' own lexers by alias: looking among plugins would search the whole disk."""
    from pygments.lexers import get_all_lexers  # noqa: PLC0415 - loads with the first code

    names = get_all_lexers(plugins=False)
    return {alias: aliases[0] for _, aliases, _, _ in names for alias in aliases}


@cache
def _lexer_class(name: str) -> type[Lexer]:
    from pygments.lexers import find_lexer_class_by_name  # noqa: PLC0415 - with the first code

    return find_lexer_class_by_name(name)


_OTHER_NAMES = {"ipython": "python", "ipython3": "python", "jsonc": "json"}


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
    return name if CODE_CLASS.fullmatch(name) else ""


CSS = """
.secondme {
  --sm-soft: color-mix(in srgb, currentColor 6%, transparent);
  --sm-line: color-mix(in srgb, currentColor 18%, transparent);
  --sm-keyword: var(--jp-mirror-editor-keyword-color,
    var(--vscode-symbolIcon-keywordForeground, #2a8a4a));
  --sm-name: var(--jp-mirror-editor-def-color,
    var(--vscode-symbolIcon-functionForeground, #3b6fe0));
  --sm-string: var(--jp-mirror-editor-string-color,
    var(--vscode-debugTokenExpression-string, #c9403a));
  --sm-number: var(--jp-mirror-editor-number-color,
    var(--vscode-debugTokenExpression-number, #2a8a4a));
  --sm-operator: var(--jp-mirror-editor-operator-color,
    var(--vscode-symbolIcon-operatorForeground, #9a4fd0));
  display: flow-root; padding: 0 5px; overflow-wrap: break-word;
}
.secondme :is(h1, h2, h3, h4, h5, h6) { margin: 1em 0 0.5em; font-size: 1em; font-weight: 600; }
.secondme h1 { font-size: 1.4em; }
.secondme h2 { font-size: 1.25em; }
.secondme h3 { font-size: 1.1em; }
.secondme > :first-child { margin-top: 0; }
.secondme :is(.highlight, code, .secondme-math) {
  direction: ltr; unicode-bidi: isolate; text-align: left;
}
.secondme:is(.jp-RenderedHTMLCommon *):dir(rtl) :is(ul, ol) { padding: 0 2em 0 0; }
.secondme:is(.jp-RenderedHTMLCommon > *):dir(rtl) blockquote {
  border: solid var(--sm-line); border-width: 0 5px 0 0;
}
.secondme .highlight { margin: 0 0 1em; background: none; }
.secondme .highlight pre {
  margin: 0; padding: 0.6em 0.9em; overflow-x: auto; white-space: pre;
  color: inherit; background: var(--sm-soft); border-radius: 3px;
  font-family: var(--jp-code-font-family, var(--vscode-editor-font-family, monospace));
}
.secondme .secondme-cut { margin-bottom: 0; }
.secondme .secondme-cut pre { padding-bottom: 0; border-radius: 3px 3px 0 0; }
.secondme pre.secondme-text { white-space: pre-wrap; word-break: break-word; font: inherit; }
.secondme li:has(> .secondme-task, > p > .secondme-task) { list-style: none; }
.secondme .secondme-task { display: inline-block; width: 1.2em; margin-inline-start: -1.5em; }
.secondme .secondme-note { margin: 0.3em 0 0; font-size: 0.9em; opacity: 0.75; }
.secondme .secondme-footer {
  margin: 0.3em 0 0; font-size: 0.8em; opacity: 0.75; overflow-wrap: anywhere;
  -webkit-user-select: none; user-select: none;
}
.secondme .secondme-math { display: inline-block; contain: paint; }
.secondme .secondme-display { display: block; overflow: auto hidden; }
.secondme .secondme-table { margin: 0 0 1em; overflow-x: auto; }
.secondme .secondme-table table { margin: 0; }
.secondme.secondme p { text-align: start; }
.secondme.secondme :is(td, th) { max-width: 40em; text-align: start; white-space: normal; }
.secondme.secondme :is(td, th)[align="center"] { text-align: center; }
.secondme.secondme :is(td, th)[align="right"] {
  text-align: end; font-variant-numeric: tabular-nums;
}
.secondme details {
  margin: 0 0 1em; padding-inline-start: 0.9em; border-inline-start: 2px solid var(--sm-line);
}
.secondme summary { cursor: pointer; opacity: 0.75; }
.secondme .highlight :is(.c, .c1, .ch, .cm, .cp, .cpf, .cs, .sd, .gp) {
  color: inherit; font-style: italic; opacity: 0.7;
}
.secondme .highlight :is(.k, .kc, .kd, .kn, .kp, .kr, .kt, .ow, .nt, .nb, .bp) {
  color: color-mix(in srgb, currentColor 25%, var(--sm-keyword));
}
.secondme .highlight :is(.nf, .fm, .nc, .nd, .ne, .na) {
  color: color-mix(in srgb, currentColor 25%, var(--sm-name));
}
.secondme .highlight :is(.s, .s1, .s2, .sa, .sb, .sc, .dl, .se, .sh, .si, .sr, .ss, .sx, .gd) {
  color: color-mix(in srgb, currentColor 25%, var(--sm-string));
}
.secondme .highlight :is(.m, .mb, .mf, .mh, .mi, .mo, .il, .gi) {
  color: color-mix(in srgb, currentColor 25%, var(--sm-number));
}
.secondme .highlight .o {
  color: color-mix(in srgb, currentColor 25%, var(--sm-operator)); font-weight: inherit;
}
"""
"""The style sheet of an answer, for elements under `.secondme`: what Jupyter's own leaves out.

Colours are the host's, mixed with its text colour, so that they stay readable on light and dark.
"""
STYLE = f"<style>{' '.join(CSS.split())}</style>"
"""The same as an element, to stand before what it styles."""
