from __future__ import annotations

import linecache
import sys

import pytest

from secondme_magics.notebook.tracebacks import (
    LONGEST_SUMMARY,
    LONGEST_TRACEBACK,
    render_traceback,
    summarise,
)


def name_of(file: str) -> tuple[str, str] | None:
    return ("Cell", "In[3]") if file == "/kernel/cell/1.py" else None


def raised_by(code: str) -> BaseException:
    """Return what a cell of `code` raises."""
    file = "/kernel/cell/1.py"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    try:
        exec(compile(code, file, "exec"), {})  # noqa: S102 - the test's own code
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("nothing was raised")


def test_a_traceback_begins_in_the_cell_and_names_it() -> None:
    told = render_traceback(raised_by("def f():\n    1/0\nf()\n"), name_of).splitlines()
    assert told[:3] == [
        "Traceback (most recent call last):",
        "  Cell In[3], line 3, in <module>",
        "    f()",
    ]
    assert told[-1] == "ZeroDivisionError: division by zero"


def test_code_that_never_ran_has_no_frames() -> None:
    told = render_traceback(raised_by("x = = 1\n"), name_of)
    assert told.startswith("  Cell In[3], line 1\n")
    assert told.endswith("SyntaxError: invalid syntax")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no groups")
def test_a_group_names_the_cell_too() -> None:
    told = render_traceback(raised_by("raise ExceptionGroup('g', [ValueError(1)])\n"), name_of)
    assert "  |   Cell In[3], line 1, in <module>\n" in told


def test_other_files_keep_their_names() -> None:
    told = render_traceback(raised_by("import json\njson.loads('{')\n"), name_of)
    assert 'decoder.py", line ' in told


def test_no_value_of_a_variable_is_told() -> None:
    told = render_traceback(raised_by("def f(key):\n    1/0\nf('sk' + '-hush')\n"), name_of)
    assert "sk-hush" not in told


def test_a_long_traceback_keeps_its_end() -> None:
    told = render_traceback(raised_by("raise ValueError('x' * 100_000 + 'end')\n"), name_of)
    assert len(told) <= LONGEST_TRACEBACK
    assert told.endswith("end")


class Spiteful(Exception):  # noqa: N818 - what it is
    def __str__(self) -> str:
        raise RuntimeError("no")


class MoreSpiteful(Exception):  # noqa: N818 - what it is
    @property
    def __cause__(self) -> BaseException:
        raise RuntimeError("no")

    @__cause__.setter
    def __cause__(self, _: object) -> None:
        pass


def test_an_exception_without_words_is_told_by_its_name() -> None:
    assert summarise(Spiteful()) == "Spiteful: (it has no text)"
    assert "Spiteful" in render_traceback(Spiteful(), name_of)
    assert render_traceback(MoreSpiteful("x"), name_of) == "MoreSpiteful: x"


@pytest.mark.parametrize("length", [3, 100_000])
def test_a_summary_is_bounded(length: int) -> None:
    summary = summarise(ValueError("x" * length))
    assert summary.startswith("ValueError: xxx")
    assert len(summary) <= LONGEST_SUMMARY
