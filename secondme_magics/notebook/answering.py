"""From a question to its answer on the screen, in the conversation and in a variable.

Puts the conversation, the client and the view together; does the work of none of them.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from secondme_magics.conversation.asking import ask
from secondme_magics.notebook.interrupts import end_cell
from secondme_magics.notebook.questions import DEMO_NOTE, describe_request, origin_of, prepare
from secondme_magics.notebook.shells import insert_below, owns_cell
from secondme_magics.showing.streaming import Both, stream_answer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Place, Position, Turn
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.lines import Options
    from secondme_magics.notebook.questions import Question
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.panel.running import RunningAnswer
    from secondme_magics.showing.origin import Origin
    from secondme_magics.showing.streaming import View


def answer(
    text: str,
    options: Options,
    state: NotebookState,
    front: Front,
    position: Position | None = None,
) -> Reply | None:
    """Ask `text` as `options` say, show the answer, and return it.

    Args:
        text: The prompt as it was written.
        options: What stood on the magic's line.
        state: The notebook's instances and conversations.
        front: Where the answer is shown, and who says that it is to stop.
        position: Where in the conversation it is asked, if its place does not say it.

    Raises:
        SecondMeError: Nothing was sent, or the answer failed or was cut.
        Interrupted: The user stopped it, and more statements follow in the cell.
    """
    asked: Turn | None = None
    spot: tuple[str, Place] | None = None
    stopped = False
    try:
        question = prepare(text, options, state, front, position)
        if options.dry_run:
            print(describe_request(question))
            return None
        spot, asked = question.spot, _ask(question, state, front)
        state.last_answered = question.conversation, asked
    except KeyboardInterrupt:
        stopped = True
    stopped = front.interrupts.acknowledge() or stopped
    reply = _hand_over(asked, options, state, front.shell, stopped=stopped)
    if reply is not None and reply.state == "complete" and not stopped:
        _keep(reply, spot, options, state, front.shell)
    return reply


def _ask(question: Question, state: NotebookState, front: Front) -> Turn:
    """Send `question`, and show its answer while it comes."""
    options = question.options
    turn = ask(
        question.conversation,
        question.client,
        question.prompt.text,
        question.parameters,
        system=options.system,
        afresh=options.new,
        timeout=question.timeout,
        position=question.position,
    )
    if not options.no_history:
        state.conversations.keep(question.conversation)
        state.places.note(question.conversation)
    origin = origin_of(question, state)
    with front.interrupts.welcome():  # the last moment before anything is recorded or sent
        pass
    with _in_panels(turn, question, origin, state) as panels:

        def open_view(begun: Turn) -> View:
            view = _view(origin, options, front.shell)
            return view if panels is None else Both(view, panels.begin(begun))

        enough = panels.enough if panels else None
        state.failed = _unless_it_answers(question)
        try:
            asked = stream_answer(turn, open_view, front.interrupts, enough=enough)
        finally:
            state.note_speaker(question.conversation, turn, origin.instance)
    if asked.is_sent:
        state.failed = None
    state.instances.demo_was_named |= DEMO_NOTE in origin.notes and not options.quiet
    return asked


def _unless_it_answers(question: Question) -> tuple[tuple[Turn, ...], str, Position] | None:
    """Return what no turn would tell of `question` if it failed: an earlier one stays then."""
    position = question.position
    if position.replaces is None or position.continues:
        return None
    return question.conversation.turns, question.prompt.text, position


def _view(origin: Origin, options: Options, shell: InteractiveShell) -> View:
    from secondme_magics.notebook.display import QuietView, view_for  # noqa: PLC0415 - the request leaves first

    return QuietView() if options.quiet else view_for(shell, origin)


def _in_panels(
    turn: StreamingTurn, question: Question, origin: Origin, state: NotebookState
) -> AbstractContextManager[RunningAnswer | None]:
    """Return what shows `turn` in the open panels on its conversation too."""
    if state.panels is None or not state.panels.board.panels:
        return nullcontext()
    return state.panels.board.answering(question.conversation, turn, origin)


def _hand_over(
    asked: Turn | None,
    options: Options,
    state: NotebookState,
    shell: InteractiveShell,
    *,
    stopped: bool,
) -> Reply | None:
    """Return the reply; after a stop, see to it that nothing runs on."""
    is_ours = owns_cell(shell)
    if stopped:
        end_cell(state, shell)
    if asked is None:
        return None
    if is_ours or not options.quiet:
        state.shown.append(asked.reply)
    return asked.reply


def _keep(
    reply: Reply,
    spot: tuple[str, Place] | None,
    options: Options,
    state: NotebookState,
    shell: InteractiveShell,
) -> None:
    """Assign the reply, and put its code into a new cell, where that was asked for."""
    if options.output:
        shell.user_ns[options.output] = reply
    if not options.insert_code:
        return
    from secondme_magics.showing.insertion import whole_code, why_no_cell  # noqa: PLC0415 - a few ask for it

    why_none = why_no_cell(reply, state.inserted.get(spot) if spot else None)
    if not why_none:
        code = whole_code(reply)
        insert_below(shell, code)
        if spot:  # no front end lets us change another cell: what differs gets a new one
            state.inserted[spot] = code
    elif options.quiet:
        print(why_none)
