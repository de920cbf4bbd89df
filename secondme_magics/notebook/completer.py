"""What Tab offers on a line of ours: options, formats, subcommands, known names, paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

from IPython.core.completer import SimpleCompletion, context_matcher

from secondme_magics.notebook.files import paths_beginning
from secondme_magics.notebook.manual import TOPICS
from secondme_magics.notebook.options import BY_FLAG, FORMATS, flags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.notebook.commands import Command
    from secondme_magics.notebook.magics import SecondMeMagics
    from secondme_magics.notebook.state import NotebookState

Matcher: TypeAlias = "Callable[[CompletionContext], SimpleMatcherResult]"

_LINE = re.compile(r"(?:^|=)\s*%%?secondme\s+(?P<before>.*)$")

_PATH = re.compile(
    r"(?P<command>save|load|export|restore)\s+"
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\"']*)|(?P<plain>[^\s\"'-][^\s\"']*)?)"
)
"""A command with the beginning of its path, also with that of a quoted one."""


def matcher(magics: SecondMeMagics) -> Matcher:
    """Return IPython's matcher for the lines of `%secondme` and `%%secondme`."""

    @context_matcher(identifier="secondme")  # type: ignore[untyped-decorator] # IPython's own
    def secondme_matcher(context: CompletionContext) -> SimpleMatcherResult:
        line = context.full_text[: _position(context)].rpartition("\n")[2]
        before = match["before"] if (match := _LINE.search(line)) else ""
        if path := _PATH.fullmatch(before):
            return _result(_paths(path), path["quoted"] or path["plain"] or "", "path")
        names = _variables(magics.shell)
        kind, words = _candidates(before, magics.state, names) if match else ("", None)
        fitting = [word for word in words or () if word.startswith(context.token)]
        return _result(fitting, context.token, kind, is_all=words is not None)

    return cast("Matcher", secondme_matcher)


_MODEL = re.compile(r"[\w.:/@+][\w.:/@+-]*")
"""A model's name that stands on a line as one word; any other, a server's words, is not offered."""


class _Nothing(list[SimpleCompletion]):
    """No completion, and no other matcher's: IPython asks those too where there are none."""

    def __len__(self) -> int:
        return 1


def _result(
    words: list[str], fragment: str, kind: str, *, is_all: bool = True
) -> SimpleMatcherResult:
    """Return `words` as completions, instead of all others if they are all that can stand there."""
    found = [SimpleCompletion(word, type=kind) for word in words]
    return {
        "completions": found or _Nothing() if is_all else found,
        "suppress": is_all,
        "do_not_suppress": set(),
        "matched_fragment": fragment,
        "ordered": True,
    }


def _paths(match: re.Match[str]) -> list[str]:
    """Return the paths that go on as the one that was begun, in quotes where they need them."""
    start = match["quoted"] or match["plain"] or ""
    if match["command"] == "export":
        paths = [path for path in paths_beginning(start) if path.endswith("/")]
        paths = paths or _files_to_be(start)
    else:
        paths = paths_beginning(start, ".ipynb" if match["command"] == "restore" else "")
    return paths if match["quote"] else [_quoted(path) for path in paths]


def _files_to_be(start: str) -> list[str]:
    """Return what may be exported to and begins so; other files are not written over."""
    from secondme_magics.showing.exporting import EXPORTS  # noqa: PLC0415 - not at loading

    name, dot, end = start.rpartition(".")
    if not dot or "/" in end:
        name, end = start, ""
    if not name or name.endswith("/"):
        return []
    files = [f"{name}{suffix}" for suffix in EXPORTS if suffix.startswith(f".{end}")]
    there = [path for suffix in EXPORTS for path in paths_beginning(start, suffix)]
    return list(dict.fromkeys([*there, *files]))


def _quoted(path: str) -> str:
    if not re.search(r"[\s\"']", path):
        return path
    quote = "'" if '"' in path else '"'
    return f"{quote}{path}" + ("" if path.endswith("/") else quote)


def _position(context: CompletionContext) -> int:
    """Return where the cursor stands in the whole text."""
    lines = [f"{line}\n" for line in context.full_text.split("\n")]
    return sum(map(len, lines[: context.cursor_line])) + context.cursor_position


def _variables(shell: InteractiveShell) -> list[str]:
    """Return the names that the user's own code has given."""
    hidden = shell.user_ns_hidden
    names = [name for name, value in shell.user_ns.items() if value is not hidden.get(name, hidden)]
    return [name for name in names if not name.startswith("_")]


def _candidates(
    before: str, state: NotebookState, names: list[str]
) -> tuple[str, Iterable[str] | None]:
    """Return what may stand at the end of `before`, and what that is; none in a prompt."""
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - not at loading

    *words, current = re.sub(r"(--[a-z-]+)=", r"\1 ", before).split(" ")
    words = [word for word in words if word]
    last = words[-1] if words else ""
    command = COMMANDS.get(words[0]) if words else None
    if "{" in current.rpartition("}")[2]:  # a variable's name, which IPython knows
        return "value", None
    values = _values(state, names)
    name = BY_FLAG[last].name if last in BY_FLAG else ""
    if name in values or _wants_value(last, command):
        return "value", values.get(name, ())
    arguments = _arguments(state)
    if " ".join(words) in arguments and not (command and command.flags and current[:1] == "-"):
        return "value", arguments[" ".join(words)]
    if current.startswith("-"):
        takes_flags = command and not command.takes_options
        return "option", command.flags if command and takes_flags else flags()
    if words:
        return "value", () if command and not command.takes_options else None
    return "command", COMMANDS


def _values(state: NotebookState, names: list[str]) -> dict[str, Iterable[str]]:
    """Return what may stand behind an option, by the option's name."""
    from secondme_magics.notebook.roles import words_for  # noqa: PLC0415 - not at loading

    models = filter(_MODEL.fullmatch, (state.config.model or "", *state.instances.models))
    return {
        "format": FORMATS,
        "instance": _instances(state),
        "role": words_for(state.instances),
        "conversation": state.conversations,
        "output": names,
        "var": names,
        "model": [*models],
    }


def _arguments(state: NotebookState) -> dict[str, Iterable[str]]:
    """Return what may stand behind a command's name alone."""
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - not at loading

    talk = state.conversations.get(state.conversations.current)
    return {
        "use": state.conversations,
        "code": [str(turn.number) for turn in talk.turns] if talk else [],
        "connect": _instances(state),
        "help": (*TOPICS, *COMMANDS, *flags()),
    }


def _instances(state: NotebookState) -> list[str]:
    return [*state.instances.named, *state.instances.listed, "demo"]


def _wants_value(flag: str, command: Command | None) -> bool:
    """Return whether a value stands behind `flag`."""
    if command and not command.takes_options:
        return flag in command.flags and flag not in command.switches
    return flag in BY_FLAG and bool(BY_FLAG[flag].metavar)
