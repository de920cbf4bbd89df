"""The whole corpus of hostile answers in a panel's page, rendered as the kernel renders them.

No script runs, no request leaves, no link leads where it may not, nothing outside changes, and
nothing of an answer is shown beyond its own message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attacks import ATTACKS
from page_attacks import EVENTS
from panel_page import ADDRESS, PanelPage, streaming, turn_of
from playwright.sync_api import expect

from secondme_magics.markdown.safety import clean_text
from secondme_magics.panel.growth import Growth

if TYPE_CHECKING:
    from playwright.sync_api import Page

WATCH = """() => {
    window.ran = [];
    for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'msgbox'])
        window[name] = () => { window.ran.push(name); };
}"""

AROUND = """() => {
    const body = document.body.cloneNode(true);
    body.querySelector('.secondme-panel').remove();
    return [document.title, document.baseURI, document.cookie, document.head.innerHTML,
        body.outerHTML, Object.keys(window).sort().join()];
}"""

LINKS = """() => [...document.querySelectorAll('.smp-turn :is(a, area)[href]')].map(link => ({
    names: link.getAttributeNames().sort(), href: link.getAttribute('href'),
    protocol: link.protocol, username: link.username,
    host: link.host, rel: link.rel, target: link.target}))"""

BEYOND = """() => {
    const found = [];
    const messages = [...document.querySelectorAll('.smp-said, .smp-body, .smp-thought-body')];
    for (const message of messages.filter(each => each.getClientRects().length)) {
        const own = message.getBoundingClientRect();
        for (const each of message.querySelectorAll('*')) {
            const {position} = getComputedStyle(each);
            const isOurs = each.closest('.smp-copy-code, .highlight');
            if (!['static', 'relative'].includes(position) && !isOurs)
                found.push(`${position}: ${each.outerHTML.slice(0, 200)}`);
            const scrolls = each.closest('pre, .secondme-table, .secondme-display');
            if (scrolls && scrolls !== each) continue;
            for (const box of each.getClientRects()) {
                const isIn = box.left >= own.left - 1 && box.right <= own.right + 1
                    && box.top >= own.top - 4 && box.bottom <= own.bottom + 4;
                if (box.width && !isIn) found.push(`beyond: ${each.outerHTML.slice(0, 200)}`);
            }
        }
    }
    return found;
}"""

FOREIGN = """() => [...new Set([...document.querySelectorAll('.smp-turn *')]
    .map(each => each.localName))].sort()"""

ELEMENTS = {
    *("a", "article", "b", "blockquote", "br", "button", "code", "details", "div", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "path", "pre", "s"),
    *("span", "strong", "summary", "svg", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}


def growing(key: str, attack: str) -> dict[str, object]:
    """Return a turn whose answer has not ended, after some of it was final."""
    growth = Growth()
    growth.feed(attack, attack)
    fields: dict[str, Any] = {"blocks": list(growth.blocks), "tail": growth.tail}
    return streaming(key, prompt=clean_text(attack), thought=growth.thought(), **fields)


def ended(key: str, attack: str) -> dict[str, object]:
    """Return the same turn once it has ended, with an attack wherever words of others stand."""
    text = clean_text(attack)
    thought = growing(key, attack)["thought"]
    said: dict[str, Any] = {"notes": [text], "footer": text, "error": {"what": text, "hint": text}}
    return turn_of(key, text, prompt=text, thought=thought, state="interrupted", **said)


@pytest.mark.usefixtures("own_pages")
@pytest.mark.parametrize("turn", [growing, ended], ids=["growing", "ended"])
def test_no_attack_of_the_corpus_does_anything(panel: PanelPage, turn: Any) -> None:  # noqa: ANN401 - either of two
    page = panel.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"({WATCH})()")
    panel.open()
    panel.tell("snapshot", state=panel.state())
    expect(page.locator("body.smp-live")).to_have_count(1)  # the panel has heard its kernel
    before = page.evaluate(AROUND)
    turns = [turn(str(number), attack) for number, attack in enumerate(ATTACKS.values())]
    panel.tell("snapshot", state=panel.state(turns=[*turns, turn_of("end", "The end.")]))
    expect(page.locator(".smp-body").last).to_have_text("The end.")
    expect(page.locator(".smp-turn")).to_have_count(len(ATTACKS) + 1)
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    assert page.evaluate(BEYOND) == []
    assert set(page.evaluate(FOREIGN)) <= ELEMENTS
    assert_links_are_harmless(page)
    for name in (".smp-said", ".smp-body", ".smp-thought-body", ".smp-notes", ".smp-card p"):
        page.locator(name).evaluate_all(f"all => all.forEach({EVENTS})")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("() => window.ran") == []
    assert page.evaluate(AROUND) == before
    assert set(asked) == {ADDRESS, f"{ADDRESS}panel.js"}
    assert page.url == ADDRESS
    assert page.context.pages == [page]


def assert_links_are_harmless(page: Page) -> None:
    links = page.evaluate(LINKS)
    assert len(links) > len(ATTACKS) / 20
    for link in links:
        assert link["names"] == ["data-lm-suppress-shortcuts", "href", "rel", "target"], link
        assert link["protocol"] in {"http:", "https:", "mailto:"}, link
        assert link["href"].startswith(("http://", "https://", "mailto:")), link
        assert link["username"] == "", link
        assert link["protocol"] == "mailto:" or link["host"] not in {"", "panel.example"}, link
        assert set(link["rel"].split()) == {"noopener", "noreferrer", "nofollow"}, link
        assert link["target"] == "_blank", link
