from __future__ import annotations

import pytest
from allowed_html import faults_of, text_of

from secondme_magics.markdown import code as code_room
from secondme_magics.markdown.code import (
    CSS,
    LONGEST_CHUNK,
    LONGEST_CODE,
    LONGEST_LINE,
    STYLE,
    render_code,
)
from secondme_magics.markdown.safety import sanitize

PYTHON = 'def f(x):  # why <not>\n    return "a" + x & 1\n'


@pytest.mark.parametrize("language", ["python", "py", "PYTHON", "ipython", "ipython3"])
def test_code_is_coloured_by_the_classes_of_jupyter(language: str) -> None:
    html = render_code(PYTHON, language)
    assert html.startswith('<div class="highlight"><pre><span></span>')
    assert '<span class="k">def</span>' in html
    assert '<span class="c1"># why &lt;not&gt;</span>' in html
    assert "style=" not in html
    assert text_of(html) == PYTHON + "\n"


BEGIN, END = '<div class="highlight"><pre><span></span>', "</pre></div>\n"


@pytest.mark.parametrize(
    ("code", "language", "html"),
    [
        ("\"'<&", None, "\"'&lt;&amp;"),
        ("", "python", ""),
        ("if x", "py", '<span class="k">if</span> x'),
        ("\n\nif", "py", '\n\n<span class="k">if</span>'),
        ("'<' 1", "py", '<span class="s1">\'&lt;\'</span> <span class="mi">1</span>'),
        ("[{", "json", "[{"),
        ("// a", "jsonc", '<span class="c1">// a</span>'),
        ("'a b'.", "prolog", "<span class=\"s\">'a b'</span>."),
    ],
)
def test_a_span_has_the_class_of_the_nearest_kind_that_has_a_colour(
    code: str, language: str | None, html: str
) -> None:
    assert render_code(code, language) == f"{BEGIN}{html}{END}"


LINE = "if a:\n"


@pytest.mark.parametrize(
    ("code", "begin"),
    [
        pytest.param('"""\n' + LINE * 332 + "if a", 2_000, id="not of one chunk"),
        pytest.param('"""\n' + LINE * 332 + "if a:", 1_996, id="of a character more"),
        pytest.param('"""\n' + LINE * 400, 1_996, id="before a line"),
        pytest.param('"""\n' + (LINE * 10 + "\n") * 50, 4 + 61 * 32, id="before a paragraph"),
        pytest.param('"""\n' + LINE * 9 + "\n" + LINE * 400, 4 + 55, id="the one that is there"),
        pytest.param('"""\n' + (LINE * 9 + "\n ") * 50, 4 + 35 * 56 + 36, id="at the margin"),
    ],
)
def test_code_beyond_a_chunk_is_read_anew_from_a_line_or_a_paragraph(code: str, begin: int) -> None:
    assert LONGEST_CHUNK == 2_000
    rest = '<span class="k">' if begin < len(code) else END
    assert render_code(code, "python").startswith(
        f'{BEGIN}<span class="s2">{code[:begin]}</span>{rest}'
    )


@pytest.mark.parametrize(
    ("code", "coloured"),
    [
        (LINE * 333 + '"""\n' + LINE * 400, 333 + 400 - 332),
        (LINE * 333 + '"""\n' + LINE * 10 + "\n" + LINE * 200, 333),
    ],
)
def test_each_chunk_of_code_has_its_length(code: str, coloured: int) -> None:
    assert render_code(code, "python").count('<span class="k">') == coloured


@pytest.mark.parametrize("language", [None, "", "pyt", "no-such-language", '"><script>', "\u202e"])
def test_an_unknown_language_is_plain(language: str | None) -> None:
    html = render_code(PYTHON, language)
    assert "class=" not in html.removeprefix('<div class="highlight">')
    assert text_of(html) == PYTHON + "\n"


@pytest.mark.parametrize(
    ("code", "is_coloured"),
    [
        ("if 1:\n" * (LONGEST_CODE // 6) + "if a", True),
        ("if 1:\n\n" * 2_000, True),
        ("if 1:\n" + "a b\n" * 80, False),
        ("if 1:" + "\n \t @$" * 50, False),
        ("if 1:" + "é" * 299, True),
        ("if 1:" + "é" * 300, False),
        ("if 1:\n" + " \n" * 200, False),
        ("if 1:\n" * (LONGEST_CODE // 6) + "if a:", False),
        ("if " + "1+" * (LONGEST_LINE // 2 - 2) + "1", True),
        ("if " + "1+" * (LONGEST_LINE // 2 - 1), False),
    ],
)
def test_huge_or_endless_code_goes_without_colours(code: str, *, is_coloured: bool) -> None:
    assert ('<span class="k">' in render_code(code, "python")) is is_coloured
    assert text_of(render_code(code, "python")) == code + "\n"


@pytest.mark.parametrize("language", ["python", "js", "bash", "c", "html", "json", "sql", "tex"])
@pytest.mark.parametrize("code", ["", "\n\n  x\n\n", "\x1b[0m\r\n", "<b>&amp;'\"", "x = [1, -2.5]"])
def test_no_character_of_code_is_lost_or_added(code: str, language: str) -> None:
    html = render_code(code, language)
    assert text_of(html) == text_of(render_code(code, None))
    assert faults_of(html) == []
    assert text_of(sanitize(html)) == text_of(html)


@pytest.mark.parametrize("code", ['\ufeffif "x"', '\ufeff\U0001d4aa = "x"'])
def test_a_lexer_that_changes_the_text_is_not_believed(code: str) -> None:
    assert render_code(code, "python") == f"{BEGIN}{code}{END}"


def test_the_style_sheet_touches_nothing_but_an_answer() -> None:
    selectors = [rule.split("{")[0].strip() for rule in CSS.split("}")[:-1]]
    under = (".secondme", ".jp-RenderedHTMLCommon .secondme", ".jp-RenderedHTMLCommon > .secondme")
    assert all(selector.startswith(under) for selector in selectors)
    assert STYLE.startswith("<style>.secondme {")
    assert STYLE.endswith("; }</style>")
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_comments_do_not_take_the_hosts_colour() -> None:
    assert "comment-color" not in CSS
    assert code_room.CSS.count("{") == code_room.CSS.count("}")


def test_each_language_that_is_coloured_is_one_of_pygments_own() -> None:
    names = code_room._lexer_names()  # noqa: SLF001 - the table is nobody else's
    tame = code_room._TAME.split()  # noqa: SLF001 - the same
    assert [name for name in tame if names.get(name, name) != name] == []
    assert len(names.keys() & set(tame)) > 80


@pytest.mark.parametrize("language", ["make", "terraform", "gherkin"])
def test_a_language_that_hostile_code_makes_slow_is_plain(language: str) -> None:
    assert "class" not in render_code("a: b", language).removeprefix('<div class="highlight">')
