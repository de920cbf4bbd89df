"""The doctor's steps in a real kernel: what each finds, and where it stops."""

from __future__ import annotations

import json

import pytest
from kernels import HELLO, Cell, RunningKernel
from scripted_server import UNTIL_GONE, Answer, ScriptedServer, chunk, done, event, reply, sse
from tls import BUNDLE, certificate, speaking_tls

STEPS = ["settings", "url", "proxy", "name", "connection", "tls", "status"]
UNSEEN = "sk-hush"


def steps(cell: Cell) -> dict[str, str]:
    """Return what the doctor printed for each step."""
    printed = "".join(each["text"] for each in cell.outputs if "text" in each)
    lines = [line for line in printed.splitlines() if not line.startswith("Nothing")]
    return {line.split()[0]: line[12:] for line in lines}


def page(status: str, instance: str = "ada") -> Answer:
    entry = {"upload_name": "Ada", "instance_id": instance, "description": "", "status": status}
    data = {"items": [entry], "pagination": {"total_pages": 1}}
    return reply(json.dumps({"code": 0, "data": data}).encode())


def examine(
    kernel: RunningKernel, server: ScriptedServer, path: str = "/api/kernel2/chat", rest: str = ""
) -> Cell:
    kernel.run(f"%secondme connect {server.origin}{path}")
    return kernel.run(f"%secondme doctor {rest}")


def test_the_demo_is_well(kernel: RunningKernel) -> None:
    kernel.run("%secondme connect demo")
    cell = kernel.run("%secondme doctor --ask")
    found = steps(cell)
    assert cell.status == "ok"
    assert [*found] == [*STEPS, "answer"]
    assert "connected in this notebook; no key" in found["settings"]
    assert found["proxy"].startswith("none")
    assert found["status"] == "GET /api/kernel2/health: 200"
    assert "Nothing is wrong" in cell.text
    assert "no turn yet" in kernel.run("%secondme history").text


WELL: dict[str, tuple[str, Answer, str]] = {
    "health": ("/api/kernel2/chat", reply(b"{}"), "GET /api/kernel2/health: 200"),
    "no health": ("/api/kernel2/chat", reply(b"", status=404), "if it is no Second Me, connect it"),
    "models": ("/v1", reply(b'{"data": []}'), "GET /v1/models: 200"),
    "models of an Open WebUI": ("/api", reply(b'{"data": []}'), "GET /api/models: 200"),
    "no models": ("/v1", reply(b"", status=405), "405, nothing there"),
    "registered": ("/api/chat/ada", page("online"), "200, registered and online"),
    "no registry": ("/api/chat/ada", reply(b"", status=404), "there, which need not be wrong"),
    "another address": ("/x/chat", reply(b""), "not checked"),
}


@pytest.mark.parametrize(("path", "answer", "found"), WELL.values(), ids=WELL)
def test_each_kind_of_server_is_asked_how_it_is_without_a_prompt(
    kernel: RunningKernel, path: str, answer: Answer, found: str
) -> None:
    with ScriptedServer(answer) as server:
        cell = examine(kernel, server, path)
    assert cell.status == "ok"
    assert [*steps(cell)] == STEPS
    assert found in steps(cell)["status"]
    assert {request.method for request in server.requests} <= {"GET"}


ILL: dict[str, tuple[str, Answer, str]] = {
    "offline": ("/api/chat/ada", page("offline"), "ada is registered, but offline"),
    "not registered": ("/api/chat/ada", page("online", "bob"), "ada is not registered"),
    "a login page": ("/v1", reply(b"<html><title>Log in</title>"), "'Log in'"),
    "no key": ("/v1", reply(b"", status=401), "wants an API key"),
    "failing": ("/api/kernel2/chat", reply(b"", status=500), "(status 500)"),
}


@pytest.mark.parametrize(("path", "answer", "what"), ILL.values(), ids=ILL)
def test_it_stops_at_the_first_thing_that_is_wrong_in_two_lines(
    kernel: RunningKernel, path: str, answer: Answer, what: str
) -> None:
    with ScriptedServer(answer) as server:
        cell = examine(kernel, server, path, "--ask")
    assert cell.status == "error"
    assert steps(cell)["status"] == "failed"
    assert what in cell.error
    assert len(cell.error.split("\n")) == 2
    assert [*steps(cell)] == STEPS


def test_nobody_there_is_found_at_the_connection(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        pass
    cell = examine(kernel, server)
    assert [*steps(cell)] == STEPS[:5]
    assert "connection refused" in cell.error
    assert len(cell.error.split("\n")) == 2


ANSWERS: dict[str, tuple[Answer, str]] = {
    "an error": (sse(event({"error": {"message": "out of memory"}}), done), "out of memory"),
    "no word": (sse(chunk(finish_reason="stop"), done), "without a word"),
}


@pytest.mark.parametrize(("answer", "what"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_fails_is_found_when_asked_for(
    kernel: RunningKernel, answer: Answer, what: str
) -> None:
    with ScriptedServer(reply(b"{}"), answer) as server:
        assert examine(kernel, server).status == "ok"
        server.requests.pop()
        cell = examine(kernel, server, rest="--ask")
    assert steps(cell)["answer"] == "failed"
    assert what in cell.error


def test_the_answer_is_left_after_its_first_word(kernel: RunningKernel) -> None:
    with ScriptedServer(reply(b"{}"), sse(chunk("Hello"), UNTIL_GONE)) as server:
        cell = examine(kernel, server, rest="--ask")
        assert server.gone.wait(10)
    assert cell.status == "ok"
    assert "first word of 'Say hello.' came" in steps(cell)["answer"]


def test_it_can_be_stopped(kernel: RunningKernel) -> None:
    with ScriptedServer([UNTIL_GONE]) as server:
        kernel.run(f"%secondme connect {server.url}")
        cell = Cell()
        request = kernel.send("%secondme doctor")
        assert server.asked.wait(30)
        kernel.interrupt()
        kernel.go_on(cell, request)
        assert server.gone.wait(10)
    assert cell.status == "error"
    assert cell.error == ""
    assert steps(cell)["status"] == "stopped"


def test_settings_say_where_they_are_from_and_never_show_a_key() -> None:
    with ScriptedServer(page("online"), tls=speaking_tls("trusted")) as server:
        environment = {
            "SECONDME_BASE_URL": server.origin,
            "SECONDME_INSTANCE": "ada",
            "SECONDME_API_KEY": UNSEEN,
            "OTHER_KEY": f"{UNSEEN}-2",
            BUNDLE: certificate("trusted"),
        }
        with RunningKernel(environment) as kernel:
            cell = kernel.run("%load_ext secondme_magics\n%secondme doctor")
            untrusted = kernel.run(
                f"import os; os.environ['REQUESTS_CA_BUNDLE'] = {certificate('elsewhere')!r}\n"
                "%secondme doctor"
            )
            kernel.run("%secondme connect http://127.0.0.1:1 --key-env OTHER_KEY")
            other = kernel.run("%secondme doctor")
            kernel.run("%secondme connect http://127.0.0.1:2")
            without = kernel.run("%secondme doctor")
    found = steps(cell)
    assert "from SECONDME_INSTANCE; a key is set, from SECONDME_API_KEY" in found["settings"]
    assert "certificate valid until 2" in found["tls"]
    assert cell.status == "ok"
    assert steps(untrusted)["tls"] == "failed"
    assert "did not prove who it is" in untrusted.error
    assert "a key is set, from OTHER_KEY" in steps(other)["settings"]
    assert "belongs to another address" in steps(without)["settings"]
    assert UNSEEN not in str([each.outputs for each in (cell, untrusted, other, without)])


def test_a_proxy_in_between_is_what_is_reached() -> None:
    environment = {"HTTP_PROXY": f"http://me:{UNSEEN}@127.0.0.1:1", "NO_PROXY": ""}
    environment |= {name.lower(): value for name, value in environment.items()}
    with RunningKernel(environment) as kernel:
        kernel.run("%load_ext secondme_magics\n%secondme connect http://second-me.example")
        cell = kernel.run("%secondme doctor")
    assert steps(cell)["proxy"].startswith("127.0.0.1, port 1:")
    assert steps(cell)["connection"] == "failed"
    assert "through the proxy 127.0.0.1:1" in cell.error
    assert UNSEEN not in str(cell.outputs)
