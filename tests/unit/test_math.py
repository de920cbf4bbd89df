from __future__ import annotations

from string import ascii_letters, digits

import pytest
from allowed_html import text_of, typeset_in

from secondme_magics.markdown import math
from secondme_magics.markdown.blocks import render_markdown
from secondme_magics.markdown.math import LONGEST_DISPLAY, is_harmless


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
        "$ x $",
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
        r"\[ a \\] b \\] c \\] d \]",
        "$\\( x$",
        "$$\nno end\n\nelse",
        "$$\n- no end",
        "    $$\n    x\n    $$",
        "`$x$` and `\\(x\\)`",
        "```\n$x$ \\(x\\)\n```",
        "[costs $5](https://a.example) and $6",
        "*$5* and **$6**",
        r"\(" + "x" * 1_001 + r"\)",
    ],
)
def test_what_is_no_math_is_never_typeset(text: str) -> None:
    assert typeset_in(render_markdown(text)) == []


def test_what_follows_a_formula_is_markdown_again() -> None:
    assert render_markdown("$$\nx\n$$\n- a").endswith("<ul>\n<li>a</li>\n</ul>\n")


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
    for prose in "\u3000\u3042\u30ff\u3400\u4e00\u9fff\uff00\uffef":
        assert typeset_in(render_markdown(f"$x={prose}1$")) == []
    for sign in "\u2fff\u3100\u33ff\ua000\ufeff\ufff0":
        assert len(typeset_in(render_markdown(f"$x={sign}1$"))) == 1


def test_every_character_around_and_in_math_stays() -> None:
    text = r"It costs $5 and \(x < y\), &, $z$."
    assert text_of(render_markdown(text)).strip() == r"It costs $5 and \(x < y\), &, \(z\)."


@pytest.mark.parametrize(
    ("content", "harmless"),
    [
        (r"\frac{1}{2} \quad \text{a}", True),
        (r"\hspace{-9\,em}", False),
        (r"\kern -\maxdimen", False),
        (r"a \\[99em] b", False),
        (r"\llap{\Huge X}", False),
        (r"\{ x \}", True),
        (r"\color{red}{x} \reflectbox x \classes", True),
        (r"\href{https://a.example}{x}", False),
        (r"\HTML{x}", False),
        (r"\htmlClass{a}{x}", False),
        (r"\text{\style{x}{y}}", False),
        (r"\def\x{x}", False),
        (r"a \newline b \cancel{x} \pmatrix{1 & 2} \begin{array}{cc}x\end{array}", True),
        (r"\mathllap{x}", False),
        (r"\cancel[data-padding=99em]{x}", False),
        (r"\begin{array}{*{99999}{c}}x\end{array}", False),
        (r"\renewcommand{\x}{x}", False),
        (r"\hspace{-50em}", False),
        (r"a \\[1000 px] b", False),
        ("{" * 20 + "}" * 20, True),
        ("{" * 21 + "}" * 21, False),
        ("}{", False),
        ("{", False),
        (r"\sqrt" * 20, True),
        (r"\sqrt" * 21, False),
        (r"\! " * 10, True),
        (r"\!{}" * 11, False),
        (r"\sqrt[\uproot{150}\leftroot{-120}\text{FAKE}]{x}", False),
        (r"\root \uproot 99 a \of b", False),
        (r"\negthinspace{}x", False),
        (r"a \not= b, \neg a, \negative", True),
    ],
)
def test_only_what_draws_in_its_place_is_typeset(content: str, harmless: bool) -> None:
    assert is_harmless(content) is harmless


HOSTILE = """
href url html htmlClass htmlData style class cssId data script mmlToken action
includegraphics input include require unicode char verb
def edef gdef xdef definecolor let futurelet global long
csname expandafter catcode loop repeat mathchoice enclose
bbox toggle mathtip texttip tooltip label ref eqref
kern hkern mkern skip hskip mskip vskip space hspace mspace vspace
lap llap rlap clap mathllap smash above abovewithdelims fcolorbox
newcommand newenvironment newtagform renewcommand renewtagform providecommand
DeclareMathOperator declarepaireddelimiter usetagform tagform mathtoolsset amathtools
makebox mathmakebox framebox parbox minipage imat pmat xmat zmat
genfrac maxdimen tag rule raise lower moveleft moveright
raisebox rotatebox scalebox resizebox
uproot leftroot negthinspace negmedspace negthickspace
"""
HARMLESS = """
alpha cap frac sqrt text mathrm mathbb left right begin end quad color newline cancel bcancel
ooalign boxed matrix pmatrix bmat overline reflectbox phantom operatorname mathstrut
"""


@pytest.mark.parametrize("name", HOSTILE.split())
def test_no_macro_that_links_defines_or_moves_is_typeset(name: str) -> None:
    for content in (
        rf"\{name}",
        rf"\{name}{{x}}",
        rf"\{name} x",
        rf"\{name}1",
        rf"a\{name.upper()}[x]",
    ):
        assert not is_harmless(content)
    assert is_harmless(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_a_macro_that_draws_is_typeset(name: str) -> None:
    assert is_harmless(rf"\{name}{{x}}")


@pytest.mark.parametrize(
    "name", ["url", "data", "tag", "rule", "kern", "hskip", "raisebox", "zmat"]
)
def test_a_longer_name_is_another_macro(name: str) -> None:
    assert is_harmless(rf"\{name}ed x")


@pytest.mark.parametrize(
    "content",
    [
        *(rf"a \\[{size}] b" for size in ("99em", " 10ex", "-1.5em", ".5", "1.", "12")),
        *(r"\\ [20em]", r"\\ \n[ -12ex]"),
        *(rf"\{name}[x]{{y}}" for name in ("cancel", "bcancel", "xcancel", "cancelto")),
        *(r"\cancel [x]", "*{10}{c}", "* { 99}", "*\n{12345}"),
        *(f"-1{unit}" for unit in ("em", "ex", "pt", "px", "pc", "cm", "mm", "in", "mu")),
        *(f"100{unit}" for unit in ("em", "ex", "pt", "px", "pc", "cm", "mm", "in", "mu")),
        *("1.111em", "111.1.1em", "0.5111 .. 3 1.2345em", "x2000pt", ".100 em"),
        *("- 1em", "-.5 em", "-10.5ex", "123 em", "100.5em", "5-3em", "1000EM", "100em2"),
    ],
)
def test_no_length_that_covers_the_page_is_typeset(content: str) -> None:
    assert not is_harmless(content)


@pytest.mark.parametrize(
    "content",
    [
        *(r"a \\[2ex] b", r"a \\[-x] b", r"\\ [1]", r"\\ 99", r"[99]", r"\cancel{x}[y]"),
        *("*{3}{c}", "*{9}", "*10", "{10}", "99em", "10.75em", "1-x em", "-1 x", "-em", "100 x"),
        *("111 1em", "1.11em", "11.11.11em", "111x1em", "111.-x 1em", "111,11em"),
        *("-2 inches", "100 cmx", "-3 exact", "100 pens", "-1 m", "-1 p"),
    ],
)
def test_a_length_that_stays_in_its_place_is_typeset(content: str) -> None:
    assert is_harmless(content)


def test_a_dangerous_macro_is_shown_as_code() -> None:
    html = render_markdown(r"$\href{javascript:x}{y}$")
    assert html == "<p><code>$\\href{javascript:x}{y}$</code></p>\n"


_SIGNS = ["1", "111.", "1.", "1 ", "-1", "-", " ", "\\", "\\\\ ", "* ", "a", "a ", "mathtool"]


@pytest.mark.parametrize("sign", _SIGNS)
@pytest.mark.parametrize("begin", ["", "-", "111", "\\\\", "\\"])
def test_a_long_formula_of_the_same_signs_is_soon_judged(sign: str, begin: str) -> None:
    """Read once from each of its characters, or worse, it would take minutes to hours."""
    content = (begin + sign * LONGEST_DISPLAY)[:LONGEST_DISPLAY]
    assert is_harmless(content) is is_harmless(content[:40])
    words = (begin + sign * 300_000)[:300_000]
    assert math._is_prose(words) is math._is_prose(words[:40])  # noqa: SLF001 - what is read before it
