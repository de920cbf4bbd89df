"""When a host may typeset the formulas of an answer: not before its output changes no more."""

from __future__ import annotations

import pytest
from allowed_html import text_of, typeset_in
from outputs import FrontEnd

from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Turn
from secondme_magics.notebook.display import CellView, InlineView
from secondme_magics.showing.origin import Origin

ORIGIN = Origin("demo", "default")


def test_a_thought_that_goes_on_is_no_math_for_the_host() -> None:
    front_end = FrontEnd()
    CellView(front_end, ORIGIN).update("", r"so $\href{https://evil.example}{click}$ \(x\)")
    assert "$\\href" not in front_end.html
    assert "\\(" not in front_end.html


FORMULAS = r"So $x^2$ is \(\text{half of $y$}\), and $$\begin{aligned}a&=b\\c&=d\end{aligned}$$"
LIST = "- some words in a list\n" * 30


@pytest.mark.parametrize("kind", [CellView, InlineView])
def test_a_formula_is_tex_while_its_output_changes_and_typeset_at_the_end(
    kind: type[CellView | InlineView],
) -> None:
    front_end = FrontEnd()
    view = kind(front_end, ORIGIN)
    text = f"{FORMULAS}\n\nAnd more, at length, of {'words ' * 80}\n\nMore"
    for start in range(0, len(text), 40):
        view.update(text[start : start + 40], "")
        assert typeset_in(front_end.html) == []
    assert text_of(front_end.html).count(r"\(x^2\)") == 1
    view.finish(Turn(1, "Hi", Reply(text, state="complete")))
    assert [formula[:5] for formula in typeset_in(front_end.html)] == [
        r"\(x^2",
        r"\(\te",
        r"\[\be",
    ]


def test_a_formula_is_typeset_where_nothing_changes_any_more() -> None:
    front_end = FrontEnd()
    view = CellView(front_end, ORIGIN)
    for _ in range(9):
        view.update(f"{FORMULAS}\n\n{LIST}\n\n", "")
    *frozen, growing = (bundle["text/html"] for bundle in front_end.outputs.values())
    assert frozen
    assert all(map(typeset_in, frozen))
    assert typeset_in(growing) == []
