"""A panel without a kernel: a comm that records, a page that follows, a notebook around it.

    panel, page = open_panel(FakeHost(client))
    page.send("ask", prompt="Hello", prompt_id="1")
    panel.wait(10)
    assert page.turns[0]["text"] == "Hi"

The page is the least that a page does: it applies what it is told, in order, and nothing else.
"""

from __future__ import annotations

import json
from threading import Event
from threading import enumerate as enumerate_threads
from typing import TYPE_CHECKING, Any

from fake_client import FakeClient, begin

from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Delta, Parameters, Reply
from secondme_magics.errors import ConfigurationError
from secondme_magics.panel.board import Board
from secondme_magics.panel.host import Defaults, Instance, NamedRole
from secondme_magics.panel.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from secondme_magics.conversation.asking import Client

Fields = dict[str, Any]

HI = (Delta("Hi "), Delta("there"), Delta(finish_reason="stop"))
PATIENCE = 20.0


class RecordingComm:
    """Keeps what goes to a page and how many bytes that is, and brings what comes from it."""

    comm_id = "recorded"

    def __init__(self) -> None:
        self.sent: list[Fields] = []
        self.size = 0
        self.page: Page | None = None
        self._hear: Callable[[Fields], object] = lambda _: None

    def send(self, data: Fields, buffers: object = None) -> None:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False)
        self.size += len(text.encode())
        data = json.loads(text)
        self.sent.append(data)
        if self.page is not None and data["method"] == "custom":
            self.page.apply(data["content"])

    def hear(self, content: object) -> None:
        self._hear({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def on_msg(self, callback: Callable[[Fields], object]) -> None:
        self._hear = callback

    def on_close(self, callback: object) -> None:
        pass

    def close(self, *_: object, **__: object) -> None:
        pass


class Page:
    """What a page knows of its panel."""

    def __init__(self, panel: Panel, comm: RecordingComm) -> None:
        self.panel = panel
        self.comm = comm
        self.heard: list[Fields] = []
        self.grew = Event()
        self.take(panel.state())
        comm.page = self

    def take(self, state: Fields) -> None:
        self.seq: int = state["seq"]
        self.head: Fields = state["head"]
        self.turns: list[Fields] = [dict(turn) for turn in state["turns"]]

    def send(self, kind: str, **fields: object) -> None:
        self.comm.hear({"kind": kind, **fields})

    def apply(self, message: Fields) -> None:
        """Take a message in, which must be the next one."""
        assert message["seq"] == self.seq + 1
        self.heard.append(message)
        self.seq = message["seq"]
        if message["kind"] == "snapshot":
            self.take(message["state"])
        elif message["kind"] == "head":
            self.head = message["head"]
        elif message["kind"] == "turns":
            there = {turn["key"]: turn["blocks"] for turn in self.turns}
            for turn in message["turns"]:
                turn["blocks"] = there[turn["key"]] if turn["blocks"] is None else turn["blocks"]
            self.turns[message["from"] :] = message["turns"]
        elif message["kind"] == "grow":
            self.grow(message)

    def grow(self, message: Fields) -> None:
        turn = next(each for each in self.turns if each["key"] == message["turn"])
        html = followed(turn["tail"], message)
        for length in message["cuts"]:
            block, html = cut(html, length)
            turn["blocks"] = [*turn["blocks"], block]
        turn["tail"] = html
        turn["thought"] = message.get("thought", turn["thought"])
        self.grew.set()

    def of_kind(self, kind: str) -> list[Fields]:
        return [each for each in self.heard if each["kind"] == kind]

    @property
    def agrees(self) -> bool:
        """Whether the page knows what a page would be told that asks now."""
        state = json.loads(json.dumps(self.panel.state()))
        return (self.seq, self.head, self.turns) == (state["seq"], state["head"], state["turns"])


def cut(text: str, units: int) -> tuple[str, str]:
    """Return `text` in two, where a page finds that many UTF-16 units."""
    encoded = text.encode("utf-16-le")
    return encoded[: 2 * units].decode("utf-16-le"), encoded[2 * units :].decode("utf-16-le")


def followed(before: str, difference: Fields) -> str:
    """Return what a page makes of a text that changes."""
    start, _ = cut(before, difference["keep"])
    units = len(before.encode("utf-16-le")) // 2
    _, end = cut(before, units - difference["keep_end"])
    return f"{start}{difference['html']}{end}"


class FakeHost:
    """A notebook around panels; `client` is who answers."""

    can_interrupt = True
    keeps_transcript = True

    def __init__(self, client: Client | None = None) -> None:
        self.board = Board()
        self.answering: Client | Exception = client or FakeClient(*HI)
        self.talks = {"default": Conversation("default")}
        self.parameters = Parameters()
        self.roles: Sequence[NamedRole] | Exception = (NamedRole("1", "Poet"),)
        self.name = "me"
        self.is_second_me = True
        self.cells: list[str] = []
        self.kept: list[int] = []

    def instance(self) -> Instance:
        return Instance(
            self.name, "http://localhost", is_demo=False, is_second_me=self.is_second_me
        )

    def speakers(self, conversation: Conversation) -> dict[int, str]:
        return self.board.speakers(conversation)

    def client(self) -> Client:
        if isinstance(self.answering, Exception):
            raise self.answering
        return self.answering

    def defaults(self) -> Defaults:
        return Defaults(self.parameters)

    def suggestions(self) -> Sequence[str]:
        return ("Who are you?",)

    def conversations(self) -> Sequence[str]:
        return list(self.talks)

    def use(self, name: str) -> Conversation:
        if name not in self.talks:
            raise ConfigurationError(f"no conversation is called {name}", "Choose another.")
        return self.talks[name]

    def new(self) -> Conversation:
        name = f"talk-{len(self.talks) + 1}"
        return self.talks.setdefault(name, Conversation(name))

    def rename(self, conversation: Conversation, name: str) -> None:
        conversation.name = name

    def ask_roles(self) -> Sequence[NamedRole]:
        if isinstance(self.roles, Exception):
            raise self.roles
        return self.roles

    def next_cell(self, code: str) -> None:
        self.cells.append(code)

    def keep(self, panel: Panel) -> None:
        self.kept.append(len(panel.conversation.turns))


def open_panel(host: FakeHost, conversation: Conversation | None = None) -> tuple[Panel, Page]:
    """Return a panel of `host` and the page that shows it."""
    panel = Panel(host, conversation or host.talks["default"])
    comm = RecordingComm()
    panel.comm = comm
    return panel, Page(panel, comm)


class Gate:
    """Holds an answer back in its midst: `reached` is set there, `open` lets it go on."""

    def __init__(self) -> None:
        self.reached = Event()
        self.opened = Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.opened.wait(PATIENCE)

    def wait(self) -> None:
        assert self.reached.wait(PATIENCE)


def said(*prompts: str, reply: str = "Hi") -> FakeHost:
    """Return a notebook whose conversation has these prompts already."""
    host = FakeHost()
    for prompt in prompts:
        talk = host.talks["default"]
        talk.finish(begin(talk, prompt), Reply(reply, state="complete"))
    return host


def ask_and_wait(panel: Panel, page: Page, prompt: str = "Hello", prompt_id: str = "p") -> None:
    page.send("ask", prompt=prompt, prompt_id=prompt_id)
    panel.wait(PATIENCE)


def join_workers() -> None:
    """Wait for what was left to workers."""
    for thread in enumerate_threads():
        if thread.name == "secondme-panel":
            thread.join(PATIENCE)
