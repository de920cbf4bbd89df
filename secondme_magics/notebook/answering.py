"""From a prompt and its options to an answer on the screen.

Puts the notebook's values, the conversation, the client and the view together; does the work of
none of them.
"""

from __future__ import annotations

import json
from collections import ChainMap
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Parameters
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.cells import ExecutedCells
from secondme_magics.notebook.context import NOT_KEPT, collect, write
from secondme_magics.notebook.display import QuietView, view_for
from secondme_magics.notebook.interrupts import end_cell
from secondme_magics.notebook.positions import advising, position_of, tell_position
from secondme_magics.notebook.prompts import Prompt, interpolate
from secondme_magics.notebook.roles import find_role, known_role
from secondme_magics.notebook.shells import owns_cell
from secondme_magics.notebook.waiting import Front
from secondme_magics.showing.insertion import cell_code
from secondme_magics.showing.rendering import NO_CODE, Origin
from secondme_magics.showing.streaming import Both, stream_answer

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Position, Turn
    from secondme_magics.conversation.messages import Message, Reply
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.interrupts import Interrupts
    from secondme_magics.notebook.options import Options
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.showing.streaming import View

T = TypeVar("T")

DEMO_NOTE = (
    "The demo instance answers: it has no model and quotes this project's manual. "
    "Talk to your own with %secondme connect ID-OR-URL."
)


def answer(  # noqa: PLR0913 - what a prompt needs, and who sees to it
    text: str,
    options: Options,
    state: NotebookState,
    shell: InteractiveShell,
    interrupts: Interrupts,
    *,
    position: Position | None = None,
) -> Reply | None:
    """Ask `text` as `options` say, show the answer, and return it.

    Args:
        text: The prompt as it was written.
        options: What stood on the magic's line.
        state: The notebook's instances and conversations.
        shell: Whose variables are put in, and where the answer is shown.
        interrupts: Says when the user wants to stop.
        position: Where in the conversation it is asked, if its place does not say it.

    Raises:
        SecondMeError: Nothing was sent, or the answer failed or was cut.
        Interrupted: The user stopped it, and more statements follow in the cell.
    """
    asked: Turn | None = None
    stopped = False
    place = state.places.next(shell)
    try:
        with interrupts.welcome():
            prompt = _prompt(text, options, state, shell)
        client = state.client(state.endpoint(options.instance))
        conversation = _conversation(options, state)
        position = position or position_of(place, conversation, options, state.config)
        role = _role(options, state, client, Front(shell, interrupts))
        parameters = _parameters(options, state.config, role)
        messages = _messages(conversation, prompt, options, position)
        if options.dry_run:
            _show_request(client, prompt, messages, parameters)
            return None
        turn = ask(
            conversation,
            client,
            prompt.text,
            parameters,
            system=options.system,
            afresh=options.new,
            timeout=_first(options.timeout, state.config.timeout),
            position=position,
        )
        if not options.no_history:
            state.keep(conversation)
        origin = _origin(client.endpoint, conversation, prompt, options, state)
        origin = tell_position(origin, place, position, conversation, options)
        origin = replace(origin, sent=sum(each.role == "assistant" for each in messages))
        view = QuietView() if options.quiet else view_for(shell, origin)
        with interrupts.welcome():  # the last moment before anything is recorded or sent
            pass
        with advising(conversation, options):
            asked = _stream(
                turn, view, interrupts, state=state, conversation=conversation, origin=origin
            )
        state.demo_was_named |= DEMO_NOTE in origin.notes and not options.quiet
    except KeyboardInterrupt:
        stopped = True
    stopped = interrupts.acknowledge() or stopped
    return _hand_over(asked, options, state, shell, stopped=stopped)


def _stream(  # noqa: PLR0913 - what is shown, and where
    turn: StreamingTurn,
    view: View,
    interrupts: Interrupts,
    *,
    state: NotebookState,
    conversation: Conversation,
    origin: Origin,
) -> Turn:
    """Show `turn` in `view` while it is answered, and in the open panels on its conversation."""
    if state.panels is None or not state.panels.board.panels:
        return stream_answer(turn, view, interrupts)
    with state.panels.board.answering(conversation, turn, origin) as running:
        return stream_answer(turn, Both(view, running), interrupts, begun=running.begin)


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
    state.last_reply = asked.reply
    if not stopped and asked.reply.state == "complete":
        _keep(asked.reply, options, shell)
    return asked.reply


def _keep(reply: Reply, options: Options, shell: InteractiveShell) -> None:
    """Assign the reply, and put its code into a new cell, where that was asked for."""
    if options.output:
        shell.user_ns[options.output] = reply
    if options.insert_code and (code := cell_code(reply.text)):
        shell.set_next_input(code, replace=False)
    elif options.insert_code and options.quiet:
        print(NO_CODE)


def _prompt(text: str, options: Options, state: NotebookState, shell: InteractiveShell) -> Prompt:
    if not text.strip():
        raise ConfigurationError(
            "the prompt is empty", "Write it below %%secondme, or behind %secondme on its line."
        )
    names = ChainMap(shell.user_ns, {"Err": state.raised})
    prompt = Prompt(text.strip()) if options.raw else interpolate(text.strip(), names)
    sections = collect(options, ExecutedCells(shell, state), shell.user_ns)
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
    if options.dry_run:
        return known_role(options.role, state, client)
    return find_role(options.role, state, client, front)


def _first(option: T | None, default: T | None) -> T | None:
    return default if option is None else option


def _origin(
    endpoint: Endpoint,
    conversation: Conversation,
    prompt: Prompt,
    options: Options,
    state: NotebookState,
) -> Origin:
    notes = [f"Nothing could be put in for {{{name}}}." for name in prompt.unknown]
    notes += prompt.notes
    if state.is_demo_by_default and options.instance is None and not state.demo_was_named:
        notes.append(DEMO_NOTE)
    return Origin(
        instance=state.name_of(options.instance, endpoint),
        conversation=conversation.name,
        format=options.format or state.config.format,
        is_kept=not options.no_history,
        is_streamed=state.config.stream and not options.no_stream,
        role=options.role,
        inserted=tuple(dict.fromkeys(each.name for each in prompt.inserted)),
        inserts_code=options.insert_code,
        notes=tuple(notes),
    )


def _messages(
    conversation: Conversation, prompt: Prompt, options: Options, position: Position
) -> list[Message]:
    return conversation.messages(
        prompt.text, system=options.system, afresh=options.new, position=position
    )


def _show_request(
    client: Client, prompt: Prompt, messages: list[Message], parameters: Parameters
) -> None:
    request = client.preview(messages, parameters)
    print(f"{request.method} {request.url}")
    for name, value in request.headers.items():
        print(f"{name}: {value}")
    print(f"\n{json.dumps(request.body, indent=2, ensure_ascii=False)}")
    if prompt.inserted:
        total = sum(len(message.content) for message in messages)
        print(f"\n{total:,} characters in all messages; put in:")
    for each in prompt.inserted:
        cut = f", {each.left_out:,} left out" if each.left_out else ""
        print(f"  {f'{each.name} {each.part}'.strip():30} {each.characters:,} characters{cut}")
