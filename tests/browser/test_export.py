"""A page that was exported, of hostile words alone, in a real browser and without a server.

Prompts, thoughts and answers are the corpus of attacks: no script runs, nothing is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attacks import ATTACKS, as_one_answer
from page_attacks import ATTACK, EVENTS, HOSTILE
from playwright.sync_api import expect

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Reply
from secondme_magics.conversation.turns import Turn
from secondme_magics.showing.exporting import to_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ADDRESS = "https://export.example/talk.html"

WATCH = f"""for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'msgbox'])
    window[name] = () => {{ {ATTACK}; }};"""

FORBIDDEN = """() => {
    const elements = 'script, style, img, image, svg, math, iframe, object, embed, form, input,'
        + 'button, base, meta, link, video, audio, dialog, [id], [name], [onclick], [onerror],'
        + '[onload], [ping], [data-commandlinker-command], [contenteditable], [popover], [style]';
    const links = [...document.body.querySelectorAll('a[href]')];
    const bad = links.filter(link => !(
        /^(https?|mailto):$/.test(link.protocol) && !link.username && !link.password
        && link.host !== location.host && /noopener/.test(link.rel)));
    return [...document.body.querySelectorAll(elements), ...bad]
        .map(each => each.outerHTML.slice(0, 200)).concat(links.length > 20 ? [] : ['no links']);
}"""


def talk() -> Conversation:
    words = [*ATTACKS.values(), as_one_answer(), HOSTILE, "The end."]
    replies = [Reply(each, each, "interrupted", each) for each in words]
    turns = [Turn(n, each.text or "Hi", each) for n, each in enumerate(replies, start=1)]
    return Conversation(HOSTILE, as_one_answer(), turns)


def opened(browser: Browser, html: str, asked: list[str]) -> Page:
    page = browser.new_context().new_page()
    page.context.on("request", lambda request: asked.append(request.url))
    page.route(ADDRESS, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.add_init_script(WATCH)
    page.goto(ADDRESS)
    return page


def test_no_attack_of_the_corpus_does_anything_in_a_page_that_is_exported(
    browser: Browser,
) -> None:
    asked: list[str] = []
    page = opened(browser, to_page(talk()), asked)
    expect(page.locator("body")).to_contain_text("The end.")
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    assert page.evaluate(FORBIDDEN) == []
    page.locator("body").evaluate(EVENTS)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("() => window.__attacked") is None
    assert asked == [ADDRESS]
    assert page.url == ADDRESS
    assert len(page.context.pages) == 1
    page.context.close()


def test_an_attack_in_such_a_page_that_succeeds_would_be_seen(browser: Browser) -> None:
    asked: list[str] = []
    page = opened(browser, "<img src=/x onerror=alert(1)>The end.", asked)
    page.wait_for_function("() => window.__attacked === 1")
    assert asked == [ADDRESS, "https://export.example/x"]
    assert page.evaluate(FORBIDDEN)[0].startswith("<img")
    page.context.close()
