"""A key reaches its server, and nothing that is shown."""

from __future__ import annotations

import json

from kernels import HELLO, RunningKernel
from scripted_server import ScriptedServer, reply


def test_a_key_reaches_its_server_and_nothing_that_is_shown(kernel: RunningKernel) -> None:
    refused = reply(b'{"error": {"message": "bad key"}}', status=401)
    with ScriptedServer(HELLO, refused) as server:
        kernel.run("import os; os.environ['MY_KEY'] = 'sk-" + "hush" * 4 + "'")
        code = f"%secondme connect {server.url} --name mine --key-env MY_KEY"
        cells = [
            kernel.run(code),
            kernel.run("%%secondme\nHi"),
            kernel.run("%%secondme --dry-run\nHi"),
            kernel.run("%%secondme\nHi"),
            kernel.run("%secondme status"),
            kernel.run(
                "from secondme_magics import SecondMe\nSecondMe(api_key=os.environ['MY_KEY'])"
            ),
            kernel.run("%secondme config\n%secondme history"),
        ]
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer sk-hushhushhushhush"
    ] * 2
    assert "hush" not in json.dumps([cell.messages for cell in cells], default=str)
    assert "AuthenticationFailed" in cells[3].error


def test_a_key_stays_with_the_server_that_it_was_given_to(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as server:
        kernel.run("os.environ['OTHER_KEY'] = 'sk-other'")
        kernel.run(f"%secondme connect {server.url} --name ours")
        text = kernel.run("%secondme connect ours --key-env OTHER_KEY").text
        assert text == f"Prompts go to ours at {server.url}\n"
        kernel.run("%%secondme\nHi")
        kernel.run("%%secondme -i ours\nHi")
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer sk-other"
    ] * 2


def test_a_servers_echo_does_not_show_the_key(kernel: RunningKernel) -> None:
    echo = reply(b'{"error": {"message": "Incorrect API key provided: sk-echoed-1"}}', status=401)
    with ScriptedServer(echo) as server:
        kernel.run("os.environ['ECHO_KEY'] = 'sk-echoed-1'")
        kernel.run(f"%secondme connect {server.url} --key-env ECHO_KEY")
        cell = kernel.run("%%secondme\nHi")
    assert "Incorrect API key provided" in cell.error
    assert "echoed" not in json.dumps(cell.messages, default=str)


def test_a_password_in_a_default_is_refused_and_not_shown(kernel: RunningKernel) -> None:
    cell = kernel.run("%config SecondMe.base_url = 'https://user:hushpw@example.org'")
    shown = json.dumps([cell.outputs, kernel.run("%secondme config").outputs])
    assert "hushpw" not in shown
