from __future__ import annotations

import json

import pytest

from secondme_magics.demo.completions import complete, split_words, to_event
from secondme_magics.demo.manual import read_manual


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two", ("one", " two")),
        ("  one\n\ntwo \n", ("  one", "\n\ntwo", " \n")),
        ("您好\uff0c世界 a", ("您好", "\uff0c", "世界", " a")),
        ("", ()),
        (" ", (" ",)),
    ],
    ids=["two", "space", "chinese", "nothing", "only space"],
)
def test_text_is_cut_into_words_with_the_space_before_them(
    text: str, words: tuple[str, ...]
) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize("note", read_manual(), ids=lambda note: note.title)
def test_the_words_of_a_note_are_the_note(note: object) -> None:
    text = str(getattr(note, "text", ""))
    assert text
    assert "".join(split_words(text)) == text


def test_an_answer_that_fits_ends_with_stop() -> None:
    completion = complete("one two", prompt_tokens=3, max_tokens=2)
    assert (completion.words, completion.finish_reason) == (("one", " two"), "stop")


def test_an_answer_that_is_too_long_is_cut_and_ends_with_length() -> None:
    completion = complete("one two three", prompt_tokens=3, max_tokens=2)
    assert (completion.words, completion.finish_reason) == (("one", " two"), "length")


def test_the_whole_answer_counts_its_tokens() -> None:
    whole = complete("one two", prompt_tokens=3, max_tokens=9).to_json()
    assert whole["object"] == "chat.completion"
    assert whole["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def test_the_first_chunk_alone_names_the_role() -> None:
    completion = complete("one two", prompt_tokens=3, max_tokens=9)
    deltas = [json.loads(json.dumps(completion.to_chunk(index))) for index in (0, 1)]
    assert [chunk["choices"][0]["delta"] for chunk in deltas] == [
        {"role": "assistant", "content": "one"},
        {"content": " two"},
    ]


def test_an_event_is_one_line_of_data_whatever_is_in_it() -> None:
    assert to_event({"text": "a\nb\r\u2028您"}) == 'data: {"text": "a\\nb\\r\u2028您"}\n\n'
