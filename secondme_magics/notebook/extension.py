"""The extension: gives a shell what is ours, and takes all of it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.errors import SecondMeError
from secondme_magics.notebook.completer import matcher
from secondme_magics.notebook.magics import SecondMeMagics
from secondme_magics.notebook.shells import in_notebook, run_of, write
from secondme_magics.notebook.syntax import PromptLine, mend_one_line_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from secondme_magics.conversation.messages import Reply
    from secondme_magics.panel.panel import Panel

_REPLY = ("secondme_magics.conversation.messages", "Reply")
_PANEL = ("secondme_magics.panel.panel", "Panel")

_extensions: dict[int, Extension] = {}
"""What each shell was given, by the shell's identity; one that was unloaded may be loaded again."""


def load(shell: InteractiveShell) -> None:
    """Give `shell` what is ours, once; what its notebook remembered before, it remembers again."""
    if id(shell) not in _extensions:
        _extensions[id(shell)] = Extension(shell)
    _extensions[id(shell)].give()


def unload(shell: InteractiveShell) -> None:
    """Take from `shell` all that `load` gave it."""
    if extension := _extensions.get(id(shell)):
        extension.take_back()


class Extension:
    """What one shell is given: magics, defaults, syntax, completion, and how a reply shows.

    The conversations, instances and defaults outlive its being taken back.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._magics = SecondMeMagics(shell)
        self._matcher = matcher(self._magics)
        self._is_given = False
        self._running: tuple[object, ExecutionInfo] | None = None

    def give(self) -> None:
        """Give the shell everything, unless it has it."""
        if self._is_given:
            return
        self._is_given = True
        shell = self._shell
        shell.register_magics(self._magics)
        shell.configurables.append(self._magics.defaults)  # type: ignore[arg-type] # typed too narrowly
        shell.input_transformers_cleanup.append(mend_one_line_cell)
        shell.input_transformer_manager.token_transformers.append(PromptLine)
        shell.Completer.custom_matchers.append(self._matcher)
        shell.events.register("pre_run_cell", self._before_cell)
        shell.events.register("post_run_cell", self._after_cell)
        if in_notebook(shell) and shell.display_formatter is not None:
            formatter = shell.display_formatter.ipython_display_formatter
            formatter.for_type_by_name(*_REPLY, self._show)
            formatter.for_type_by_name(*_PANEL, self._show_panel)

    def take_back(self) -> None:
        """Take everything back, and end what was started."""
        if not self._is_given:
            return
        self._is_given = False
        shell = self._shell
        shell.events.unregister("pre_run_cell", self._before_cell)
        shell.events.unregister("post_run_cell", self._after_cell)
        shell.Completer.custom_matchers.remove(self._matcher)
        shell.input_transformer_manager.token_transformers.remove(PromptLine)
        shell.input_transformers_cleanup.remove(mend_one_line_cell)
        shell.configurables.remove(self._magics.defaults)  # type: ignore[arg-type] # typed too narrowly
        for magics in shell.magics_manager.magics.values():
            magics.pop("secondme", None)
        shell.magics_manager.registry.pop(type(self._magics).__name__, None)
        if in_notebook(shell) and shell.display_formatter is not None:
            for kind in (_REPLY, _PANEL):
                shell.display_formatter.ipython_display_formatter.pop(".".join(kind), None)
        self._magics.state.close()

    def _show(self, reply: Reply) -> None:
        """Show `reply` as a cell's result, unless the running cell has shown it already."""
        if not any(reply is shown for shown in self._magics.state.shown):
            from secondme_magics.notebook.display import show_reply  # noqa: PLC0415 - not at loading

            show_reply(self._shell, reply)

    def _show_panel(self, panel: Panel) -> None:
        """Show `panel` as a cell's result, unless the running cell has opened it."""
        panels = self._magics.state.panels
        if panels is not None:
            panels.show_again(panel)

    def _before_cell(self, info: ExecutionInfo) -> None:
        """Note which cell runs: another that runs within it, as in `%run`, is part of it."""
        run = run_of(self._shell)
        if self._running is None or self._running[0] != run:
            self._running = run, info

    def _after_cell(self, result: ExecutionResult) -> None:
        """Note what the cell raised, and let a cell fail whose answer was stopped."""
        if self._running is not None and self._running[1] is not result.info:
            return
        self._running = None
        state = self._magics.state
        state.shown.clear()
        if state.panels is not None:
            state.panels.after_cell()
        error = result.error_before_exec or result.error_in_exec
        number = len(getattr(self._shell.history_manager, "input_hist_parsed", [])) - 1
        left = state.places.end_cell()
        is_stored = result.info is not None and result.info.store_history
        if state.interrupted:
            state.interrupted = False
            left = []
            result.error_in_exec = KeyboardInterrupt("the answer was stopped")
        elif error is not None:
            if is_stored:
                self._note_error(number, error)
            left = []
        elif is_stored and result.execution_count is not None:  # an empty cell has no number
            state.errors.forget(number)
        for conversation, numbers in left:
            write(
                f"Conversation {conversation.name} still has what this cell asked when it ran "
                f"before, and did not ask now: turn {', '.join(map(str, numbers))}. "
                "%secondme history shows them; --truncate drops the turns after a prompt.\n"
            )

    def _note_error(self, number: int, error: BaseException) -> None:
        from secondme_magics.notebook.tracebacks import render_traceback, summarise  # noqa: PLC0415 - not at loading

        is_ours = isinstance(error, SecondMeError)
        name_of = self._shell.compile.format_code_name
        trace = "" if is_ours else render_traceback(error, name_of)
        self._magics.state.errors.note(number, summarise(error), trace)
