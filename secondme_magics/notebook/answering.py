"""From a prompt and its options to an answer on the screen.

Puts the notebook's values, the conversation, the client and the view together; does the work of
none of them.
"""

from __future__ import annotations

import json
from collections import ChainMap
from typing import TYPE_CHECKING, TypeVar

from secondme_magics.conversation.asking import ask
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Parameters
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.cells import ExecutedCells
from secondme_magics.notebook.context import NOT_KEPT, collect, write
from secondme_magics.notebook.display import QuietView, view_for
from secondme_magics.notebook.insertion import cell_code
from secondme_magics.notebook.prompts import Prompt, interpolate
from secondme_magics.notebook.rendering import NO_CODE, Origin
from secondme_magics.notebook.shells import owns_cell
from secondme_magics.notebook.streaming import stream_answer

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.api.client import Client
    from secondme_magics.api.endpoint import Endpoint
    from secondme_magics.conversation.conversation import Turn
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.interrupts import Interrupts
    from secondme_magics.notebook.options import Options
    from secondme_magics.notebook.state import NotebookState

T = TypeVar("T")

DEMO_NOTE = (
    "The demo instance answers: it has no model and quotes this project's manual. "
    "Talk to your own with %secondme connect ID-OR-URL."
)


class Interrupted(KeyboardInterrupt):
    """The user stopped an answer that stood among other statements: they stop too."""

    def _render_traceback_(self) -> list[str]:
        return ["Interrupted."]


def answer(
    text: str,
    options: Options,
    state: NotebookState,
    shell: InteractiveShell,
    interrupts: Interrupts,
) -> Reply | None:
    """Ask `text` as `options` say, show the answer, and return it.

    Args:
        text: The prompt as it was written.
        options: What stood on the magic's line.
        state: The notebook's instances and conversations.
        shell: Whose variables are put in, and where the answer is shown.
        interrupts: Says when the user wants to stop.

    Raises:
        SecondMeError: Nothing was sent, or the answer failed or was cut.
        Interrupted: The user stopped it, and more statements follow in the cell.
    """
    asked: Turn | None = None
    try:
        with interrupts.welcome():
            prompt = _prompt(text, options, state, shell)
        client = state.client(state.endpoint(options.instance))
        conversation = _conversation(options, state)
        parameters = _parameters(options, state.config)
        if options.dry_run:
            _show_request(client, conversation, prompt, parameters, options)
            return None
        turn = ask(
            conversation,
            client,
            prompt.text,
            parameters,
            system=options.system,
            afresh=options.new,
            timeout=_first(options.timeout, state.config.timeout),
        )
        if not options.no_history:
            state.keep(conversation)
        origin = _origin(client.endpoint, conversation, prompt, options, state)
        view = QuietView() if options.quiet else view_for(shell, origin)
        with interrupts.welcome():  # the last moment before anything is recorded or sent
            pass
        asked = stream_answer(turn, view, interrupts)
    except KeyboardInterrupt:
        pass
    return _hand_over(asked, options, state, shell, interrupts)


def _hand_over(
    asked: Turn | None,
    options: Options,
    state: NotebookState,
    shell: InteractiveShell,
    interrupts: Interrupts,
) -> Reply | None:
    """Return the reply; after a stop, see to it that nothing runs on.

    A cell that is all ours fails without another output; other statements are interrupted.
    """
    is_ours = owns_cell(shell)
    stopped = interrupts.acknowledge()
    if stopped:
        if not is_ours:
            raise Interrupted
        state.interrupted = True
    if asked is None:
        return None
    if is_ours or not options.quiet:
        state.shown.append(asked.reply)
    if not options.quiet:
        state.demo_was_named = state.demo_was_named or state.is_demo_by_default
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


def _parameters(options: Options, config: SecondMe) -> Parameters:
    return Parameters(
        temperature=_first(options.temperature, config.temperature),
        max_tokens=_first(options.max_tokens, config.max_tokens),
        model=_first(options.model, config.model),
        role_id=options.role,
        enable_l0_retrieval=options.l0,
        enable_l1_retrieval=options.l1,
        stream=config.stream and not options.no_stream,
    )


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
        role=options.role,
        sent=0 if options.new else sum(turn.is_sent for turn in conversation.turns),
        inserted=tuple(dict.fromkeys(each.name for each in prompt.inserted)),
        inserts_code=options.insert_code,
        notes=tuple(notes),
    )


def _show_request(
    client: Client,
    conversation: Conversation,
    prompt: Prompt,
    parameters: Parameters,
    options: Options,
) -> None:
    messages = conversation.messages(prompt.text, system=options.system, afresh=options.new)
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
