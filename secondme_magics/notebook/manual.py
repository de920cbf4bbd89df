"""The help that `%%secondme?` and `%secondme help` show, made from the tables of what there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from secondme_magics import __version__
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import BY_FLAG, OPTIONS

if TYPE_CHECKING:
    from secondme_magics.notebook.commands import Command
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.state import NotebookState

_ASK = """\
Ask a Second Me, or any OpenAI-compatible server, from a cell.

    %%secondme [options]              the cell is the prompt
    %secondme [options] PROMPT        one line; reply = %secondme ... works
    %secondme COMMAND ...             a command; -- before a prompt makes it a prompt
"""

_PROMPTS = """\
Prompts
    {name} puts a variable in; {name.attr}, {name[0]}, {name['key']}, {Out[3]}, {name!r} and
    {name:.2f} work too. What does not resolve stays as it stands: JSON, TeX, CSS. {{name}} writes
    {name}; --raw leaves the prompt as it is. A data frame goes in as its shape, columns and first
    rows. An option's value and a command's word may have such fields too, as in -c {topic} and
    save {path}; there one that does not resolve is an error. $name is text.
    --last, --cells, --var and --error put in cells, variables and the last error; --dry-run shows
    what would be sent, and how long each part is.
"""

_KEYS = """\
Keys and defaults
    SECONDME_INSTANCE, SECONDME_BASE_URL and SECONDME_API_KEY in the environment say whom to talk
    to. A key goes only to the host of its base URL; %secondme connect TARGET --key-env
    VARIABLE gives another server the key in that variable. Defaults: %config SecondMe
    %config SecondMe.extra = {'max_completion_tokens': 500} sends fields that only some servers
    know, as they stand.
"""


_WIDE, _NARROW = 34, 22
"""Characters before a meaning; what is longer has it on the next line."""


def _row(name: str, meaning: str, column: int = _WIDE) -> str:
    gap = " " * (column - len(name)) if len(name) < column - 1 else f"\n{' ' * (column + 4)}"
    return f"    {name}{gap}{meaning}\n"


def _options() -> str:
    return "Options\n" + "".join(_row(each.usage, each.meaning) for each in OPTIONS)


def _commands() -> str:
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - they show this help

    return "Commands\n" + "".join(_row(each.usage, each.meaning) for each in COMMANDS.values())


MAGIC = f"{_ASK}\n{_options()}\n{_PROMPTS}\n{_KEYS}\n%secondme help lists the commands, too."
"""The docstring of the magics."""

TOPICS = ("options", "commands", "prompts", "keys")


def topic(name: str, config: SecondMe) -> str:
    """Return the help on a topic, a command, an option or a default, or all of it.

    Args:
        name: What is asked about, an option with its dashes or without; empty for all.
        config: The defaults.

    Raises:
        ConfigurationError: There is no help on it.
    """
    parts = dict(zip(TOPICS, (_options(), _commands(), _PROMPTS, _KEYS), strict=True))
    if not name:
        return "\n".join([_ASK, *(parts[each] for each in TOPICS)])
    found = [parts[name]] if name in parts else _about(name, config)
    if not found:
        raise ConfigurationError(
            f"there is no help on {name!r}",
            f"{_near(name, config)}Ask for {', '.join(TOPICS)}, a command, an option or a default; "
            f"or, as a prompt, %secondme -- help {name}",
        )
    return "\n".join(found)


def _about(name: str, config: SecondMe) -> list[str]:
    """Return what is known of a command, an option and a default of this name."""
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - they show this help

    word = name.removeprefix("SecondMe.").lstrip("-").replace("-", "_")
    dashed = f"--{word.replace('_', '-')}"
    option = BY_FLAG.get(name) or BY_FLAG.get(dashed)
    commands = [
        each
        for each in COMMANDS.values()
        if name == each.name or (option is None and {name, dashed} & {*each.flags})
    ]
    found = [_of_command(each) for each in commands]
    found += [f"{option.usage}\n    {option.meaning}\n"] if option else []
    default = option.name if option else word
    found += [_of_default(default, config)] if default in config.trait_names(config=True) else []
    return found


def _of_command(command: Command) -> str:
    from secondme_magics.notebook.command_words import EXPLAINED  # noqa: PLC0415 - not at loading

    explained = EXPLAINED.get(command.name, {})
    values = dict(re.findall(r"\[(--?[a-z, -]+) ([A-Z]+)\]", command.usage))
    rows = "".join(
        _row(f"{word} {values.get(word, '')}".strip(), meaning, _NARROW)
        for word, meaning in explained.items()
    )
    return f"{command.usage}\n    {command.meaning}\n" + (f"\n{rows}" if rows else "")


def _of_default(name: str, config: SecondMe) -> str:
    return f"Default\n{_default_row(name, config)}"


def _default_row(name: str, config: SecondMe) -> str:
    return _row(f"SecondMe.{name} = {getattr(config, name)!r}", str(config.traits()[name].help))


def _near(name: str, config: SecondMe) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a typing error

    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - they show this help

    known = [*TOPICS, *COMMANDS, *BY_FLAG, *(option.on[-1][2:] for option in OPTIONS)]
    near = get_close_matches(name, [*known, *config.trait_names(config=True)], n=1, cutoff=0.7)
    return f"Did you mean {near[0]}? " if near else ""


def show_config(state: NotebookState) -> None:
    """Print the defaults, and how to change them."""
    names = sorted(state.config.trait_names(config=True))
    rows = "".join(_default_row(name, state.config) for name in names)
    print(f"Defaults\n{rows}\nChange one with, for example: %config SecondMe.temperature = 0.3")


def show_help(state: NotebookState, name: str = "") -> None:
    """Print the help, or one of its parts."""
    print(topic(name, state.config))


def show_version(_: NotebookState) -> None:
    """Print the version."""
    print(f"secondme_magics {__version__}")
