"""What a server says when it fails: its own words, what they mean, and what helps."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from secondme_magics import errors
from secondme_magics.api.endpoint import Endpoint, Key
from secondme_magics.api.failures import no_answer, reported, words_of, words_of_body
from secondme_magics.api.statuses import parse_retry_after, redirect_error, status_error

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


@pytest.mark.parametrize("endpoint", [MINE, OTHER], ids=["a Second Me", "another server"])
def test_each_status_says_what_happened_and_what_helps(endpoint: Endpoint) -> None:
    for status in (400, 401, 402, 403, 404, 407, 408, 413, 418, 422, 429, 500, 503, 599):
        error = status_error(endpoint, status, "")
        assert error.what.index(f" (status {status})") >= len("h failed")
        assert error.hint[:1].isupper()
        assert error.hint.endswith(".")
        assert ("proxy on the way" in error.what) is (status == 407)


@pytest.mark.parametrize("body", ["[1]", "1", '{"error": [1]}', '{"error": {"code": [1]}}'])
def test_a_body_of_another_shape_leaves_the_meaning(body: str) -> None:
    assert status_error(MINE, 500, body).what.startswith("abc failed (status 500)")


def test_a_server_that_says_nothing_leaves_the_meaning() -> None:
    assert status_error(MINE, 503, "").what == "abc is registered, but offline (status 503)"


def test_another_server_has_models_and_no_instances() -> None:
    assert "model" in status_error(OTHER, 404, "").what
    assert "see %secondme models" in status_error(OTHER, 404, "").hint
    assert "registered" not in status_error(OTHER, 503, "").what


def test_who_asks_another_server_as_a_second_me_is_told_how_that_one_is_connected() -> None:
    host = Endpoint("http://localhost:11434/api/kernel2/chat", "second_me", "localhost:11434")
    assert "connect http://localhost:11434/v1 -m NAME" in status_error(host, 404, "").hint
    assert "/v1" not in status_error(MINE, 404, "").hint


def test_a_missing_key_says_how_to_give_one() -> None:
    hint = status_error(OTHER, 401, "").hint
    assert "--key-env NAME" in hint
    assert "api_key=" in hint


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_key_that_is_refused_is_named_by_where_it_came_from(status: int) -> None:
    key = Key("a-secret-key", "MY_KEY")
    hint = status_error(replace(OTHER, key=key), status, "").hint
    assert "the key from MY_KEY" in hint
    assert "SECONDME_API_KEY" not in hint
    assert "the key: is it" in status_error(replace(OTHER, key=Key("a-secret-key")), 401, "").hint


FITTING = {
    "no credit": (
        402,
        {"message": "Insufficient Balance", "code": "invalid_request_error"},
        "no credit left",
        "Add credit",
    ),
    "no quota": (429, {"message": "x", "code": "insufficient_quota"}, "no credit left", "credit"),
    "moderation": (
        403,
        {"code": 403, "message": "x", "metadata": {"reasons": ["violence"], "flagged_input": "y"}},
        "declined the prompt",
        "other words",
    ),
    "no reasons": (402, {"message": "x", "metadata": {}}, "no credit left", "Add credit"),
    "a policy": (400, {"code": "content_policy_violation"}, "declined the prompt", "words"),
    "a filter": (400, {"message": "x", "code": "content_filter"}, "declined the prompt", "words"),
    "too large": (413, "x", "as large as this", "--last-turns N"),
    "it took too long": (408, "x", "stopped waiting for the request", "Ask again"),
}


@pytest.mark.parametrize(("status", "error", "what", "hint"), FITTING.values(), ids=FITTING)
def test_a_status_means_what_its_body_says_too(
    status: int, error: object, what: str, hint: str
) -> None:
    endpoint = replace(OTHER, key=Key("a-secret-key"))
    told = status_error(endpoint, status, json.dumps({"error": error}))
    kinds = {400: errors.InvalidRequest, 429: errors.RateLimited}
    assert type(told) is kinds.get(status, errors.StatusError)
    assert told.status == status
    assert what in told.what
    assert hint in told.hint
    assert "key" not in told.what
    assert "Check the address" not in told.hint


LENGTHS = {
    "OpenAI": (400, "This model's maximum context length is 8192 tokens.", True),
    "a 500": (500, "the prompt is too long", True),
    "another field": (400, "a contest of tokenizers", False),
    "a token that opens doors": (401, "invalid token", False),
    "the same under another status": (400, "invalid token", False),
    "vLLM": (400, "Requested tokens (9000) exceed context window of 4096", True),
    "llama.cpp": (400, "the request exceeds the available context size", True),
    "Anthropic": (400, "prompt is too long: 210000 tokens > 200000 maximum", True),
    "tokens by the minute": (429, "Limit: 30,000 tokens per min", False),
}


@pytest.mark.parametrize(("status", "words", "is_long"), LENGTHS.values(), ids=LENGTHS)
def test_words_of_length_say_how_to_send_less(status: int, words: str, is_long: bool) -> None:
    hint = status_error(OTHER, status, json.dumps({"error": {"message": words}})).hint
    assert ("--last-turns N" in hint) is is_long
    assert len(hint) < errors.LONGEST_LINE


def test_an_error_in_a_stream_says_how_to_send_less_too() -> None:
    assert "--last-turns N" in reported("Requested tokens (5000) exceed context window").hint
    assert "--last-turns N" not in reported("out of memory").hint
    assert "--last-turns N" not in reported("token expired, log in again").hint


def test_who_has_no_credit_is_not_told_to_wait() -> None:
    body = json.dumps({"error": {"message": "x", "code": "insufficient_quota"}})
    assert "wait" not in status_error(OTHER, 429, body, 7.0).hint


def test_a_question_beside_the_chat_is_never_too_long() -> None:
    told = status_error(OTHER, 500, '{"detail": "too long"}', meaning=("it failed", "Try again."))
    assert told.hint == "Try again."


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


def test_where_a_redirect_points_is_bounded_and_not_to_be_trusted() -> None:
    error = redirect_error(MINE, 302, "/" + "x" * 9_000 + "\u202e")
    assert error.what.startswith("https://h points to https://h/xxx")
    assert error.what.endswith("x… (status 302)")
    assert len(error.what) < 400
    assert "Redirects are not followed" in error.hint


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


DATES = {
    "as it is written today": "Thu, 01 Jan 1970 00:01:40 GMT",
    "of RFC 850": "Thursday, 01-Jan-70 00:01:40 GMT",
    "of asctime": "Thu Jan  1 00:01:40 1970",
    "of a mail that does not say where": "Thu, 01 Jan 1970 00:01:40 -0000",
}


@pytest.mark.parametrize("zone", ["UTC0", "PET5", "CST-8"], ids=["London", "Lima", "Shanghai"])
@pytest.mark.parametrize("date", DATES.values(), ids=DATES)
def test_retry_after_is_read_alike_wherever_the_user_is(
    date: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        with monkeypatch.context() as there:
            there.setenv("TZ", zone)
            time.tzset()
            assert parse_retry_after(date, now=60.0) == 40.0
    finally:
        time.tzset()


@pytest.mark.parametrize(("value", "seconds"), RETRIES.values(), ids=RETRIES)
def test_retry_after_is_read(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=60.0) == seconds


PAGES = {
    "a page with a title": ("text/html", "<title>Log in</title>", "a web page, 'Log in', in place"),
    "a page without one": ("", "<p>", "a web page in place"),
    "another type": ("image/png", "PNG", "image/png: 'PNG'"),
    "a type without end": ("x" * 999, "hello", "xx: 'hello'"),
    "no type": ("", "hello", "something: 'hello'"),
    "nothing": ("text/event-stream", "", "an empty answer"),
}


@pytest.mark.parametrize(("content_type", "start", "what"), PAGES.values(), ids=PAGES)
def test_what_is_no_answer_is_named(content_type: str, start: str, what: str) -> None:
    error = no_answer("https://h", content_type, start)
    assert what in error.what
    assert len(str(error).splitlines()) == 2
