"""The wire of the demo instance, over real sockets: its answers and its refusals."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from demo_client import AT_ONCE, CHAT, PROMPT, chat, listening, read_until, send

from secondme_magics.demo.instance import DemoInstance, start_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENAI = "/v1/chat/completions"
ALL_CHATS = [CHAT, "/api/chat/demo", "/api/chat/demo/chat/completions", OPENAI]


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoInstance]:
    with start_demo(words_per_second=AT_ONCE) as instance:
        yield instance


@pytest.mark.parametrize("path", ALL_CHATS)
def test_every_chat_endpoint_streams_the_answer_as_the_wire_has_it(
    demo: DemoInstance, path: str
) -> None:
    answer = chat(demo, path=path, stream=True)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.body.startswith(b": initial heartbeat\n\ndata: ")
    assert answer.events[-1] == "[DONE]"
    assert {chunk["object"] for chunk in answer.chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in answer.chunks}) == 1
    assert answer.chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "From"}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert answer.chunks[-1]["choices"] == [last]
    assert answer.text.startswith("From my notes, *Connecting: Keys*")


@pytest.mark.parametrize("path", ALL_CHATS)
def test_every_chat_endpoint_answers_whole_when_asked_to(demo: DemoInstance, path: str) -> None:
    answer = chat(demo, path=path, stream=False)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json["object"] == "chat.completion"
    choice = answer.json["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert choice["message"] == {"role": "assistant", "content": chat(demo, stream=True).text}


def test_usage_comes_in_a_chunk_of_its_own_and_only_when_asked_for(demo: DemoInstance) -> None:
    asked = chat(demo, stream_options={"include_usage": True}).chunks
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]["completion_tokens"] == len(asked) - 2
    assert not any("usage" in chunk for chunk in chat(demo).chunks)


def test_max_tokens_cuts_the_answer_and_says_so(demo: DemoInstance) -> None:
    answer = chat(demo, max_tokens=3)
    assert answer.text == "From my notes,"
    assert answer.chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_chinese_is_answered_in_chinese(demo: DemoInstance) -> None:
    assert "SECONDME_API_KEY" in (text := chat(demo, "密钥放在哪里").text)
    assert "密钥" in text


def test_a_role_answers_in_its_own_way(demo: DemoInstance) -> None:
    answer = chat(demo, metadata={"role_id": "thinking"})
    assert answer.text.startswith("<think>\nI look for: put, api, key.\n")


def test_without_retrieval_no_note_is_quoted(demo: DemoInstance) -> None:
    answer = chat(demo, metadata={"enable_l0_retrieval": False})
    assert answer.text.startswith("I looked into no notes")


def test_a_connection_is_kept_from_prompt_to_prompt(demo: DemoInstance) -> None:
    with listening(demo, PROMPT) as connection:
        first = read_until(connection, b"\r\n0\r\n\r\n")
        body = json.dumps({"messages": [{"role": "user", "content": PROMPT}]}).encode()
        head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        second = read_until(connection, b"\r\n0\r\n\r\n")
    assert first.count(b"data: ") == second.count(b"data: ")


UNKNOWN_ROLE = {"role_id": "x"}
ROLES = "/api/kernel2/roles"
MESSAGES = [{"role": "user", "content": "Hello"}]
TOO_LARGE = {"messages": [{"role": "user", "content": "x" * 1_100_000}]}


@dataclass(frozen=True)
class Refusal:
    """A request, and how it is refused."""

    method: str
    path: str
    body: object
    status: int
    words: str


REFUSALS = {
    "unknown instance": Refusal("POST", "/api/chat/nobody", {}, 404, "Instance not found"),
    "unknown instance, SDK": Refusal("POST", "/api/chat/a/chat/completions", {}, 404, "not found"),
    "offline instance": Refusal("POST", "/api/chat/asleep", {}, 503, "not connected"),
    "unknown path": Refusal("GET", "/api/kernel3", None, 404, "nothing at /api/kernel3"),
    "unknown path, posted": Refusal("POST", "/", {}, 404, "nothing at /"),
    "unknown method": Refusal("GET", CHAT, None, 405, "Method Not Allowed"),
    "deleting health": Refusal("DELETE", "/api/kernel2/health", None, 405, "Method Not Allowed"),
    "no JSON": Refusal("POST", CHAT, b"{", 400, "not valid JSON"),
    "nothing": Refusal("POST", CHAT, None, 400, "not valid JSON"),
    "no object": Refusal("POST", CHAT, [], 422, "an object"),
    "no messages": Refusal("POST", CHAT, {}, 422, "messages"),
    "too hot": Refusal("POST", CHAT, {"messages": MESSAGES, "temperature": 2}, 422, "temperature"),
    "no tokens": Refusal("POST", CHAT, {"messages": MESSAGES, "max_tokens": 0}, 422, "max_tokens"),
    "null content": Refusal("POST", CHAT, {"messages": [{"role": "user"}]}, 400, "content"),
    "unknown role": Refusal(
        "POST", CHAT, {"messages": MESSAGES, "metadata": {"role_id": "x"}}, 422, "role_id"
    ),
    "too large": Refusal("POST", CHAT, TOO_LARGE, 413, "1,048,576 bytes"),
    "OpenAI: no model": Refusal("POST", OPENAI, {"messages": MESSAGES}, 400, "'model' is required"),
    "OpenAI: no JSON": Refusal("POST", OPENAI, b"", 400, "not valid JSON"),
    "OpenAI: method": Refusal("PUT", OPENAI, {}, 405, "Method Not Allowed"),
    "role: unknown": Refusal("GET", "/api/kernel2/roles/x", None, 404, "Role not found"),
    "role: delete unknown": Refusal("DELETE", "/api/kernel2/roles/x", None, 404, "Role not found"),
    "role: change unknown": Refusal("PUT", "/api/kernel2/roles/x", {}, 404, "Role not found"),
    "role: no name": Refusal("POST", "/api/kernel2/roles", {}, 422, "is required"),
    "role: bad flag": Refusal("POST", ROLES, {"name": "x", "is_active": 1}, 422, "is_active"),
    "page 0": Refusal("GET", "/api/upload/list?page_no=0", None, 422, "page_no"),
    "page x": Refusal("GET", "/api/upload/list?page_size=x", None, 422, "page_size"),
    "no text": Refusal("GET", "/api/upload/list?status=%ff", None, 400, "Bad Request"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_bad_request_is_refused_in_words_and_nothing_is_printed(
    demo: DemoInstance, capfd: pytest.CaptureFixture[str], refusal: Refusal
) -> None:
    answer = send(demo, refusal.method, refusal.path, refusal.body)
    assert answer.status == refusal.status
    assert refusal.words in answer.body.decode()
    assert isinstance(answer.json, dict)
    assert "Traceback" not in answer.body.decode()
    assert capfd.readouterr() == ("", "")


def test_a_refused_method_names_those_that_are_allowed(demo: DemoInstance) -> None:
    assert send(demo, "PUT", "/api/kernel2/roles", {}).headers["Allow"] == "GET, POST"


def test_errors_have_the_shape_of_their_dialect(demo: DemoInstance) -> None:
    envelope = send(demo, "POST", "/api/chat/nobody", {}).json
    assert envelope == {"code": 404, "message": "Instance not found", "data": None}
    hot = send(demo, "POST", CHAT, {"messages": MESSAGES, "temperature": 2}).json
    assert hot["validation_error"]["body_params"][0]["loc"] == ["temperature"]
    openai = send(demo, "POST", OPENAI, {"messages": MESSAGES}).json
    assert openai["error"]["param"] == "model"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:8002"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:8002"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": "127.0.0.1", "Origin": "https://evil.example"}, 403),
        ({"Host": "127.0.0.1", "Origin": "null"}, 403),
        ({"Host": "127.0.0.1", "Origin": "http://localhost:8888"}, 200),
    ],
    ids=str,
)
def test_only_this_machine_may_ask(
    demo: DemoInstance, headers: dict[str, str], status: int
) -> None:
    assert send(demo, "GET", "/api/kernel2/health", headers=headers).status == status


def test_no_http_and_hopeless_sizes_end_the_connection_without_a_word_in_the_log(
    demo: DemoInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    huge = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {10**12}\r\n\r\n"
    form = (
        f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\nabc"
    )
    for request in (huge, form, "\x16\x03\x01 no HTTP\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", demo.port), timeout=20) as connection:
            connection.sendall(request.encode())
            got = b"".join(iter(lambda c=connection: c.recv(65536), b""))  # type: ignore[misc]
            assert b" 400 " in got.partition(b"\r\n")[0]
    assert capfd.readouterr() == ("", "")


def test_health_models_and_the_registry_answer(demo: DemoInstance) -> None:
    assert send(demo, "GET", "/api/kernel2/health").json["data"]["status"] == "ok"
    models = send(demo, "GET", "/v1/models").json
    assert [model["object"] for model in models["data"]] == ["model"]
    listed = send(demo, "GET", "/api/upload/list").json
    assert listed["code"] == 0
    assert [each["instance_id"] for each in listed["data"]["items"]] == ["demo", "asleep"]


@pytest.mark.parametrize(
    ("query", "ids", "total", "pages"),
    [
        ("page_no=1&page_size=1", ["demo"], 2, 2),
        ("page_no=2&page_size=1", ["asleep"], 2, 2),
        ("page_no=3&page_size=1", [], 2, 2),
        ("page_no=1&page_size=100&status=online", ["demo"], 1, 1),
        ("status=offline", ["asleep"], 1, 1),
        ("status=unregistered", [], 0, 0),
    ],
)
def test_the_registry_is_paged_and_filtered(
    demo: DemoInstance, query: str, ids: list[str], total: int, pages: int
) -> None:
    found = send(demo, "GET", f"/api/upload/list?{query}").json["data"]
    assert [each["instance_id"] for each in found["items"]] == ids
    assert (found["pagination"]["total"], found["pagination"]["total_pages"]) == (total, pages)


def test_a_role_is_made_used_changed_and_deleted(demo: DemoInstance) -> None:
    roles = "/api/kernel2/roles"
    made = send(demo, "POST", roles, {"name": "pirate", "system_prompt": "Arr"}).json["data"]
    one = f"{roles}/{made['uuid']}"
    assert send(demo, "GET", one).json["data"] == made
    assert "`pirate`" in chat(demo, metadata={"role_id": made["uuid"]}).text
    changed = send(demo, "PUT", one, {"enable_l0_retrieval": False}).json["data"]
    assert changed == {**made, "enable_l0_retrieval": False}
    assert "no notes" in chat(demo, metadata={"role_id": made["uuid"]}).text
    assert send(demo, "DELETE", one).json["data"] is None
    names = [role["name"] for role in send(demo, "GET", roles).json["data"]]
    assert names == ["brief", "thinking"]


def test_roles_are_not_made_without_end() -> None:
    with start_demo() as demo:
        made = [send(demo, "POST", ROLES, {"name": "x"}) for _ in range(99)]
    assert [each.status for each in made] == [200] * 98 + [429]
