from __future__ import annotations

import pytest
from allowed_html import text_of, typeset_in

from secondme_magics.markdown.render import (
    LONGEST_CODE,
    LONGEST_PROSE,
    MOST_GROWTH,
    WIDEST_TABLE,
    parse_blocks,
    render_blocks,
)
from secondme_magics.markdown.room import plain
from secondme_magics.markdown.safety import with_math_as_written

REL = 'rel="noopener noreferrer nofollow"'


def render(text: str) -> str:
    return render_blocks(text, parse_blocks(text))


def as_text(source: str, why: str) -> str:
    return (
        f'<pre class="secondme-text"><span></span>{source}</pre>\n'
        f'<p class="secondme-note">Shown as plain text: {why}.</p>\n'
    )


def test_plain_text_stays_as_it_is_with_its_note_below() -> None:
    shown = '<pre class="secondme-text"><span></span>a "b"\n&lt;c&gt; &amp;</pre>\n'
    assert plain('a "b"\n<c> &') == shown
    assert plain('a "b"\n<c> &', "<n>") == f'{shown}<p class="secondme-note">&lt;n&gt;</p>\n'


LISTS = "> " + "- " * 9


@pytest.mark.parametrize(
    ("deepest", "too_deep"),
    [
        ("> " * 19 + "a", "> " * 20 + "a"),
        ("- " * 9 + "a", "- " * 10 + "a"),
        (LISTS + "a", LISTS + "- a"),
        (LISTS + "a", LISTS + "1. a"),
    ],
    ids=["quotes", "items", "bullets", "numbers"],
)
def test_a_block_is_as_deep_as_the_bound_and_no_deeper(deepest: str, too_deep: str) -> None:
    assert "secondme-text" not in render(deepest)
    assert text_of(render(deepest)).strip() == "a"
    assert render(too_deep) == as_text(too_deep.replace(">", "&gt;"), "it is nested too deeply")


def test_what_is_plain_keeps_its_lines_and_its_neighbours() -> None:
    deep = "> " * 20 + "a\nb"
    shown = as_text(deep.replace(">", "&gt;"), "it is nested too deeply")
    text = f"first\n\n{deep}\n\n---\n{deep}\n\n{deep}\n\nnext\n\nlast\n"
    ends = "<p>next</p>\n<p>last</p>\n"
    assert render(text) == f"<p>first</p>\n{shown}<hr>\n{shown}{shown}{ends}"


def test_a_paragraph_is_as_long_as_the_bound_and_no_longer() -> None:
    longest = "a" * LONGEST_PROSE
    assert render(longest) == f"<p>{longest}</p>\n"
    for longer in (longest + "a", "a" * (LONGEST_CODE + 1), "$" * (LONGEST_PROSE + 1)):
        assert render(longer) == as_text(longer, "a paragraph of it is too long")


@pytest.mark.parametrize("kind", ["```\n{}\n```", "    {}"])
def test_code_is_as_long_as_the_bound_and_no_longer(kind: str) -> None:
    longest = "a" * (LONGEST_CODE - 1)
    assert render(kind.format(longest)).startswith('<div class="highlight">')
    code = kind.format(longest + "a")
    assert render(code) == as_text(code, "its code is too long")


def test_a_block_becomes_so_much_html_and_no_more() -> None:
    """Each dollar is an element of its own, so that no host takes two of them for math."""
    most = (1_000 - len("<p></p>\n")) // (len("<span>$</span>") - MOST_GROWTH)
    assert render("$" * most) == f"<p>{'<span>$</span>' * most}</p>\n"
    more = "$" * (most + 1)
    assert render(more) == as_text(more, "its markup is out of proportion")


def test_a_table_is_as_wide_as_the_bound_and_no_wider() -> None:
    def table(columns: int) -> str:
        return render("|a" * columns + "\n" + "|-" * columns)

    assert table(WIDEST_TABLE).count("<th>") == WIDEST_TABLE
    for wider in (1, 2, WIDEST_TABLE):
        assert table(WIDEST_TABLE + wider).startswith("<p>|a|a")


@pytest.mark.parametrize(("row", "is_row"), [("|1||", True), ("|1|", False), ("1234", True)])
def test_a_row_has_two_characters_a_cell_or_ends_the_table(row: str, is_row: bool) -> None:
    html = render(f"|a|b|c|\n|-|-|-|\n{row}")
    assert html.count("<tr>") == 1 + is_row
    assert (f"<p>{row}</p>" in html) is not is_row


def test_no_row_is_sparse_but_in_a_table() -> None:
    assert render("> a\n||||||") == "<blockquote>\n<p>a\n||||||</p>\n</blockquote>\n"
    assert render("a|b") == "<p>a|b</p>\n"


def test_the_first_word_of_a_fence_names_its_language() -> None:
    coloured = (
        '<div class="highlight"><pre><span></span><span class="k">if</span> x\n</pre></div>\n'
    )
    assert render("``` python twice\nif x\n```") == coloured


@pytest.mark.parametrize(
    ("item", "box"),
    [("[ ] a", "\u2610"), ("[x] a", "\u2611"), ("[X] a", "\u2611"), ("[x] \t a", "\u2611")],
)
def test_an_item_that_begins_with_brackets_of_a_task_shows_a_box(item: str, box: str) -> None:
    shown = f'<span class="secondme-task">{box}</span> a'
    assert render(f"- {item}") == f"<ul>\n<li>{shown}</li>\n</ul>\n"


@pytest.mark.parametrize("item", ["[y] a", "[] a", "[xX] a", "[x]a", "[x]", "(x) a", "a [x] b"])
def test_an_item_that_begins_otherwise_shows_what_it_says(item: str) -> None:
    assert render(f"- {item}") == f"<ul>\n<li>{item}</li>\n</ul>\n"
    assert render("[x] a") == "<p>[x] a</p>\n"


@pytest.mark.parametrize("text", ["> [x] a", "- # [x] a", "- a\n\n  [x] a"])
def test_what_is_not_the_first_paragraph_of_an_item_says_what_it_says(text: str) -> None:
    assert text_of(render(text)).split()[-2:] == ["[x]", "a"]


def link(words: str, host: str = "evil.example", shown: str = "") -> str:
    return f'<p><a href="https://{host}" {REL}>{words}{shown}</a></p>\n'


@pytest.mark.parametrize(
    "words",
    [
        "bank.example",
        "BANK.example",
        "my-bank.example",
        "b4nk_1.example",
        "a.b.bank.example",
        "bank.io",
        "bank.xn--p1ai",
        "www.bank.example",
        "http://bank.example",
        "https://bank.example",
        "https://bank.example/evil.example",
        "bank.example/",
        "Xevil.example",
        "bank.example:443",
        "bank.example?evil.example",
        "bank.example#evil.example",
        "evil.example@bank.example",
        "@bank.example",
        "a@b@bank.example",
        "https://evil.example:x@bank.example/",
        "银行.example",
        "\uff42ank\uff0eexample",
        "bank\u3002example",
        "bank\uff61example",
        "bank\u200b.exam\xadple",
        *(f"{sign}bank.example{sign}" for sign in " .,;:!()'\""),
        "(bank.example).",
        "see bank.example",
        "bank.example is here",
        "bank.example/ here",
        "me and you @bank.example",
        "ftp://bank.example",
        "https:/bank.example",
        "https://https://bank.example",
        "http//bank.example",
        "x/y@bank.example",
        "evil.example, bank.example",
        "192.168.0.1",
        "bank\ufe0f.example",
        "bank.\u034fexample",
        "bank.ex\u0323ampl\u0323e",
        *(f"bank{dot}example" for dot in "\u0701\u0702\ua4f8\ua60e"),
        "bank.example_",
        "bank.example1",
        "localhost",
        "LOCALHOST:8888",
        "jupyter.localhost/lab",
        "http://localhost:8888/lab",
        "https://intranet",
        "http://[2001:db8::1]/",
        "http://[2001:DB8::1%25eth0]:80/",
        "https://bank/evil.example",
        "https://10.0.0.1a/",
        "https://x.1/",
        "https://evil.example.1/",
        "https://evil.example/\nbank.example",
        "a" * 64 + "\nbank.example",
        "bank.\u200b\nexample",
        "bank.\n\u200bexample",
        "bank\u200b\n.example/login",
        "\uff42\uff41\uff4e\uff4b\uff0e\n\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45",
        "\u94f6\u884c\u3002\n\u4e2d\u56fd",
    ],
)
def test_a_link_that_claims_another_host_names_its_own(words: str) -> None:
    assert render(f"[{words}](https://evil.example)") == link(words, shown=" (evil.example)")


def test_brackets_around_the_claim_do_not_hide_it() -> None:
    assert render(r"[\[bank.example\]](https://evil.example)").count("(evil.example)") == 1


@pytest.mark.parametrize(
    "words",
    [
        "evil.example",
        "EVIL.Example",
        "www.evil.example",
        "https://evil.example/x",
        "evil\u3002example",
        "here",
        "main.c",
        "e.g.",
        "bank-example",
        "bank..example",
        "https://evil.example/bank.example",
        "192.168.0",
        "see\nevil.example\nhere",
        "bank.\nexample",
        "\u94f6.\nexample",
        "evil.\u200b\nexample",
        "see\tevil.example",
    ],
)
def test_a_link_that_claims_no_other_host_says_what_it_says(words: str) -> None:
    assert render(f"[{words}](https://evil.example)") == link(words)
    assert render(f"[{words}](https://www.evil.example)") == link(words, "www.evil.example")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![ ](https://evil.example)", link(" (image at evil.example)")),
        ("![bank.example](https://evil.example)", link("bank.example (image at evil.example)")),
        ("a ![b](x) c", "<p>a ![b](x) c</p>\n"),
        ("a![b](https://evil.example)c", f"<p>a{link('b (image at evil.example)')[3:-5]}c</p>\n"),
        ("[ ](https://evil.example)", link(" evil.example")),
        (
            "[a ![b](https://c.example) d](https://evil.example)",
            link("a b (image at c.example) d", shown=" (evil.example)"),
        ),
        (
            "[a](https://evil.example) [b.example](https://evil.example)",
            link("a")[:-5] + " " + link("b.example", shown=" (evil.example)")[3:],
        ),
        (
            "[`bank.example`](https://evil.example)",
            link("<code>bank.example</code>", shown=" (evil.example)"),
        ),
        (
            "[ba**n**k.example](https://evil.example)",
            link("ba<strong>n</strong>k.example", shown=" (evil.example)"),
        ),
        ("bank.example [a](https://evil.example)", f"<p>bank.example {link('a')[3:]}"),
        (
            "[https://evil.example/\\\nbank.example](https://evil.example)",
            link("https://evil.example/<br>\nbank.example", shown=" (evil.example)"),
        ),
        ("[see\\\nevil.example](https://evil.example)", link("see<br>\nevil.example")),
    ],
)
def test_images_and_links_beside_and_in_links_are_told_apart(text: str, html: str) -> None:
    assert render(text) == html


def test_math_as_written_is_read_as_tex_and_found_by_no_host() -> None:
    html = render(r"Costs $5, so $x<y$ \[\text{$z$}\] `$a$`")
    written = with_math_as_written(html)
    assert (len(typeset_in(html)), typeset_in(written)) == (2, [])
    assert text_of(written) == text_of(html)
    assert written.count('<span class="secondme-math') == 2
