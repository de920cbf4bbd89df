"""What a hostile answer tries, and how a page is tried in return: all of it touched and clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from jupyter_page import NotebookPage
    from playwright.sync_api import Locator

ATTACK = "window.__attacked=1"
FAR = "http://far.example/x.png"

ATTACKS = [
    f"<script>{ATTACK}</script>",
    f'<img src="{FAR}" onerror="{ATTACK}">',
    f'<svg onload="{ATTACK}"><script>{ATTACK}</script><image href="{FAR}"/></svg>',
    f'<iframe src="{FAR}" srcdoc="<script>parent.{ATTACK}</script>"></iframe>',
    f'<style>@import "{FAR}"; body {{ background: url({FAR}) }}</style>',
    f'<details open ontoggle="{ATTACK}"><summary>more</summary></details>',
    f'<form action="{FAR}"><input autofocus onfocus="{ATTACK}"><button>Go</button></form>',
    f'<object data="{FAR}"></object><embed src="{FAR}"><video src="{FAR}" poster="{FAR}"></video>',
    f'<link rel="stylesheet" href="{FAR}"><meta http-equiv="refresh" content="0;url={FAR}">',
    f"[run](javascript:{ATTACK})",
    f"[run](java\tscript:{ATTACK}) [run](&#106;avascript:{ATTACK}) <javascript:{ATTACK}>",
    f"[open](data:text/html,<script>opener.{ATTACK}</script>) [here](/api/shutdown)",
    f'[title](http://far.example/ "x\\" onmouseover=\\"{ATTACK}")',
    f"![picture]({FAR}) ![again][far]\n\n[far]: {FAR}",
    f"[![picture]({FAR})](javascript:{ATTACK})",
    f'```"><img src={FAR} onerror="{ATTACK}">\ncode\n```',
    f'```python\n"</pre><img src={FAR} onerror={ATTACK}>"\n```',
    f"$\\href{{javascript:{ATTACK}}}{{x}}$ \\(\\style{{background:url({FAR})}}{{y}}\\)",
    f"$$\\unicode[{FAR}]{{65}} \\require{{html}} \\cssId{{a}}{{\\href{{{FAR}}}{{z}}}}$$",
    f"| <img src={FAR} onerror={ATTACK}> |\n| --- |\n| <script>{ATTACK}</script> |",
    f"<think><img src={FAR} onerror={ATTACK}></think>",
    "The end.",
]
HOSTILE = f"<think><img src={FAR} onerror={ATTACK}></think>" + "\n\n".join(ATTACKS)

EVENTS = """output => {
    const keep = event => {
        const link = event.target.closest?.('a');
        if (link && /^(https?|mailto):$/.test(link.protocol)) event.preventDefault();
    };
    window.addEventListener('click', keep, true);
    for (const each of output.querySelectorAll('*')) {
        for (const kind of ['mouseover', 'focus', 'toggle', 'load', 'error'])
            each.dispatchEvent(new Event(kind, {bubbles: false}));
        each.click?.();
    }
    window.removeEventListener('click', keep, true);
}"""


def assert_nothing_happens(notebook: NotebookPage, shown: Locator) -> None:
    """Touch and click all that the answer made, but let links on the web lead nowhere."""
    expect(shown).to_contain_text("The end.")
    address = notebook.page.url
    for body in shown.all():
        body.evaluate(EVENTS)
    notebook.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert notebook.page.evaluate("() => window.__attacked") is None
    assert notebook.page.url == address
    assert notebook.popups == []
    assert notebook.foreign_requests == []
