from __future__ import annotations

from allowed_html import faults_of, text_of, typeset_in

from secondme_magics.markdown.code import STYLE
from secondme_magics.notebook.tables import Table

HOSTILE = "<script>x</script><img src=x onerror=y>$x$ \\(y\\)\x1b[31m\u202e"


def test_columns_are_aligned_also_in_chinese() -> None:
    table = Table(("name", "id"), [("数学", "a"), ("x", "b")], ["Two."])
    assert table.render_plain() == "name  id\n数学  a\nx     b\n\nTwo."


def test_columns_are_aligned_also_with_accents_and_joiners() -> None:
    table = Table(("name", "id"), [("cafe\u0301", "a"), ("x", "b"), ("a\u200db", "c")])
    lines = table.render_plain().splitlines()
    assert lines[1:4] == ["cafe\u0301  a", "x     b", "a\u200db    c"]


def test_a_line_that_is_too_long_for_the_screen_is_cut_at_its_end() -> None:
    table = Table(("id", "description"), [("a", "words 数学 and more words")])
    assert table.render_plain(13).splitlines()[1] == "a   words 数…"


def test_without_rows_only_the_notes_are_shown() -> None:
    table = Table(("name", "id"), [], ["Nobody."])
    assert table.render_plain() == "Nobody."
    assert "<table>" not in table.render_html()
    assert "Nobody." in table.render_html()


def test_what_stands_in_a_table_is_text_and_no_markup() -> None:
    table = Table(("name",), [(HOSTILE,)], [HOSTILE])
    html = table.render_html().removeprefix(STYLE)
    assert "<script>x</script>" in text_of(html)
    assert faults_of(html.removeprefix('<div class="secondme">').removesuffix("</div>")) == []
    assert typeset_in(html) == []
    assert "\x1b" not in html + table.render_plain()
    assert "\u202e" not in html + table.render_plain()
