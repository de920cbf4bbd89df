"""The help that `%%secondme?` and `%secondme help` show, made from the tables of what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics import __version__
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import OPTIONS

if TYPE_CHECKING:
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
    to. A key goes only to the host of its base URL; %secondme connect URL --key-env NAME gives
    another server the key in that variable. Defaults: %config SecondMe
    %config SecondMe.extra = {'max_completion_tokens': 500} sends fields that only some servers
    know, as they stand.
"""


def _options() -> str:
    rows = "".join(f"    {each.usage:26} {each.meaning}\n" for each in OPTIONS)
    return f"Options\n{rows}"


def _commands() -> str:
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - they show this help

    rows = "".join(f"    {each.usage:48} {each.meaning}\n" for each in COMMANDS.values())
    return f"Commands\n{rows}"


MAGIC = f"{_ASK}\n{_options()}\n{_PROMPTS}\n{_KEYS}\n%secondme help lists the commands, too."
"""The docstring of the magics."""

TOPICS = ("options", "commands", "prompts", "keys")


def topic(name: str = "") -> str:
    """Return the help on one topic, or all of it.

    Raises:
        ConfigurationError: There is no such topic.
    """
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - they show this help

    parts = dict(zip(TOPICS, (_options(), _commands(), _PROMPTS, _KEYS), strict=True))
    parts |= {each.name: f"{each.usage}\n    {each.meaning}" for each in COMMANDS.values()}
    if name and name not in parts:
        raise ConfigurationError(
            f"there is no help on {name!r}",
            f"Ask for {', '.join(TOPICS)}, or a command; or, as a prompt, %secondme -- help {name}",
        )
    return parts[name] if name else "\n".join([_ASK, *(parts[each] for each in TOPICS)])


def show_config(state: NotebookState) -> None:
    """Print the defaults, and how to change them."""
    for name, trait in sorted(state.config.traits(config=True).items()):
        print(f"SecondMe.{name} = {getattr(state.config, name)!r:12}  {trait.help}")
    print("\nChange one with, for example: %config SecondMe.temperature = 0.3")


def show_help(_: NotebookState, name: str = "") -> None:
    """Print the help, or one of its parts."""
    print(topic(name))


def show_version(_: NotebookState) -> None:
    """Print the version."""
    print(f"secondme_magics {__version__}")
