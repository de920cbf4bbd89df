"""What Tab offers on a line of ours: options, formats, subcommands, names that are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

from IPython.core.completer import SimpleCompletion, context_matcher

from secondme_magics.notebook.manual import TOPICS
from secondme_magics.notebook.options import FORMATS, flags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult

    from secondme_magics.notebook.magics import SecondMeMagics
    from secondme_magics.notebook.state import NotebookState

Matcher: TypeAlias = "Callable[[CompletionContext], SimpleMatcherResult]"

_LINE = re.compile(r"(?:^|=)\s*%%?secondme\s+(?P<before>.*)$")


def matcher(magics: SecondMeMagics) -> Matcher:
    """Return IPython's matcher for the lines of `%secondme` and `%%secondme`."""

    @context_matcher(identifier="secondme")  # type: ignore[untyped-decorator] # IPython's own
    def secondme_matcher(context: CompletionContext) -> SimpleMatcherResult:
        line = context.full_text[: _position(context)].rpartition("\n")[2]
        match = _LINE.search(line)
        words = _candidates(match["before"], magics.state) if match else []
        fitting = [word for word in words if word.startswith(context.token)]
        return {
            "completions": [SimpleCompletion(word, type="option") for word in fitting],
            "suppress": bool(fitting),
            "do_not_suppress": set(),
            "matched_fragment": context.token,
            "ordered": True,
        }

    return cast("Matcher", secondme_matcher)


def _position(context: CompletionContext) -> int:
    """Return where the cursor stands in the whole text."""
    lines = context.full_text.splitlines(keepends=True)
    return sum(map(len, lines[: context.cursor_line])) + context.cursor_position


def _candidates(before: str, state: NotebookState) -> Iterable[str]:
    """Return the words that may stand at the end of `before`."""
    from secondme_magics.notebook.commands import COMMANDS  # noqa: PLC0415 - not at loading
    from secondme_magics.notebook.roles import words_for  # noqa: PLC0415 - not at loading

    *words, current = before.split(" ")
    words = [word for word in words if word]
    last = words[-1] if words else ""
    instances = (*state.instances, *state.listed, "demo")
    known: dict[str, Iterable[str]] = {
        "-f": FORMATS,
        "--format": FORMATS,
        "-i": instances,
        "--instance": instances,
        "-r": [*words_for(state)],
        "--role": [*words_for(state)],
        "-c": state.conversations,
        "--conversation": state.conversations,
    }
    if last in known:
        return known[last]
    if words[:1] == ["connect"]:
        return (*COMMANDS["connect"].flags, *instances)
    if words == ["use"]:
        return state.conversations
    if words == ["help"]:
        return TOPICS
    if current.startswith("-"):
        command = COMMANDS.get(words[0]) if words else None
        return command.flags if command else flags()
    return [] if words else COMMANDS
