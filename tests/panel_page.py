"""The page's half of the panel in a browser, without Jupyter: a model of ours is the kernel.

It keeps what the page sends, and says what a test lets it say. Two views can show one model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from secondme_magics.markdown.blocks import render_markdown
from secondme_magics.panel.front import read_module, read_style

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

ADDRESS = "https://panel.example/"

_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>A panel</title>
<style>{style}</style><body style="margin: 12px"><main></main></body></html>"""

_START = """async state => {
    const {default: define} = await import('/panel.js');
    const listeners = new Map();
    const signal = () => {
        const slots = new Set();
        return {
            connect: slot => slots.add(slot),
            disconnect: slot => slots.delete(slot),
            emit: told => slots.forEach(slot => slot(null, told)),
        };
    };
    const sessionContext = {
        statusChanged: signal(), kernelChanged: signal(), connectionStatusChanged: signal(),
    };
    const model = window.model = {
        sent: [], isDead: false, typeset: [],
        get: name => name === 'snapshot' ? state : undefined,
        on: (name, listener) => listeners.set(name, [...listeners.get(name) ?? [], listener]),
        off: () => {},
        send: message => {
            if (model.isDead) throw new Error('Cannot send');
            model.sent.push(structuredClone(message));
        },
        tell: (name, message) => (listeners.get(name) ?? []).forEach(each => each(message)),
        widget_manager: {
            context: {sessionContext},
            _rendermime: {latexTypesetter: {
                typeset: async node => { model.typeset.push(node.textContent); }}},
        },
    };
    const widget = window.widget = define();
    await widget.initialize({model});
    window.addView();
}"""

_ADD_VIEW = """() => { window.addView = () => {
    const el = document.createElement('div');
    document.querySelector('main').append(el);
    window.views = [...window.views ?? [], window.widget.render({model: window.model, el})];
}; }"""


class PanelPage:
    """A page with one panel.

    Args:
        page: A fresh page, with nothing open.
        theme: The style sheet of a host.
        language: What the page says that it is written in.
    """

    def __init__(self, page: Page, theme: str = "", language: str = "en") -> None:
        self.page = page
        self.seq = 0
        self._theme = theme
        self._language = language
        page.set_default_timeout(60_000)
        page.route(f"{ADDRESS}**", self._serve)

    def open(self, *, turns: list[dict[str, object]] | None = None, **head: object) -> PanelPage:
        """Open a panel that shows `head` and `turns`."""
        self.page.goto(ADDRESS)
        self.page.evaluate(_ADD_VIEW)
        self.page.evaluate(_START, self.state(turns=turns, **head))
        return self

    def add_view(self) -> None:
        """Show the model once more."""
        self.page.evaluate("() => window.addView()")

    def close_view(self) -> None:
        """Close the view that was opened first."""
        self.page.evaluate("() => window.views.shift()()")

    def state(self, *, turns: list[dict[str, object]] | None = None, **head: object) -> Any:  # noqa: ANN401 - JSON
        """Return all that a panel knows."""
        return {"seq": self.seq, "head": head_of(**head), "turns": turns or []}

    def tell(self, kind: str, **fields: object) -> None:
        """Let the kernel say something."""
        self.seq += 1
        self.tell_as(self.seq, kind, **fields)

    def tell_as(self, seq: int, kind: str, **fields: object) -> None:
        """Let the kernel say something with a number of the test's own."""
        message = {"kind": kind, "seq": seq, **fields}
        self.page.evaluate("message => window.model.tell('msg:custom', message)", message)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")

    def tell_of_kernel(self, signal: str, told: object) -> None:
        """Let the host say something of its kernel."""
        self.page.evaluate(
            "([name, told]) => window.model.widget_manager.context.sessionContext[name].emit(told)",
            [signal, told],
        )

    def head(self, **fields: object) -> None:
        """Let the kernel tell of the header."""
        self.tell("head", head=head_of(**fields))

    def grow(self, *markdown: str, tail: str = "", key: str = "1", kept: int = 0) -> None:
        """Let an answer grow by finished blocks, and replace its tail from `kept` on."""
        blocks = [render_markdown(each) for each in markdown]
        cuts = [len(block.encode("utf-16-le")) // 2 for block in blocks]
        html = "".join([*blocks, tail])
        self.tell("grow", turn=key, keep=kept, html=html, keep_end=0, cuts=cuts)

    def sent(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what the page has sent, of one kind or all but `ready`."""
        messages = self.page.evaluate("() => window.model.sent")
        assert isinstance(messages, list)
        return [each for each in messages if (kind or each["kind"]) == each["kind"] != "ready"]

    @property
    def readies(self) -> int:
        """How often the page has asked for all there is."""
        count = self.page.evaluate(
            "() => window.model.sent.filter(each => each.kind === 'ready').length"
        )
        assert isinstance(count, int)
        return count

    @property
    def box(self) -> Locator:
        """The box where a prompt is written, in the first view."""
        return self.page.locator(".smp-composer .smp-box").first

    @property
    def log(self) -> Locator:
        """The conversation, in the first view."""
        return self.page.get_by_role("log").first

    def button(self, name: str) -> Locator:
        """Return a button by its name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def menu(self, name: str) -> Locator:
        """Return the button of a menu, which may say what is chosen after its name."""
        return self.page.get_by_role("button", name=re.compile(f"^{name}"))

    def _serve(self, route: Route) -> None:
        if route.request.url.endswith("/panel.js"):
            route.fulfill(content_type="text/javascript", body=read_module())
        elif route.request.url == ADDRESS:
            style = f"{self._theme}\n{read_style()}"
            route.fulfill(
                content_type="text/html", body=_PAGE.format(style=style, language=self._language)
            )
        else:
            route.fulfill(status=404)


def head_of(**fields: object) -> dict[str, object]:
    """Return a header; `fields` say what is not as usual."""
    ada = {"name": "Ada", "origin": "http://localhost:8002", "is_demo": False, "is_second_me": True}
    instance = fields.pop("instance", {})
    assert isinstance(instance, dict)
    return {
        "instance": {**ada, **instance},
        "status": "idle",
        "can_interrupt": True,
        "conversation": "main",
        "conversations": ["main"],
        "roles": None,
        "role": None,
        "settings": {"temperature": None, "l0": None, "l1": None, "max_tokens": None},
        "suggestions": [],
        "waiting": None,
        "can_undo": False,
        "can_bring_back": False,
        "version": "0.1",
        **fields,
    }


def turn_of(key: str = "1", text: str = "", **fields: object) -> dict[str, object]:
    """Return a turn whose answer is `text`; `fields` say what is not as usual."""
    return {
        "key": key,
        "prompt": f"Question {key}",
        "prompt_id": None,
        "state": "complete",
        "blocks": [render_markdown(text)] if text else [],
        "tail": "",
        "thought": None,
        "notes": [],
        "footer": "",
        "text": text,
        "has_code": False,
        "error": None,
        "version": [1, 1],
        "can_continue": False,
        "place": False,
        **fields,
    }


def streaming(key: str = "1", **fields: object) -> dict[str, object]:
    """Return a turn that is being answered."""
    return {**turn_of(key), "state": "streaming", **fields}
