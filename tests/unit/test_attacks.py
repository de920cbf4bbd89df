"""Every attack through every sink, judged by a second parser.

`PAGES` are the sinks that give HTML, `TEXTS` those that give text; a new sink is one more row.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from allowed_html import faults_of, faults_of_links, faults_of_text, text_of
from attacks import ATTACKS, GROUPS, as_one_answer
from publishing import Published, transcript_of

from secondme_magics.api.endpoint import Endpoint
from secondme_magics.api.failures import no_answer, reported
from secondme_magics.api.registry import parse_instances, parse_roles
from secondme_magics.api.statuses import redirect_error, status_error
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.draft import Draft
from secondme_magics.conversation.messages import Delta, Reply
from secondme_magics.conversation.saving import to_saved
from secondme_magics.conversation.turns import Turn
from secondme_magics.conversation.unicode import to_json, without_surrogates
from secondme_magics.errors import ConfigurationError, SecondMeError
from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.safety import clean_text
from secondme_magics.notebook.branches import undo
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.display import CellView, FinalView, InlineView, TerminalView
from secondme_magics.notebook.inquiries import wait_until_online
from secondme_magics.notebook.looking_back import render_plain_talk, render_talk
from secondme_magics.notebook.roles import choose_role
from secondme_magics.notebook.state import NotebookState
from secondme_magics.notebook.tables import Table
from secondme_magics.panel.board import Board
from secondme_magics.panel.growth import Growth
from secondme_magics.panel.state import Row, turn_fields
from secondme_magics.showing.exporting import to_markdown, to_messages, to_page
from secondme_magics.showing.insertion import cell_code
from secondme_magics.showing.origin import Format, Origin
from secondme_magics.showing.reading import LOOKS
from secondme_magics.showing.rendering import metadata, render_again, render_thinking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from secondme_magics.showing.streaming import View

OURS = {
    "<main>",
    "<h1 dir='auto'>",
    "<details>",
    "<details dir='auto'>",
    "<summary>",
    "<summary dir='auto'>",
    "<div class='secondme'>",
    "<div class='secondme-note'>",
    "<div dir='auto'>",
    "<div class='secondme-footer'>",
    "<div class='secondme-transcript'>",
    "<div data-panel='p'>",
    "<p class='secondme-speaker'>",
    "<p dir='auto'>",
    "<blockquote>",
    "<blockquote dir='auto'>",
}
"""What stands around an answer, and never in it."""


def turn_of(attack: str, reasoning: str = "") -> Turn:
    """Return a turn as a hostile file has it: the reason of its end is an attack too."""
    return Turn(1, attack, Reply(attack, reasoning, "complete", attack))


def conversation_of(attack: str) -> Conversation:
    return Conversation("talk", attack, [turn_of(attack, attack)])


def origin_of(attack: str, form: Format = "markdown") -> Origin:
    return Origin("ada", "talk", form, role=attack, inserted=(attack,), notes=(attack,))


def shown(view: View, attack: str, step: int) -> None:
    step = max(step, len(attack) // 120)
    for start in range(0, len(attack), step):
        view.update(attack[start : start + step], attack[start : start + step][:1])
    view.finish(turn_of(attack, attack))


def grown(
    kind: type[CellView | InlineView | FinalView], form: Format, step: int
) -> Callable[[str], str]:
    def show(attack: str) -> str:
        published = Published()
        shown(kind(published, origin_of(attack, form)), attack, step)
        return "\n".join(bundle["text/html"] for bundle in published.bundles)

    return show


def listed(attack: str) -> Table:
    """Return a registry's table, its entries as they are shown."""
    entry = {"upload_name": attack, "instance_id": "a", "description": attack, "status": attack}
    role = {"uuid": "r", "name": attack, "description": attack}
    instances = parse_instances({"data": {"items": [entry]}}).listed
    roles = parse_roles({"data": [role]}).listed
    rows = [(each.name, each.id, each.description) for each in instances]
    rows += [(each.name, each.id, each.description) for each in roles]
    return Table(("name", "id", "description"), rows, (attack,))


def in_panel(attack: str) -> str:
    """Return what a panel's page gets of an answer while it grows: its tails, then its blocks."""
    growth = Growth()
    shown: list[str] = []
    step = max(3, len(attack) // 120)
    for start in range(0, len(attack), step):
        growth.feed("", attack[start : start + step])
        shown.append(str((growth.thought() or {}).get("html", "")))
    for start in range(0, len(attack), step):
        growth.feed(attack[start : start + step], "")
        shown.append(growth.tail)
    growth.end(Reply(attack, attack, "complete"))
    return "\n".join([*shown, str((growth.thought() or {})["html"]), *growth.blocks])


def page_of(conversation: Conversation, attack: str) -> str:
    """Return what stands in the body of a page, of answers by who is called like an attack."""
    return to_page(conversation, {1: attack}).partition("<body>")[2][:-15]


def below_panel(attack: str, kind: str = "text/html") -> str:
    """Return the transcript below a panel."""
    return transcript_of(conversation_of(attack)).bundles[-1][kind]


PAGES: dict[str, Callable[[str], str]] = {
    "a cell, whole": grown(CellView, "markdown", 9_999_999),
    "a cell, delta by delta": grown(CellView, "markdown", 3),
    "a cell of text": grown(CellView, "text", 3),
    "a cell of json": grown(CellView, "json", 99),
    "a cell of code": grown(CellView, "code", 99),
    "among other output": grown(InlineView, "markdown", 5),
    "captured": grown(FinalView, "markdown", 99),
    "shown again": lambda attack: render_again(Reply(attack, attack, "complete")),
    "a panel": in_panel,
    "below a panel": below_panel,
    "a thought that goes on": render_thinking,
    "a web page": lambda attack: page_of(conversation_of(attack), attack),
    "a list of instances and roles": lambda attack: listed(attack).render_html(),
    "looking back": lambda attack: render_talk(conversation_of(attack), {1: attack}),
}


@pytest.mark.parametrize("render", PAGES.values(), ids=PAGES)
def test_no_attack_leaves_anything_in_html_that_is_not_allowed(
    render: Callable[[str], str],
) -> None:
    assert failing(lambda attack: faults_of_page(render(attack))) == {}


def failing(faults: Callable[[str], object]) -> dict[str, object]:
    """Return the attacks that had faults."""
    answers = {**ATTACKS, "all at once": as_one_answer()}
    return {name: found for name, attack in answers.items() if (found := faults(attack))}


def faults_of_page(html: str) -> list[str]:
    html = html.replace(STYLE, "").replace(LOOKS, "").removesuffix("</body>")
    return [each for each in faults_of(html) if each not in OURS] + faults_of_links(html)


def said(error: SecondMeError) -> str:
    return "\n".join([str(error), *error._render_traceback_()])


def refused(attack: str) -> str:
    """Return the error of a role that is called like an attack, among such."""
    roles = parse_roles({"data": [{"uuid": f"r{n}", "name": attack} for n in range(2)]}).listed
    texts = []
    for name in ("nobody", attack, roles[0].name):
        with pytest.raises(ConfigurationError) as caught:
            choose_role(name, roles)
        texts.append(said(caught.value))
    return "\n".join(texts)


def written(attack: str) -> str:
    """Return an answer's metadata as a notebook is saved with it, but for the user's own prompt."""
    kept = cast("dict[str, object]", metadata(turn_of(attack), origin_of(attack))["secondme"])
    assert kept.pop("prompt") == without_surrogates(attack)
    return "\n".join(texts_in(kept))


def told_below(attack: str) -> str:
    """Return the metadata of a transcript below a panel, but for prompts and system messages."""
    below = transcript_of(conversation_of(attack))
    texts = [*texts_in(below.metadata[-1], but=("prompt", "system"))]
    assert len(texts) > 3
    return "\n".join(texts)


def texts_in(value: object, but: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield all that `value` says, as JSON would hide a part of it."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from () if name in but else texts_in(each, but)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each, but)
    else:
        yield str(value)


def told_page(attack: str) -> str:
    """Return what a panel's page is told of a turn that has failed."""
    conversation, error = conversation_of(attack), reported(attack)
    (turn,) = conversation.turns
    row = Row(turn, None, (error.what, error.hint), (1, 1))
    return "\n".join(texts_in(turn_fields(row, Board().shown(conversation, turn))))


def read(attack: str) -> str:
    """Return what an instance is told of while it is waited for: its status is the registry's."""
    entry = {"instance_id": "a", "status": attack}
    status = parse_instances({"data": {"items": [entry]}}).listed[0].status
    told: list[str] = []
    line = SimpleNamespace(show=told.append, finish=told.append)
    statuses = iter([status, "online"])
    rest: Any = lambda _seconds, tell: tell()  # noqa: E731 - a row's own
    wait_until_online("a", lambda: next(statuses), rest, cast("Any", line), lambda: 0.0)
    return "\n".join(told)


def endpoint() -> Endpoint:
    return Endpoint("https://second-me.example/api/chat/ada", "second_me", "ada")


def envelope_of(attack: str) -> str:
    with pytest.raises(SecondMeError) as caught:
        parse_instances({"code": 1, "message": attack, "data": None})
    return said(caught.value)


TEXTS: dict[str, Callable[[str], str]] = {
    "a cell's text": lambda attack: plain_of(attack, "markdown"),
    "a cell's text of json": lambda attack: plain_of(attack, "json"),
    "code for a new cell": lambda attack: cell_code(f"```python\n{attack}\n```\n\n{attack}"),
    "Markdown": lambda attack: to_markdown(conversation_of(attack), {1: attack}),
    "messages": lambda attack: to_messages(conversation_of(attack)),
    "a saved conversation": lambda attack: to_saved(conversation_of(attack)).decode(),
    "the exact request": lambda attack: to_json({"messages": [{"content": attack}]}),
    "a notebook's metadata": written,
    "a transcript's metadata": told_below,
    "a panel's page": told_page,
    "looking back": lambda attack: render_plain_talk(conversation_of(attack), {1: attack}),
    "the text of a transcript": lambda attack: below_panel(attack, "text/plain"),
    "a list of instances and roles": lambda attack: listed(attack).render_plain(80),
    "an instance waited for": read,
    "a role that is not there": refused,
    "an error in a stream": lambda attack: said(reported(attack)),
    "a status's body": lambda attack: said(status_error(endpoint(), 422, attack)),
    "a status's JSON": lambda attack: said(
        status_error(endpoint(), 401, json.dumps({"error": {"message": attack}}))
    ),
    "a page in place of an answer": lambda attack: said(
        no_answer("https://a.example", attack, f"<title>{attack}</title>")
    ),
    "nonsense in place of an answer": lambda attack: said(
        no_answer("https://a.example", attack, attack)
    ),
    "a redirect": lambda attack: said(redirect_error(endpoint(), 302, attack)),
    "an error of the envelope": envelope_of,
}


def plain_of(attack: str, form: Format) -> str:
    published = Published()
    shown(CellView(published, origin_of(attack, form)), attack, 7)
    return published.bundles[-1]["text/plain"]


@pytest.mark.parametrize("render", TEXTS.values(), ids=TEXTS)
def test_no_attack_leaves_a_trick_in_text(render: Callable[[str], str]) -> None:
    assert failing(lambda attack: faults_of_text(render(attack))) == {}


@pytest.mark.parametrize("live", [True, False], ids=["live", "in a pipe"])
@pytest.mark.parametrize("form", ["markdown", "json", "code"])
def test_no_attack_reaches_a_terminal(
    form: Format, live: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(attack: str) -> list[str]:
        shown(TerminalView(origin_of(attack, form), live=live), attack, 3)
        return faults_of_text(capsys.readouterr().out.replace("\r\x1b[K", ""))

    assert failing(printed) == {}


def test_no_attack_is_printed_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(attack: str) -> list[str]:
        state = NotebookState(SecondMe())
        state.conversations.keep(conversation_of(attack))
        state.conversations.current, *_ = state.conversations
        undo(state)
        return faults_of_text(capsys.readouterr().out)

    assert failing(printed) == {}


def test_an_attack_that_got_through_would_be_seen() -> None:
    markup = [attack for attack in GROUPS["raw HTML"] if attack[0] == "<" != attack[1]]
    assert all(map(faults_of_page, markup))
    tricks = sum(bool(faults_of_text(attack)) for attack in GROUPS["characters"])
    assert tricks > len(GROUPS["characters"]) / 2
    assert faults_of_links("<a href='javascript:x'>y</a><a href='https://u@e.test'>z</a>")
    assert faults_of_links("<a href='https://evil.test'>bank.test</a>")


def test_what_is_said_in_an_attack_is_not_lost() -> None:
    page = text_of(to_page(conversation_of(as_one_answer())))
    for word in ("alert(1)", "paypal.com", "javascript:", "https://evil.example/leak?q=secret"):
        assert word in page


def test_a_thought_is_taken_out_of_every_attack_without_a_loss() -> None:
    def lost(attack: str) -> set[str]:
        draft = Draft()
        for character in attack:
            draft.add(Delta(character))
        draft.end("complete")
        kept = clean_text(draft.reply.text + draft.reply.reasoning)
        return set(clean_text(attack)) - set(kept) - set("<>/thinkanswer \n\t")

    assert failing(lost) == {}
