from __future__ import annotations

from string import ascii_letters, digits

import pytest
from allowed_html import text_of, typeset_in
from markdown_it import MarkdownIt

from secondme_magics.markdown import math
from secondme_magics.markdown.blocks import render_markdown
from secondme_magics.markdown.math import LONGEST_DISPLAY, LONGEST_INLINE
from secondme_magics.markdown.render import parse_blocks


@pytest.mark.parametrize(
    ("text", "math"),
    [
        ("$x$", [r"\(x\)"]),
        ("$5x+1$", [r"\(5x+1\)"]),
        (r"$\alpha$ and $\beta_1$", [r"\(\alpha\)", r"\(\beta_1\)"]),
        ("the $n$-th, the $n$th, ($k$), $m$.", [r"\(n\)", r"\(n\)", r"\(k\)", r"\(m\)"]),
        (r"\( \( x \)", [r"\( x \)"]),
        ("设$x$为$y^2$。", [r"\(x\)", r"\(y^2\)"]),
        ("$5$ apples", [r"\(5\)"]),
        ("$n!$ and $f'$ and $|x|$ and $A^+$ and $+$", 5),
        (r"$5 \text{ if and only if } x$", [r"\(5 \text{ if and only if } x\)"]),
        ("$speed = distance / time$", [r"\(speed = distance / time\)"]),
        (r"$\$5$", [r"\(\$5\)"]),
        (r"\(a_b*c*d_e\)", [r"\(a_b*c*d_e\)"]),
        (r"\[x < y & z\]", [r"\[x < y & z\]"]),
        ("$$E = mc^2$$", [r"\[E = mc^2\]"]),
        ("so $$x$$ it is", [r"\[x\]"]),
        ("$$a$$, $$b$$", [r"\[a\]", r"\[b\]"]),
        ("$$x = y,$$", [r"\[x = y,\]"]),
        (r"\[ a \\[2ex] b \\\]", [r"\[ a \\[2ex] b \\\]"]),
        ("\\[\na\n- b\n+ c\n> d\n# e\n\\]", ["\\[\na\n- b\n+ c\n> d\n# e\n\\]"]),
        ("We have\n$$\na\n- b\n$$\nas said", ["\\[\na\n- b\n\\]"]),
        ("> $$\n> x\n> $$", ["\\[\nx\n\\]"]),
        ("- so\n  \\[\n  x\n  \\]\n- y", ["\\[\nx\n\\]"]),
        ("| $x$ | $5 |\n|---|---|\n| $y$ | $6 |", [r"\(x\)", r"\(y\)"]),
        ("[see $x$](https://a.example)", [r"\(x\)"]),
        ("**bold $a*b$**", [r"\(a*b\)"]),
        ("$a\\$", []),
        (r"$A_+$ and $x\,$", [r"\(A_+\)", r"\(x\,\)"]),
        ("- $$\n      x\n  $$", ["\\[\n    x\n\\]"]),
        ("$2ab$ and $x1$为", [r"\(2ab\)", r"\(x1\)"]),
        (r"$\nu$, $\Delta xy$, $dx/dt$", [r"\(\nu\)", r"\(\Delta xy\)", r"\(dx/dt\)"]),
        ("the $(n+1)$th of $x_i$s", [r"\((n+1)\)", r"\(x_i\)"]),
        ("$(a, b)$ and $x, 1$", [r"\((a, b)\)", r"\(x, 1\)"]),
        (r"$speed \text{ is } v$", [r"\(speed \text{ is } v\)"]),
        (r"\(mass times speed\), \[mass times speed\]", 2),
        (r"$$x \text{ if $y$} \$$$", [r"\[x \text{ if $y$} \$\]"]),
    ],
)
def test_what_is_math_is_left_for_the_host(text: str, math: list[str] | int) -> None:
    found = typeset_in(render_markdown(text))
    assert found == math if isinstance(math, list) else len(found) == math


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "$5-$10",
        "$5\u2013$10 or $5/$10",
        "US$ 5, US$5 and A$6",
        "from $1,000, to 2,000$",
        "$5, 6$",
        "it is $5 or 6$",
        "费用是$5和$6元,共$5和6$",
        "$5M/$6M and ($5)/($6)",
        "$$cheap$$",
        r"$x = \tex{two words}$",
        "$ x $",
        "$ x$",
        "$x $",
        *(f"$x${digit}" for digit in digits),
        "$5,000$",
        "$5 - 6$",
        "$x1$y z",
        "$Plan X$",
        *(f"$hat{sign} 5$" for sign in ",;:."),
        *(f"$x = hat{between}coat$" for between in (", ", "; ", "  ")),
        *(f"$x{sign}$ b" for sign in "-+*/=,;:.(<>&[{\u2013\u2014~"),
        r"$\frac{\text{if} it is}{x}$",
        "$$-$$$ and $$$-$$$$ and $$$ - $$",
        "\\(\n- x\n\\)",
        "$x$$ and $USD$",
        "$x1$y",
        "$x = is BIG$ and $X = IS big$",
        *(f"$5a{sign}$ b" for sign in "-+*/=,;:.(<>&[{\u2013\u2014~"),
        "echo $HOME/$USER and $PATH:$HOME and $HOME$USER",
        "$a=$b and $a.$b",
        "$x is big and y$",
        "I lost $hat and got coat$",
        "cheap $$ or dear $$$",
        "cheap $$ or $$ dear",
        "$$ $$ and $$",
        "$a\nb$",
        r"\$x\$ and \\(x\\) and \\[x\\]",
        "&#36;x&#36; and &bsol;(x&bsol;)",
        r"\begin{align}x\end{align} and \ref{a}",
        r"\(\)",
        r"\( no end",
        "$\\( x$",
        "$$\nno end\n\nelse",
        "$$\n- no end",
        "    $$\n    x\n    $$",
        "`$x$` and `\\(x\\)`",
        "```\n$x$ \\(x\\)\n```",
        "[costs $5](https://a.example) and $6",
        "*$5* and **$6**",
    ],
)
def test_what_is_no_math_is_never_typeset(text: str) -> None:
    assert typeset_in(render_markdown(text)) == []


@pytest.mark.parametrize(
    ("opener", "closer", "longest"),
    [
        ("$", "$", LONGEST_INLINE),
        ("\\(", "\\)", LONGEST_INLINE),
        ("\\[", "\\]", LONGEST_DISPLAY),
        ("$$", "$$", LONGEST_DISPLAY),
    ],
)
def test_a_formula_that_is_longer_than_any_is_text(opener: str, closer: str, longest: int) -> None:
    for length, formulas in ((longest, 1), (longest + 1, 0)):
        text = f"so {opener}{'1' * length}{closer}"
        assert len(typeset_in(render_markdown(text))) == formulas


@pytest.mark.parametrize(
    "formula", ["$$\nx\n$$", "$$ x\n$$", "$$x$$", "$$$$", "\\[\\]", "$$\nx\n", "$$$", "$$$ x"]
)
def test_what_follows_a_formula_is_markdown_again(formula: str) -> None:
    assert render_markdown(f"{formula}\n- a").endswith("<ul>\n<li>a</li>\n</ul>\n")


def test_the_lines_of_a_formula_are_a_paragraph_like_any_other() -> None:
    """Where it begins and ends is what a growing answer is divided by."""

    def blocks(text: str) -> list[dict[str, object]]:
        return [{**token.as_dict(), "content": ""} for token in parse_blocks(text)]

    assert blocks("> $$\n> x\n> $$\n\n$$\ny\n$$\n") == blocks("> aa\n> x\n> aa\n\naa\ny\naa\n")


def test_a_formula_is_a_token_of_its_own() -> None:
    parser = MarkdownIt()
    math.install(parser)
    inline = parser.parseInline(r"a $x$ b \[y\] c $\href{z}{}$ d")[0]
    assert [
        (t.type, t.tag, t.nesting, t.level, t.content) for t in inline.children or [] if t.content
    ] == [
        ("text", "", 0, 0, "a "),
        ("math_inline", "", 0, 0, "x"),
        ("text", "", 0, 0, " b "),
        ("math_display", "", 0, 0, "y"),
        ("text", "", 0, 0, " c "),
        ("code_inline", "code", 0, 0, r"$\href{z}{}$"),
        ("text", "", 0, 0, " d"),
    ]


def test_a_parser_can_do_without_math_again() -> None:
    parser = MarkdownIt()
    math.install(parser)
    text = "$x$\n\n$$\n- x\n$$"
    assert parser.disable("math").render(text) == MarkdownIt().render(text)


def test_what_is_no_formula_is_shown_as_it_was_written() -> None:
    html = render_markdown("echo $a{$b}")
    assert text_of(html) == "echo $a{$b}\n"
    assert "<code" not in html


def test_a_delimiter_behind_a_backslash_is_none() -> None:
    formula = r"\[ a \\] b \\\\] c \\] d \]"
    assert f">{formula}<" in render_markdown(f"{formula} e \\]")


_PAIRS = [("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("$$", "$$")]


@pytest.mark.parametrize(("opener", "closer"), _PAIRS)
def test_a_formula_has_commands_and_brackets_within(opener: str, closer: str) -> None:
    html = render_markdown(rf"so {opener}\alpha |x| [y] (z) ^ \{{{closer}")
    assert len(typeset_in(html)) == 1


@pytest.mark.parametrize(("opener", "closer"), _PAIRS)
@pytest.mark.parametrize("delimiter", [r"\(", r"\)", r"\[", r"\]"])
def test_a_formula_has_no_delimiter_within(opener: str, closer: str, delimiter: str) -> None:
    inner = f"a{delimiter}b"
    assert f"{inner}\\" not in render_markdown(f"so {opener}{inner}{closer}")


def test_a_formula_in_a_list_ends_with_its_item() -> None:
    assert render_markdown("- $$\n  x\ny").endswith("</ul>\n<p>y</p>\n")


@pytest.mark.parametrize("before", ascii_letters + digits + "$")
def test_no_formula_begins_within_a_word(before: str) -> None:
    assert typeset_in(render_markdown(f"a {before}$x$")) == []


_TEXTS = ("text", "textbf", "mathrm", "mathit", "mathbf", "operatorname", "operatorname*", "mbox")


@pytest.mark.parametrize("macro", _TEXTS)
def test_words_that_tex_sets_as_words_are_no_prose(macro: str) -> None:
    for content in (rf"x = \{macro}{{two words}}", rf"x = \{macro}  {{two words}}"):
        assert typeset_in(render_markdown(f"${content}$")) == [rf"\({content}\)"]


def test_chinese_and_japanese_are_prose() -> None:
    for prose in "\u3000\u3042\u30ff\u3400\u4e00\u9fff\uff00\uff0c\uffef":
        assert typeset_in(render_markdown(f"$x={prose}1$")) == []
    for sign in "\u2fff\u3100\u33ff\ua000\ufeff\ufff0":
        assert len(typeset_in(render_markdown(f"$x={sign}1$"))) == 1


def test_every_character_around_and_in_math_stays() -> None:
    text = r"It costs $5 and \(x < y\), &, $z$."
    assert text_of(render_markdown(text)).strip() == r"It costs $5 and \(x < y\), &, \(z\)."
