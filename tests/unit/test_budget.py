from __future__ import annotations

import pytest

from secondme_magics.markdown import budget
from secondme_magics.markdown.budget import Budget


def state(purse: Budget) -> tuple[bool, bool]:
    return purse.is_spent, purse.is_long


def test_html_is_allowed_and_earned_and_once_it_is_spent_it_stays_so() -> None:
    purse = Budget()
    purse.earn(100)
    purse.earn(25)
    purse.spend(work=1)
    purse.spend(html=budget.HTML_ALLOWANCE)
    purse.spend(html=125 * budget.HTML_GROWTH)
    assert state(purse) == (False, False)
    purse.spend(html=1)
    assert state(purse) == (True, False)
    purse.earn(100)
    purse.spend()
    assert state(purse) == (True, False)


def test_work_is_allowed_and_earned_beside_html() -> None:
    purse = Budget()
    purse.earn(126)
    purse.spend(work=budget.WORK_ALLOWANCE)
    purse.spend(work=int(126 * budget.WORK_GROWTH), html=budget.HTML_ALLOWANCE)
    assert state(purse) == (False, False)
    purse.spend(work=1)
    assert state(purse) == (True, False)


def test_what_is_not_named_costs_nothing_and_brings_nothing() -> None:
    purse = Budget()
    purse.spend(html=budget.HTML_ALLOWANCE, work=budget.WORK_ALLOWANCE)
    purse.spend()
    assert state(purse) == (False, False)
    purse.spend(html=0, work=1)
    assert state(purse) == (True, False)


def test_an_answer_is_long_once_it_has_more_characters_than_are_read() -> None:
    purse = Budget()
    purse.earn(budget.LONGEST_MARKUP - 10)
    purse.earn(10)
    assert state(purse) == (False, False)
    purse.earn(1)
    assert state(purse) == (True, True)


def test_a_long_answer_that_was_out_of_proportion_before_is_not_called_long() -> None:
    purse = Budget()
    purse.spend(html=budget.HTML_ALLOWANCE + 1)
    purse.earn(budget.LONGEST_MARKUP + 1)
    assert state(purse) == (True, False)


@pytest.mark.parametrize(
    ("code", "cost"),
    [("a", 1), (" ", 1), ("é_9", 3), ("=", 5), ("\n", 5), ("\t", 5), ("a = {}", 18)],
)
def test_a_sign_of_code_costs_as_much_as_five_letters(code: str, cost: int) -> None:
    purse = Budget()
    assert purse.has_colours_for("x" * (budget.CODE_ALLOWANCE - 2 * cost))
    assert purse.has_colours_for(code)
    assert purse.has_colours_for(code)
    assert purse.has_colours_for("")
    assert not purse.has_colours_for("x")
    assert not purse.has_colours_for("")
