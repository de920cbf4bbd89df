"""The subcommands of `%secondme`: a table, and how a line reads as one of them.

They print. What asks the instance, touches a cell, waits or shows more than words is returned, to
be done in front of the user. Each lives in a module that loads when it is used.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.notebook.lines import NOTHING, cut_word, parse_line, unquote
from secondme_magics.notebook.prompts import put_in_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from secondme_magics.notebook.outcomes import Outcome
    from secondme_magics.notebook.state import NotebookState


OPTION = re.compile(r"\[(-[\w-]+(?:, -[\w-]+)*)")


class Command(NamedTuple):
    """One row of the table.

    Args:
        usage: How it is written; a word in brackets may be left out.
        meaning: What it does, in a few words.
        path: The module and the function that carry it out, given the notebook's state and the
            words as written.
        waits: Whether it waits or shows, and wants a `Front` behind the state.
    """

    usage: str
    meaning: str
    path: str
    waits: bool = False

    @property
    def name(self) -> str:
        """Its first word."""
        return self.usage.partition(" ")[0]

    @property
    def fields(self) -> dict[str, str]:
        """The options it takes, short and long, with what they are called in Python."""
        groups = [each.split(", ") for each in OPTION.findall(self.usage)]
        return {flag: group[-1].lstrip("-").replace("-", "_") for group in groups for flag in group}

    @property
    def flags(self) -> list[str]:
        """The options it takes."""
        return list(self.fields)

    @property
    def switches(self) -> list[str]:
        """The options that take no value."""
        return [flag for flag in self.flags if f"[{flag}]" in self.usage.split()]

    @property
    def takes_options(self) -> bool:
        """Whether it asks, and takes the options of a prompt."""
        return self.usage.endswith(" [options]")

    def run(self, state: NotebookState, *words: str, **options: object) -> Outcome:
        """Carry it out, as far as no `Front` is needed: what loads with it loads now."""
        module, _, name = self.path.partition(".")
        run = getattr(import_module(f"{__package__}.{module}"), name)
        if self.waits:
            return lambda front: run(state, front, *words, **options)
        outcome: Outcome = run(state, *words, **options)
        return outcome

    @property
    def places(self) -> list[str]:
        """The words that may follow its name; those in brackets may be left out."""
        return self.usage.removesuffix(" [options]").split("[-")[0].split()[1:]

    def takes(self, number: int) -> bool:
        """Return whether so many words may follow its name."""
        needed = [place for place in self.places if not place.startswith("[")]
        return len(needed) <= number <= len(self.places)

    def fits(self, words: list[str]) -> bool:
        """Return whether `words` are numbers where it takes numbers."""
        pairs = zip(words, self.places, strict=False)
        return all(re.fullmatch(r"\d{1,9}", word) for word, place in pairs if place == "[N]")


def find(
    line: str, names: Mapping[str, object] = NOTHING
) -> Callable[[NotebookState], Outcome] | None:
    """Return what carries out `line` if it is a subcommand, or none if it is a prompt.

    Args:
        line: What stands behind the magic.
        names: The notebook's variables, whose values stand for their `{name}`.

    Raises:
        ConfigurationError: It begins with a subcommand but does not read as one, or a value is not
            there.
    """
    name, rest = cut_word(line.strip())
    name = {"": "status", "-h": "help", "--help": "help"}.get(name, name)
    command = COMMANDS.get(name)
    if command is None:
        if not rest:
            _check_spelling(name)
        return None
    parse = _parse_options if command.takes_options else _parse
    words, options = parse(command, rest, names)
    if command.places and not words and not command.takes(0):
        raise ConfigurationError(
            f"{name} needs a {command.places[0]}", f"Write %secondme {command.usage}"
        )
    is_command = command.takes(len(words))
    if is_command:
        words = [put_in_word(word, names) for word in words]
    if not (is_command and command.fits(words)):
        raise ConfigurationError(
            f"{one_line(line)!r} could be the command {command.usage} or a prompt",
            f"Write %secondme {command.usage}, or, as a prompt, %secondme -- {one_line(line)}",
        )
    return lambda state: command.run(state, *words, **options)


def _check_spelling(word: str) -> None:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a single word

    near = get_close_matches(word, COMMANDS, n=1, cutoff=0.75)
    if near:
        raise ConfigurationError(
            f"{word!r} is nearly the command {near[0]}",
            f"Write %secondme {near[0]}, or, as a prompt, %secondme -- {word}",
        )


def _parse_options(
    _: Command, rest: str, names: Mapping[str, object]
) -> tuple[list[str], dict[str, Any]]:
    line = parse_line(rest, names)
    return line.prompt.split(), {"options": line.options}


def _parse(
    command: Command, rest: str, names: Mapping[str, object]
) -> tuple[list[str], dict[str, Any]]:
    words: list[str] = []
    options: dict[str, Any] = {}
    while rest:
        word, rest = cut_word(rest)
        flag, equals, value = word.partition("=")
        if word in command.switches:
            options[command.fields[word]] = True
        elif flag in command.fields and flag not in command.switches:
            if not equals:
                value, rest = cut_word(rest)
            options[command.fields[flag]] = _value(command, flag, value, names)
        elif re.match(r"--?[A-Za-z]", word) and (command.flags or _is_all(command, words, rest)):
            raise _unknown_flag(command, flag)
        else:
            words.append(unquote(word))
    return words, options


def _is_all(command: Command, words: list[str], rest: str) -> bool:
    """Return whether nothing stands beside a word after a command; `help` is told of options."""
    return not words and not rest and command.name != "help"


def _value(command: Command, flag: str, value: str, names: Mapping[str, object]) -> str:
    """Return the value of an option; another option is none."""
    value = "" if value in command.fields else put_in_word(unquote(value), names)
    if not value:
        raise ConfigurationError(f"{flag} needs a value", f"Write %secondme {command.usage}")
    return value


def _unknown_flag(command: Command, flag: str) -> ConfigurationError:
    """Return what to say of an option that `command` has not; its value may be a key."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a typing error

    if flag.lstrip("-") in _KEYS:
        return ConfigurationError(
            f"{command.name} takes no key: this cell is saved with the notebook",
            "Take the key out of the cell, put it into an environment variable, and name that: "
            "--key-env VARIABLE.",
        )
    near = get_close_matches(flag, command.flags, n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]}? " if near else ""
    return ConfigurationError(
        f"{command.name} has no option {flag}", f"{hint}Write %secondme {command.usage}"
    )


_KEYS = ("key", "api-key", "api_key", "apikey", "token")
"""Names under which a key is offered in other tools."""


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "connect TARGET [--name N] [-m, --model NAME] [--key-env VARIABLE] [--wait]",
            "talk to this one, or wait for it first",
            "connecting.connect",
            waits=True,
        ),
        Command("status", "whom you talk to, and in which conversation", "connecting.status"),
        Command(
            "instances [WORD] [--base URL]",
            "the registered instances that are online",
            "inquiries.list_instances",
            waits=True,
        ),
        Command(
            "models",
            "the models of an OpenAI-compatible server",
            "inquiries.list_models",
            waits=True,
        ),
        Command("roles", "the roles of your own Second Me", "roles.list_roles", waits=True),
        Command(
            "doctor [--ask]",
            "check the way to the instance, step by step",
            "doctor.examine",
            waits=True,
        ),
        Command("use NAME", "go on in another conversation", "talking.use"),
        Command("new [NAME]", "start a conversation", "talking.new"),
        Command("list", "the conversations", "talking.list_all"),
        Command("reset", "forget the turns of this conversation", "talking.reset"),
        Command("history", "the turns of this conversation", "talking.history", waits=True),
        Command("undo [N]", "take the last turn back, or the last N", "branches.undo"),
        Command(
            "retry [options]", "ask the last prompt again, in place of its turn", "branches.retry"
        ),
        Command(
            "continue [options]", "go on with an answer that was stopped or cut", "branches.go_on"
        ),
        Command("fork NAME", "go on in a copy of this conversation", "branches.fork"),
        Command("save PATH", "write this conversation to a file", "keeping.save"),
        Command("load PATH", "go on in a conversation that was saved", "keeping.load"),
        Command("export PATH", "write this conversation as .md, .html or .json", "keeping.export"),
        Command(
            "restore [PATH]", "rebuild the conversations of a saved notebook", "keeping.restore"
        ),
        Command(
            "fix [options]", "explain the last error; takes the options of a prompt", "outcomes.fix"
        ),
        Command(
            "code [N]",
            "put the code of the last answer, or of turn N, into a new cell",
            "outcomes.code",
        ),
        Command(
            "panel [-c, --conversation NAME]",
            "open a chat on this conversation, or on another",
            "outcomes.panel",
        ),
        Command("config", "the defaults, and how to change them", "manual.show_config"),
        Command("help [TOPIC]", "this text, or one of its parts", "manual.show_help"),
        Command("version", "the version", "manual.show_version"),
    )
}
