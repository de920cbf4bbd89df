from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from secondme_magics.notebook.syntax import PromptLine, mend_one_line_cell


@pytest.fixture
def manager() -> TransformerManager:
    manager = TransformerManager()  # type: ignore[no-untyped-call] # IPython has no type there
    manager.cleanup_transforms.append(mend_one_line_cell)
    manager.token_transformers.append(PromptLine)
    return manager


def line(prompt: str) -> str:
    return f"get_ipython().run_line_magic('secondme', {prompt!r})\n"


PROMPTS = {
    "a question": ("%secondme what is love?", line("what is love?")),
    "two marks": ("%secondme really??", line("really??")),
    "a quote": ("%secondme what's up?", line("what's up?")),
    "no question": ("%secondme hello", line("hello")),
    "indented": (
        "for x in y:\n    %secondme why {x}?\n    z",
        f"for x in y:\n    {line('why {x}?')}    z\n",
    ),
    "assigned": ("r = %secondme what is it?", f"r = {line('what is it?')}"),
    "behind a line of another magic": (
        "%time it's\n%secondme why?",
        "get_ipython().run_line_magic('time', \"it's\")\n" + line("why?"),
    ),
    "continued": ("%secondme what \\\nis love?\nx", f"{line('what  is love?')}x\n"),
    "several": ("%secondme a?\n%secondme b?", line("a?") + line("b?")),
    "a status": ("%secondme", line("")),
}


@pytest.mark.parametrize(("cell", "code"), PROMPTS.values(), ids=PROMPTS)
def test_a_prompt_on_a_line_reaches_the_magic(
    manager: TransformerManager, cell: str, code: str
) -> None:
    assert manager.transform_cell(cell) == code


HELP = {
    "ours": ("%secondme?", "get_ipython().run_line_magic('pinfo', '%secondme')\n"),
    "ours, long": ("%secondme??", "get_ipython().run_line_magic('pinfo2', '%secondme')\n"),
    "ours, for the cell": ("%%secondme?", "get_ipython().run_line_magic('pinfo', '%%secondme')\n"),
    "another magic's": ("%timeit?", "get_ipython().run_line_magic('pinfo', '%timeit')\n"),
    "an object's": ("print?", "get_ipython().run_line_magic('pinfo', 'print')\n"),
}


@pytest.mark.parametrize(("cell", "code"), HELP.values(), ids=HELP)
def test_help_is_still_help(manager: TransformerManager, cell: str, code: str) -> None:
    assert manager.transform_cell(cell) == code


LEFT = {
    "a string": 'x = """\n%secondme what?\n"""\n',
    "another name": "get_ipython().run_line_magic('secondmes', 'hi')\n",
    "modulo": "a = 7\nx = a %secondme\n",
    "a comment": "# %secondme why?\n",
}


@pytest.mark.parametrize("cell", LEFT.values(), ids=LEFT)
def test_nobody_elses_line_is_touched(manager: TransformerManager, cell: str) -> None:
    assert manager.transform_cell(cell) == cell


CELLS = {
    "one line": ("%%secondme hello", "'secondme', 'hello', '\\n'"),
    "one line, a question": ("%%secondme why?\n", "'secondme', 'why?', '\\n'"),
    "no line": ("%%secondme", "'secondme', '', '\\n'"),
    "a body": ("%%secondme -q\nhello\n", "'secondme', '-q', 'hello\\n'"),
}


@pytest.mark.parametrize(("cell", "arguments"), CELLS.values(), ids=CELLS)
def test_a_cell_of_one_line_gets_the_body_that_ipython_asks_for(
    manager: TransformerManager, cell: str, arguments: str
) -> None:
    assert manager.transform_cell(cell) == f"get_ipython().run_cell_magic({arguments})\n"


def test_another_cell_magic_of_one_line_is_left(manager: TransformerManager) -> None:
    assert manager.transform_cell("%%secondmes x") == (
        "get_ipython().run_cell_magic('secondmes', 'x', '')\n"
    )


def test_a_terminal_still_waits_for_the_body(manager: TransformerManager) -> None:
    assert manager.check_complete("%%secondme\n")[0] == "incomplete"
    assert manager.check_complete("%%secondme\nhello\n\n")[0] == "complete"
