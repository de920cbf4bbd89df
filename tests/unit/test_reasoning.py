from __future__ import annotations

from itertools import pairwise
from string import ascii_letters, digits, punctuation
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondme_magics.conversation.reasoning import ReasoningSplitter

if TYPE_CHECKING:
    from collections.abc import Iterable


def split(pieces: Iterable[str]) -> tuple[str, str]:
    splitter = ReasoningSplitter()
    parts = [*map(splitter.feed, pieces), splitter.flush()]
    return "".join(answer for answer, _ in parts), "".join(reasoning for _, reasoning in parts)


@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("", "", ""),
        (" plain \n", " plain \n", ""),
        ("<think>hm</think>Hi", "Hi", "hm"),
        ("\n<think>\nhm\n</think>\n\nHi\n", "Hi\n", "hm"),
        ("<think>\n\n</think>\n\nHi", "Hi", ""),
        ("<think>hm</think>\n<answer>\nHi\n</answer>\n", "Hi", "hm"),
        ("<answer>Hi</answer>", "Hi", ""),
        ("<answer>Hi</answer>\nBye", "Hi\nBye", ""),
        ("<answer></answer> x", " x", ""),
        ("<answer>Hi</answer> <answer>x", "Hi <answer>x", ""),
        ("<answer><answer>x", "<answer>x", ""),
        ("<answer>\n<think>hm</think>\nHi</answer>", "Hi", "hm"),
        ("<answer>a\n\n<think>hm</think>\nb</answer>", "a\n\nb", "hm"),
        ("a\n<think>hm</think>\nb", "a\nb", "hm"),
        ("<think>a</think><think>b</think>c", "c", "ab"),
        ("a\n<think>b</think>\n<answer>c</answer>", "a\nc", "b"),
        ("<answer>Hi\n</answer>\nBye", "Hi\n\nBye", ""),
        ("<answer>a</answer> b</answer>", "a b</answer>", ""),
        ("<think>1</think>Hi", "Hi", "1"),
        ("<think>1`</think>`</think>Hi", "Hi", "1`</think>`"),
        ("<think>a<think>b<answer>c</think>Hi", "Hi", "a<think>b<answer>c"),
        ("<think>~~ hm</think>Hi", "Hi", "~~ hm"),
        ("<think>a`b`</think>Hi", "Hi", "a`b`"),
        ("<think>a ~ b</think>Hi", "Hi", "a ~ b"),
        ("<think>``a` </think>`` b</think>Hi", "Hi", "``a` </think>`` b"),
        ("<think>hm</think>```\n<think>\n```", "```\n<think>\n```", "hm"),
    ],
)
def test_reasoning_and_answer_are_told_apart(text: str, answer: str, reasoning: str) -> None:
    for cut in range(len(text) + 1):
        assert split([text[:cut], text[cut:]]) == (answer, reasoning)
    assert split(text) == (answer, reasoning)


@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("<think>on and on ", "", "on and on "),
        ("<think>on</thi", "", "on</thi"),
        ("<answer>on and on\n", "on and on\n", ""),
        ("Hi <thi", "Hi <thi", ""),
        ("  <", "  <", ""),
    ],
)
def test_what_has_no_end_is_kept(text: str, answer: str, reasoning: str) -> None:
    assert split([text]) == (answer, reasoning)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a <think> in a sentence</think>", id="in a sentence"),
        pytest.param("a\t<think>x</think>", id="after a tab"),
        pytest.param("hm</think>\n\nHi", id="an end that nothing opened"),
        pytest.param("Hi</answer>", id="an answer's end that nothing opened"),
        pytest.param("Hi\n<answer>x</answer>", id="an answer in the midst"),
        pytest.param("<Think>x</Think>", id="other letters"),
        pytest.param("<think >x</think >", id="a space in it"),
        pytest.param("  `<think>` is a tag", id="inline code"),
        pytest.param("``<answer> ` <answer>``", id="inline code with a backtick"),
        pytest.param("```\n<think>\n```\n", id="a fence"),
        pytest.param("~~~xml\n<think>\n~~~", id="a fence of tildes"),
        pytest.param("~~~ `\n<think>\n", id="a fence of tildes and a backtick"),
        pytest.param("```xml <think>\n", id="beside a fence's language"),
        pytest.param("````\n```\n<think>\n````\n", id="a longer fence"),
        pytest.param("```\n~~~\n<think>\n```\n", id="other characters do not close"),
        pytest.param("```\n``` no\n<think>\n```\n", id="words after a fence do not close it"),
        pytest.param("```\n```~~\n<think>\n```\n", id="nor do tildes"),
        pytest.param("```\na ```\n<think>\n```\n", id="nor does one after words"),
        pytest.param("```\n    ```\n<think>\n```\n", id="nor one far to the right"),
        pytest.param("> ```\n      ```\n<think>\n> ```\n", id="nor one four columns to the right"),
        pytest.param("```\n- ```\n<think>\n```\n", id="nor one in a list"),
        pytest.param("1. - ```\n     a\n<think>\n     ```\n", id="a fence in a list"),
        pytest.param("> ```\n> a\n<think>\n> ```\n", id="a fence in a quote"),
        pytest.param(">~~~\n<think>\n", id="a fence of tildes right after a quote's sign"),
        pytest.param("```\n<think>", id="a fence that is open"),
        pytest.param("````\n<think>x</think>\n````", id="a fence of four"),
        pytest.param("```\na\n```\n```\n<think>\n```\n", id="a fence right after a fence"),
    ],
)
def test_a_tag_that_is_only_text_stays(text: str) -> None:
    for cut in range(len(text) + 1):
        assert split([text[:cut], text[cut:]]) == (text, "")
    assert split(text) == (text, "")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param("```\na\n```\n<think>hm</think>b", "```\na\n```\nb", id="after a fence"),
        pytest.param(
            "```\n   ```\n<think>hm</think>b", "```\n   ```\nb", id="closed at three columns"
        ),
        pytest.param("> ```\n> ``` \t\n<think>hm</think>b", "> ```\n> ``` \t\nb", id="in a quote"),
        pytest.param("~~\n<think>hm</think>b", "~~\nb", id="two tildes"),
        pytest.param("``\n<think>hm</think>b", "``\nb", id="two backticks"),
        pytest.param("```a```\n<think>hm</think>b", "```a```\nb", id="three are inline code"),
        pytest.param("``` `\n<think>hm</think>b", "``` `\nb", id="no backtick in a language"),
        pytest.param("a ` b\n<think>hm</think>b", "a ` b\nb", id="a lone backtick"),
        pytest.param("~~~`\na\n~~~\n<think>hm</think>b", "~~~`\na\n~~~\nb", id="a backtick beside"),
        pytest.param("```~\na\n```\n<think>hm</think>b", "```~\na\n```\nb", id="a tilde beside"),
        pytest.param(
            "- ```\na\n     ```\n<think>hm</think>b", "- ```\na\n     ```\nb", id="in a list"
        ),
        pytest.param(
            "1. - ```\na\n        ```\n<think>hm</think>b",
            "1. - ```\na\n        ```\nb",
            id="in a list in a list",
        ),
        pytest.param("```\n`````\n<think>hm</think>b", "```\n`````\nb", id="more backticks"),
        pytest.param("a ~~~\n<think>hm</think>b", "a ~~~\nb", id="tildes in the midst"),
    ],
)
def test_after_code_a_tag_counts_again(text: str, answer: str) -> None:
    for cut in range(len(text) + 1):
        assert split([text[:cut], text[cut:]]) == (answer, "hm")
    assert split(text) == (answer, "hm")


CHARACTERS = set(ascii_letters + digits + punctuation) - set("`~<")


def test_nothing_but_the_signs_of_lists_and_quotes_stands_before_a_fence() -> None:
    texts = {each: f"{each} ```\n<think>x</think>" for each in CHARACTERS}
    before = {each for each, text in texts.items() if split([text]) == (text, "")}
    assert before == set(">*+-.)" + digits)


def test_nothing_but_the_sign_of_quotes_stands_before_a_fences_end() -> None:
    codes = {each: f"```\n{each} ```\n" for each in CHARACTERS}
    before = {e for e, code in codes.items() if split([code, "<think>x</think>"]) == (code, "x")}
    assert before == {">"}


def test_no_other_sign_makes_a_fence() -> None:
    for each in CHARACTERS:
        assert split([f"{each * 3}\n<think>x</think>"]) == (f"{each * 3}\n", "x")


@pytest.mark.parametrize(
    "reasoning", ["`</think>`", "```\n</think>\n```", "a\n~~~\n</think>\n~~~\nb", "</answer>"]
)
def test_reasoning_may_speak_of_tags_in_code(reasoning: str) -> None:
    assert split([f"<think>{reasoning}</think>Hi"]) == ("Hi", reasoning)


FRAGMENTS = st.sampled_from(
    [
        *("<think>", "</think>", "<answer>", "</answer>", "<", "</", "<th", "ink>", ">"),
        *(
            "\n",
            " ",
            "\t",
            "\r\n",
            "\n\n",
            "`",
            "``",
            "```",
            "~",
            "~~~",
            "a",
            "word ",
            "-",
            "1.",
            "é",
        ),
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=24).map("".join)


@given(TEXTS, st.lists(st.integers(0, 80)))
def test_any_split_tells_the_same_as_the_whole(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert split(text[a:b] for a, b in pairwise(edges)) == split([text])
    assert split(text) == split([text])


@given(TEXTS)
def test_only_tags_and_white_space_next_to_them_are_lost(text: str) -> None:
    answer, reasoning = split([text])
    kept = sorted("".join((answer + reasoning).split()))
    rest = sorted("".join(text.split()))
    lost = len(rest) - len(kept)
    tags = [tag for tag in ("<think>", "</think>", "<answer>", "</answer>") if tag in text]
    assert lost == 0 or tags
    if not tags:
        assert (answer, reasoning) == (text, "")
    for letter in "aword-1.é`~":
        spent = sum(tag.count(letter) * text.count(tag) for tag in tags)
        assert rest.count(letter) - spent <= kept.count(letter) <= rest.count(letter)


@given(TEXTS)
def test_nothing_is_held_back_but_white_space_and_what_may_become_a_tag(text: str) -> None:
    splitter = ReasoningSplitter()
    splitter.feed(text)
    held = "".join(splitter.flush()).strip()
    assert any(tag.startswith(held) for tag in ("</think>", "<think>", "<answer>", "</answer>"))


def test_inline_code_ends_with_its_line_also_amid_words() -> None:
    assert split(["<think>`a", "b\nc", "</think>Hi"]) == ("Hi", "`ab\nc")


def test_what_was_held_back_is_returned_once() -> None:
    splitter = ReasoningSplitter()
    splitter.feed(" <")
    assert (splitter.flush(), splitter.flush()) == ((" <", ""), ("", ""))
    splitter = ReasoningSplitter()
    splitter.feed("<think>a ")
    assert (splitter.flush(), splitter.flush()) == (("", " "), ("", ""))


def test_words_are_handed_on_at_once() -> None:
    splitter = ReasoningSplitter()
    assert splitter.feed("Hello") == ("Hello", "")
    assert splitter.feed(" world ") == (" world ", "")
    assert splitter.feed("a < b") == ("a < b", "")
    assert splitter.feed("</think>") == ("</think>", "")
    assert splitter.feed("<") == ("", "")
    assert splitter.feed("3") == ("<3", "")


@pytest.mark.growth
@pytest.mark.parametrize(
    "text",
    ["<" * 30_000, "`" * 30_000, "~`" * 15_000, "<think>" * 6_000, " \n" * 15_000],
    ids=["<", "`", "~`", "<think>", "space"],
)
def test_the_work_grows_with_the_text_and_no_faster(text: str) -> None:
    splitter = ReasoningSplitter()
    parts = [splitter.feed(character) for character in text]
    parts.append(splitter.flush())
    assert sum(len(answer) + len(reasoning) for answer, reasoning in parts) <= len(text)
    assert len(splitter._held) <= len("</answer>")  # noqa: SLF001 - the bound is inside
