from __future__ import annotations

import pytest

from secondme_magics.conversation.messages import Reply
from secondme_magics.showing.insertion import cell_code, whole_code, why_no_cell


def fence(code: str, language: str = "") -> str:
    return f"Look:\n\n```{language}\n{code}\n```\n"


CODE = {
    "python": (fence("x = 1", "python"), "x = 1"),
    "py": (fence("x = 1", "py"), "x = 1"),
    "in capitals and braces": (fence("x = 1", "{Python}"), "x = 1"),
    "ipython": (fence("%time f()", "ipython3"), "%time f()"),
    "broken python is still for the reader to mend": (fence("x = (", "python"), "x = ("),
    "no name, but a call": (fence("print('Hello')"), "print('Hello')"),
    "no name, but an assignment": (fence("x: int = 1"), "x: int = 1"),
    "no name, but a definition": (fence("def f():\n    pass"), "def f():\n    pass"),
    "no name, but a magic": (fence("%matplotlib inline\n!pip install x"), None),
    "no name, but a cell magic": (fence("%%bash\nls -l"), "%%bash\nls -l"),
    "no name, but waiting": (fence("await task"), "await task"),
    "an escape that Python warns of": (fence(r"re.match('\d', x)"), r"re.match('\d', x)"),
    "several, an empty line apart": (
        fence("x = 1\n", "python") + fence("\ny = 2", "py"),
        "x = 1\n\ny = 2",
    ),
    "the named ones go before the others": (
        fence("pip.main()") + fence("x = 1", "python"),
        "x = 1",
    ),
    "in a list": ("1. So:\n\n   ```python\n   if x:\n       y\n   ```\n", "if x:\n    y"),
    "an open fence": ("```python\nx = 1", "x = 1"),
    "tildes": ("~~~python\nx = 1\n~~~", "x = 1"),
    "overrides of direction go": (fence("x = 1  # \u202e", "python"), "x = 1  # "),
}


@pytest.mark.parametrize(("text", "code"), CODE.values(), ids=CODE)
def test_the_code_of_an_answer(text: str, code: str | None) -> None:
    expected = code if code is not None else text.split("```")[1].strip("\n")
    assert cell_code(text) == expected


CODE_OF_CELL = fence("x = 1", "python")
ANSWERS = {
    "whole": (Reply(CODE_OF_CELL, state="complete", finish_reason="stop"), None, ""),
    "other than before": (Reply(CODE_OF_CELL, state="complete"), "y = 2", ""),
    "as before": (Reply(CODE_OF_CELL, state="complete"), "x = 1", "into a cell before"),
    "without code": (Reply("x = 1", state="complete"), None, "holds no Python code"),
    "cut": (Reply(CODE_OF_CELL, state="complete", finish_reason="length"), None, "was cut"),
    "filtered": (
        Reply(CODE_OF_CELL, state="complete", finish_reason="content_filter"),
        "x = 1",
        "was cut",
    ),
}


@pytest.mark.parametrize(("reply", "has_cell", "why"), ANSWERS.values(), ids=ANSWERS)
def test_why_no_cell_is_added(reply: Reply, has_cell: str | None, why: str) -> None:
    assert why in why_no_cell(reply, has_cell)
    assert bool(why) == bool(why_no_cell(reply, has_cell))
    assert whole_code(reply) == ("x = 1" if reply.is_whole and "`" in reply.text else "")


def test_the_code_of_an_answer_that_is_not_complete_is_not_whole() -> None:
    assert whole_code(Reply(CODE_OF_CELL, state="interrupted")) == ""


NO_CODE = {
    "prose": "Just call `f()`.",
    "nothing": "",
    "an empty fence": fence("", "python"),
    "prose in a fence": fence("This is what you should do."),
    "a word in a fence": fence("Hello"),
    "a label in a fence": fence("Note: this"),
    "a question in a fence": fence("what is love?"),
    "a number": fence("42"),
    "a result": fence("[1, 2, 3]"),
    "an indented text": "    x = 1",
    "a shell": fence("ls", "bash"),
    "a console": fence("$ python", "console"),
    "a session": fence(">>> f()\n1", "python"),
    "a session of IPython": fence("In [1]: f()\nOut[1]: 1"),
    "a diff": fence("-x = 1\n+x = 2", "diff"),
    "a diff without a name": fence("- x = 1\n+ x = 2\n @@"),
    "JSON": fence('{"a": 1}', "json"),
    "another language": fence("x = 1", "javascript"),
    "a traceback": fence("Traceback (most recent call last):\n  File"),
    "a null byte": fence("f(\x00)"),
    "too deep": fence("(" * 5_000 + "f()" + ")" * 5_000),
}


@pytest.mark.parametrize("text", NO_CODE.values(), ids=NO_CODE)
def test_what_is_no_code_for_a_cell(text: str) -> None:
    assert cell_code(text) == ""
