from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.prompts import (
    Inserted,
    Prompt,
    describe,
    interpolate,
    put_in_word,
)


class Frame:
    """The part of a data frame that pandas and polars share."""

    shape = (1_200, 2)
    columns = ("city", "people")
    dtypes = ("str", "int64")

    def head(self) -> str:
        return "Bern 134000"


class Spiteful:
    @property
    def trap(self) -> str:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")


NAMES: dict[str, object] = {
    "name": "Ada",
    "n": 3,
    "pi": 3.14159,
    "words": ["one", "two"],
    "table": {"a b": "x"},
    "me": SimpleNamespace(age=36, pets=[SimpleNamespace(name="Pixel")]),
    "data": "{name} {secret}",
    "secret": "hidden",
    "frame": Frame(),
    "spiteful": Spiteful(),
    "color": "blue",
    "a": 1,
    "b": 2,
    "__private": "x",
    "Out": {3: 42},
    "In": ["", "1 + 1"],
    "Err": {3: "ZeroDivisionError: division by zero"},
}

PUT_IN = {
    "a name": ("Hello {name}!", "Hello Ada!"),
    "twice": ("{name} and {name}", "Ada and Ada"),
    "an attribute": ("{me.age}", "36"),
    "an index": ("{words[0]} {words[-1]}", "one two"),
    "a key": ("{table['a b']} {table[\"a b\"]}", "x x"),
    "a path": ("{me.pets[0].name}", "Pixel"),
    "a conversion": ("{name!r}", "'Ada'"),
    "a format": ("{pi:.2f}", "3.14"),
    "a conversion and a format": ("{name!r:>7}", "  'Ada'"),
    "a result": ("{Out[3]}", "42"),
    "an input": ("{In[1]}", "1 + 1"),
    "an error": ("{Err[3]}", "ZeroDivisionError: division by zero"),
    "one pass": ("{data}", "{name} {secret}"),
    "neighbours": ("{a}{b}", "12"),
    "braces written": ("{{name}}", "{name}"),
    "a path written": ("{{me.age}}", "{me.age}"),
    "a data frame": (
        "{frame}",
        "data frame, 1,200 rows x 2 columns\ncity (str), people (int64)\nBern 134000",
    ),
}


@pytest.mark.parametrize(("text", "sent"), PUT_IN.values(), ids=PUT_IN)
def test_a_field_is_replaced_by_its_value(text: str, sent: str) -> None:
    assert interpolate(text, NAMES).text == sent


LEFT = {
    "JSON": '{"a": 1}',
    "TeX": r"\frac{1}{2} and \frac{a}{b}",
    "CSS": "p {color: red} a{}",
    "a set": "{1, 2}",
    "lone braces": "a { b } c {",
    "a call": "{name.upper()}",
    "an expression": "{n + 1}",
    "a dunder name": "{__private}",
    "a dunder attribute": "{name.__class__}",
    "a builtin": "{print}",
    "a missing attribute": "{me.nothing}",
    "a missing index": "{words[9]}",
    "a missing key": "{table['c']}",
    "an attribute of nothing": "{nobody.name}",
    "a bad format": "{name:d}",
    "a property that raises": "{spiteful.trap}",
    "a text that raises": "{spiteful}",
    "a shell variable": "$name ${HOME}",
    "an empty field": "{}",
}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_what_does_not_resolve_stays_as_it_stands(text: str) -> None:
    assert interpolate(text, NAMES).text == text


def test_what_was_put_in_and_what_was_not_is_told() -> None:
    prompt = interpolate("{name} {nmae} {pi:.1f} {nmae} {them.nothing}", NAMES)
    inserted = (Inserted("{name}", 3), Inserted("{pi:.1f}", 3))
    assert prompt == Prompt("Ada {nmae} 3.1 {nmae} {them.nothing}", inserted, ("nmae",))


UNRESOLVED = {
    "a call": ("{name.upper()}", ("name.upper()",)),
    "a call with words": ("{words[0].join(a, 'b')!r}", ("words[0].join(a, 'b')!r",)),
    "a missing attribute": ("{me.nothing} {me.nothing}", ("me.nothing",)),
    "a missing key": ("{table['c']}", ("table['c']",)),
    "a bad format": ("{name:d}", ("name:d",)),
    "a call of what is no variable": ("function f() {g(1)}", ()),
    "an attribute of what is no variable": ("{nobody.name}", ()),
    "an index in a name": ("{table[n]} {nobody[n]}", ("table[n]", "nobody[n]")),
    "a call with a variable": ("{len(words)} {len(nobody)}", ("len(words)",)),
    "a set": ("{name, n}", ()),
}


@pytest.mark.parametrize(("text", "unknown"), UNRESOLVED.values(), ids=UNRESOLVED)
def test_of_a_variable_is_told_what_could_not_be_put_in(
    text: str, unknown: tuple[str, ...]
) -> None:
    assert interpolate(text, NAMES) == Prompt(text, unknown=unknown)


@pytest.mark.parametrize("text", [r"C:\logs{name}", r"one\n{name}, two\n{name}"])
def test_a_variable_that_looks_like_tex_stays_and_is_told(text: str) -> None:
    (note,) = interpolate(text, NAMES).notes
    assert "{name} is TeX, and stays" in note
    assert interpolate(text, NAMES).text == text


@pytest.mark.parametrize("text", [r"\frac{name}{name}", r"\text{nobody}", r"\vec{a}"])
def test_tex_is_not_told(text: str) -> None:
    assert interpolate(text, {**NAMES, "a": 1}) == Prompt(text)


@given(st.text(alphabet="{}nam!r:.[0]'\\ \n"))
def test_without_names_only_double_braces_change(text: str) -> None:
    sent = interpolate(text, {}).text
    assert sent == text or "{{" in text
    assert sent.replace("{", "").replace("}", "") == text.replace("{", "").replace("}", "")


@given(st.text())
def test_a_value_is_put_in_to_the_letter(value: str) -> None:
    assert interpolate("<{value}>", {"value": value}).text == f"<{value}>"


WORDS = {
    "a name": ("{name}", "Ada"),
    "a part of a path": ("out/{name}-{n}.json", "out/Ada-3.json"),
    "a value with spaces": ("{words[1]}", "two words"),
    "a value that looks like an option": ("{option}", "--new"),
    "one pass": ("{data}", "{name} {secret}"),
    "braces written": ("{{name}}", "{name}"),
    "a path of Windows": (r"C:\data{n}\x.json", r"C:\data3\x.json"),
    "no field": ("{} {1} a{ }", "{} {1} a{ }"),
    "money": ("$name", "$name"),
}


@pytest.mark.parametrize(("word", "read"), WORDS.values(), ids=WORDS)
def test_a_word_of_a_line_has_the_same_fields(word: str, read: str) -> None:
    names = {**NAMES, "words": ["one", "two words"], "option": "--new", "n": 3}
    assert put_in_word(word, names) == read


@pytest.mark.parametrize("word", ["{nmae}", "{name.nothing}", "{nobody.x}", "{name:d}"])
def test_a_word_whose_field_does_not_resolve_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="nothing can be put in for") as caught:
        put_in_word(f"a{word}", NAMES)
    assert caught.value.hint == f"Assign it first, in a cell; {{{word}}} writes {word} itself."


def test_nothing_is_called_in_a_word() -> None:
    with pytest.raises(ConfigurationError) as caught:
        put_in_word("{name.upper()}", NAMES)
    assert caught.value.hint.startswith("No code is run here")


def test_pandas_like_tables_are_written_out_in_columns() -> None:
    head = SimpleNamespace(to_string=lambda: "   x\n0  1")
    frame = SimpleNamespace(shape=(1, 1), columns=["x"], dtypes=["int"], head=lambda: head)
    assert describe(frame) == "data frame, 1 rows x 1 columns\nx (int)\n   x\n0  1"


@pytest.mark.parametrize("spec", [">200001", ".9000000000f", "٩٠٠٠٠٠٠٠>9"])
def test_a_width_beyond_all_is_refused_before_so_much_is_written(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="asks for more characters"):
        interpolate(f"{{n:{spec}}}", {"n": 1.5})
    assert interpolate(f"{{nobody:{spec}}}", {"n": 1.5}).text == f"{{nobody:{spec}}}"


def test_a_width_within_the_bounds_is_written() -> None:
    assert len(interpolate("{n:>200000}", {"n": 1.5}).text) == 200_000
