"""What axe-core finds wrong in a part of a page. Knows what blinds it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE = files("axe_playwright_python") / "axe.min.js"

_PREPARE = """() => { document.body.style.overflow = 'visible'; }"""
"""JupyterLab's body is of no height and clips: to axe, nothing in it is seen, and all is well."""

_ADD_CANARY = """selector => {
    const canary = document.createElement('p');
    canary.id = 'canary';
    canary.textContent = 'faint words';
    canary.style = 'color: #ccc; background: #fff';
    document.querySelector(selector).prepend(canary);
}"""

_RUN = """async selector => {
    const rules = axe.getRules(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
        .filter(rule => !rule.tags.includes('experimental'));
    const only = {type: 'rule', values: rules.map(rule => rule.ruleId)};
    const {violations} = await axe.run({include: [[selector]]}, {runOnly: only});
    const say = (id, {html}) => `${id}: ${html.slice(0, 200)}`;
    return violations.flatMap(({id, nodes}) => nodes.map(node => say(id, node)));
}"""


def violations(page: Page, selector: str) -> list[str]:
    """Return what axe-core finds below the first element of `selector`, all of it."""
    page.add_script_tag(content=_AXE.read_text(encoding="utf-8"))
    page.evaluate(_PREPARE)
    page.evaluate(_ADD_CANARY, selector)
    found = page.evaluate(_RUN, selector)
    page.evaluate("() => document.querySelector('#canary').remove()")
    assert isinstance(found, list)
    canary = [each for each in found if each.startswith('color-contrast: <p id="canary"')]
    assert canary, "axe sees nothing here"
    return [each for each in found if each not in canary]
