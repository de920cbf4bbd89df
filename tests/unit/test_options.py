from __future__ import annotations

import re
from pathlib import Path

import pytest

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.commands import COMMANDS
from secondme_magics.notebook.lines import (
    Options,
    conversation_name,
    cut_word,
    parse_line,
    unquote,
)
from secondme_magics.notebook.options import OPTIONS, flags

LINES = {
    "nothing": ("", Options(), ""),
    "a prompt": ("what is love?", Options(), "what is love?"),
    "prompt keeps its spaces and quotes": (
        '-t 0.3 it\'s  "two  spaces"',
        Options(temperature=0.3),
        'it\'s  "two  spaces"',
    ),
    "short and long": (
        "-i demo --conversation ideas",
        Options(instance="demo", conversation="ideas"),
        "",
    ),
    "a quoted value": ('-s "Be brief, please" go', Options(system="Be brief, please"), "go"),
    "an escaped quote": (r'-s "say \"hi\"" go', Options(system='say "hi"'), "go"),
    "no system message": ("-s '' go", Options(system=""), "go"),
    "an equals sign": ("--max-tokens=20 --timeout=1.5", Options(max_tokens=20, timeout=1.5), ""),
    "a quoted value behind an equals sign": ("--system='a b' go", Options(system="a b"), "go"),
    "switches": (
        "-n --no-history --raw --no-stream -q --dry-run",
        Options(new=True, no_history=True, raw=True, no_stream=True, quiet=True, dry_run=True),
        "",
    ),
    "yes": ("--l0 --l1", Options(l0=True, l1=True), ""),
    "no": ("--no-l0 --no-l1", Options(l0=False, l1=False), ""),
    "the last wins": ("-t 0.1 -t 0.2", Options(temperature=0.2), ""),
    "a forced prompt": ("-- -t is an option", Options(), "-t is an option"),
    "options, then a forced prompt": ("-q -- list", Options(quiet=True), "list"),
    "a number is a prompt": ("-5 + 3", Options(), "-5 + 3"),
    "a list item is a prompt": ("- milk", Options(), "- milk"),
    "an arrow is a prompt": ("-> look", Options(), "-> look"),
    "a rule is a prompt": ("--- hello", Options(), "--- hello"),
    "an apostrophe holds nothing together": ("-m it's 'a test", Options(model="it's"), "'a test"),
    "a lone dash is a prompt": ("-", Options(), "-"),
    "a negative value": ("-t -1", Options(temperature=-1), ""),
    "an option behind the prompt is prompt": ("hello -t 1", Options(), "hello -t 1"),
    "cells, in any number": ("--cells 3,5-7 --cells 9", Options(cells=(3, 5, 6, 7, 9)), ""),
    "variables, in any number": ("--var df,x --var=y go", Options(var=("df", "x", "y")), "go"),
    "the rest of the notebook": (
        "--last 2 --error -x go",
        Options(last=2, error=True, insert_code=True),
        "go",
    ),
    "role, model, format, output": (
        "-r poet -m gpt -f json -o answer",
        Options(role="poet", model="gpt", format="json", output="answer"),
        "",
    ),
}


@pytest.mark.parametrize(("line", "options", "prompt"), LINES.values(), ids=LINES)
def test_a_line_is_options_and_then_the_prompt_to_the_letter(
    line: str, options: Options, prompt: str
) -> None:
    read = parse_line(line)
    assert (read.options, read.prompt) == (options, prompt)


NAMES = {"topic": "ideas", "url": "http://host/a b", "names": {"of all": 7}, "empty": ""}

FILLED = {
    "a name": ("-c {topic} go", Options(conversation="ideas"), "go"),
    "a part": ("--conversation={topic}-2 go", Options(conversation="ideas-2"), "go"),
    "a value with spaces": ("-i {url} go", Options(instance="http://host/a b"), "go"),
    "a key with spaces": ("--last {names['of all']} go", Options(last=7), "go"),
    "in quotes": ('-m "a {topic}" go', Options(model="a ideas"), "go"),
    "a variable by its name": ("--var {topic} go", Options(var=("ideas",)), "go"),
    "a prompt": ("-q {topic}", Options(quiet=True), "{topic}"),
    "a text": ("-s 'As {topic} {x}' go", Options(system="As {topic} {x}"), "go"),
}


@pytest.mark.parametrize(("line", "options", "prompt"), FILLED.values(), ids=FILLED)
def test_a_field_in_a_value_is_that_variable_but_in_a_text(
    line: str, options: Options, prompt: str
) -> None:
    read = parse_line(line, NAMES)
    assert (read.options, read.prompt) == (options, prompt)


def test_as_many_tokens_are_allowed_as_a_request_takes() -> None:
    assert parse_line("--max-tokens 2147483647", NAMES).options.max_tokens == 2**31 - 1


BAD = {
    "no such variable": ("-c {topics}", "nothing can be put in for {topics}", "{{topics}}"),
    "nothing in a variable": ("-c {empty}", "--conversation needs a value", "NAME"),
    "unknown": ("--tmperature 1", "unknown option --tmperature", "Did you mean --temperature?"),
    "nothing near": ("--xyzzyplugh", "unknown option --xyzzyplugh", "%secondme help"),
    "no number": ("-t hot", "--temperature cannot be 'hot'", "0 to 1 for a Second Me"),
    "no whole number": (
        "--max-tokens 1.5",
        "--max-tokens cannot be '1.5'",
        "a whole number from 1",
    ),
    "no format": ("-f yaml", "--format cannot be 'yaml'", "markdown, text, json, code"),
    "no variable": ("-o 1st", "--output cannot be '1st'", "the name of a variable"),
    "a keyword": ("-o class", "--output cannot be 'class'", "the name of a variable"),
    "no count": ("--last 0", "--last cannot be '0'", "a whole number from 1 to"),
    "no cells": ("--cells 3-", "--cells cannot be '3-'", "as 3,5-7"),
    "cells backwards": ("--cells 7-5", "--cells cannot be '7-5'", "as 3,5-7"),
    "too many cells": ("--cells 1-99999999", "--cells cannot be", "as 3,5-7"),
    "an expression": ("--var df.head()", "--var cannot be 'df.head()'", "names of variables"),
    "a comma too many": ("--var df,", "--var cannot be 'df,'", "names of variables"),
    "no name": ("-c a/b", "--conversation cannot be 'a/b'", "letters, digits, dots"),
    "no tokens": ("--max-tokens 0", "--max-tokens cannot be '0'", "from 1 to"),
    "too many tokens": ("--max-tokens 2147483648", "cannot be '2147483648'", "2,147,483,647"),
    "turns below none": ("--last-turns -1", "--last-turns cannot be '-1'", "from 0 to"),
    "too many turns": ("--last-turns 1000000000", "'1000000000'", "from 0 to 999,999,999"),
    "other digits": ("--max-tokens \u0663", "--max-tokens cannot be", "from 1 to"),
    "no time": ("--timeout 0", "--timeout cannot be '0'", "seconds"),
    "endless": ("--timeout inf", "--timeout cannot be 'inf'", "seconds"),
    "no value": ("-t", "--temperature needs a value", "Write --temperature X: 0 to 1"),
    "an option for a value": ("-c --new go", "--conversation needs a value", "NAME"),
    "the end of options for a value": ("-i -- go", "--instance needs a value", "NAME"),
    "a name like an option": ("-c=-x go", "--conversation cannot be '-x'", "conversation"),
    "an empty value": ("-m ''", "--model needs a value", "the model"),
    "a quote that stays open": ('-s "Be brief', "the quote after --system is not closed", "Close"),
    "a value for a switch": ("--raw=yes", "--raw takes no value", "--raw alone"),
}


@pytest.mark.parametrize(("line", "what", "hint"), BAD.values(), ids=BAD)
def test_bad_options_say_what_was_expected(line: str, what: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_line(line, NAMES)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_every_flag_is_offered_once_and_sets_a_field_of_the_options() -> None:
    assert len(flags()) == len(set(flags()))
    assert {option.name for option in OPTIONS} == set(Options._fields)


def test_a_word_is_held_together_by_quotes() -> None:
    assert cut_word("'a b' c") == ("'a b'", "c")
    assert cut_word("it's fine") == ("it's", "fine")
    assert cut_word("") == ("", "")
    assert unquote("'a b'") == "a b"
    assert unquote("'") == "'"


@pytest.mark.parametrize("name", ["ideas", "旅行", "a.b-c_1"])
def test_conversation_names_are_words(name: str) -> None:
    assert conversation_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "a\n"])
def test_other_conversation_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is the name, or nothing
        conversation_name(name)
    assert str(caught.value) == name


def test_the_readme_lists_every_option_as_the_table_does() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(-[^`]+)` \| (.+?) \|$", readme, re.MULTILINE)
    assert rows == [(option.usage, option.meaning) for option in OPTIONS]


def test_the_readme_lists_every_command_as_the_table_does() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| command |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", table, re.MULTILINE)
    assert rows == [(command.usage, command.meaning) for command in COMMANDS.values()]
