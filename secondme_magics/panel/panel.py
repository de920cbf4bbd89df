"""The chat panel as a widget: what its page wants, and its face in Python.

Handlers return at once: what may take its time is left to a worker. Knows neither IPython nor
the wire.
"""

from __future__ import annotations

from collections import OrderedDict
from contextvars import copy_context
from typing import TYPE_CHECKING

import anywidget
from traitlets import Any

from secondme_magics.conversation.turns import END
from secondme_magics.errors import ConfigurationError, SecondMeError
from secondme_magics.panel.actions import ACTIONS
from secondme_magics.panel.board import FEW
from secondme_magics.panel.choices import Choices
from secondme_magics.panel.front import read_module, read_style
from secondme_magics.panel.incoming import ASKING, check_prompt, parse_request, prompt_id_of
from secondme_magics.panel.refusals import busy, closed, never_asked, no_version, one_waits
from secondme_magics.panel.telling import Telling
from secondme_magics.panel.worker import Prompt, answer, run_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.panel.growth import Fields
    from secondme_magics.panel.host import Host
    from secondme_magics.panel.running import RunningAnswer

HINT = (
    "A chat panel, live while its kernel runs. What was said stands below; "
    "%%secondme asks without it."
)
"""What stands in place of a panel that cannot be shown."""

VIEW = "application/vnd.jupyter.widget-view+json"

MOST_REMEMBERED = 256
"""Ids of prompts that are known again when they come twice."""


def _state_of(_: object, panel: Panel) -> Fields | None:
    """Return what is shown, or nothing where a front end must not save it with the notebook."""
    last = None if panel.was_heard else FEW
    return panel.state(last) if panel.host.keeps_transcript else None


def _ignore(_: object, __: Panel) -> None:
    """A page does not write what the kernel says."""


class Panel(anywidget.AnyWidget):
    """A chat in a cell's output, on a conversation that the cells share.

    Args:
        host: The notebook around it.
        conversation: What it shows first.
    """

    _esm = read_module()
    _css = read_style()
    snapshot = Any(None, help="All that is shown; made when a page is loaded.").tag(
        sync=True, to_json=_state_of, from_json=_ignore
    )

    def __init__(self, host: Host, conversation: Conversation) -> None:
        self.host = host
        self._board = host.board
        self._conversation = conversation
        self.choices = Choices(host)
        self.was_heard = False
        self.reloads = 0
        self._page: str | None = None
        self._own: RunningAnswer | None = None
        self._waiting: Prompt | None = None
        self._refusal: SecondMeError | None = None
        self._seen: OrderedDict[str, SecondMeError | None] = OrderedDict()
        self._telling = Telling(self, host)
        super().__init__()
        self._telling.begin()
        self._board.open(self)
        self.on_msg(self._hear)

    @property
    def conversation(self) -> Conversation:
        """What is shown, and asked in."""
        return self._conversation

    def ask(self, prompt: str) -> None:
        """Ask `prompt`; its answer grows in the panel. While one is answered, one more waits.

        Raises:
            ConfigurationError: The prompt is empty or too long, one waits already, or the panel is
                closed.
            TypeError: It is no string.
        """
        if not isinstance(prompt, str):
            raise TypeError(f"the prompt must be a string, not {type(prompt).__name__}")
        self.put(Prompt(check_prompt(prompt), copy_context()))

    def stop(self) -> None:
        """End the answer that grows; what has come of it stays. A prompt that waits stays too."""
        for running in self._board.running(self._conversation):
            running.stop()
        self._board.refresh()

    def wait(self, timeout: float | None = None) -> Reply | None:
        """Return the last reply, once nothing is being answered.

        Args:
            timeout: Seconds after which `TimeoutError` is raised.

        Raises:
            SecondMeError: What was asked last, with `ask`, was refused before it was a turn.
            TimeoutError: It took too long.
        """
        ended = self._board.ended
        with ended:
            if not ended.wait_for(lambda: not self.is_busy and not self._waiting, timeout):
                raise TimeoutError(f"the answer took more than {timeout} s")
            if self._refusal is not None:
                raise self._refusal
            turns = self._conversation.turns
        return turns[-1].reply if turns else None

    @property
    def is_busy(self) -> bool:
        """Whether something is being answered in its conversation."""
        return bool(self._board.running(self._conversation))

    @property
    def waiting(self) -> Prompt | None:
        """The prompt that is asked next."""
        return self._waiting

    def put(self, prompt: Prompt) -> None:
        """Ask `prompt` now, or let it wait if something is being answered.

        Raises:
            ConfigurationError: It is empty, it cannot wait, or the panel is closed.
        """
        if self.is_closed:
            raise closed()
        if not prompt.text.strip():
            raise ConfigurationError("the prompt is empty", "Write what you want to ask.")
        with self._board.lock:
            if not self.is_busy:
                self._start(prompt)
            elif self._waiting is None and prompt.position is END:
                self._waiting = prompt
            else:
                raise one_waits() if prompt.position is END else busy()
            self._board.refresh()

    def can_show(self, conversation: Conversation) -> bool:
        """Return whether it can show `conversation`, and no answer goes on unseen for it."""
        return not self.is_closed and (conversation is self._conversation or not self.is_busy)

    @property
    def is_closed(self) -> bool:
        """Whether neither page nor Python can show it any more."""
        return self.comm is None

    def change(self, work: Callable[[], object]) -> None:
        """Do `work`, which changes what is shown, unless something is being answered.

        Raises:
            ConfigurationError: Something is being answered, or `work` raised it.
        """
        with self._board.at_rest(self._conversation):
            work()
            self._board.refresh()

    def look_up_roles(self) -> None:
        """Ask the instance for its roles, and show them; this may take its time.

        Raises:
            SecondMeError: It gave no answer.
        """
        self.choices.look_up_roles()
        self.refresh()

    def unqueue(self) -> None:
        """Take back the prompt that waits."""
        with self._board.lock:
            self._waiting = None
            self.refresh()

    def withdraw(self, prompt_id: str) -> None:
        """Ask a prompt of the page no more, also one that comes later; stop its answer."""
        with self._board.lock:
            self._remember(prompt_id)
            if self._waiting is not None and self._waiting.prompt_id == prompt_id:
                self._waiting = None
            if self._own is not None and self._own.prompt_id == prompt_id:
                self._own.stop()
            self._board.refresh()

    def go_on(self) -> None:
        """Ask the prompt that waits, if it can be asked now."""
        with self._board.lock:
            prompt = self._waiting
            if prompt is not None and not self.is_busy:
                self._waiting = None
                self._start(prompt)
                self.refresh()

    def _start(self, prompt: Prompt) -> None:
        self._refusal = None
        running = self._own = self._board.start(self._conversation, prompt.prompt_id)
        run_in(prompt.context, lambda: self._answer(prompt, running))

    def _answer(self, prompt: Prompt, running: RunningAnswer) -> None:
        error: SecondMeError | None = None
        try:
            error = answer(prompt, self.host, self.choices.settings, running)
            if error is not None and running.turn is None:
                self._refuse_asked(prompt, error)
            elif running.is_put_away:
                self.refuse(no_version(error), prompt.prompt_id)
        finally:
            with self._board.lock:
                self._own = None
                self._board.end(running, error)

    def _refuse_asked(self, prompt: Prompt, error: SecondMeError) -> None:
        """Tell who asked `prompt` that it will not be a turn: Python as soon as it waits."""
        if prompt.prompt_id is None:
            self._refusal = error
        self.refuse(error, prompt.prompt_id)

    def show(self, conversation: Conversation) -> None:
        """Show another conversation."""
        with self._board.lock:
            self._conversation = conversation
            self.refresh()

    def do_later(self, work: Callable[[], None]) -> None:
        """Do what may take its time in a thread; what goes wrong is told to the page."""

        def run() -> None:
            try:
                work()
            except SecondMeError as error:
                self.refuse(error, None)

        run_in(copy_context(), run)

    def refuse(self, error: SecondMeError, prompt_id: str | None) -> None:
        """Tell the page that something was not done, and why."""
        with self._board.lock:
            if prompt_id is not None and prompt_id in self._seen:
                self._seen[prompt_id] = error
            self.tell("refused", prompt_id=prompt_id, what=error.what, hint=error.hint)

    def tell(self, kind: str, **fields: object) -> None:
        """Tell the page something."""
        self._telling.tell(kind, **fields)

    def state(self, last: int | None = None) -> Fields:
        """Return all that is shown, as a page reads it, or only so many of the last turns."""
        return self._telling.state(last)

    def refresh(self) -> None:
        """Tell the page what has changed since it was told last.

        An answer that it asked for ends if its turn was taken away: nobody would see it.
        """
        with self._board.lock:
            if self._own is not None and self._own.is_gone:
                self._own.stop()
            self._telling.tell_turns()
            self._telling.tell_head()
            if not self.is_busy:
                self.host.keep(self)

    def unsave(self) -> None:
        """Let front ends forget what they would save of it with the notebook."""
        self.send_state("snapshot")

    def tell_all(self, page: str = "") -> None:
        """Tell the page all there is; once it is loaded anew it has another name."""
        with self._board.lock:
            self._telling.tell_all()
            is_other = self._page not in {None, page}
            if is_other or not self.was_heard:
                self.reloads += is_other
                self._page, self.was_heard = page, True
                self.host.keep(self)

    def bundle(self) -> tuple[dict[str, object], dict[str, object]]:
        """Return what shows the panel in a cell's output: its data and metadata."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        render = getattr(self, "_repr_mimebundle_", None)  # not there with ipywidgets 7
        _, metadata = (render and render()) or ({}, {})
        return {"text/plain": HINT, VIEW: view}, metadata

    def close(self) -> None:
        """End the panel, and the answer that was asked for in it: nobody would see it.

        A prompt that waits is refused.
        """
        self._board.close(self)
        with self._board.lock:
            prompt, self._waiting = self._waiting, None
            own = self._own
            if prompt is not None:
                self._refuse_asked(prompt, never_asked())
        if own is not None:
            own.stop()
        super().close()

    def _hear(self, _: object, content: object, __: object) -> None:
        """Do what the page wants; what cannot be done is told to it."""
        prompt_id = prompt_id_of(content)
        try:
            request = parse_request(content)
            if request.kind in ASKING and self._knows(request.prompt_id):
                return
            ACTIONS[request.kind](self, request)
        except SecondMeError as error:
            self.refuse(error, prompt_id)

    def _knows(self, prompt_id: str) -> bool:
        """Return whether a prompt came before; what became of it is told again."""
        with self._board.lock:
            is_known = prompt_id in self._seen
            if is_known:
                self._tell_of(prompt_id, self._seen[prompt_id])
            self._remember(prompt_id)
            return is_known

    def _remember(self, prompt_id: str) -> None:
        self._seen.setdefault(prompt_id)
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)

    def _tell_of(self, prompt_id: str, error: SecondMeError | None) -> None:
        """Tell the page again that a prompt was refused, or that it is over; not if it goes on."""
        if error is not None:
            self.refuse(error, prompt_id)
        elif prompt_id not in {each.prompt_id for each in (self._own, self._waiting) if each}:
            self.tell("over", prompt_id=prompt_id)
