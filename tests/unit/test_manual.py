"""The help: its columns hold, and it knows each command, option and default by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.command_words import EXPLAINED
from secondme_magics.notebook.commands import COMMANDS, OPTION
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.manual import MAGIC, TOPICS, show_config, topic
from secondme_magics.notebook.options import BY_FLAG, OPTIONS

if TYPE_CHECKING:
    from secondme_magics.notebook.state import NotebookState

DEFAULTS = SecondMe.class_trait_names(config=True)
WIDEST = 100


def column_of(line: str, words: str) -> int:
    assert line.endswith(words)
    return len(line) - len(words)


@pytest.mark.parametrize("name", ["options", "commands"])
def test_all_meanings_of_a_table_begin_in_one_column(name: str) -> None:
    lines = topic(name, SecondMe()).split("\n")
    of_options = [option.meaning for option in OPTIONS]
    of_commands = [command.meaning for command in COMMANDS.values()]
    meanings = of_options if name == "options" else of_commands
    found = [next(line for line in lines if line.endswith(f"  {each}")) for each in meanings]
    assert len(set(map(column_of, found, meanings))) == 1


def test_the_defaults_stand_in_columns_also_where_a_value_is_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = SecondMe(instance="https://second-me.example/api/chat/ada")
    show_config(cast("NotebookState", SimpleNamespace(config=config)))
    table = capsys.readouterr().out.partition("\n\n")[0].split("\n")
    helps = [str(config.traits()[name].help) for name in sorted(DEFAULTS)]
    rows = [line for line in table if line.endswith(tuple(helps))]
    assert len(rows) == len(helps) == len(table) - 2
    assert len(set(map(column_of, rows, helps))) == 1


def test_no_line_is_wider_than_a_cell() -> None:
    texts = [MAGIC, topic("", SecondMe()), *(topic(name, SecondMe()) for name in COMMANDS)]
    assert [line for text in texts for line in text.split("\n") if len(line) > WIDEST] == []


def test_each_word_and_each_option_of_a_command_is_explained() -> None:
    words = {
        name: {*(place.strip("[]") for place in command.places), *OPTION.findall(command.usage)}
        | ({"options"} if command.takes_options else set())
        for name, command in COMMANDS.items()
    }
    assert {name: set(EXPLAINED.get(name, ())) for name in COMMANDS} == words


NAMES = {
    "an option": (
        "temperature",
        ["-t, --temperature X", "0 to 1 for", "SecondMe.temperature = 0.5"],
    ),
    "a flag": ("-x", ["-x, --insert-code", "into a new cell below"]),
    "a long flag": ("--max-tokens", ["--max-tokens N", "SecondMe.max_tokens = None"]),
    "what switches off": ("--no-l0", ["--l0/--no-l0"]),
    "a default": ("base_url", ["SecondMe.base_url = None", "Where a bare id"]),
    "a default by its whole name": ("SecondMe.stream", ["SecondMe.stream = True"]),
    "a command": ("connect", ["connect TARGET", "--key-env VARIABLE  ", "ten minutes at most"]),
    "a command's option": ("--wait", ["connect TARGET", "ten minutes at most"]),
    "a command and an option": ("new", ["new [NAME]", "-n, --new"]),
    "a command with a prompt's options": ("retry", ["see %secondme help options"]),
}


@pytest.mark.parametrize(("name", "told"), NAMES.values(), ids=NAMES)
def test_there_is_help_on(name: str, told: list[str]) -> None:
    text = topic(name, SecondMe(temperature=0.5))
    assert [each for each in told if each not in text] == []


def test_there_is_help_on_all_that_the_tables_hold() -> None:
    names = [*TOPICS, *COMMANDS, *BY_FLAG, *DEFAULTS, *(option.name for option in OPTIONS)]
    assert all(topic(name, SecondMe()) for name in names)


UNKNOWN = {
    "temperatur": "Did you mean temperature? Ask for options,",
    "conect": "Did you mean connect?",
    "--temprature": "Did you mean --temperature?",
    "nothing": "Ask for options, commands, prompts, keys, a command, an option or a default;",
}


@pytest.mark.parametrize(("name", "hint"), UNKNOWN.items(), ids=UNKNOWN)
def test_what_is_not_known_is_told_with_what_is_near(name: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        topic(name, SecondMe())
    assert caught.value.what == f"there is no help on {name!r}"
    assert caught.value.hint.startswith(hint)
