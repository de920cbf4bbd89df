"""A key in what a server sends back: hidden wherever it is cut, and nothing else changed."""

from __future__ import annotations

import json
import logging
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.completions import iter_completion, iter_deltas
from secondme_magics.api.endpoint import PLACEHOLDERS, SHORTEST_SECRET, Key
from secondme_magics.api.hiding import hide_in_deltas, hide_in_value
from secondme_magics.api.lever import Cut
from secondme_magics.api.sse import iter_events
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ProtocolError, SecondMeError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = 'sk-sk/A1b2"sk-'  # noqa: S105 - a test's own
KEY = Key(SECRET)
SHORT = Key(SECRET[: SHORTEST_SECRET - 1])

ESCAPED = {
    "as it is": SECRET,
    "as JSON": json.dumps(SECRET)[1:-1],
    "as PHP writes JSON": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "as JSON in JSON": json.dumps(json.dumps(SECRET))[3:-3],
    "in numbers": "".join(f"\\u{ord(c):04x}" for c in SECRET),
    "in large numbers": "".join(f"\\u{ord(c):04X}" for c in SECRET),
}


@pytest.mark.parametrize("written", ESCAPED.values(), ids=ESCAPED)
def test_a_key_is_hidden_however_json_writes_it(written: str) -> None:
    assert KEY.hide_in(f"a {written}, {written} b") == "a •••, ••• b"


def test_a_key_with_a_backslash_is_hidden_too() -> None:
    value = r"sk-A\b1\\c2"
    for written in (value, json.dumps(value), json.dumps(json.dumps(value))):
        assert "A" not in Key(value).hide_in(written)


def test_looking_for_a_key_of_backslashes_takes_little_time() -> None:
    """One that tries all ways to share them out would never end."""
    text = "\\" * 10_000 + "/"
    assert Key("\\" * 20 + "x").hide_in(text) == text
    assert Key("\\x" * 20).hide_in(text) == text


@pytest.mark.parametrize("word", [*sorted(PLACEHOLDERS), "LM-Studio"])
def test_a_word_that_documents_write_for_a_key_is_none(word: str) -> None:
    assert len(word) >= SHORTEST_SECRET, "it needs not be listed"
    code = f'OpenAI(base_url="http://localhost:1234/v1", api_key="{word}")'
    chunks = [Delta(code[:45]), Delta(code[45:])]
    assert Key(word).hide_in(code) == code
    assert hide_in_deltas(chunks, Key(word)) is chunks
    assert Key(f"{word}-2").hide_in(f"a {word}-2 b") == "a ••• b"


def test_a_key_that_is_no_secret_is_not_hidden() -> None:
    text = f"{SHORT.reveal()} is a word"
    assert SHORT.hide_in(text) == text
    assert hide_in_value([text], SHORT) == [text]
    assert list(hide_in_deltas([Delta(text)], SHORT)) == [Delta(text)]
    assert Key(SECRET[:SHORTEST_SECRET]).hide_in(SECRET[:SHORTEST_SECRET]) == "•••"


def test_no_field_of_a_value_loses_its_name() -> None:
    value = {"reasoning": ["reasoning", {"x": "my reasoning"}], "n": 1}
    assert hide_in_value(value, Key("reasoning")) == {
        "reasoning": ["•••", {"x": "my •••"}],
        "n": 1,
    }


TEXTS = {
    "once": f"It is {SECRET}.",
    "twice in a row": f"{SECRET}{SECRET}",
    "in its own beginning": f"sk-sk-{SECRET}",
    "nearly": f"It is {SECRET[:-1]}!",
    "again and again its beginning": "sk-sk-sk-sk-sk/A1",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_key_is_hidden_wherever_the_deltas_are_cut(text: str) -> None:
    text += " And more."
    for first in range(len(text)):
        for second in range(first, len(text)):
            parts = [text[a:b] for a, b in pairwise((0, first, second, len(text)))]
            deltas = [Delta(part, part) for part in parts]
            shown = list(hide_in_deltas(deltas, KEY))
            assert "".join(delta.content for delta in shown) == text.replace(SECRET, "•••")
            assert "".join(delta.reasoning for delta in shown) == text.replace(SECRET, "•••")


def test_a_key_is_hidden_right_behind_its_own_first_letter() -> None:
    shown = hide_in_deltas([Delta("it sssk"), Delta("-A1b2.")], Key("ssk-A1b2"))
    assert [delta.content for delta in shown] == ["it s", "•••."]


def test_only_a_beginning_of_the_key_waits_for_the_next_delta() -> None:
    words = ["It is ", "s", "o. ", "ask", " sk-", "sk/A", "1b2, "]
    shown = [delta.content for delta in hide_in_deltas([Delta(word) for word in words], KEY)]
    assert shown == ["It is ", "", "so. ", "a", "sk ", "", "sk-sk/A1b2, "]


def test_a_beginning_of_the_key_waits_for_no_other_text() -> None:
    deltas = [Delta(reasoning="it thinks"), Delta("It is"), Delta(reasoning="of s"), Delta("x")]
    assert list(hide_in_deltas(deltas, KEY)) == [
        Delta(reasoning="it think"),
        Delta("It i", reasoning="s"),
        Delta("s", reasoning="of "),
        Delta("x", reasoning="s"),
    ]


@pytest.mark.parametrize("error", [None, ProtocolError("broken", "Ask again."), Cut("stopped")])
@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ("s", "s"),
        ("sk-sk/A", "sk-sk/A"),
        (SECRET[:SHORTEST_SECRET], "•••"),
        (SECRET[:-1], "•••"),
    ],
)
def test_what_waits_at_the_end_is_shown_unless_it_is_most_of_the_key(
    end: str, shown: str, error: Exception | None
) -> None:
    def deltas() -> Iterator[Delta]:
        yield Delta("Thi" + end, finish_reason="stop")
        if error:
            raise error

    hidden = iter(hide_in_deltas(deltas(), KEY))
    assert next(hidden) == Delta("Thi", finish_reason="stop")
    assert next(hidden) == Delta(shown)
    with pytest.raises(type(error) if error else StopIteration):
        next(hidden)


def test_what_waits_of_the_reasoning_is_shown_at_the_end_too() -> None:
    deltas = [Delta("It is", "it think")]
    assert list(hide_in_deltas(deltas, Key("k" * 9))) == [
        Delta("It is", "it thin"),
        Delta("", "k"),
    ]


def test_without_a_key_the_deltas_are_handed_through() -> None:
    deltas = [Delta("x")]
    assert hide_in_deltas(deltas, None) is deltas


CUT_SHORT = {
    "a finish reason": {"choices": [{"delta": {}, "finish_reason": "x" * 58 + SECRET}]},
    "an error": {"error": {"message": "x" * 290 + SECRET}},
    "blanks in an error": {"error": {"message": " " * 2_394 + SECRET}},
    "an error's text": {"detail": "x" * 4_090 + SECRET},
    "no chunk": {"choices": "x" * 50 + SECRET},
    "more of no chunk": {"choices": " " * 180 + SECRET},
}


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("value", CUT_SHORT.values(), ids=CUT_SHORT)
def test_what_is_cut_short_shows_no_beginning_of_a_key(value: object, *, ascii_only: bool) -> None:
    body = json.dumps(value).replace("/", "\\/" if ascii_only else "/")
    for text in (body, body[:-1], json.dumps(body)):
        shown = f"{_read(text, 'message')}{_read(text, 'error')}{_whole(text)}"
        assert "sk-" not in shown
        assert "A1" not in shown


def test_what_is_said_beside_a_key_is_kept() -> None:
    text = json.dumps({"error": {"message": f"no such key: {SECRET}"}})
    for shown in (_read(text, "message"), _read(text, "status"), _whole(text)):
        assert shown.startswith("the server reported an error: no such key: •••\n")
    text = json.dumps({"choices": [{"index": 0, "delta": {"content": f"It is {SECRET}."}}]})
    deltas = iter_deltas(iter_events([f"data: {text}\n\ndata: [DONE]\n\n".encode()]), KEY)
    assert [delta.content for delta in deltas] == ["It is •••."]


@pytest.mark.parametrize("kind", [SECRET, f"{SECRET}\xff", f"for {SECRET}, twice {SECRET}"])
def test_a_key_in_the_type_of_an_event_is_in_no_log(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stream = f"event: {kind}\ndata: 1\n\n".encode("latin-1")
    assert [event and "•••" in event.event for event in iter_events([stream], KEY)] == [True]
    assert "Dispatching" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("depth", [100, 600, 800, 3_000, 100_000])
def test_a_value_of_any_depth_shows_no_key(depth: int) -> None:
    text = f'{{"error": {json.dumps(SECRET)}, "x": {"[" * depth}{"]" * depth}}}'
    for shown in (_read(text, "message"), _read(text, "status"), _whole(text)):
        assert "sk-" not in shown


def _read(text: str, kind: str) -> str:
    events = iter_events([f"event: {kind}\ndata: {text}\n\n".encode()])
    try:
        return repr(list(iter_deltas(events, KEY)))
    except SecondMeError as error:
        return str(error)


def _whole(text: str) -> str:
    try:
        return repr(list(iter_completion(text, KEY)))
    except SecondMeError as error:
        return str(error)
