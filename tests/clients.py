"""Asking a URL once, for tests of the client."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.client import Client
from secondme_magics.api.endpoint import Endpoint, Key, Timeouts
from secondme_magics.conversation.messages import Message, Parameters
from secondme_magics.errors import SecondMeError

if TYPE_CHECKING:
    from secondme_magics.api.stream import Stream

HELLO = [Message("user", "你好 \ud800")]


def client_of(url: str, timeouts: Timeouts | None = None, key: Key | None = None) -> Client:
    endpoint = Endpoint(url, "second_me", "abc", key)
    return Client(replace(endpoint, timeouts=timeouts or Timeouts()))


def stream_of(client: Client) -> Stream:
    return client.stream(HELLO, Parameters())


def ask(client: Client) -> str:
    with stream_of(client) as deltas:
        return "".join(delta.content for delta in deltas)


def ask_once(url: str, timeouts: Timeouts | None = None, key: Key | None = None) -> str:
    client = client_of(url, timeouts, key)
    try:
        return ask(client)
    finally:
        client.close()


def failure(url: str, timeouts: Timeouts | None = None, key: Key | None = None) -> SecondMeError:
    """Return the error of asking; it shows itself in two lines."""
    with pytest.raises(SecondMeError) as caught:
        ask_once(url, timeouts, key)
    assert len(str(caught.value).splitlines()) == 2
    return caught.value
