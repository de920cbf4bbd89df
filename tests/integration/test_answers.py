"""Answers in the cells of a real kernel, as a front end sees them."""

from __future__ import annotations

from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, Cell, RunningKernel, connect, only_output
from scripted_server import ScriptedServer, chunk, done, event, sse

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "0b8c1d1e-0000-4000-8000-00000000abcd"
"""An id, which is not looked up."""


def test_an_answer_is_one_output_with_html_text_and_what_restores_it(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        conversation = connect(kernel, server)
        cell = kernel.run("%%secondme\n\n  Hi there \n")
    output = only_output(cell)
    assert cell.status == "ok"
    assert output["output_type"] == "display_data"
    assert set(output["data"]) == {"text/html", "text/plain"}
    assert "Hello <strong>world</strong>" in output["data"]["text/html"]
    assert output["data"]["text/plain"] == "Hello **world**"
    kept = output["metadata"]["secondme"]
    assert kept.pop("elapsed") >= 0
    assert kept == {
        "instance": f"127.0.0.1:{server.port}",
        "conversation": conversation,
        "turn": 1,
        "state": "complete",
        "finish_reason": "stop",
        "usage": None,
        "prompt": "Hi there",
        "revision": 1,
        "follows": 0,
    }
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "Hi there"}]


def test_the_reply_is_the_result_and_is_shown_again_only_when_asked(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run("answer = %secondme Hi?\nanswer")
        assert only_output(cell)["output_type"] == "display_data"
        assert kernel.value("answer.text") == "'Hello **world**'"
        kernel.run("%%secondme\nHi")
        assert kernel.value("_.state") == "'complete'"
        again = only_output(kernel.run("answer"))
        assert "Hello <strong>world</strong>" in again["data"]["text/html"]


def test_the_answer_grows_in_place_while_it_comes(kernel: RunningKernel) -> None:
    more = Event()
    with ScriptedServer(sse(chunk("First words"), more, chunk(", last words"), done)) as server:
        connect(kernel, server)
        cell = Cell()
        request = kernel.send("%%secondme\nHi")
        kernel.go_on(cell, request, until=lambda cell: "First words" in cell.html)
        assert "last words" not in cell.html
        more.set()
        kernel.go_on(cell, request)
    assert only_output(cell)["data"]["text/plain"] == "First words, last words"


def test_earlier_turns_are_sent_and_options_reach_the_wire(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        kernel.run("%%secondme -s 'Be brief'\nOne")
        kernel.run(f"%%secondme -t 0.5 --max-tokens 9 -r {ROLE} --no-l0 --l1 -m big\nTwo")
        kernel.run("%%secondme --no-history\nThree")
        kernel.run("%%secondme -n\nFour")
        kernel.run("%%secondme --no-stream\nFive")
        kernel.run("%%secondme -c other-1\nSix")
        kernel.run("%%secondme -s ''\nSeven")
        bodies = [request.json() for request in server.requests]
    system = {"role": "system", "content": "Be brief"}
    answer = {"role": "assistant", "content": "Hello **world**"}

    def user(text: str) -> dict[str, str]:
        return {"role": "user", "content": text}

    assert bodies[1] == {
        "messages": [system, user("One"), answer, user("Two")],
        "metadata": {
            "role_id": ROLE,
            "enable_l0_retrieval": False,
            "enable_l1_retrieval": True,
        },
        "temperature": 0.5,
        "max_tokens": 9,
        "model": "big",
        "stream": True,
    }
    assert bodies[2]["messages"] == [system, user("Three")]
    assert bodies[3]["messages"] == [system, user("Four")]
    assert bodies[4]["messages"] == [system, user("Four"), answer, user("Five")]
    assert bodies[4]["stream"] is False
    assert bodies[5]["messages"] == [user("Six")]
    assert bodies[6]["messages"] == [user("Four"), answer, user("Five"), answer, user("Seven")]


def test_values_are_put_in_once_and_unknown_names_are_told(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        kernel.run("who = '{secret}'; secret = 'x'; 1/0")
        failed = kernel.value("len(In) - 2")
        kernel.run(f"%%secondme -n\n{{who}} {{nobody}} {{Err[{failed}]}}")
        cell = kernel.run("%%secondme -n\n{whoo}")
        kernel.run("%secondme -n --raw {who}")
        prompts = [request.json()["messages"] for request in server.requests]
    assert prompts[0] == [
        {"role": "user", "content": "{secret} {nobody} ZeroDivisionError: division by zero"}
    ]
    assert prompts[2] == [{"role": "user", "content": "{who}"}]
    assert "Nothing could be put in for {whoo}." in cell.html


LINES = """\
def ask(topic, system, path):
    %secondme new {topic}
    r = %secondme -q -s {system} Explain {topic}
    %secondme save {path}
    return r
ask('topic-1', 'Brief: {topic}', {path!r})
"""


def test_a_line_reads_the_variables_that_are_seen_where_it_stands(
    kernel: RunningKernel, tmp_path: Path
) -> None:
    path = tmp_path / "two words.json"
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run(LINES.replace("{path!r}", repr(str(path))))
        unknown = kernel.run("%secondme save {nowhere}")
        left = kernel.run("%%secondme -s 'As {nobody}'\nHi")
    assert cell.status == "ok", cell.error
    assert server.requests[0].json()["messages"] == [
        {"role": "system", "content": "Brief: {topic}"},
        {"role": "user", "content": "Explain topic-1"},
    ]
    assert path.is_file()
    assert "nothing can be put in for {nowhere}" in unknown.error
    assert len(unknown.error.split("\n")) == 2
    assert "Nothing could be put in for {nobody}." in left.html
    assert "conversation  topic-1" in kernel.run("%secondme status").text


def test_a_line_answers_among_other_output_and_assigns(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run("print('before')\nr = %secondme what is love?\nprint('after', r.state)")
    assert [output["output_type"] for output in cell.outputs] == [
        "stream",
        "display_data",
        "stream",
    ]
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "what is love?"}]
    assert cell.outputs[2]["text"] == "after complete\n"


def test_an_answer_is_assigned_only_when_it_is_whole(kernel: RunningKernel) -> None:
    failing = sse(chunk("Half"), event({"error": {"message": "out of memory"}}), done)
    with ScriptedServer(HELLO, failing) as server:
        connect(kernel, server)
        kernel.run("%%secondme -o kept -q\nHi")
        cell = kernel.run("%%secondme -o kept\nHi")
    assert cell.status == "error"
    assert kernel.value("kept.text") == "'Hello **world**'"


def test_quiet_shows_nothing(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        assert kernel.run("%%secondme -q\nHi").outputs == []


def test_a_thought_is_folded(kernel: RunningKernel) -> None:
    thinking = sse(chunk("<think>let me"), chunk(" see</think>Yes"), chunk("."), done)
    with ScriptedServer(thinking) as server:
        connect(kernel, server)
        cell = kernel.run("%%secondme\nHi")
    output = only_output(cell)
    assert output["data"]["text/plain"] == "Yes."
    assert "<details " in output["data"]["text/html"]
    assert "let me see" in output["data"]["text/html"]


FORMATS = {
    "json": ('```json\n{"b": 1}\n```', "-f json", '"b"'),
    "code": ("Look:\n```python\nprint(1)\n```\nDone.", "-f code", "print"),
    "text": ("**raw** <b>", "-f text", "**raw** &lt;b&gt;"),
    "no json": ("I cannot", "-f json", "no JSON"),
    "no code": ("I cannot", "-f code", "no fenced code"),
}


@pytest.mark.parametrize(("answer", "option", "shown"), FORMATS.values(), ids=FORMATS)
def test_formats_show_what_they_promise(
    kernel: RunningKernel, answer: str, option: str, shown: str
) -> None:
    with ScriptedServer(sse(chunk(answer), done)) as server:
        connect(kernel, server)
        output = only_output(kernel.run(f"%%secondme {option}\nHi"))
    assert shown in output["data"]["text/html"]
    assert output["data"]["text/plain"] == answer


def test_a_long_answer_ends_as_one_output(kernel: RunningKernel) -> None:
    words = [
        chunk(f"Paragraph {i} has some words in it, and then some more.\n\n") for i in range(400)
    ]
    with ScriptedServer(sse(*words, done)) as server:
        connect(kernel, server)
        output = only_output(kernel.run("%%secondme\nHi"))
    assert output["data"]["text/html"].count("<p>Paragraph") == 400
    assert "Paragraph 399" in output["data"]["text/plain"]


def test_one_line_of_a_cell_magic_is_a_prompt(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        only_output(kernel.run("%%secondme What is love?"))
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "What is love?"}]


def test_a_captured_answer_is_captured_whole_and_once(kernel: RunningKernel) -> None:
    more = Event()
    with ScriptedServer(sse(chunk("Hello "), more, chunk("world"), done)) as server:
        connect(kernel, server)
        Timer(1.0, more.set).start()  # long enough for a view to show the first word by itself
        kernel.run("%%capture out\nr = %secondme Hi")
        assert kernel.value("len(out.outputs)") == "1"
        assert kernel.value("out.outputs[0].data['text/plain']") == "'Hello world'"


def test_a_quiet_reply_shows_when_it_is_asked_for(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run("a = %secondme -q Hi\nb = %secondme -q Hi\na")
        assert "Hello <strong>world</strong>" in only_output(cell)["data"]["text/html"]
        cell = kernel.run("a = %secondme Hi\nb = %secondme Hi\na")
        assert len(cell.outputs) == 2


def test_what_is_no_text_is_mended_before_it_is_sent_kept_and_shown(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        kernel.run("bad = 'a\\ud800b'")
        cell = kernel.run("%%secondme\n{bad}")
    assert only_output(cell)["metadata"]["secondme"]["prompt"] == "a\ufffdb"
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "a\ufffdb"}]


def test_an_unkept_turn_has_no_number(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        connect(kernel, server)
        cell = kernel.run("%%secondme --no-history\nHi")
    assert only_output(cell)["metadata"]["secondme"]["turn"] is None
