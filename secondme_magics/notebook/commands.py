"""The subcommands of `%secondme`: a table, how a line reads as one, and what each does.

They print. What asks the instance, touches a cell, waits or shows more than words is returned, to
be done in front of the user.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from secondme_magics import __version__
from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.markdown.safety import clean_text
from secondme_magics.notebook import doctor, inquiries, manual, roles
from secondme_magics.notebook.branches import fork, go_on, retry, undo
from secondme_magics.notebook.keeping import export, load, restore, save
from secondme_magics.notebook.options import check_name, cut_word, parse_line, unquote
from secondme_magics.notebook.outcomes import code, fix, panel
from secondme_magics.notebook.waiting import in_front

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.conversation.conversation import Conversation, Turn
    from secondme_magics.notebook.outcomes import Outcome
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.notebook.waiting import Front


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table.

    Args:
        usage: How it is written; a word in brackets may be left out.
        meaning: What it does, in a few words.
        run: What carries it out, given the notebook's state and the words as written. Where it
            waits or shows, it returns what does so, which wants a `Front`.
    """

    usage: str
    meaning: str
    run: Callable[..., Outcome]

    @property
    def name(self) -> str:
        """Its first word."""
        return self.usage.partition(" ")[0]

    @property
    def flags(self) -> list[str]:
        """The options it takes."""
        return [word.strip("[]") for word in self.usage.split() if word.startswith("[-")]

    @property
    def switches(self) -> list[str]:
        """The options that take no value."""
        return [flag for flag in self.flags if f"[{flag}]" in self.usage.split()]

    @property
    def takes_options(self) -> bool:
        """Whether it asks, and takes the options of a prompt."""
        return self.usage.endswith(" [options]")

    def fits(self, words: list[str]) -> bool:
        """Return whether `words` are as many as it takes, and numbers where it takes them."""
        places = self.usage.removesuffix(" [options]").split("[-")[0].split()[1:]
        needed = [word for word in places if not word.startswith("[")]
        numbers = [word for word, place in zip(words, places, strict=False) if place == "[N]"]
        is_few = len(needed) <= len(words) <= len(places)
        return is_few and all(re.fullmatch(r"\d{1,9}", number) for number in numbers)


def find(line: str) -> Callable[[NotebookState], Outcome] | None:
    """Return what carries out `line` if it is a subcommand, or none if it is a prompt.

    Raises:
        ConfigurationError: It begins with a subcommand but does not read as one.
    """
    name, rest = cut_word(line.strip())
    name = {"": "status", "-h": "help", "--help": "help"}.get(name, name)
    command = COMMANDS.get(name)
    if command is None:
        if not rest:
            _check_spelling(name)
        return None
    words, options = _parse_options(rest) if command.takes_options else _parse(command, rest)
    if not command.fits(words):
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


def _parse_options(rest: str) -> tuple[list[str], dict[str, Any]]:
    line = parse_line(rest)
    return line.prompt.split(), {"options": line.options}


def _parse(command: Command, rest: str) -> tuple[list[str], dict[str, Any]]:
    words: list[str] = []
    options: dict[str, Any] = {}
    while rest:
        word, rest = cut_word(rest)
        flag, equals, value = word.partition("=")
        if word in command.switches:
            options[word.lstrip("-").replace("-", "_")] = True
        elif flag in command.flags and flag not in command.switches:
            if not equals:
                value, rest = cut_word(rest)
            options[flag.lstrip("-").replace("-", "_")] = unquote(value)
        else:
            words.append(unquote(word))
    return words, options


def _connect(  # noqa: PLR0913 - a word and its options
    state: NotebookState,
    front: Front,
    target: str,
    *,
    name: str | None = None,
    key_env: str | None = None,
    wait: bool = False,
) -> None:
    from secondme_magics.api.endpoint import Key  # noqa: PLC0415 - not at loading
    from secondme_magics.secondme import resolve_endpoint  # noqa: PLC0415 - not at loading

    if name is not None:
        check_name(name, "an instance", taken=("demo",))
    key = None if key_env is None else Key(_variable(key_env))
    endpoint = state.instances.get(target)
    if endpoint is None:
        endpoint = resolve_endpoint(target, base_url=state.config.base_url, key=key)
    elif key is not None:
        endpoint = replace(endpoint, key=key)
    if wait:
        inquiries.wait_for_instance(state, front, endpoint)
    state.connect(endpoint, name or (target if target in state.instances else None))
    print(f"Prompts go to {state.name_of(None, endpoint)} at {_address(endpoint)}")


def _address(endpoint: Endpoint) -> str:
    """Return where `endpoint` answers, without a query, in which a key may stand."""
    return endpoint.url.partition("?")[0]


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(
            f"--key-env names no environment variable that is set: {name!r}",
            "Set the variable before Jupyter starts, or in os.environ; it holds the key.",
        )
    return value


def _status(state: NotebookState) -> None:
    conversation = state.talk()
    print(f"instance      {_whom(state)}")
    print(f"conversation  {conversation.name}, {_count(conversation)}")
    print(f"version       {__version__}")


def _whom(state: NotebookState) -> str:
    if state.is_demo_by_default:
        return "demo, as nothing is connected; connect your own with %secondme connect ID"
    endpoint = state.endpoint()
    key = "with a key" if endpoint.key else "without a key"
    return f"{state.name_of(None, endpoint)}  {_address(endpoint)}  {key}"


def _count(conversation: Conversation) -> str:
    number = len(conversation.turns)
    return f"{number} turn{'' if number == 1 else 's'}"


def _new(state: NotebookState, name: str | None = None) -> None:
    if name is not None:
        check_name(name, "a conversation")
    conversation = state.new(name)
    print(f"Conversation {conversation.name} begins.")


def _use(state: NotebookState, name: str) -> None:
    check_name(name, "a conversation")
    conversation = state.use(name)
    print(f"Conversation {conversation.name} goes on: {_count(conversation)}.")


def _list(state: NotebookState) -> None:
    state.talk()
    width = max(map(len, state.conversations))
    for name, conversation in state.conversations.items():
        mark = "*" if name == state.conversation else " "
        print(f"{mark} {name:{width}}  {_count(conversation)}")


def _reset(state: NotebookState) -> None:
    conversation = state.talk()
    count = _count(conversation)
    conversation.reset()
    print(f"Conversation {conversation.name} is empty now: {count} forgotten.")


def _history(state: NotebookState) -> None:
    conversation = state.talk()
    if conversation.system:
        print(f"system: {clean_text(conversation.system)}\n")
    for turn in conversation.turns:
        print(_render_turn(turn))
    if not conversation.turns:
        print(f"Conversation {conversation.name} has no turn yet.")


def _render_turn(turn: Turn) -> str:
    state = "" if turn.reply.state == "complete" else f" ({turn.reply.state})"
    prompt, answer = clean_text(turn.prompt), clean_text(turn.reply.text)
    return f"[{turn.number}] {prompt}\n\n{answer or '(no text)'}{state}\n"


def _config(state: NotebookState) -> None:
    for name, trait in sorted(state.config.traits(config=True).items()):
        print(f"SecondMe.{name} = {getattr(state.config, name)!r:12}  {trait.help}")
    print("\nChange one with, for example: %config SecondMe.temperature = 0.3")


def _help(_: NotebookState, topic: str = "") -> None:
    print(manual.topic(topic))


def _version(_: NotebookState) -> None:
    print(f"secondme_magics {__version__}")


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "connect TARGET [--name N] [--key-env VARIABLE] [--wait]",
            "talk to this one, or wait for it first",
            in_front(_connect),
        ),
        Command("status", "whom you talk to, and in which conversation", _status),
        Command(
            "instances [WORD] [--base URL]",
            "the registered instances that are online",
            in_front(inquiries.list_instances),
        ),
        Command("roles", "the roles of your own Second Me", in_front(roles.list_roles)),
        Command(
            "doctor [--ask]",
            "check the way to the instance, step by step",
            in_front(doctor.examine),
        ),
        Command("use NAME", "go on in another conversation", _use),
        Command("new [NAME]", "start a conversation", _new),
        Command("list", "the conversations", _list),
        Command("reset", "forget the turns of this conversation", _reset),
        Command("history", "the turns of this conversation", _history),
        Command("undo [N]", "take the last turn back, or the last N", undo),
        Command("retry", "ask the last prompt again, in place of its turn", retry),
        Command("continue", "go on with an answer that was stopped or cut", go_on),
        Command("fork NAME", "go on in a copy of this conversation", fork),
        Command("save PATH", "write this conversation to a file", save),
        Command("load PATH", "go on in a conversation that was saved", load),
        Command("export PATH", "write this conversation as .md, .html or .json", export),
        Command("restore [PATH]", "rebuild the conversations of a saved notebook", restore),
        Command("fix [options]", "explain the last error; takes the options of a prompt", fix),
        Command("code [N]", "put the code of the last answer, or of turn N, into a new cell", code),
        Command("panel [-c NAME]", "open a chat on this conversation, or on another", panel),
        Command("config", "the defaults, and how to change them", _config),
        Command("help [TOPIC]", "this text, or one of its parts", _help),
        Command("version", "the version", _version),
    )
}
