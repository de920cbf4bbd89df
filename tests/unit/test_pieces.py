from __future__ import annotations

import pytest

from secondme_magics.markdown.pieces import Cut, find_cut, offset_of
from secondme_magics.markdown.render import parse_blocks

CASES = [
    pytest.param("```py\na\nb\n", "b\n", "```py\n", id="a fence, before its last line"),
    pytest.param("```py\na\nbc", "bc", "```py\n", id="an open line"),
    pytest.param("~~~\na\n\n\n", "a\n\n\n", None, id="a fence with one line and empty ones"),
    pytest.param("~~~\na\nb\n\n\n", "b\n\n\n", "~~~\n", id="a fence before empty lines"),
    pytest.param("```py\na\n", "", None, id="a fence of one line"),
    pytest.param("```py\n", "", None, id="a fence that has begun"),
    pytest.param("```py", "", None, id="a fence that begins"),
    pytest.param("```py\na\nb\n```\n", "", None, id="a closed fence"),
    pytest.param("```py\na\nb\n```", "", None, id="a closed fence at the end"),
    pytest.param("```py\na\nb\n```\n\n\n", "", None, id="a closed fence before empty lines"),
    pytest.param("```py\na\u2028b\nc\n```\n", "", None, id="a closed fence of other line ends"),
    pytest.param("```\n\n```\n", "", None, id="a closed fence of an empty line"),
    pytest.param("```\n```\n", "", None, id="a closed fence of nothing"),
    pytest.param("~~~\na\nb\n  \n", "  \n", "~~~\n", id="a line of spaces"),
    pytest.param("~~~\na\nX\n", "X\n", "~~~\n", id="a line of a letter"),
    pytest.param("|a|\n|-|\n|1|\n|2|\n", "|2|\n", "|a|\n|-|\n", id="a table"),
    pytest.param("|a|\n|-|\n|1|\n", "", None, id="a table of one row"),
    pytest.param("|a|\n|-|\n", "", None, id="a table of no row"),
    pytest.param("|a|\n|-|", "", None, id="a table that begins"),
    pytest.param("- a\n- b\n- c\n  - d\n", "- c\n  - d\n", "", id="a list, before its last item"),
    pytest.param("1. a\n2. b", "2. b", "", id="a numbered list"),
    pytest.param("- a\n  - b\n  - c\n", "", None, id="a list of one item"),
    pytest.param("- a | b\n- c\n- d | e\n", "", None, id="an item that a table may begin with"),
    pytest.param("- a | b\n- c\n  | d\n", "- c\n  | d\n", "", id="pipes elsewhere"),
    pytest.param("> a\n> b\n", "", None, id="a quote"),
    pytest.param("    a\n    b\n", "", None, id="indented code"),
    pytest.param("# a b c\n", "", None, id="a heading"),
    pytest.param("$$\na b. c d\n", "", None, id="a formula"),
    pytest.param("\\[\na b. c d\n", "", None, id="a formula in brackets"),
    pytest.param("a $$ b. C d", "C d", "", id="a formula within words"),
    pytest.param("A. B. C d. E! F", "F", "", id="words, before the last sentence"),
    pytest.param("A b c d e? f g", "f g", "", id="a question"),
    pytest.param("你好。世界你好。世界", "世界", "", id="a Chinese sentence"),
    pytest.param("你好。世界你好\uff01世界", "世界", "", id="a Chinese call"),
    pytest.param("你好。世界你好\uff1f世界", "世界", "", id="a Chinese question"),
    pytest.param("A b c d.  \n e f", "e f", "", id="a sentence at a line's end"),
    pytest.param("A b c d\ne f", "e f", "", id="a line"),
    pytest.param("A b c d.1\n2 f", "f", "", id="no sentence before a digit"),
    pytest.param("A b c d\n_e f", "f", "", id="no line before a sign"),
    pytest.param("A. b c d e f", "f", "", id="a sentence that ended too early, so a word"),
    pytest.param("ab. d e f -1 _2", "f -1 _2", "", id="no word before a digit or a sign"),
    pytest.param("Ab cd. ef gh ij k", "k", "", id="a sentence that ended before the half"),
    pytest.param("a b c d. (e", "d. (e", "", id="no sentence before a sign"),
    pytest.param("a b c d. _e", "d. _e", "", id="no sentence before an underscore"),
    pytest.param("A b c d\n(e f", "f", "", id="no line before a bracket"),
    pytest.param("a b c d", "d", "", id="any letter"),
    pytest.param("ab cd 12", "", None, id="no word before a digit"),
    pytest.param("abcd(((", "", None, id="nothing before a sign"),
    pytest.param("ab12_", "", None, id="nothing before an underscore"),
    pytest.param("abcdef", "f", "", id="one word"),
    pytest.param("a" + "你好" * 3, "好", "", id="no spaces"),
    pytest.param("abc123", "", None, id="nothing before a letter"),
    pytest.param("=-+1 =-+1", "", None, id="signs"),
]


@pytest.mark.parametrize(("source", "rest", "prefix"), CASES)
def test_a_block_is_cut_late_where_its_rest_reads_alike(
    source: str, rest: str, prefix: str | None
) -> None:
    cut = find_cut(source, parse_blocks(source))
    assert cut == (None if prefix is None else Cut(len(source) - len(rest), prefix))


def test_a_line_begins_after_as_many_line_feeds() -> None:
    assert [offset_of("a\n\nbc\nd", line) for line in range(4)] == [0, 2, 3, 6]
