"""What Tab offers on a line of ours: options, formats, subcommands, known names, paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

from IPython.core.completer import SimpleCompletion, context_matcher

from secondme_magics.notebook.files import paths_beginning
from secondme_magics.notebook.manual import TOPICS
from secondme_magics.notebook.options import FORMATS, flags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

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
        words = _candidates(before, magics.state, names) if match else []
        fitting = [word for word in words if word.startswith(context.token)]
        return _result(fitting, context.token, "option")

    return cast("Matcher", secondme_matcher)


def _result(words: list[str], fragment: str, kind: str) -> SimpleMatcherResult:
    return {
        "completions": [SimpleCompletion(word, type=kind) for word in words],
        "suppress": bool(words),
        "do_not_suppress": set(),
        "matched_fragment": fragment,
        "ordered": True,
    }


def _paths(match: re.Match[str]) -> list[str]:
    """Return the paths that go on as the one that was begun, in quotes where they need them."""
    suffix = ".ipynb" if match["command"] == "restore" else ""
    paths = paths_beginning(match["quoted"] or match["plain"] or "", suffix)
    return paths if match["quote"] else [_quoted(path) for path in paths]


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


def _candidates(before: str, state: NotebookState, names: list[str]) -> Iterable[str]:
    """Return the words that may stand at the end of `before`."""
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - not at loading
    from secondme_magics.notebook.roles import words_for  # noqa: PLC0415 - not at loading

    *words, current = re.sub(r"(--[a-z-]+)=", r"\1 ", before).split(" ")
    words = [word for word in words if word]
    last = words[-1] if words else ""
    instances = (*state.instances.named, *state.instances.listed, "demo")
    known: dict[str, Iterable[str]] = {
        "-f": FORMATS,
        "--format": FORMATS,
        "-i": instances,
        "--instance": instances,
        "-r": [*words_for(state.instances)],
        "--role": [*words_for(state.instances)],
        "-c": state.conversations,
        "--conversation": state.conversations,
        "-o": names,
        "--output": names,
        "--var": names,
    }
    if last in known:
        return known[last]
    if words[:1] == ["connect"]:
        return (*COMMANDS["connect"].flags, *instances)
    talk = state.conversations.get(state.conversations.current)
    arguments: dict[tuple[str, ...], Iterable[str]] = {
        ("use",): state.conversations,
        ("code",): [str(turn.number) for turn in talk.turns] if talk else [],
        ("help",): TOPICS,
    }
    if tuple(words) in arguments:
        return arguments[tuple(words)]
    if current.startswith("-"):
        command = COMMANDS.get(words[0]) if words else None
        return command.flags if command and not command.takes_options else flags()
    return [] if words else COMMANDS
