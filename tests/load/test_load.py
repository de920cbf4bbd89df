"""Much of everything: at once, in one answer, in one conversation, and one after another."""

from __future__ import annotations

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from partners import TIMES, Partner, complete, resources
from scripted_server import ScriptedServer, chunk, done, reply, sse

from secondme_magics import SecondMe
from secondme_magics.errors import InstanceUnavailable

if TYPE_CHECKING:
    from scripted_server import Answer, Request

    from secondme_magics.secondme import Talk

PROMPTS = 1_000 * TIMES
"""How many prompts are asked one after another."""

MOST_GROWTH = 32 * 1024
"""Bytes that a thousand prompts and more may leave behind; caches settle before."""


pytestmark = pytest.mark.usefixtures("nothing_is_left")


def echo(request: Request) -> Answer:
    """Return an answer that repeats all that was asked in the conversation."""
    messages = request.json()["messages"]
    assert isinstance(messages, list)
    asked = [message["content"] for message in messages if message["role"] == "user"]
    return sse(*(chunk(f"{prompt};") for prompt in asked), chunk(finish_reason="stop"), done)


def test_fifty_conversations_at_once_do_not_mix() -> None:
    everyone = Barrier(50)

    def talk_of(number: int) -> Talk:
        talk = me.conversation(f"talk {number}")
        for turn in range(1, 9):
            everyone.wait(60)
            reply = talk.ask(f"{number}.{turn}")
            assert reply.text == "".join(f"{number}.{each};" for each in range(1, turn + 1))
        return talk

    with (
        ScriptedServer(echo) as server,
        SecondMe(server.url) as me,
        ThreadPoolExecutor(50) as pool,
    ):
        talks = list(pool.map(talk_of, range(50)))
    assert [len(talk.turns) for talk in talks] == [8] * 50


def test_fifty_threads_in_one_conversation_lose_no_turn() -> None:
    with ScriptedServer(sse(chunk("Yes"), done)) as server, SecondMe(server.url) as me:
        talk = me.conversation()
        with ThreadPoolExecutor(50) as pool:
            list(pool.map(talk.ask, (f"prompt {number}" for number in range(200))))
    assert {turn.prompt for turn in talk.turns} == {f"prompt {number}" for number in range(200)}
    assert sorted(turn.number for turn in talk.turns) == list(range(1, 201))
    assert {turn.reply.state for turn in talk.turns} == {"complete"}


@pytest.mark.parametrize("size", [40, 4_000, 250_000])
def test_an_answer_of_a_megabyte_is_whole_whatever_its_deltas(size: int) -> None:
    text = ("boats of the harbour: 船\n" * 40_000)[:1_000_000]
    deltas = [text[start : start + size] for start in range(0, len(text), size)]
    body = b"".join(chunk(delta) for delta in deltas)
    with ScriptedServer(sse(body, done)) as server, Partner(server.url) as partner:
        assert partner.ask() == complete(text)


def test_a_thousand_turns_are_one_conversation() -> None:
    last: list[Request] = []

    def answer(request: Request) -> Answer:
        last[:] = [request]
        server.requests.clear()
        return sse(chunk("Yes"), done)

    with ScriptedServer(answer) as server, SecondMe(server.url) as me:
        talk = me.conversation(system="Be brief.")
        for number in range(1, 1_001):
            talk.ask(f"prompt {number}")
    assert last[0].json()["messages"] == [
        {"role": "system", "content": "Be brief."},
        *(
            message
            for number in range(1, 1_000)
            for message in (
                {"role": "user", "content": f"prompt {number}"},
                {"role": "assistant", "content": "Yes"},
            )
        ),
        {"role": "user", "content": "prompt 1000"},
    ]
    assert len(talk.turns) == 1_000


def test_prompts_one_after_another_leave_no_memory_behind() -> None:
    def answer(_: Request) -> Answer:
        server.requests.clear()
        return good if len(outcomes) % 10 else bad

    good, bad = sse(chunk("Yes"), done), reply(b'{"detail": "asleep"}', status=503)
    outcomes: list[bool] = []
    with ScriptedServer(answer) as server, SecondMe(server.url) as me:
        for number in range(PROMPTS):
            if number == PROMPTS // 2:
                gc.collect()
                settled = resources()
                tracemalloc.start()
            try:
                outcomes.append(me.ask("Hi").text == "Yes")
            except InstanceUnavailable:
                outcomes.append(False)
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert resources() == settled, "a thread or a file descriptor is kept"
        assert server.connections <= PROMPTS // 20, "connections are kept"
    assert outcomes.count(True) == PROMPTS * 9 // 10
    assert grown < MOST_GROWTH + 8 * PROMPTS, "the list of outcomes is all that grows"
