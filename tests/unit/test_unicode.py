from __future__ import annotations

import json

import pytest

from secondme_magics.conversation.unicode import to_json, without_surrogates


def test_what_deceives_a_reader_of_json_is_escaped_and_nothing_else_is() -> None:
    tricks = {*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    tricks |= set(range(0xE0000, 0xE0080))
    near = [*range(0x250), *range(0x2000, 0x2100), *range(0xDFF00, 0xE0100), 0x4F60, 0x10FFFF]
    for point in near:
        text = chr(point)
        assert to_json(text) == json.dumps(text, ensure_ascii=point in tricks)
    text = "".join(map(chr, near))
    assert json.loads(to_json({text: [text]})) == {text: [text]}


def test_json_has_a_line_for_each_value() -> None:
    assert to_json({"a": [1, "é\ud800"]}) == '{\n "a": [\n  1,\n  "é\ufffd"\n ]\n}'
    assert to_json([1], indent=2) == "[\n  1\n]"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json([value])


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", ""),
        ("a\n", "a\n"),
        ("é\U0001f600", "é\U0001f600"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud83d", "a\ufffd"),
        ("\ude00\ud83db", "\ufffd\ufffdb"),
    ],
)
def test_halves_of_characters_are_joined_or_replaced(text: str, characters: str) -> None:
    assert without_surrogates(text) == characters
