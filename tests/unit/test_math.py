from __future__ import annotations

import pytest

from secondme_magics.markdown import math
from secondme_magics.markdown.blocks import render_markdown
from secondme_magics.markdown.math import LONGEST_DISPLAY, is_harmless


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
        (r"\sqrt" * 20 + r"\!\sqrt", False),
        (r"\Delta " * 21, False),
        (r"\left\{ x \right.", True),
        (r"\! " * 10, True),
        (r"\!{}" * 11, False),
        ("n! " * 11, True),
        *((rf"{{\{size} x\!x}}", False) for size in ("large", "Large", "LARGE", "huge", "Huge")),
        (r"{\Huge x}", True),
        (r"\Hugeness x\!x", True),
        (r"\HugeB x\!x", True),
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
newcommand newlink newenvironment newtagform renewcommand renewtagform providecommand
DeclareMathOperator declarepaireddelimiter usetagform tagform mathtoolsset mymathtools
makebox mathmakebox framebox parbox minipage imat pmat xmat zmat
genfrac maxdimen tag rule raise lower moveleft moveright
raisebox rotatebox scalebox resizebox
uproot leftroot negthinspace negmedspace negthickspace
skew centerOver MoveEqLeft xmathstrut setOptions
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
    "name", ["htmx", "abov", "providing", "declaring", "agform", "athtools", "mathtool"]
)
def test_half_a_name_is_another_macro(name: str) -> None:
    assert is_harmless(rf"\{name} x")


@pytest.mark.parametrize(
    "content",
    [
        *(rf"a \\[{size}] b" for size in ("99em", " 10ex", "-1.5em", ".5", "1.", "12", "-12")),
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


_SIGNS = [
    "1",
    "111.",
    "1.",
    "1 ",
    "-1",
    "-",
    " ",
    "\\",
    "\\\\ ",
    "* ",
    "a",
    "a ",
    "mathtool",
    "\\text{",
]


@pytest.mark.parametrize("sign", _SIGNS)
@pytest.mark.parametrize("begin", ["", "-", "111", "\\\\", "\\"])
def test_a_long_formula_of_the_same_signs_is_soon_judged(sign: str, begin: str) -> None:
    """Read once from each of its characters, or worse, it would take minutes to hours."""
    content = (begin + sign * LONGEST_DISPLAY)[:LONGEST_DISPLAY]
    assert is_harmless(content) is is_harmless(content[:40])
    words = (begin + sign * 300_000)[:300_000]
    assert math._is_prose(words) is math._is_prose(words[:40])  # noqa: SLF001 - what is read before it
