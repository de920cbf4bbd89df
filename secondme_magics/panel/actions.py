"""What each message of a page does to its panel. What may take its time is left to a worker."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

from secondme_magics.conversation.asking import GO_ON
from secondme_magics.conversation.turns import Position
from secondme_magics.errors import ConfigurationError, SecondMeError
from secondme_magics.panel.worker import Prompt
from secondme_magics.showing.exporting import EXPORTS
from secondme_magics.showing.insertion import whole_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.conversation.turns import Turn
    from secondme_magics.panel.incoming import Request
    from secondme_magics.panel.panel import Panel


def _ready(panel: Panel, request: Request) -> None:
    """Tell all there is; where much of it has to be rendered, that is left to a worker."""
    board, conversation = panel.host.board, panel.conversation

    def render_and_tell() -> None:
        board.render(conversation)
        panel.tell_all(request.page)

    if board.has_much_to_render(conversation):
        panel.do_later(render_and_tell)
    else:
        panel.tell_all(request.page)


def _ask(panel: Panel, request: Request) -> None:
    panel.put(Prompt(request.prompt, copy_context(), prompt_id=request.prompt_id))


def _edit(panel: Panel, request: Request) -> None:
    """Ask otherwise; what was said is kept as another version."""
    turn = _turn(panel, request)
    _ask_at(panel, request, request.prompt, Position(varies=turn))


def _regenerate(panel: Panel, request: Request) -> None:
    """Ask the same again; what was answered is kept as another version."""
    turn = _turn(panel, request)
    _ask_at(panel, request, turn.prompt, Position(place=turn.place, varies=turn))


def _retry(panel: Panel, request: Request) -> None:
    """Ask the same again, in place of a turn that failed."""
    turn = _turn(panel, request)
    if turn.reply.state != "failed":
        _regenerate(panel, request)
    else:
        _ask_at(panel, request, turn.prompt, Position(place=turn.place, replaces=turn))


def _continue(panel: Panel, request: Request) -> None:
    """Go on with an answer that was stopped or cut."""
    turn = _turn(panel, request)
    if not turn.is_unfinished or turn is not panel.conversation.turns[-1]:
        raise ConfigurationError(
            "that answer cannot be continued", "Ask your next prompt, or have it answered again."
        )
    position = Position(place=turn.place, replaces=turn, continues=True)
    _ask_at(panel, request, GO_ON, position)


def _ask_at(panel: Panel, request: Request, prompt: str, position: Position) -> None:
    panel.put(Prompt(prompt, copy_context(), position, request.prompt_id))


def _version(panel: Panel, request: Request) -> None:
    panel.change(lambda: panel.conversation.choose(request.turn, request.index))


def _undo(panel: Panel, _: Request) -> None:
    panel.change(panel.conversation.undo)


def _clear(panel: Panel, _: Request) -> None:
    panel.change(lambda: panel.host.board.forget(panel.conversation))


def _bring_back(panel: Panel, _: Request) -> None:
    panel.change(lambda: panel.host.board.bring_back(panel.conversation))


def _insert_code(panel: Panel, request: Request) -> None:
    """Give the page the code of an answer, for a new cell below the panel."""
    panel.tell("cell", prompt_id=request.prompt_id, code=_code(_turn(panel, request)))


def _next_cell(panel: Panel, request: Request) -> None:
    panel.host.next_cell(_code(_turn(panel, request)))
    panel.tell("said", text="The code comes in a new cell below the next cell that is run.")


def _set(panel: Panel, request: Request) -> None:
    panel.choices.change(request.settings)
    panel.refresh()


def _roles(panel: Panel, _: Request) -> None:
    """Look up the roles; why there are none is told where they are chosen."""

    def look_up() -> None:
        try:
            panel.look_up_roles()
        except SecondMeError as error:
            panel.tell("no_roles", what=error.what, hint=error.hint)

    panel.do_later(look_up)


def _use(panel: Panel, request: Request) -> None:
    panel.change(lambda: panel.show(panel.host.use(request.conversation)))


def _new(panel: Panel, _: Request) -> None:
    panel.change(lambda: panel.show(panel.host.new()))


def _rename(panel: Panel, request: Request) -> None:
    panel.host.rename(panel.conversation, request.conversation)
    panel.host.board.refresh()


def _export(panel: Panel, request: Request) -> None:
    """Give the page a file of the conversation, to be saved by the browser."""
    suffix = f".{request.format}"
    kind, conversation = EXPORTS[suffix], panel.conversation

    def render() -> None:
        text = kind.to_text(conversation, panel.host.speakers(conversation))
        panel.tell("file", name=f"{conversation.name}{suffix}", mime=kind.mime, text=text)

    panel.do_later(render)


def _turn(panel: Panel, request: Request) -> Turn:
    for turn in panel.conversation.turns:
        if turn.number == request.turn:
            return turn
    raise ConfigurationError(
        f"turn {request.turn} does not stand in this conversation",
        "It was taken back, or another version was chosen meanwhile.",
    )


def _code(turn: Turn) -> str:
    code = whole_code(turn.reply)
    if not code:
        raise ConfigurationError(
            "that answer holds no Python code that is whole", "Copy from it what you want."
        )
    return code


ACTIONS: dict[str, Callable[[Panel, Request], None]] = {
    "ready": _ready,
    "ask": _ask,
    "unqueue": lambda panel, _: panel.unqueue(),
    "withdraw": lambda panel, request: panel.withdraw(request.prompt_id),
    "stop": lambda panel, _: panel.stop(),
    "edit": _edit,
    "regenerate": _regenerate,
    "continue": _continue,
    "retry": _retry,
    "version": _version,
    "undo": _undo,
    "clear": _clear,
    "bring_back": _bring_back,
    "insert_code": _insert_code,
    "next_cell": _next_cell,
    "set": _set,
    "roles": _roles,
    "use": _use,
    "new": _new,
    "rename": _rename,
    "export": _export,
}
"""What is done for each kind of message."""
