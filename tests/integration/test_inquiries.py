"""Instances, waiting for one, and roles, in a real kernel."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, Cell, RunningKernel, connect, only_output
from scripted_server import UNTIL_GONE, Answer, Request, ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\u202e"


def entry(identity: object, status: str = "online", **fields: object) -> dict[str, object]:
    return {
        "upload_name": f"The {identity}",
        "instance_id": identity,
        "description": "Counts",
        "status": status,
        **fields,
    }


def envelope(data: object) -> Answer:
    return reply(json.dumps({"code": 0, "message": "success", "data": data}).encode())


def page(*items: object, pages: int = 1) -> Answer:
    return envelope({"items": [*items], "pagination": {"total_pages": pages}})


def role(name: str, identity: str) -> dict[str, object]:
    return {"uuid": identity, "name": name, "description": HOSTILE, "is_active": True}


def talk_to(kernel: RunningKernel, server: ScriptedServer, instance: str = "ada") -> None:
    url = f"{server.origin}/api/chat/{instance}"
    assert kernel.run(f"%secondme connect {url}").status == "ok"


def two_lines(cell: Cell) -> str:
    assert cell.status == "error"
    assert cell.outputs[-1]["output_type"] == "error"
    assert len(cell.error.split("\n")) == 2
    return cell.error


class TestInstances:
    def test_the_demo_lists_its_own(self, kernel: RunningKernel) -> None:
        kernel.run("%secondme connect demo")
        output = only_output(kernel.run("%secondme instances"))
        assert output["data"]["text/plain"].startswith(
            "name  id    description\nDemo  demo  Quotes"
        )
        assert "<td>demo</td>" in output["data"]["text/html"]
        assert "asleep" not in output["data"]["text/plain"]
        assert "0 of them with 'zzz'" in kernel.run("%secondme instances zzz").text

    def test_all_pages_are_listed_and_filtered_by_a_word(self, kernel: RunningKernel) -> None:
        with ScriptedServer(page(entry("a1"), pages=2), page(entry("b2"), pages=2)) as server:
            talk_to(kernel, server)
            cell = kernel.run("%secondme instances 'THE B'")
        assert [request.path for request in server.requests] == [
            f"/api/upload/list?page_no={number}&page_size=100&status=online" for number in (1, 2)
        ]
        assert "b2" in cell.text
        assert "a1" not in cell.text
        assert "2 instances are online" in cell.text
        assert f"%secondme connect {server.origin}/api/chat/ID" in cell.text
        assert kernel.complete("%secondme connect b") == ["b2"]

    def test_another_registry_can_be_named(self, kernel: RunningKernel) -> None:
        with ScriptedServer(page(entry("c3"))) as server:
            kernel.run("%secondme connect demo")
            assert "c3" in kernel.run(f"%secondme instances --base {server.origin}").text
            assert "c3" in kernel.run(f"%secondme instances c3 --base={server.origin}/api").text

    def test_a_hostile_registry_is_shown_as_text_and_its_nonsense_counted(
        self, kernel: RunningKernel
    ) -> None:
        bad = [5, entry("a/b"), entry(["x"]), entry("ok", upload_name=HOSTILE, description=HOSTILE)]
        with ScriptedServer(page(*bad)) as server:
            talk_to(kernel, server)
            output = only_output(kernel.run("%secondme instances"))
        html, plain = output["data"]["text/html"], output["data"]["text/plain"]
        assert "&lt;img" in html
        assert "<img" not in html
        assert "\x1b" not in html + plain
        assert "could not be read: 3" in plain

    def test_a_list_without_end_is_cut(self, kernel: RunningKernel) -> None:
        numbers = iter(range(1000))

        def answer(_: Request) -> Answer:
            return page(*(entry(f"i{next(numbers)}") for _ in range(15)), pages=10**6)

        with ScriptedServer(answer) as server:
            talk_to(kernel, server)
            cell = kernel.run("%secondme instances")
        assert "first 200 are shown" in cell.text
        assert "its first 20 pages were read" in cell.text
        assert cell.html.count("<tr>") == 201

    BAD = (
        ("no registry", reply(b"", status=404), "has no list of instances (status 404)"),
        ("a page", reply(b"<html>", content_type="text/html"), "a web page"),
        ("an error", reply(b'{"code": 1, "message": "no", "data": null}'), "an error: no"),
        ("no list", envelope([]), "is not a list"),
        ("forbidden", reply(b"", status=403), "wants an API key"),
    )

    @pytest.mark.parametrize(("answer", "what"), [bad[1:] for bad in BAD], ids=[b[0] for b in BAD])
    def test_without_a_registry_it_is_two_lines(
        self, kernel: RunningKernel, answer: Answer, what: str
    ) -> None:
        with ScriptedServer(answer) as server:
            talk_to(kernel, server)
            assert what in two_lines(kernel.run("%secondme instances"))

    def test_an_openai_compatible_server_is_not_even_asked(self, kernel: RunningKernel) -> None:
        with ScriptedServer(HELLO) as server:
            kernel.run(f"%secondme connect {server.origin}/v1")
            assert "has no list of instances" in two_lines(kernel.run("%secondme instances"))
            bad = kernel.run(f"%secondme instances --base {server.origin}/v1")
            assert "there are no instances under" in two_lines(bad)
        assert server.requests == []

    def test_a_stop_ends_the_question(self, kernel: RunningKernel) -> None:
        with ScriptedServer([UNTIL_GONE]) as server:
            talk_to(kernel, server)
            cell = Cell()
            request = kernel.send("%secondme instances")
            assert server.asked.wait(30)
            kernel.interrupt()
            kernel.go_on(cell, request)
            assert server.gone.wait(10)
        assert (cell.status, cell.outputs) == ("error", [])


class TestWaiting:
    def test_it_connects_once_the_instance_is_online(self, kernel: RunningKernel) -> None:
        kernel.run("import secondme_magics.notebook.inquiries as waits\nwaits.PAUSE = 0.01")
        answers = [page(entry("b"), entry("ada", status)) for status in ("offline", "online")]
        with ScriptedServer(*answers) as server:
            cell = kernel.run(f"%secondme connect {server.origin}/api/chat/ada --wait --name mine")
            assert "mine" in kernel.run("%secondme status").text
        kernel.run("waits.PAUSE = 5.0")
        assert [request.path for request in server.requests] == [
            "/api/upload/list?page_no=1&page_size=100"
        ] * 2
        assert [output["output_type"] for output in cell.outputs] == ["display_data", "stream"]
        assert cell.text.startswith("ada is online")
        assert f"mine at {server.origin}" in cell.text
        shown = cell.of_type("display_data")[0]["content"]["data"]["text/plain"]
        assert shown == "waiting for ada (offline) · 0 s"

    def test_a_stop_ends_it_and_nothing_is_connected(self, kernel: RunningKernel) -> None:
        kernel.run("%secondme connect demo")
        with ScriptedServer(page(entry("ada", "offline"))) as server:
            cell = kernel.stop(
                f"%secondme connect {server.origin}/api/chat/ada --wait",
                until=lambda cell: "(offline)" in cell.text,
            )
        assert cell.status == "error"
        assert only_output(cell)["data"]["text/plain"].startswith("stopped waiting for ada")
        assert "demo" in kernel.run("%secondme status").text

    def test_a_stop_among_other_statements_stops_them_too(self, kernel: RunningKernel) -> None:
        with ScriptedServer(page(entry("ada", "offline"))) as server:
            line = f"%secondme connect {server.origin}/api/chat/ada --wait"
            cell = kernel.stop(
                f"{line}\nprint('ran on')", until=lambda cell: "(offline)" in cell.text
            )
        assert (cell.status, cell.error) == ("error", "Interrupted.")
        assert "ran on" not in cell.text

    def test_an_id_that_is_not_registered_is_told_at_once(self, kernel: RunningKernel) -> None:
        with ScriptedServer(page(entry("b"))) as server:
            cell = kernel.run(f"%secondme connect {server.origin}/api/chat/ada --wait")
        assert "no instance ada is registered at" in two_lines(cell)
        assert len(server.requests) == 1

    def test_what_cannot_be_waited_for_is_two_lines(self, kernel: RunningKernel) -> None:
        with ScriptedServer(reply(b"", status=404)) as server:
            cell = kernel.run(f"%secondme connect {server.origin}/api/chat/ada --wait")
            assert "has no list of instances" in two_lines(cell)
            cell = kernel.run(f"%secondme connect {server.url} --wait")
            assert "names none" in two_lines(cell)
            assert kernel.run("%secondme connect demo --wait").status == "ok"


class TestRoles:
    def test_they_are_listed_and_completed(self, kernel: RunningKernel) -> None:
        roles = envelope([role("poet", "r-1"), role("two words", "r-2"), 5])
        with ScriptedServer(roles) as server:
            connect(kernel, server)
            output = only_output(kernel.run("%secondme roles"))
            assert kernel.complete("%secondme -r po") == ["poet"]
            assert kernel.complete("%%secondme --role r-") == ["r-2"]
        assert "poet" in output["data"]["text/plain"]
        assert "could not be read: 1" in output["data"]["text/plain"]
        assert "<img" not in output["data"]["text/html"]
        assert server.requests[0].path == "/api/kernel2/roles"

    def test_a_name_is_looked_up_once_and_its_id_is_sent(self, kernel: RunningKernel) -> None:
        with ScriptedServer(envelope([role("Poet", "r-1")]), HELLO) as server:
            connect(kernel, server)
            kernel.run("%%secondme -r poet\nHi")
            kernel.run("%%secondme -r r-1\nHi")
            cell = kernel.run("%%secondme -r pote\nHi")
        assert [request.method for request in server.requests] == ["GET", "POST", "POST"]
        sent = [request.json()["metadata"] for request in server.requests[1:]]
        assert sent == [{"role_id": "r-1"}] * 2
        assert two_lines(cell) == (
            "ConfigurationError: no role is called 'pote'\n"
            "There is: Poet. %secondme roles lists them anew."
        )

    @pytest.mark.parametrize(
        "answer", [reply(b"", status=404), reply(b"<html>", content_type="text/html"), HELLO]
    )
    def test_without_a_list_of_roles_the_value_is_sent_as_it_stands(
        self, kernel: RunningKernel, answer: Answer
    ) -> None:
        with ScriptedServer(answer, HELLO) as server:
            connect(kernel, server)
            assert kernel.run("%%secondme -r poet\nHi").status == "ok"
            assert kernel.run("%%secondme -r poet\nHi").status == "ok"
            assert len(server.requests) == 3
            assert server.requests[-1].json()["metadata"] == {"role_id": "poet"}
        with ScriptedServer(answer) as server:
            connect(kernel, server)
            assert "has no list of roles" in two_lines(kernel.run("%secondme roles"))

    def test_a_dry_run_asks_nobody(self, kernel: RunningKernel) -> None:
        with ScriptedServer(envelope([role("Poet", "r-1")])) as server:
            connect(kernel, server)
            assert '"role_id": "poet"' in kernel.run("%%secondme --dry-run -r poet\nHi").text
            assert server.requests == []
            kernel.run("%secondme roles")
            assert '"role_id": "r-1"' in kernel.run("%%secondme --dry-run -r poet\nHi").text

    def test_a_hosted_instance_has_no_roles_to_list(self, kernel: RunningKernel) -> None:
        with ScriptedServer(HELLO) as server:
            talk_to(kernel, server)
            assert "has no list of roles" in two_lines(kernel.run("%secondme roles"))
            assert server.requests == []

    def test_a_stop_while_a_name_is_looked_up_sends_no_prompt(self, kernel: RunningKernel) -> None:
        never = Event()
        with ScriptedServer([never], HELLO) as server:
            connect(kernel, server)
            cell = Cell()
            request = kernel.send("%%secondme -r poet\nHi")
            assert server.asked.wait(30)
            kernel.interrupt()
            kernel.go_on(cell, request)
        assert (cell.status, cell.outputs) == ("error", [])
        assert [request.method for request in server.requests] == ["GET"]


MODELS: dict[str, object] = {"data": [{"id": "llama3.2"}, {"id": "qwen3"}, {"id": 5}, "x"]}


def openai(models: object = MODELS) -> Callable[[Request], Answer]:
    """Return what an OpenAI-compatible server answers, whose list of models is `models`."""

    def answer(request: Request) -> Answer:
        return reply(json.dumps(models).encode()) if request.method == "GET" else HELLO

    return answer


class TestModels:
    def test_a_model_that_was_connected_with_is_asked_there_and_nowhere_else(
        self, kernel: RunningKernel
    ) -> None:
        with ScriptedServer(openai()) as server, ScriptedServer(openai()) as other:
            kernel.run(f"%secondme connect {other.origin}/v1 --name other --model qwen3")
            kernel.run(f"%secondme connect {server.origin}/v1 -m llama3.2")
            listed = kernel.run("%secondme models").text
            asked = only_output(kernel.run("%%secondme\nHi"))
            kernel.run("%%secondme -m mini\nHi")
            kernel.run("%%secondme -i other\nHi")
            assert "model llama3.2" in kernel.run("%secondme status").text
            kernel.run("%secondme connect demo")
        sent = [request.json()["model"] for request in (*server.requests[1:], *other.requests)]
        assert sent == ["llama3.2", "mini", "qwen3"]
        assert f"2 models at {server.origin}." in listed
        assert "llama3.2  yes" in listed
        assert "· llama3.2 ·" in asked["data"]["text/html"]

    def test_a_key_and_a_model_of_a_server_leave_each_other_alone(
        self, kernel: RunningKernel
    ) -> None:
        with ScriptedServer(openai()) as server:
            url = f"{server.origin}/v1"
            kernel.run("import os; os.environ['SOME_KEY'] = 'sk-0123456789'")
            kernel.run(f"%secondme connect {url} --key-env SOME_KEY")
            kernel.run(f"%secondme connect {url} -m small --name fast")
            kernel.run(f"%secondme connect {url} -m big --name smart")
            for line in ("-i fast hi", "-i smart hi", "hi"):
                kernel.run(f"%secondme {line}")
            kernel.run("%secondme connect fast --key-env SOME_KEY")
            kernel.run("%secondme hi")
            assert "connect fast -m NAME" in kernel.run("%secondme models").text
            kernel.run("%secondme connect demo")
        asked = [request for request in server.requests if request.method == "POST"]
        assert [request.json()["model"] for request in asked] == ["small", "big", "big", "small"]
        assert {request.headers["authorization"] for request in asked} == {"Bearer sk-0123456789"}

    def test_a_servers_words_are_no_code_on_tab_and_no_rows(self, kernel: RunningKernel) -> None:
        bad = ["x\nimport os; os.system('id')", "my model", "{secret}", "-q", "qwen3:8b"]
        with ScriptedServer(openai({"data": [{"id": name} for name in bad]})) as server:
            kernel.run(f"%secondme connect {server.origin}/v1")
            assert "\nimport os" not in kernel.run("%secondme models").text
            assert kernel.complete("%secondme -m ") == ["qwen3:8b"]
            kernel.run("%secondme connect demo")

    def test_who_connects_a_server_without_one_is_told_that_it_wants_one(
        self, kernel: RunningKernel
    ) -> None:
        told = "It wants a model: name one with -m; %secondme models lists them."
        with ScriptedServer(openai()) as server:
            assert told in kernel.run(f"%secondme connect {server.origin}/v1").text
            assert told not in kernel.run(f"%secondme connect {server.origin}/v1 -m mini").text
            kernel.run("%secondme connect demo")

    @pytest.mark.parametrize("nonsense", [{}, [], {"data": "x"}])
    def test_what_is_no_list_is_said(self, kernel: RunningKernel, nonsense: object) -> None:
        with ScriptedServer(openai(nonsense)) as server:
            kernel.run(f"%secondme connect {server.origin}/v1")
            assert "is not a list of models" in kernel.run("%secondme models").error

    def test_a_second_me_has_one_of_its_own(self, kernel: RunningKernel) -> None:
        assert "has one model, its own" in kernel.run("%secondme connect demo -m big").error
        kernel.run("%secondme connect http://localhost:8002")
        assert "has one model, its own" in kernel.run("%secondme models").error
        refused = kernel.run("%secondme connect http://localhost:11434 -m llama3.2").error
        assert "is connected by its base, as in http://localhost:11434/v1" in refused
        assert "-m needs a value" in kernel.run("%secondme connect demo -m ''").error
        kernel.run("%secondme connect demo")
