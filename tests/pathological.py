"""Markdown that asks for more than it should, generated: each grows to any size.

Knows nothing of what it is tested with. `PATTERNS` is a table: a name, what stands once before,
and what is repeated; `#` in what is repeated is a number that counts up.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Pattern(NamedTuple):
    """A text of any length.

    Args:
        repeated: What it is made of.
        before: What stands once at its beginning.
        half: What its second half is made of, if that is another thing: closers after openers.
    """

    repeated: str
    before: str = ""
    half: str = ""

    def grow(self, size: int) -> str:
        """Return a text of `size` characters."""
        room = size - len(self.before)
        first = room // 2 if self.half else room
        text = self.before + _repeat(self.repeated, first)
        return text + _repeat(self.half, size - len(text))


def _repeat(piece: str, size: int) -> str:
    if "#" not in piece or not piece.strip("#\n"):
        return (piece * (size // max(len(piece), 1) + 1))[:size]
    parts: list[str] = []
    length = 0
    for number in count(1):
        if length >= size:
            break
        parts.append(piece.replace("#", str(number)))
        length += len(parts[-1])
    return "".join(parts)[:size]


PATTERNS = {
    # nesting
    "quotes": Pattern("> "),
    "quotes line by line": Pattern("> > > > > > > > > > a\n"),
    "deep quotes apart": Pattern(">" * 19 + "a\n\n"),
    "lists in one line": Pattern("- "),
    "lists deeper each line": Pattern("* a\n * b\n  * c\n   * d\n    * e\n     * f\n"),
    "lists of lists": Pattern("1. - + * a\n"),
    "quotes and lists": Pattern("> - > - > - a\n"),
    "loose items": Pattern("- a\n\n"),
    "empty items": Pattern("-\n"),
    "numbers": Pattern("#. a\n"),
    "numbers that interrupt": Pattern("1)\n1.\n"),
    "items with code": Pattern("-     a\n"),
    "lazy lines": Pattern("a\n", before="> > > > > > > > > > > > > > "),
    "lazy lines of a list": Pattern("a\n", before="- - - - - - "),
    "indented more and more": Pattern("- a\n  - b\n    - c\n      - d\n        - e\n"),
    # brackets, links, images, references
    "open brackets": Pattern("["),
    "paragraphs of brackets": Pattern("[" * 1_200 + "\n\n"),
    "brackets and words": Pattern("a [" * 400 + "\n\n"),
    "closed brackets": Pattern("[", half="]"),
    "brackets in pairs": Pattern("[]"),
    "brackets within": Pattern("[[[[[[[[[[", half="](x"),
    "links that do not end": Pattern("[a](<b"),
    "links that never close": Pattern("[a](b"),
    "link titles": Pattern('[a](b "'),
    "link of spaces": Pattern(" ", before="[a]("),
    "link of line feeds": Pattern("[a](\n"),
    "link of parentheses": Pattern("(", before="[a](", half=")"),
    "links in links": Pattern("[", half="](https://a.example)"),
    "links": Pattern("[a](https://b.example/#) "),
    "long links": Pattern("a", before="[a](https://b.example/"),
    "encoded links": Pattern("[a](https://b.example/%%%%\u4f60) "),
    "images": Pattern("!["),
    "paragraphs of images": Pattern("![_ " * 300 + "\n\n"),
    "images in images": Pattern("![", half="](https://a.example)"),
    "whole images": Pattern("![](https://a.example/#)\n"),
    "images of one letter": Pattern("![](http://a)"),
    "references": Pattern("[a#]: https://b.example\n"),
    "references that are used": Pattern("[a#]\n\n[a#]: https://b.example 'c\n"),
    "one long reference": Pattern("\\]", before="["),
    "footnotes": Pattern("[^#]: a\n[^#] "),
    # emphasis
    "stars": Pattern("*"),
    "stars and letters": Pattern("*a "),
    "closers and letters": Pattern("a* "),
    "both": Pattern("*a* "),
    "three": Pattern("***a "),
    "one, two, three": Pattern("*a **b ***c "),
    "stars and lines": Pattern("*a _b "),
    "underscores within words": Pattern("_a_"),
    "strong in emphasis": Pattern("**a *b "),
    "openers then closers": Pattern("*a ", half="b* "),
    "strong openers then closers": Pattern("**a ", half="b** "),
    "runs of any length": Pattern("a**b" + "c* "),
    "tildes": Pattern("~~a ~"),
    "tildes then closers": Pattern("~~a ", half="b~~ "),
    "punctuation": Pattern("*.*!"),
    # code, entities, backslashes, dollars
    "backticks of growing length": Pattern("".join("a" + "`" * n for n in range(1, 60))),
    "backticks": Pattern("`"),
    "a backtick and a letter": Pattern("`a"),
    "two and one": Pattern("`a``"),
    "fences": Pattern("```\n"),
    "fences of info": Pattern("```python\na\n```\n"),
    "fences that do not close": Pattern("```\n~~~\n"),
    "fences, longer and longer": Pattern("```\n````\n`````\n"),
    "fences in quotes": Pattern("> ```\n"),
    "info of entities": Pattern("&amp;", before="```"),
    "indented code": Pattern("    a\n\n"),
    "code and text": Pattern("    a\nb\n\n"),
    "entities": Pattern("&lt;"),
    "signs in a fence": Pattern("<", before="```\n"),
    "lines of signs in a fence": Pattern("<&>\n", before="```\n"),
    "numbered entities": Pattern("&#106;&#x6a;&#0;"),
    "no entities": Pattern("&"),
    "long entities": Pattern("&CounterClockwiseContourIntegral;"),
    "half entities": Pattern("&CounterClockwise"),
    "backslashes": Pattern("\\"),
    "escapes": Pattern("\\*"),
    "dollars": Pattern("$"),
    "dollars and letters": Pattern("$a "),
    "formulas": Pattern("$a$ "),
    "formulas that do not end": Pattern("\\( "),
    "display that does not end": Pattern("\\[ "),
    "two dollars": Pattern("$$a"),
    "braces": Pattern("{", before="\\(", half="}"),
    "backslashes before a closer": Pattern("\\" * 40 + ") ", before="\\( "),
    "formulas of digits": Pattern("$$" + "1" * 4_990 + "$$\n\n"),
    "formulas of letters": Pattern("$$" + "a" * 4_990 + "$$\n\n"),
    "display lines": Pattern("$$\na\n"),
    # HTML openers
    "angle brackets": Pattern("<"),
    "tags": Pattern("<a>"),
    "open tags": Pattern("<a "),
    "attributes": Pattern('<a b="'),
    "comments": Pattern("<!--"),
    "comments and dashes": Pattern("<!-- a -"),
    "declarations": Pattern("<!A "),
    "instructions": Pattern("<?"),
    "cdata": Pattern("<![CDATA["),
    "autolinks that do not end": Pattern("<https:a"),
    "autolinks": Pattern("<a:b>"),
    "mail": Pattern("<a@b>"),
    "mail without end": Pattern("<a@"),
    "mail with dots": Pattern("a.", before="<a@"),
    "html blocks": Pattern("<div>\n\n"),
    # tables
    "tables": Pattern("a|b\n-|-\n"),
    "tables apart": Pattern("a|b\n-|-\n\n"),
    "wide table": Pattern("|a" * 59 + "\n", before="|a" * 59 + "\n" + "|-" * 59 + "\n"),
    "short rows of a wide table": Pattern("|\n", before="|a" * 59 + "\n" + "|-" * 59 + "\n"),
    "many wide tables": Pattern("|a" * 50 + "\n" + "|-" * 50 + "\n|\n\n"),
    "one row": Pattern("|a", before="|a|b|\n|-|-|\n"),
    "one head": Pattern("|a"),
    "delimiters alone": Pattern("|-"),
    "delimiters on each line": Pattern("-|-\n"),
    "escaped pipes": Pattern("\\|", before="a|b\n-|-\n"),
    "pipes in code": Pattern("`|", before="a|b\n-|-\n"),
    "cells of links": Pattern("|[a](b)|`c`|*d*|\n", before="a|b|c\n-|-|-\n"),
    # headings, rules, white space, odd characters
    "headings": Pattern("#\n"),
    "signs of a heading": Pattern("#"),
    "headings that close": Pattern("# " + "# " * 30),
    "underlined": Pattern("a\n=\n"),
    "rules": Pattern("***\n"),
    "stars that are no rule": Pattern("* ", half="a"),
    "short paragraphs": Pattern("a\n\n"),
    "line feeds": Pattern("\n"),
    "carriage returns": Pattern("\r"),
    "spaces": Pattern(" "),
    "spaces and letters": Pattern(" " * 200 + "a"),
    "tabs": Pattern("\t"),
    "tabs and letters": Pattern("\ta\n"),
    "hard breaks": Pattern("a  \n"),
    "one word": Pattern("a"),
    "one line of words": Pattern("word "),
    "words": Pattern("word\n"),
    "nul": Pattern("\0"),
    "controls": Pattern("\x1b[31m"),
    "halves of pairs": Pattern("\ud83d"),
    "pairs": Pattern("\ud83d\ude00"),
    "overrides": Pattern("\u202e"),
    "tag characters": Pattern("\U000e0041"),
    "joiners": Pattern("\u200d"),
    "combining": Pattern("\u0301"),
    "chinese": Pattern("\u4f60\u597d\u3002"),
    "thoughts": Pattern("<think>a</think>"),
    "quoted rules": Pattern("> ---\n"),
}


_WORST_CODE = {
    "ada": "a b(",
    "c": "*1_{",
    "cpp": "'''0x^",
    "csharp": "@a\n",
    "cuda": "a 1 {<a b=",
    "haml": "-if \n",
    "java": "a<",
    "javascript": '-aa(\\"',
    "kotlin": "a\u4f60a<",
    "less": "a-",
    "objective-c": "{{0x",
    "perl": " a^",
    "python": "a b(",
    "qml": "\\'\u00e90x\n",
    "ruby": "a b ;",
    "scala": "a.",
    "splus": '\\"/\n',
    "tsx": "a.",
    "typescript": "a.",
}
"""What was found to take longest, language by language, among a hundred thousand tries."""


def code_patterns(languages: Iterable[str]) -> dict[str, Pattern]:
    """Return a fence of hostile code for each of `languages`, and many short ones."""
    patterns = {}
    for language in languages:
        line = f"{(_WORST_CODE.get(language, '({[<`a.') * 40)[:39]}\n"
        fences = f"```{language}\n{line * 40}```\n\n"
        patterns[f"code in {language}"] = Pattern(line, before=f"```{language}\n")
        patterns[f"fences of {language}"] = Pattern(fences)
    return patterns
