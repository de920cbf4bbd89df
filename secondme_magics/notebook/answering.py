"""From a prompt and its options to an answer on the screen.

Puts the notebook's values, the conversation, the client and the view together; does the work of
none of them.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Parameters
from secondme_magics.conversation.unicode import to_json
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.interrupts import end_cell
from secondme_magics.notebook.positions import advising, position_of, tell_position
from secondme_magics.notebook.prompts import Prompt, interpolate
from secondme_magics.notebook.shells import owns_cell
from secondme_magics.showing.origin import Origin
from secondme_magics.showing.streaming import Both, stream_answer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.api.client import Client
    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.messages import Message, Reply
    from secondme_magics.conversation.turns import Place, Position, Turn
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.lines import Options
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.panel.running import RunningAnswer
    from secondme_magics.showing.streaming import View

T = TypeVar("T")

DEMO_NOTE = (
    "The demo instance answers: it has no model and quotes this project's manual. "
    "Talk to your own with %secondme connect ID-OR-URL."
)


class _Question(NamedTuple):
    """A prompt that is ready to be sent.

    Args:
        prompt: Its text, with what was put in.
        options: What stood on the magic's line, with what was put in.
        client: Who brings it to the instance.
        conversation: What was said before, and where the turn is recorded.
        position: Where in the conversation it is asked.
        place: Where in the notebook it is asked: elsewhere, if it asks an earlier turn again.
        parameters: The request's optional fields.
        messages: What is sent.
    """

    prompt: Prompt
    options: Options
    client: Client
    conversation: Conversation
    position: Position
    place: Place | None
    parameters: Parameters
    messages: list[Message]


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
    place: Place | None = None
    stopped = False
    try:
        question = _prepare(text, options, state, front, position)
        if options.dry_run:
            _show_request(question)
            return None
        place, asked = question.place, _ask(question, state, front)
        state.last_answered = question.conversation, asked
    except KeyboardInterrupt:
        stopped = True
    stopped = front.interrupts.acknowledge() or stopped
    reply = _hand_over(asked, options, state, front.shell, stopped=stopped)
    if reply is not None and reply.state == "complete" and not stopped:
        _keep(reply, place, options, state, front.shell)
    return reply


def _prepare(
    text: str, options: Options, state: NotebookState, front: Front, position: Position | None
) -> _Question:
    """Return what is asked of whom; only the name of a role may have to be looked up for it."""
    leaves_turn = not (options.dry_run or options.no_history)
    place = state.places.next(front.shell, leaves_turn=leaves_turn)
    with front.interrupts.welcome():
        prompt, options = _put_in(text, options, state, front)
    client = state.client(state.endpoint(options.instance))
    conversation = _conversation(options, state)
    position = position or position_of(place, conversation, options, state.config)
    role = _role(options, state, client, front)
    parameters = _parameters(options, state.config, role)
    messages = conversation.messages(
        prompt.text, system=options.system, afresh=options.new, position=position
    )
    return _Question(prompt, options, client, conversation, position, place, parameters, messages)


def _ask(question: _Question, state: NotebookState, front: Front) -> Turn:
    """Send `question`, and show its answer while it comes."""
    options = question.options
    turn = ask(
        question.conversation,
        question.client,
        question.prompt.text,
        question.parameters,
        system=options.system,
        afresh=options.new,
        timeout=_first(options.timeout, state.config.timeout),
        position=question.position,
    )
    if not options.no_history:
        state.keep(question.conversation)
        state.places.note(question.conversation)
    origin = _origin(question, state)
    with front.interrupts.welcome():  # the last moment before anything is recorded or sent
        pass
    with (
        advising(question.conversation, options),
        _in_panels(turn, question, origin, state) as panels,
    ):

        def open_view(begun: Turn) -> View:
            view = _view(origin, options, front.shell)
            return view if panels is None else Both(view, panels.begin(begun))

        enough = panels.enough if panels else None
        asked = stream_answer(turn, open_view, front.interrupts, enough=enough)
    state.demo_was_named |= DEMO_NOTE in origin.notes and not options.quiet
    return asked


def _view(origin: Origin, options: Options, shell: InteractiveShell) -> View:
    from secondme_magics.notebook.display import QuietView, view_for  # noqa: PLC0415 - the request leaves first

    return QuietView() if options.quiet else view_for(shell, origin)


def _in_panels(
    turn: StreamingTurn, question: _Question, origin: Origin, state: NotebookState
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
    place: Place | None,
    options: Options,
    state: NotebookState,
    shell: InteractiveShell,
) -> None:
    """Assign the reply, and put its code into a new cell, where that was asked for."""
    if options.output:
        shell.user_ns[options.output] = reply
    if not options.insert_code:
        return
    from secondme_magics.showing.insertion import cell_code  # noqa: PLC0415 - a few ask for it
    from secondme_magics.showing.rendering import NO_CODE, SAME_CODE  # noqa: PLC0415 - the same

    code = cell_code(reply.text)
    if code and not (place and code == state.inserted.get(place)):
        shell.set_next_input(code, replace=False)
        if place:  # no front end lets us change another cell: what differs gets a new one
            state.inserted[place] = code
    elif options.quiet:
        print(SAME_CODE if code else NO_CODE)


def _put_in(
    text: str, options: Options, state: NotebookState, front: Front
) -> tuple[Prompt, Options]:
    """Return the prompt and the options with the notebook's values in them."""
    prompt = _prompt(text, options, state, front)
    if options.system is None:
        return prompt, options
    system = interpolate(options.system, front.names)
    both = prompt._replace(
        inserted=(*prompt.inserted, *system.inserted),
        unknown=tuple(dict.fromkeys((*prompt.unknown, *system.unknown))),
    )
    return both, options._replace(system=system.text)


def _prompt(text: str, options: Options, state: NotebookState, front: Front) -> Prompt:
    if not text.strip():
        raise ConfigurationError(
            "the prompt is empty", "Write it below %%secondme, or behind %secondme on its line."
        )
    prompt = Prompt(text.strip()) if options.raw else interpolate(text.strip(), front.names)
    if not (options.last or options.cells or options.var or options.error):
        return prompt
    from secondme_magics.notebook.cells import ExecutedCells  # noqa: PLC0415 - a few put some in
    from secondme_magics.notebook.context import NOT_KEPT, collect, write  # noqa: PLC0415 - the same

    sections = collect(options, ExecutedCells(front.shell, state), front.names)
    written = write(prompt.text, sections)
    return Prompt(
        written.text,
        (*written.inserted, *prompt.inserted),
        prompt.unknown,
        () if written.is_complete else (NOT_KEPT,),
    )


def _conversation(options: Options, state: NotebookState) -> Conversation:
    conversation = state.conversations.get(options.conversation or state.conversation)
    if conversation is None:
        conversation = Conversation(options.conversation or state.conversation)
    if options.no_history:
        return Conversation(conversation.name, conversation.system)
    return conversation


def _parameters(options: Options, config: SecondMe, role: str | None) -> Parameters:
    return Parameters(
        temperature=_first(options.temperature, config.temperature),
        max_tokens=_first(options.max_tokens, config.max_tokens),
        model=_first(options.model, config.model),
        role_id=role,
        enable_l0_retrieval=options.l0,
        enable_l1_retrieval=options.l1,
        stream=config.stream and not options.no_stream,
    )


def _role(options: Options, state: NotebookState, client: Client, front: Front) -> str | None:
    if options.role is None:
        return None
    from secondme_magics.notebook.roles import find_role, known_role  # noqa: PLC0415 - a few ask one

    if options.dry_run:
        return known_role(options.role, state, client)
    return find_role(options.role, state, client, front)


def _first(option: T | None, default: T | None) -> T | None:
    return default if option is None else option


def _origin(question: _Question, state: NotebookState) -> Origin:
    prompt, options, endpoint = question.prompt, question.options, question.client.endpoint
    notes = [f"Nothing could be put in for {{{name}}}." for name in prompt.unknown]
    notes += prompt.notes
    if state.is_demo_by_default and options.instance is None and not state.demo_was_named:
        notes.append(DEMO_NOTE)
    origin = Origin(
        instance=state.name_of(options.instance, endpoint),
        conversation=question.conversation.name,
        format=options.format or state.config.format,
        is_kept=not options.no_history,
        is_streamed=state.config.stream and not options.no_stream,
        role=options.role,
        sent=sum(message.role == "assistant" for message in question.messages),
        inserted=tuple(dict.fromkeys(each.name for each in prompt.inserted)),
        inserts_code=options.insert_code,
        has_cell=state.inserted.get(question.place) if question.place else None,
        notes=tuple(notes),
    )
    return tell_position(origin, question.place, question.position, question.conversation, options)


def _show_request(question: _Question) -> None:
    request = question.client.preview(question.messages, question.parameters)
    print(f"{request.method} {request.url}")
    for name, value in request.headers.items():
        print(f"{name}: {value}")
    print(f"\n{to_json(request.body, indent=2)}")
    inserted = question.prompt.inserted
    if inserted:
        total = sum(len(message.content) for message in question.messages)
        print(f"\n{total:,} characters in all messages; put in:")
    for each in inserted:
        cut = f", {each.left_out:,} left out" if each.left_out else ""
        print(f"  {f'{each.name} {each.part}'.strip():30} {each.characters:,} characters{cut}")
