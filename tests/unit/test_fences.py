from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondme_magics.conversation.fences import (
    MOST_TRIES,
    Fence,
    iter_fences,
    open_fence,
    parse_json,
)


@pytest.mark.parametrize(
    ("text", "fences"),
    [
        pytest.param("```\n<\n >\n```", [Fence("", "<\n >\n")], id="backticks"),
        pytest.param("~~~\n<\n >\n~~~", [Fence("", "<\n >\n")], id="tildes"),
        pytest.param("``\nfoo\n``", [], id="two are none"),
        pytest.param("```\naaa\n~~~\n```", [Fence("", "aaa\n~~~\n")], id="other character"),
        pytest.param("````\naaa\n```\n``````", [Fence("", "aaa\n```\n")], id="longer"),
        pytest.param("```\naaa", [Fence("", "aaa")], id="still open"),
        pytest.param("```", [Fence("", "")], id="only begun"),
        pytest.param("   ```\n   aaa\n  ```", [Fence("", "aaa\n")], id="indented by three"),
        pytest.param("    ```\n    aaa\n    ```", [], id="indented by four"),
        pytest.param("``` ```\naaa", [], id="inline code"),
        pytest.param("foo\n```\nbar\n```\nbaz", [Fence("", "bar\n")], id="between words"),
        pytest.param("```ruby startline=3 $%@#$\nx\n```", [Fence("ruby", "x\n")], id="language"),
        pytest.param("~~~ aa ``` ~~~\nx\n~~~", [Fence("aa", "x\n")], id="language after tildes"),
        pytest.param("```c\\+\\+ &ouml;\nx\n```", [Fence("c++", "x\n")], id="escaped"),
        pytest.param("1. a\n\n   ```py\n   b\n   ```\n", [Fence("py", "b\n")], id="in a list"),
        pytest.param("> ```py\n> b\n\nc", [Fence("py", "b\n")], id="in a quote that ends"),
        pytest.param(
            "```a\n1\n```\n```b\n2\n```", [Fence("a", "1\n"), Fence("b", "2\n")], id="two"
        ),
        pytest.param("```\r\na\r\n```\r\n", [Fence("", "a\n")], id="CRLF"),
    ],
)
def test_fences_are_found_as_commonmark_has_them(text: str, fences: list[Fence]) -> None:
    assert list(iter_fences(text)) == fences


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(' {"a": 1}\n', {"a": 1}, id="all of it"),
        pytest.param("null", None, id="a scalar"),
        pytest.param("```json\n[1]\n```", [1], id="a json fence"),
        pytest.param("```JSON\n[1]\n```", [1], id="a JSON fence"),
        pytest.param("```\n[1]\n```\n```json\n[2]\n```", [2], id="json before other fences"),
        pytest.param("```json\n[1,]\n```\n```json\n[2]\n```", [2], id="the first that parses"),
        pytest.param("```json\nx\n```\n~~~py\n[3]\n~~~", [3], id="else any fence"),
        pytest.param("~~~\n42\n~~~", 42, id="a scalar in a fence"),
        pytest.param('Sure: {"a": {"b": []}}. Bye', {"a": {"b": []}}, id="an object in prose"),
        pytest.param('{x} is {"a": 1}', {"a": 1}, id="after other braces"),
        pytest.param("Here:\n\n[1, 2]\n\nBye", [1, 2], id="an array on its line"),
        pytest.param("Here:\n[\n  1\n]\nBye", [1], id="an array on its lines"),
        pytest.param('See [1]: {"a": 1}', {"a": 1}, id="after a footnote"),
    ],
)
def test_the_json_of_an_answer_is_found(text: str, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "no JSON value", id="nothing"),
        pytest.param("words", "no JSON value", id="prose"),
        pytest.param("as shown in [1].", "no JSON value", id="a footnote"),
        pytest.param("[1] Smith et al.", "no JSON value", id="a reference"),
        pytest.param('Both: [{"a": 1}, {"b": 2}].', "no JSON value", id="part of an array"),
        pytest.param('{"a": {"b": 1}, oops}', "no JSON value", id="part of a broken object"),
        pytest.param('```json\n{"a":\n```', "Expecting value: line 2", id="says what is wrong"),
        pytest.param("NaN", "JSON has no NaN", id="NaN"),
        pytest.param("[-Infinity]", "JSON has no -Infinity", id="Infinity"),
        pytest.param('So {"a": NaN}', "JSON has no NaN", id="NaN in prose"),
        pytest.param("1e999", "too large", id="a float that overflows"),
        pytest.param("9" * 5000, "digits", id="too many digits"),
        pytest.param("[" * 100_000, "too deeply", id="nested too deeply"),
        pytest.param("```json\n" + "[" * 100_000, "too deeply", id="in a fence"),
        pytest.param("x " + '{"a":' * 100_000, "too deeply", id="in prose"),
        pytest.param('{"a" ' * MOST_TRIES + '{"a": 1}', "no JSON value", id="too many openings"),
    ],
)
def test_an_answer_without_good_json_is_a_value_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_json(text)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["{}", "```json\n{}\n```", "Here:\n~~~~ json\n{}\n~~~~\nThat is all."]),
)
def test_whatever_json_writes_is_read_again(value: object, frame: str) -> None:
    assert parse_json(frame.replace("{}", json.dumps(value))) == value


@given(st.text(alphabet='{}[]"\\,:`~\n 1aeN-', max_size=60))
def test_any_text_is_json_or_a_value_error(text: str) -> None:
    try:
        value = parse_json(text)
    except ValueError:
        return
    assert json.loads(json.dumps(value, allow_nan=False)) == value


@pytest.mark.parametrize(
    ("text", "mark"),
    [("", ""), ("a", ""), ("```\na", "```"), ("~~~~\na\n~~~", "~~~~"), ("```\na\n```", "")],
)
def test_the_fence_that_is_still_open_is_told_by_its_mark(text: str, mark: str) -> None:
    assert open_fence(text) == mark
