"""What a server says when it fails: its own words, what they mean, and what helps."""

from __future__ import annotations

import json

import pytest

from secondme_magics import errors
from secondme_magics.api.endpoint import Endpoint, Key
from secondme_magics.api.failures import (
    no_answer,
    parse_retry_after,
    redirect_error,
    status_error,
    words_of,
    words_of_body,
)

MINE = Endpoint("https://h/api/chat/abc", "second_me", "abc")
OTHER = Endpoint("https://h/v1/chat/completions", "openai", "h")

BODIES: dict[str, tuple[object, str]] = {
    "an envelope": ({"code": 404, "message": "no such one", "data": None}, "no such one"),
    "OpenAI's": ({"error": {"message": "bad model", "type": "invalid"}}, "bad model"),
    "an error as a string": ({"error": "bad model"}, "bad model"),
    "FastAPI's string": ({"detail": "Not Found"}, "Not Found"),
    "FastAPI's list": (
        {"detail": [{"loc": ["body", "messages", 0], "msg": "field required"}, {"msg": "b"}]},
        "body.messages.0: field required; b",
    ),
    "validation_error": (
        {"validation_error": {"body_params": [{"loc": ["temperature"], "msg": "too hot"}]}},
        "temperature: too hot",
    ),
    "success: false": ({"success": False, "message": "no", "code": "x"}, "no"),
    "a string in JSON": ("just words", "just words"),
    "nothing said": ({"data": {}}, ""),
    "a number": (5, ""),
    "loc of another shape": ({"loc": "x", "msg": "y"}, "y"),
}


@pytest.mark.parametrize(("body", "words"), BODIES.values(), ids=BODIES)
def test_the_servers_own_words_are_found(body: object, words: str) -> None:
    assert words_of_body(json.dumps(body)) == words


TEXTS = {
    "text": ("out of memory", "out of memory"),
    "a page with a title": ("<html><TITLE lang=en> Log in </title>", "Log in"),
    "a page without one": ("<!doctype html><p>", ""),
    "nothing": ("", ""),
    "too deep": ("[" * 100_000, "[" * 100_000),
}


@pytest.mark.parametrize(("body", "words"), TEXTS.values(), ids=TEXTS)
def test_a_body_that_is_no_json_speaks_for_itself(body: str, words: str) -> None:
    assert words_of_body(body) == words


def test_words_are_not_looked_for_without_end() -> None:
    deep: object = "words"
    for _ in range(50):
        deep = {"error": deep}
    assert words_of(deep) == ""
    assert words_of([[[[[[["words"]]]]]]]) == ""
    assert words_of(["a"] * 100) == "a; a; a; a; a"


STATUSES = {
    400: (errors.InvalidRequest, "refused the request"),
    401: (errors.AuthenticationFailed, "wants an API key"),
    403: (errors.AuthenticationFailed, "refused the key"),
    404: (errors.InstanceNotFound, "no instance abc"),
    418: (errors.StatusError, "gave no answer"),
    422: (errors.InvalidRequest, "refused the request"),
    429: (errors.RateLimited, "too many requests"),
    500: (errors.StatusError, "failed"),
    502: (errors.StatusError, "failed"),
    503: (errors.InstanceUnavailable, "registered, but offline"),
    204: (errors.StatusError, "gave no answer"),
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_becomes_its_error(status: int) -> None:
    kind, meaning = STATUSES[status]
    endpoint = Endpoint(MINE.url, "second_me", "abc", Key("k")) if status == 403 else MINE
    error = status_error(endpoint, status, '{"message": "own words"}', 7.0)
    assert type(error) is kind
    assert meaning in error.what
    assert f"(status {status}): own words" in error.what
    assert (error.status, error.body, error.retry_after) == (status, '{"message": "own words"}', 7)
    assert "wait 7 s" in error.hint
    assert len(str(error).splitlines()) == 2


def test_a_server_that_says_nothing_leaves_the_meaning() -> None:
    assert status_error(MINE, 503, "").what == "abc is registered, but offline (status 503)"


def test_another_server_has_models_and_no_instances() -> None:
    assert "model" in status_error(OTHER, 404, "").what
    assert "registered" not in status_error(OTHER, 503, "").what


def test_a_missing_key_says_how_to_set_one() -> None:
    assert "SECONDME_API_KEY" in status_error(MINE, 401, "").hint


def test_words_of_a_server_are_bounded_and_made_harmless() -> None:
    error = status_error(MINE, 500, "a\u202eb\x1b[31m\n" + "x" * 10_000)
    assert len(error.what) < 400
    assert error.what.isprintable()


def test_a_name_with_braces_is_only_a_name() -> None:
    error = status_error(Endpoint("http://h", "second_me", "{origin}{0}"), 404, "")
    assert "{origin}{0}" in error.what


REDIRECTS = {
    "elsewhere": ("https://b/login", "https://b/login"),
    "on the same host": ("/login", "https://h/login"),
    "with a user, a query and a fragment": ("https://me:pw@b/l?token=1#x", "https://b/l "),
    "with control characters": ("https://b/\x1b\u202elogin", "https://b/login"),
    "unreadable": ("https://[b", "elsewhere"),
}


@pytest.mark.parametrize(("location", "where"), REDIRECTS.values(), ids=REDIRECTS)
def test_a_redirect_is_named_and_not_followed(location: str, where: str) -> None:
    error = redirect_error(MINE, 302, location)
    assert where in error.what
    assert "pw" not in str(error)
    assert "token" not in str(error)
    assert error.status == 302


RETRIES = {
    "nothing": (None, None),
    "seconds": ("7", 7.0),
    "seconds with spaces": (" 120 ", 120.0),
    "a date": ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
    "a date that is over": ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
    "words": ("soon", None),
    "a negative number": ("-5", None),
    "a number beyond all bounds": ("9" * 400, None),
    "a date beyond all bounds": ("Thu, 01 Jan 99999 00:00:00 GMT", None),
    "other digits": ("\u0667", None),
}


@pytest.mark.parametrize(("value", "seconds"), RETRIES.values(), ids=RETRIES)
def test_retry_after_is_read(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=60.0) == seconds


PAGES = {
    "a page with a title": ("text/html", "<title>Log in</title>", "a web page, 'Log in', in place"),
    "a page without one": ("", "<p>", "a web page in place"),
    "another type": ("image/png", "PNG", "image/png: 'PNG'"),
    "no type": ("", "hello", "something: 'hello'"),
    "nothing": ("text/event-stream", "", "an empty answer"),
}


@pytest.mark.parametrize(("content_type", "start", "what"), PAGES.values(), ids=PAGES)
def test_what_is_no_answer_is_named(content_type: str, start: str, what: str) -> None:
    error = no_answer("https://h", content_type, start)
    assert what in error.what
    assert len(str(error).splitlines()) == 2
