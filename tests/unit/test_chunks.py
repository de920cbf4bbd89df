"""What one chunk adds: failures within a choice, and the shapes in which servers send words."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondme_magics.api.chunks import LONGEST_UNREAD, Chunks
from secondme_magics.api.completions import LONGEST_ANSWER, iter_completion, iter_deltas
from secondme_magics.api.endpoint import Key
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

DONE = "[DONE]"
KEY = Key("a-key-that-nobody-sees")


def choice(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "finish_reason": None, **fields}]}


def iter_read(*values: object, kind: str = "message", key: Key | None = None) -> Iterable[Delta]:
    data = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return iter_deltas([SimpleNamespace(event=kind, data=each) for each in data], key)


def until_failure(deltas: Iterable[Delta]) -> tuple[list[Delta], str]:
    """Return what came before the failure, and what it says."""
    came: list[Delta] = []
    with pytest.raises(ProtocolError) as caught:
        came.extend(deltas)
    assert len(str(caught.value).splitlines()) == 2
    return came, caught.value.what


HELLO = choice(delta={"content": "Hello"})
GONE = {"code": 502, "message": "provider gone", "metadata": {"provider_name": "x"}}

FAILED: dict[str, tuple[dict[str, object], str]] = {
    "an error in the choice": ({"error": GONE, "finish_reason": "error"}, "error: provider gone"),
    "an error and no reason": ({"error": "provider gone"}, "error: provider gone"),
    "an error and a good reason": ({"error": GONE, "finish_reason": "stop"}, "provider gone"),
    "an error without words": ({"error": {}}, "did not say which"),
    "the reason error": ({"finish_reason": "error"}, "(finish reason 'error')"),
    "the reason abort": ({"finish_reason": "abort"}, "(finish reason 'abort')"),
    "a reason in capitals": ({"error": None, "finish_reason": "ERROR"}, "'ERROR'"),
}


@pytest.mark.parametrize(("fields", "words"), FAILED.values(), ids=FAILED)
class TestAFailureInAChoice:
    def test_keeps_the_words_beside_it(self, fields: dict[str, object], words: str) -> None:
        last = choice(delta={"content": " wor", "reasoning": "hm"}, **fields)
        came, what = until_failure(iter_read(HELLO, last, HELLO, DONE))
        assert came == [Delta("Hello"), Delta(" wor", "hm")]
        assert words in what

    def test_comes_alone(self, fields: dict[str, object], words: str) -> None:
        came, what = until_failure(iter_read(choice(delta=None, **fields), DONE))
        assert came == [Delta()]
        assert words in what

    def test_comes_in_a_whole_completion(self, fields: dict[str, object], words: str) -> None:
        whole = choice(message={"content": "Half"}, **fields)
        came, what = until_failure(iter_completion(json.dumps(whole)))
        assert came == [Delta("Half")]
        assert words in what


@pytest.mark.parametrize("delta", ["x", {"content": 5}])
def test_a_failure_is_told_also_where_the_words_beside_it_are_garbage(delta: object) -> None:
    _, what = until_failure(iter_read(choice(delta=delta, error="provider gone"), DONE))
    assert "provider gone" in what


def test_the_words_beside_an_error_of_a_chunk_are_kept() -> None:
    last = {"error": GONE, **choice(delta={"content": " wor"}, finish_reason="error")}
    came, what = until_failure(iter_read(HELLO, last, DONE))
    assert came == [Delta("Hello"), Delta(" wor")]
    assert "provider gone" in what


@pytest.mark.parametrize("error", [None, False, "", 0])
def test_an_error_that_is_none_is_none(error: object) -> None:
    deltas = iter_read(choice(delta={"content": "Hi"}, error=error, finish_reason="stop"), DONE)
    assert list(deltas) == [Delta("Hi", finish_reason="stop")]


NO_CHUNKS = ["no JSON", "", "[1]", '{"type": "ping"}', '{"code": 206, "error": null}', '{"']
NO_CHUNKS += ['{"error": {"count": 0}}', '{"error": 1}', '{"choices": "x"}', '{"choices": null}']
NO_CHUNKS += ['{"error": [], "choices": []}', '{"error": " "}']
NO_CHUNKS += ['{"type": "stats", "error": {"count": 0}}']


@pytest.mark.parametrize("kind", ["data", "", "completion.chunk", "token", "?"])
class TestAnEventOfAnotherType:
    def test_may_hold_a_chunk(self, kind: str) -> None:
        assert list(iter_read(HELLO, f" {DONE} ", "no JSON", kind=kind)) == [Delta("Hello")]

    def test_may_hold_an_error(self, kind: str) -> None:
        _, what = until_failure(iter_read({"error": GONE}, kind=kind))
        assert "reported an error: provider gone" in what

    @pytest.mark.parametrize("choices", [[], "x", None])
    def test_holds_none_once_the_answer_is_complete(self, kind: str, choices: object) -> None:
        last = choice(delta={}, finish_reason="stop")
        side = {"error": "quota stats", "choices": choices}
        came = list(iter_read(HELLO, last, side, {"error": GONE}, DONE, kind=kind))
        assert came == [Delta("Hello"), Delta(finish_reason="stop"), Delta(), Delta()]

    @pytest.mark.parametrize("data", NO_CHUNKS)
    def test_is_a_sign_of_life_else(self, data: str, kind: str) -> None:
        assert list(iter_read(data, HELLO, DONE, kind=kind)) == [Delta(), Delta("Hello")]


UNREAD: dict[str, object] = {
    "another API's": {"type": "content_block_delta", "delta": {"text": "Hello"}},
    "an envelope": {"code": 0, "message": "success", "data": {"text": "Hello"}},
    "another choice alone": choice(index=1, delta={"content": "Hello"}),
    "choices that are none": {"choices": ["Hello"]},
}


@pytest.mark.parametrize("kind", ["message", "data"])
@pytest.mark.parametrize("value", UNREAD.values(), ids=UNREAD)
def test_an_answer_in_which_nothing_was_found_shows_what_came_first(
    value: object, kind: str
) -> None:
    came, what = until_failure(iter_read({"choices": []}, value, {"x": 1}, DONE, kind=kind))
    assert not "".join(delta.content for delta in came)
    assert "no chat completion" in what
    assert json.dumps(value)[:40] in what


@pytest.mark.parametrize("kind", ["token", "delta"])
def test_words_of_an_event_that_nobody_knows_are_shown_where_nothing_else_came(kind: str) -> None:
    _, what = until_failure(iter_read(" \n", " Hello\nthere", DONE, kind=kind))
    assert "'Hello there'" in what


def test_of_what_says_nothing_only_the_beginning_is_kept() -> None:
    chunks = Chunks()
    for text in (f" {'x' * 10_000}", "y"):
        chunks.skip(text)
    assert chunks.unread == "x" * LONGEST_UNREAD


def test_what_is_shown_of_it_is_short_and_holds_no_key() -> None:
    for kind in ("message", "token"):
        said = {"x": KEY.reveal(), "y": "z" * 10_000}
        _, what = until_failure(iter_read(said, DONE, kind=kind, key=KEY))
        assert KEY.reveal() not in what
        assert len(what) < 200


NOTHING_SAID: dict[str, list[object]] = {
    "nothing": [],
    "no choice": [{"choices": []}, {"choices": None}],
    "usage alone": [{"x": 1}, {"choices": [], "usage": {"total_tokens": 3}}],
    "a choice without words": [{"x": 1}, choice(delta={}, finish_reason="stop")],
    "an empty choice": [{"x": 1}, {"choices": [{}]}],
}


@pytest.mark.parametrize("values", NOTHING_SAID.values(), ids=NOTHING_SAID)
def test_an_answer_may_be_empty(values: list[object]) -> None:
    assert not "".join(delta.content for delta in iter_read(*values, DONE))


def test_an_index_may_be_written_as_a_string() -> None:
    ours = {"index": "0", "delta": {"content": "mine"}}
    other = {"index": "1", "delta": {"content": "other"}}
    assert list(iter_read({"choices": [other, ours]}, DONE)) == [Delta("mine")]


def text(words: object) -> dict[str, object]:
    return {"type": "text", "text": words}


def thinking(thought: object) -> dict[str, object]:
    return {"type": "thinking", "thinking": thought}


IMAGE = {"type": "image_url", "image_url": {"url": "https://images.example/x.png"}}
WORDS: dict[str, tuple[dict[str, object], Delta]] = {
    "text in parts": ({"content": [text("Hel"), text("lo")]}, Delta("Hello")),
    "thinking in parts": (
        {"content": [thinking([text("h"), text("m")]), text("Yes"), thinking([text("!")])]},
        Delta("Yes", "hm!"),
    ),
    "thinking alone": ({"content": [thinking([text("hm")])]}, Delta("", "hm")),
    "thinking as a string": ({"content": [thinking("hm")]}, Delta("", "hm")),
    "thinking said twice": (
        {"content": [thinking("hm"), text("Yes")], "reasoning_content": "hm"},
        Delta("Yes", "hm"),
    ),
    "parts of other kinds": (
        {"content": [IMAGE, text("Hi"), {"type": 5}, {}, thinking([IMAGE, "x", 5])]},
        Delta("Hi"),
    ),
    "parts without text": (
        {"content": [text(None), text(5), text([text("x")]), {"type": "thinking"}, thinking(5)]},
        Delta(),
    ),
    "text of another type": (
        {"content": [{"type": "output_text", "text": "Hel"}, {"type": ["x"], "text": "lo"}]},
        Delta("Hello"),
    ),
    "text of no type": ({"content": [{"text": "Hi"}]}, Delta("Hi")),
    "thoughts of other types": (
        {
            "content": [
                {"type": "reasoning", "text": "a"},
                {"type": "reasoning", "reasoning": "b"},
                {"type": "reasoning_text", "text": "c"},
                {"type": "reasoning_content", "reasoning_content": [text("d")]},
                {"type": "thinking", "text": "e"},
                text("Yes"),
            ]
        },
        Delta("Yes", "abcde"),
    ),
    "thinking within thinking": ({"content": [thinking([thinking("deep")])]}, Delta()),
    "no parts": ({"content": []}, Delta()),
    "a refusal": ({"content": None, "refusal": "I will not"}, Delta("I will not")),
    "a refusal beside parts that say nothing": (
        {"content": [IMAGE], "refusal": "I will not"},
        Delta("I will not"),
    ),
    "thoughts apart from parts": (
        {"content": [text("So.")], "reasoning_content": "hm"},
        Delta("So.", "hm"),
    ),
    "a refusal beside content": ({"content": "Well", "refusal": "I will not"}, Delta("Well")),
    "a refusal that is none": ({"content": "", "refusal": {"no": 1}}, Delta()),
}


@pytest.mark.parametrize(("said", "delta"), WORDS.values(), ids=WORDS)
class TestWordsInAnotherShape:
    def test_are_read_as_they_stream(self, said: dict[str, object], delta: Delta) -> None:
        deltas = list(iter_read(choice(delta=said), choice(delta=said), DONE))
        assert deltas == [delta, delta]

    def test_are_read_from_a_whole_completion(self, said: dict[str, object], delta: Delta) -> None:
        assert list(iter_completion(json.dumps(choice(message=said)))) == [delta, Delta()]


def test_parts_are_bounded_as_any_text() -> None:
    part = text("x" * (LONGEST_ANSWER // 2))
    assert len(next(iter(iter_read(choice(delta={"content": [part] * 2})))).content) == (
        LONGEST_ANSWER
    )
    _, what = until_failure(iter_read(choice(delta={"content": [part] * 2 + [thinking("y")]})))
    assert "longer than" in what


@pytest.mark.parametrize("choices", ["x", {"a": 1}, 5, None])
@pytest.mark.parametrize("kind", ["message", "data"])
def test_an_error_beside_choices_that_are_none_is_told(choices: object, kind: str) -> None:
    came, what = until_failure(iter_read({"error": GONE, "choices": choices}, kind=kind))
    assert (came, what) == ([], "the server reported an error: provider gone")


@pytest.mark.parametrize("kind", ["message", "error"])
def test_an_error_that_is_named_so_is_told_also_at_the_end(kind: str) -> None:
    last = choice(delta={"content": "Hello"}, finish_reason="stop")
    data = [json.dumps(last), json.dumps({"error": {"count": 0}})]
    kinds = zip(["message", kind], data, strict=True)
    _, what = until_failure(iter_deltas([SimpleNamespace(event=a, data=b) for a, b in kinds]))
    assert "reported an error" in what


NAMES = ["choices", "index", "delta", "message", "content", "reasoning", "refusal", "error"]
NAMES += ["finish_reason", "type", "text", "thinking", "usage", "code", "detail"]
ANYTHING = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "", "0", "stop", "error", "text", "thinking", "Hi"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(ANYTHING, ANYTHING, st.sampled_from(["message", "data"]))
def test_any_json_is_read_or_refused_in_two_lines(said: object, fields: object, kind: str) -> None:
    chunks = [said, choice(delta=said), choice(message=said), {"choices": said}]
    chunks += [choice(**fields)] if isinstance(fields, dict) else []
    for chunk in chunks:
        for deltas in (iter_read(chunk, DONE, kind=kind), iter_completion(json.dumps(chunk))):
            assert len(fault_of(deltas).splitlines()) in {0, 2}


def fault_of(deltas: Iterable[Delta]) -> str:
    """Return what the answer failed with; its texts are texts."""
    try:
        assert all(isinstance(text, str) for delta in deltas for text in delta[:2])
    except ProtocolError as error:
        return str(error)
    return ""
