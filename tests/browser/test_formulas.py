"""Formulas without our style sheet, which some hosts take away: no word around one is covered.

What `is_harmless` lets through is drawn in JupyterLab, among words: where words are, nothing else
must be seen. What it refuses is drawn too, and found to cover words, so the test is not blind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_page import in_lab

from secondme_magics.markdown.blocks import render_markdown
from secondme_magics.markdown.math import MOST_BACKSPACES, is_harmless

if TYPE_CHECKING:
    from jupyter_page import NotebookPage

NAMES = """
frac cfrac tfrac dbinom sqrt boxed cancel bcancel overline underline overbrace underbrace
overrightarrow underleftarrow widehat widetilde phantom vphantom hphantom overset underset stackrel
xrightarrow xleftarrow reflectbox vcenter mathrm mathbb operatorname mathop
mathstrut substack pmatrix Huge tiny dot vec overparen underparen mathring color not bmod pod
ooalign displaylines pmod
"""
SEVEN = r"\substack{a\\b\\c\\d\\e\\f\\g}"
DRAWN = {
    **{name: rf"\{name}{{\text{{FAKE}}}}{{y}}" for name in NAMES.split()},
    **{f"{name} of words": rf"\{name}{{FAKE}}" for name in ("text", "mbox", "hbox", "fbox")},
    "the widest space": r"\qquad{}" * 20 + r"\text{FAKE}",
    "rows far apart": r"\begin{array}{c} \text{FAKE} \\[9em] y \end{array}",
    "many rows": r"\begin{array}{c}" + r"\text{FAKE} \\" * 20 + r"\end{array}",
    "many columns": r"\begin{array}{*{9}{c}}" + "&".join("y" * 9) + r"\end{array}",
    "a column of spaces": r"\begin{array}{c@{\qquad}c} y & \text{FAKE} \end{array}",
    "a tower of exponents": "".join("x^{" for _ in range(20)) + "y" + "}" * 20,
    "a pit of indices": "".join("x_{" for _ in range(20)) + "y" + "}" * 20,
    "roots of roots": r"\sqrt{" * 20 + "y" + "}" * 20,
    "limits above": rf"\sum\limits^{{{SEVEN}}}_{{{SEVEN}}}",
    "signs around": r"\sideset{^{\text{FAKE}}_{\text{FAKE}}}{}\sum x",
    "a large bracket": r"\Biggl( \left\{ \begin{matrix}1\\2\\3\\4\end{matrix} \right. \Biggr)",
    "a long word of signs": r"\text{" + "FAKE" * 40 + "}",
    "on top of one another": r"\ooalign{FAKE\crcr \text{\Huge FAKE}}",
    "one over the other": r"{\Huge \text{FAKE}} \over y",
    "one below the other": r"\underset{\underset{\text{\Huge FAKE}}{y}}{y}",
    "a root with an index": r"\sqrt[\text{\Huge FAKE}]{x}",
    "a box in colours": r"\colorbox{red}{\Huge FAKE}",
    "nothing before an index": r"{}_{\text{\Huge FAKE}} x",
    "lines that are shoved": r"\begin{multline} x \\ \shoveleft{\text{FAKE}} \\ y \end{multline}",
    "lines that are aligned": r"\begin{alignat}{2} x &= \text{FAKE} & \quad & y \end{alignat}",
    "a row that is drawn": r"\begin{array}{|c|} \hline y \\ \hline \end{array}",
    "an operator's limits": r"\mathop{\text{FAKE}}\limits_{\text{\Huge FAKE}}^{\text{\Huge FAKE}}",
}
MOVED = {
    "to the left": r"\llap{\Huge \text{FAKE}}",
    "to the right": r"\rlap{\Huge \text{FAKE}}",
    "back": r"\kern-9em{\Huge \text{FAKE FAKE}}",
    "back by a space": r"\hspace{-9em}{\Huge \text{FAKE FAKE}}",
    "by signs": r"\!" * 60 + r"{\text{FAKE FAKE FAKE}}",
    "by signs of large letters": r"{\Huge " + r"\!" * MOST_BACKSPACES + r"\text{FAKE}}",
    "above its line": r"\smash{\raise 2em{\Huge \text{FAKE}}}\hspace{-4em}",
    "below its line": r"\smash{\lower 2em{\Huge \text{FAKE}}}\hspace{-4em}",
}
COVERED = """output => {
    const troubles = [];
    for (const each of output.querySelectorAll('[data-formula]')) {
        const say = what => troubles.push(`${each.dataset.formula}: ${what}`);
        if (each.querySelectorAll('mjx-container').length !== 1) say('is not typeset');
        if (each.querySelector('mjx-merror')) say('is no TeX');
        const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const text = texts.currentNode;
            if (text.parentElement.closest('mjx-container') || !text.data.trim()) continue;
            text.parentElement.scrollIntoView({block: 'center'});
            const range = document.createRange();
            range.selectNodeContents(text);
            const places = [...range.getClientRects()].flatMap(({left, top, width, height}) =>
                [...Array(30).keys()].map(step => [left + width * (step + 2) / 33,
                                                   top + height * (step % 3 + 1) / 4]));
            const isSeen = ([x, y]) => document.elementFromPoint(x, y) === text.parentElement;
            if (!places.length) say('has no words around it');
            const covered = places.filter(place => !isSeen(place)).length;
            if (covered) say(`covers ${covered} of ${places.length} of '${text.data.trim()}'`);
        }
    }
    return troubles;
}"""


def drawn(formula: str) -> str:
    """Return `formula` as an answer has it."""
    return render_markdown(formula).removeprefix("<p>").removesuffix("</p>\n")


def show(notebook: NotebookPage, formulas: dict[str, str]) -> list[str]:
    """Show each of `formulas` among words, and return what covers some of them."""
    blocks = {
        name: f"<p>Words above</p><p>Words before {formula} words after</p><p>Words below</p>"
        for name, formula in formulas.items()
    }
    html = "".join(f"<div data-formula='{name}'>{each}</div>" for name, each in blocks.items())
    notebook.write(f"from IPython.display import HTML\nHTML({html!r})")
    assert notebook.run()
    output = notebook.output()
    output.locator("mjx-container").nth(len(formulas) - 1).wait_for(state="attached")
    found = output.evaluate(COVERED)
    assert isinstance(found, list)
    return found


@in_lab
def test_a_formula_covers_no_word_around_it_without_our_style(notebook: NotebookPage) -> None:
    formulas = {}
    for name, tex in DRAWN.items():
        assert is_harmless(tex), name
        formulas[name] = drawn(rf"\({tex}\)")
        if " " in name:
            formulas[f"{name}, displayed"] = drawn(rf"\[{tex}\]")
    assert show(notebook, formulas) == []


@in_lab
def test_a_formula_that_is_refused_would_cover_words(notebook: NotebookPage) -> None:
    assert not any(map(is_harmless, MOVED.values()))
    element = drawn(r"\(x\)")
    found = show(notebook, {name: element.replace("x", tex) for name, tex in MOVED.items()})
    assert {each.partition(":")[0] for each in found} == set(MOVED)
    assert all("covers" in each for each in found)


@in_lab
def test_steps_back_cover_no_more_than_a_few_letters(notebook: NotebookPage) -> None:
    tex = r"\! " * MOST_BACKSPACES + r"\text{FAKE}"
    assert is_harmless(tex)
    assert not is_harmless(rf"\!{tex}")
    found = show(notebook, {"steps back": rf"\({tex}\)"})
    assert len(found) == 1
    assert found[0].endswith("of 30 of 'Words before'")
    assert int(found[0].split()[3]) < 12
