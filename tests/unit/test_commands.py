"""A line that is a subcommand: its words, its options, and what it lacks."""

from __future__ import annotations

import pytest

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.commands import COMMANDS, find
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.outcomes import Open
from secondme_magics.notebook.state import NotebookState


@pytest.mark.parametrize(
    ("line", "name"),
    {
        "panel": None,
        "panel -c ideas": "ideas",
        "panel --conversation ideas": "ideas",
        "panel --conversation={topic}": "travel",
        "panel -c 'ideas'": "ideas",
    }.items(),
)
def test_a_panel_is_opened_on_a_conversation_by_its_short_and_its_long_option(
    line: str, name: str | None
) -> None:
    command = find(line, {"topic": "travel"})
    assert command is not None
    assert command(NotebookState(SecondMe())) == Open(name)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("instances --base", "--base needs a value"),
        ("instances Ada --base=", "--base needs a value"),
        ("instances --base ''", "--base needs a value"),
        ("connect demo --name --wait", "--name needs a value"),
        ("panel -c", "-c needs a value"),
        ("panel --conversation", "--conversation needs a value"),
    ],
)
def test_an_option_without_its_value_is_refused(line: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(line)
    assert caught.value.what == what
    assert caught.value.hint == f"Write %secondme {COMMANDS[line.split(maxsplit=1)[0]].usage}"


@pytest.mark.parametrize("line", ["save --help", "load -x", "use -h", "new --name=x", "list --all"])
def test_an_option_that_stands_alone_behind_a_command_is_no_word_of_it(line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(line)
    name, flag = line.partition("=")[0].split()
    assert caught.value.what == f"{name} has no option {flag}"
    assert caught.value.hint == f"Write %secondme {COMMANDS[name].usage}"


@pytest.mark.parametrize("line", ["save './-x'", "save '-x'", "help -x", "save -"])
def test_what_is_quoted_or_no_option_is_a_word(line: str) -> None:
    assert find(line) is not None


def test_the_options_of_a_command_are_those_of_its_usage() -> None:
    assert COMMANDS["connect"].flags == ["--name", "-m", "--model", "--key-env", "--wait"]
    assert COMMANDS["connect"].switches == ["--wait"]
    assert COMMANDS["panel"].flags == ["-c", "--conversation"]
    assert COMMANDS["retry"].flags == []
