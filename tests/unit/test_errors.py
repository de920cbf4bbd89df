from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from secondme_magics import errors
from secondme_magics.api.statuses import _KINDS
from secondme_magics.conversation.messages import Reply
from secondme_magics.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InstanceNotFound,
    InstanceUnavailable,
    InvalidRequest,
    RateLimited,
    ResponseTimeout,
    SecondMeError,
    StatusError,
    StreamInterrupted,
    one_line,
)

TREE = sorted(
    (
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SecondMeError)
    ),
    key=lambda kind: kind.__name__,
)


def example(kind: type[SecondMeError]) -> SecondMeError:
    if issubclass(kind, StatusError):
        return kind("it said no", "Ask again.", 429, '{"code": 1}', 2.5)
    return kind("it said no", "Ask again.")


@pytest.mark.parametrize("kind", TREE)
def test_an_error_is_two_lines(kind: type[SecondMeError]) -> None:
    assert str(example(kind)) == "it said no\nAsk again."


@pytest.mark.parametrize("kind", TREE)
def test_a_notebook_prints_two_lines_in_place_of_a_traceback(kind: type[SecondMeError]) -> None:
    printed = example(kind)._render_traceback_()
    assert printed == [f"{kind.__name__}: it said no", "Ask again."]


@pytest.mark.parametrize("kind", TREE)
def test_an_error_survives_pickling_with_all_it_carries(kind: type[SecondMeError]) -> None:
    error = example(kind)
    error.reply = Reply(text="half", state="failed")
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(twin) is kind
    assert vars(twin) == vars(error)
    assert twin.args == error.args


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (ResponseTimeout, ConnectionFailed),
        (StreamInterrupted, ConnectionFailed),
        (InstanceNotFound, StatusError),
        (InvalidRequest, StatusError),
        (AuthenticationFailed, StatusError),
        (RateLimited, StatusError),
        (InstanceUnavailable, StatusError),
    ],
)
def test_the_tree_lets_a_user_catch_the_kind_or_its_family(
    kind: type[SecondMeError], base: type[SecondMeError]
) -> None:
    assert issubclass(kind, base)


def test_an_error_without_an_answer_carries_no_reply() -> None:
    assert SecondMeError("what", "hint").reply is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("two\r\nlines\tand  more", "two lines and more", id="white space"),
        pytest.param("a\x1b[31mred\x00\x7f", "a[31mred", id="control characters"),
        pytest.param("abc\u202edef\u2066g", "abcdefg", id="bidirectional overrides"),
        pytest.param("flag\U000e0067\U000e007f", "flag", id="tag characters"),
        pytest.param("lone \ud83d surrogate", "lone  surrogate", id="a lone surrogate"),
        pytest.param("नी\u200cला \u200f", "नी\u200cला \u200f", id="joiners stay"),
        pytest.param("你好 👋🏽", "你好 👋🏽", id="any script and emoji stay"),
        pytest.param("x" * 600, "x" * 600, id="as long as may be"),
        pytest.param("x" * 601, "x" * 599 + "…", id="cut"),
    ],
)
def test_a_line_of_an_error_is_one_bounded_line_of_plain_characters(text: str, line: str) -> None:
    assert one_line(text) == line


ROOT = Path(__file__).parents[2]


def test_the_readme_says_of_each_error_what_it_means() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| error |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", table, re.MULTILINE))
    assert [*rows] == re.findall(r"^      *(\w+)  ", errors.__doc__ or "", re.MULTILINE)
    assert {*rows, "SecondMeError"} == {kind.__name__ for kind in TREE}
    for kind in {*_KINDS.values()}:
        statuses = {str(status) for status, each in _KINDS.items() if each is kind}
        assert {*re.findall(r"\d{3}", rows[kind.__name__])} == statuses


def test_each_promise_of_security_names_tests_that_are_there() -> None:
    promises = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z].+?) \| (.+?) \|$", promises, re.MULTILINE)
    assert len(rows) >= 10
    for promise, tests in rows:
        named = [Path(name).name for name in re.findall(r"`([\w/]+\.py)`", tests)]
        assert named or tests.startswith("the same"), promise
        assert [name for name in named if not [*ROOT.glob(f"tests/**/{name}")]] == []
        paths = re.findall(r"`(tests/[\w/]+\.py)`", tests)
        assert [path for path in paths if not (ROOT / path).is_file()] == []
