"""What is asked: a prompt with the notebook's values in it; of whom, in which conversation, how.

Sends nothing and shows no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Parameters
from secondme_magics.conversation.unicode import to_json
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.positions import notes_of_limit, position_of, tell_position
from secondme_magics.notebook.prompts import Prompt, interpolate
from secondme_magics.showing.counting import counted
from secondme_magics.showing.origin import Origin

if TYPE_CHECKING:
    from secondme_magics.api.client import Client
    from secondme_magics.conversation.messages import Message
    from secondme_magics.conversation.turns import Place, Position
    from secondme_magics.notebook.config import SecondMe
    from secondme_magics.notebook.conversations import Conversations
    from secondme_magics.notebook.instances import Instances
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.lines import Options
    from secondme_magics.notebook.state import NotebookState

T = TypeVar("T")

DEMO_NOTE = (
    "The demo instance answers: it has no model and quotes this project's manual. "
    "Talk to your own with %secondme connect TARGET."
)


class Question(NamedTuple):
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
        timeout: Seconds for the whole answer; as long as it takes without.
    """

    prompt: Prompt
    options: Options
    client: Client
    conversation: Conversation
    position: Position
    place: Place | None
    parameters: Parameters
    messages: list[Message]
    timeout: float | None

    @property
    def spot(self) -> tuple[str, Place] | None:
        """Its conversation and place; the place alone is that of a prompt in each conversation."""
        return (self.conversation.name, self.place) if self.place else None

    @property
    def notes(self) -> list[str]:
        """What the reader is to know of the prompt."""
        unknown = [f"Nothing could be put in for {{{name}}}." for name in self.prompt.unknown]
        left_out = 0 if self.options.new else self.conversation.left_out(self.position)
        return [*unknown, *self.prompt.notes, *notes_of_limit(left_out, self.position.last)]


def prepare(
    text: str, options: Options, state: NotebookState, front: Front, position: Position | None
) -> Question:
    """Return what is asked of whom; only the name of a role may have to be looked up for it."""
    leaves_turn = not (options.dry_run or options.no_history)
    conversation = _conversation(options, state.conversations)
    place = state.places.next(front.shell, conversation.name, leaves_turn=leaves_turn)
    with front.interrupts.welcome():
        prompt, options = _put_in(text, options, state, front)
    client = state.instances.client(state.instances.endpoint(options.instance))
    position = position or position_of(place, conversation, options, state.config)
    role = _role(options, state.instances, client, front)
    model = _first(options.model, state.instances.model_of(options.instance, client.endpoint))
    parameters = _parameters(options, state.config, role, model)
    messages = conversation.messages(
        prompt.text, system=options.system, afresh=options.new, position=position
    )
    timeout = _first(options.timeout, state.config.timeout)
    return Question(
        prompt, options, client, conversation, position, place, parameters, messages, timeout
    )


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
            "the prompt is empty", "Write it below %%secondme, or after %secondme on its line."
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


def _conversation(options: Options, conversations: Conversations) -> Conversation:
    name = options.conversation or conversations.current
    conversation = conversations.get(name) or Conversation(name)
    if options.no_history:
        return Conversation(conversation.name, conversation.system)
    return conversation


def _parameters(
    options: Options, config: SecondMe, role: str | None, model: str | None
) -> Parameters:
    return Parameters(
        temperature=_first(options.temperature, config.temperature),
        max_tokens=_first(options.max_tokens, config.max_tokens),
        model=model,
        role_id=role,
        enable_l0_retrieval=options.l0,
        enable_l1_retrieval=options.l1,
        stream=config.stream and not options.no_stream,
        extra=config.extra,
    )


def _role(options: Options, instances: Instances, client: Client, front: Front) -> str | None:
    if options.role is None:
        return None
    from secondme_magics.notebook.roles import find_role, known_role  # noqa: PLC0415 - a few ask one

    if options.dry_run:
        return known_role(options.role, instances, client)
    return find_role(options.role, instances, client, front)


def _first(option: T | None, default: T | None) -> T | None:
    return default if option is None else option


def origin_of(question: Question, state: NotebookState) -> Origin:
    """Return what an answer says of itself: who gives it, to how much, what was put in."""
    prompt, options, endpoint = question.prompt, question.options, question.client.endpoint
    notes = question.notes
    if (
        state.instances.is_demo_by_default
        and options.instance is None
        and not state.instances.demo_was_named
    ):
        notes.append(DEMO_NOTE)
    origin = Origin(
        instance=state.instances.name_of(options.instance, endpoint),
        conversation=question.conversation.name,
        format=options.format or state.config.format,
        is_kept=not options.no_history,
        keeps_prompt=state.config.keep_prompts,
        is_streamed=state.config.stream and not options.no_stream,
        model=question.parameters.model,
        role=options.role,
        sent=sum(message.role == "assistant" for message in question.messages),
        inserted=tuple(dict.fromkeys(each.name for each in prompt.inserted)),
        inserts_code=options.insert_code,
        has_cell=state.inserted.get(question.spot) if question.spot else None,
        notes=tuple(notes),
    )
    return tell_position(origin, question.place, question.position, question.conversation, options)


def describe_request(question: Question) -> str:
    """Return all that would leave the machine, its key masked, and how large each part is."""
    request = question.client.preview(question.messages, question.parameters)
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines += ["", to_json(request.body, indent=2)]
    inserted = question.prompt.inserted
    if inserted:
        total = sum(len(message.content) for message in question.messages)
        lines += ["", f"{counted(total, 'character')} in all messages; put in:"]
    for each in inserted:
        cut = f", {each.left_out:,} left out" if each.left_out else ""
        name = f"{each.name} {each.part}".strip()
        lines.append(f"  {name:30} {counted(each.characters, 'character')}{cut}")
    lines += ["", *question.notes] if question.notes else []
    return "\n".join(lines)
