"""A key put in by every way in, and every text that the project can produce searched for it."""

from __future__ import annotations

import copy
import json
import os
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, RunningKernel
from scripted_server import ScriptedServer, chunk, reply, sse

from secondme_magics import SecondMe
from secondme_magics.api.endpoint import Endpoint, Key
from secondme_magics.errors import SecondMeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNSEEN = "sk-hushhush-0123456789"
FOUND = "hushhush"

REFUSED = reply(json.dumps({"error": {"message": f"bad key {UNSEEN}"}}).encode(), status=401)
CUT = sse(chunk("Half"), framing="close")
NONSENSE = reply(f"Bearer {UNSEEN}".encode(), content_type="text/plain")
POINTED = reply(b"", status=302, headers=[("Location", f"https://far.example/?key={UNSEEN}")])
ECHOED = sse(f'data: {{"error": {{"message": "got Bearer {UNSEEN}"}}}}\n\n'.encode())
ANSWERS = {
    "well": HELLO,
    "refused": REFUSED,
    "cut": CUT,
    "nonsense": NONSENSE,
    "pointed elsewhere": POINTED,
    "an error that echoes": ECHOED,
}

IN_PYTHON = """
import logging, os, sys
from io import StringIO
log = StringIO()
logging.basicConfig(stream=log, level=logging.DEBUG, force=True)
import http.client
http.client.HTTPConnection.debuglevel = 1
from secondme_magics import SecondMe
"""

WAYS_IN = {
    "the environment": "os.environ.update(SECONDME_API_KEY='{key}', SECONDME_BASE_URL='{origin}')\n"
    "%secondme connect {origin}/api/kernel2/chat",
    "a variable": "os.environ['MY_KEY'] = '{key}'\n"
    "%secondme connect {origin}/api/kernel2/chat --name mine --key-env MY_KEY",
}

CELLS = [
    "%%secondme\nHi",
    "%%secondme --dry-run\nHi",
    "%%secondme -f json\nHi",
    "reply = %secondme -q Hi",
    "%secondme",
    "%secondme status",
    "%secondme doctor --ask",
    "%secondme history",
    "%secondme list",
    "%secondme config",
    "%secondme roles",
    "%secondme instances",
    "%secondme version",
    "%secondme retry",
    "%secondme fix",
    "%secondme code",
    "%who\n%whos",
    "%xmode Verbose",
    "%%secondme\nHi",
    "%%secondme\n{{me}}",
    "%tb",
    "%secondme save {home}/talk.json",
    "%secondme export {home}/talk.md",
    "%secondme export {home}/talk.html",
    "%secondme load {home}/talk.json",
    "%config SecondMe",
    "key = os.environ.get('MY_KEY') or os.environ['SECONDME_API_KEY']",
    "me = SecondMe('{url}', api_key=key)\ndel key\nme",
    "me.ask('Hi')",
    "talk = me.conversation('other')\ntalk.ask('Hi')",
    "talk",
    "me.preview('Hi')",
    "import pickle\npickle.dumps(me)",
    "vars(me)",
    "%store me",
    "me?",
    "me.endpoint.key??",
    "help(me)",
    "import copy, dataclasses, inspect",
    "copy.deepcopy(me), dataclasses.asdict(me.endpoint), inspect.getmembers(me)",
    "try:\n    me.ask('Hi')\nexcept Exception as error:\n    raise KeyError('another') from error",
    "panel = %secondme panel",
    "panel.ask('Hi')\npanel.wait(20)",
    "panel.state()",
    "panel.get_state()",
]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("way", WAYS_IN.values(), ids=WAYS_IN)
def test_no_cell_shows_a_key(
    kernel: RunningKernel, way: str, answer: list[bytes], tmp_path: Path
) -> None:
    kernel.run(IN_PYTHON)
    with ScriptedServer(answer) as server:
        kernel.run(way.format(key=UNSEEN, origin=server.origin))
        cells = [kernel.run(cell.format(home=tmp_path, url=server.url)) for cell in CELLS]
        cells.append(kernel.run("print(log.getvalue())\n%xmode Context"))
        kernel.run("os.environ.pop('SECONDME_API_KEY', 0); os.environ.pop('SECONDME_BASE_URL', 0)")
        asked = [request.headers.get("authorization") for request in server.requests]
        tabs = [kernel.complete(line) for line in ("me.", "%secondme -i ", "%secondme connect ")]
    shown = [
        [source, each.messages, each.reply]
        for source, each in zip([*CELLS, "log"], cells, strict=True)
    ]
    shown.append(["tabs", tabs, {}])
    leaks = [each for each in shown if FOUND in json.dumps(each, default=str)]
    assert f"Bearer {UNSEEN}" in asked
    assert "api/kernel2" in cells[-1].text
    assert leaks == []
    assert "'turns'" in cells[CELLS.index("panel.state()")].text
    assert [path.name for path in tmp_path.iterdir() if FOUND in path.read_text()] == []


IN_A_VALUE = [
    "%secondme connect {{origin}}/v1?key={{key}}",
    "%secondme",
    "%secondme models",
    "%secondme doctor",
    "%secondme instances",
    "%secondme roles",
    "%%secondme -m any --dry-run\nHi",
    "%%secondme -m any\nHi",
    "%secondme instances --base {{origin}}?key={{key}}",
    "%secondme connect {{origin}}/v1 --key {{key}}",
    "%secondme connect {{origin}}/v1 --key-env {{key}}",
    "%secondme connect {{origin}}/v1 {{key}}",
    "%%secondme --key={{key}}\nHi",
]


def test_no_command_shows_a_key_that_stands_in_what_it_is_given(kernel: RunningKernel) -> None:
    models = reply(b'{"data": [{"id": "qwen3"}]}')
    with ScriptedServer(lambda request: models if request.method == "GET" else HELLO) as server:
        kernel.run(f"key, origin = {UNSEEN!r}, {server.origin!r}")
        cells = [kernel.run(cell.format()) for cell in IN_A_VALUE]
    leaks = [
        cell
        for cell, each in zip(IN_A_VALUE, cells, strict=True)
        if FOUND in json.dumps(each.messages, default=str)
    ]
    assert leaks == []
    assert "%secondme connect TARGET -m NAME" in cells[2].text


def test_no_verbose_traceback_of_a_failure_shows_a_key(kernel: RunningKernel) -> None:
    """The locals of all frames are shown, also where the failure is a bug of the caller."""
    code = """
import os, sys
from secondme_magics import SecondMe
from IPython.core import ultratb
me = SecondMe(URL, api_key=os.environ["TB_KEY"])
texts = []
class Boom(Exception): pass
def on_delta():
    with me.stream("Hi") as answer:
        for delta in answer:
            raise Boom
def asked():
    me.ask("Hi", temperature=99)
def gone():
    me.ask("Hi")
for fail in (on_delta, asked, gone):
    try:
        fail()
    except Exception:
        texts.append(ultratb.VerboseTB(include_vars=True).text(*sys.exc_info()))
print(len(texts), texts)
"""
    kernel.run(f"import os; os.environ['TB_KEY'] = {UNSEEN!r}")
    with ScriptedServer(HELLO, CUT) as server:
        cell = kernel.run(code.replace("URL", repr(server.url)))
    assert cell.text.startswith("3 ")
    assert "on_delta" in cell.text
    assert FOUND not in cell.text


def made() -> list[object]:
    key = Key(UNSEEN)
    endpoint = Endpoint("https://a.example/chat", "second_me", "ada", key)
    me = SecondMe("https://a.example/chat", api_key=UNSEEN)
    return [key, endpoint, me, me.endpoint, me.conversation(), me.preview("Hi"), me._open_client()]  # noqa: SLF001 - its client too


@pytest.mark.parametrize("value", made(), ids=lambda value: type(value).__name__)
def test_no_value_shows_its_key_or_gives_it_to_a_pickle(value: object) -> None:
    shown = [repr(value), str(value), f"{value}", ascii(value), repr([value]), repr({"x": value})]
    shown.append(repr(copy.copy(value)))
    try:
        shown.append(repr(pickle.dumps(value)))
    except TypeError as error:
        shown.append(str(error))
    assert FOUND not in "".join(shown)


URLS = {
    "user info": "https://me:{key}@a.example/chat",
    "user alone": "https://{key}@a.example/chat",
    "a query": "https://a.example/chat?key={key}",
    "a fragment": "https://a.example/chat#{key}",
    "no URL": "{key}@a.example?{key}",
    "a port": "https://a.example:{key}/chat",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_key_in_a_url_is_not_shown(url: str) -> None:
    try:
        me = SecondMe(url.format(key=UNSEEN))
        shown = f"{me!r} {me.endpoint!r} {me.preview('Hi')}"
    except SecondMeError as error:
        shown = f"{error!r} {''.join(traceback.format_exception(error))}"
    assert FOUND not in shown


def stand_in() -> str:
    return os.environ["THE_KEY"]


REFUSED_AT_ONCE: dict[str, Callable[[], object]] = {
    "a target that is none": lambda: SecondMe(5, api_key=stand_in()),  # type: ignore[arg-type] # wrong
    "a URL that is none": lambda: SecondMe("http://127.0.0.1:9//", api_key=stand_in()),
    "a timeout that is none": lambda: SecondMe(api_key=stand_in(), timeout=-1),
    "a typing error": lambda: SecondMe("abc", api_key=stand_in(), temprature=1),  # type: ignore[call-arg] # wrong
    "a key of bytes": lambda: SecondMe("abc", api_key=stand_in().encode()),  # type: ignore[arg-type] # wrong
    "a key with a line end": lambda: SecondMe("abc", api_key=f"{stand_in()}\n"),
    "nobody to send it to": lambda: SecondMe("demo", api_key=stand_in()),
    "a URL, and a key in the environment": lambda: SecondMe("http://127.0.0.1:9//"),
    "a key in the environment with a space": lambda: SecondMe("abc"),
}


@pytest.mark.parametrize("make", REFUSED_AT_ONCE.values(), ids=REFUSED_AT_ONCE)
def test_no_value_of_a_variable_in_a_traceback_shows_a_key(
    make: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `%xmode Verbose` shows them, and what reports errors from afar."""
    ultratb = pytest.importorskip("IPython.core.ultratb")
    monkeypatch.setenv("THE_KEY", UNSEEN)
    monkeypatch.setenv("SECONDME_API_KEY", f"{UNSEEN} x")
    with pytest.raises((SecondMeError, TypeError, ValueError)) as caught:
        make()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = ultratb.VerboseTB(include_vars=True).text(caught.type, caught.value, caught.tb)
    assert "SecondMe" in shown
    assert FOUND not in shown + "".join(told.format())


BAD_KEYS = {"a space": f"{UNSEEN} x", "a line end": f"{UNSEEN}\n", "chinese": f"{UNSEEN}\u4f60"}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_key_that_is_no_key_is_not_shown(key: str) -> None:
    with pytest.raises(SecondMeError) as caught:
        SecondMe("https://a.example/chat", api_key=key)
    assert FOUND not in "".join(traceback.format_exception(caught.value))
