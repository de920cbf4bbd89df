"""The notebook's own content in a prompt, in a real kernel: what is sent, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import IPython
import pytest
from kernels import HELLO, RunningKernel, connect, only_output
from scripted_server import ScriptedServer

from secondme_magics.notebook.context import NOT_KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

PRINTED_IS_KEPT = IPython.version_info >= (9,)


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(HELLO) as running:
        yield running


def number_of_next(kernel: RunningKernel) -> int:
    """Return the number that the cell after this one will have."""
    return int(kernel.value("len(In)"))


def sent(kernel: RunningKernel, server: ScriptedServer, options: str) -> str:
    """Ask `Why?` with `options`, and return the prompt that was sent."""
    before = len(server.requests)
    cell = kernel.run(f"%%secondme --no-history {options}\nWhy?")
    assert cell.status == "ok", cell.error
    assert len(server.requests) == before + 1
    messages = server.requests[-1].json()["messages"]
    assert isinstance(messages, list)
    return str(messages[-1]["content"])


def test_the_last_cells_are_sent_with_what_came_of_them(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    kernel.run("import sys\nprint('one'); print('two', file=sys.stderr)\n6 * 7")
    kernel.run("%secondme list")
    kernel.run("def divide(): return 1 / 0\ndivide()")
    kernel.run("%%secondme\nHi")
    prompt = sent(kernel, server, "--last 2")
    first, second = prompt.partition("## Cell")[2].split("## Cell")
    assert "print('one')" in first
    assert ("```\none\ntwo\n```" in first) == PRINTED_IS_KEPT
    assert (NOT_KEPT in prompt) != PRINTED_IS_KEPT
    assert "Its result:\n\n```\n42\n```" in first
    assert "It raised" not in first
    assert ", line 2, in <module>\n    divide()\n" in second
    assert "ZeroDivisionError: division by zero\n```" in second
    assert prompt.endswith("# My request\n\nWhy?")
    assert "secondme" not in prompt


def test_named_cells_are_sent_as_they_were_written(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    number = number_of_next(kernel)
    kernel.run("who = 'secret'\n!echo {who} > /dev/null")
    kernel.run("unnamed = 1")
    prompt = sent(kernel, server, f"--cells {number},{number}-{number}")
    assert f"## Cell [{number}]\n\n```python\nwho = 'secret'\n!echo {{who}}" in prompt
    assert "unnamed" not in prompt


def test_a_variable_is_sent_by_its_form(kernel: RunningKernel, server: ScriptedServer) -> None:
    connect(kernel, server)
    kernel.run("numbers = list(range(10**6)); name = 'Ada'")
    prompt = sent(kernel, server, "--var numbers,name")
    assert "## Variable numbers: list, length 1,000,000\n\n```\n[0, 1, 2" in prompt
    assert "## Variable name: str, 3 characters\n\n```\nAda\n```" in prompt
    assert len(prompt) < 1_000


def test_the_last_error_is_sent_with_its_cell_and_ours_are_none(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    kernel.run("x = = 1")
    kernel.run("works = 1")
    kernel.run("%%secondme --nosuch\nHi")
    kernel.run("r = %secondme --nosuch Hi")
    kernel.run("  ")
    prompt = sent(kernel, server, "--error")
    assert "```python\nx = = 1\n```" in prompt
    assert "SyntaxError: invalid syntax\n```" in prompt
    assert "works" not in prompt
    assert "nosuch" not in prompt


def test_a_number_that_is_given_again_has_lost_its_error() -> None:
    with RunningKernel() as kernel:
        kernel.run("%load_ext secondme_magics")
        kernel.run("1/0")
        assert "1/0" in kernel.run("%%secondme --dry-run --error\nWhy?").text
        kernel.run("get_ipython().reset()")
        kernel.run("one = 1")
        kernel.run("two = 2")
        cell = kernel.run("%%secondme --dry-run --error\nWhy?")
    assert "no cell has raised an error yet" in cell.error


def test_fix_asks_for_the_last_error_and_takes_options(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    kernel.run("int('one')")
    assert kernel.run("%secondme fix -t 0.25").status == "ok"
    body = server.requests[-1].json()
    assert body["temperature"] == 0.25
    assert "ValueError: invalid literal for int()" in str(body["messages"])
    assert "Explain this error" in str(body["messages"])
    both = kernel.run("%secondme fix my code").error
    assert "'fix my code' could be the command fix [options] or a prompt" in both


def test_an_error_before_the_extension_was_loaded_is_found_where_ipython_kept_it() -> None:
    with RunningKernel() as kernel, ScriptedServer(HELLO) as server:
        kernel.run("early = 1/0")
        kernel.run("%load_ext secondme_magics")
        connect(kernel, server)
        cell = kernel.run("%secondme fix")
        if not PRINTED_IS_KEPT:
            assert "no cell has raised an error yet" in cell.error
            return
        prompt = str(server.requests[-1].json()["messages"])
    assert "early = 1/0" in prompt
    assert "ZeroDivisionError" in prompt
    assert "\\x1b" not in prompt


REFUSED = {
    "no such cell": ("--cells 9999", "--cells found no cell [9999]"),
    "the running cell": ("--cells {next}", "--cells found no cell"),
    "no such variable": ("--var numbrs", "--var found no variable numbrs\nDid you mean numbers?"),
}


@pytest.mark.parametrize(("options", "what"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_is_two_lines_and_nothing_is_sent(
    kernel: RunningKernel, server: ScriptedServer, options: str, what: str
) -> None:
    connect(kernel, server)
    kernel.run("numbers = 1")
    before = len(server.requests)
    number = number_of_next(kernel)
    cell = kernel.run(f"%%secondme {options.format(next=number)}\nWhy?")
    assert what in cell.error
    assert len(cell.error.split("\n")) == 2
    assert len(server.requests) == before


def test_dry_run_shows_what_would_be_put_in_and_how_much(kernel: RunningKernel) -> None:
    number = number_of_next(kernel)
    kernel.run("1 + 1")
    kernel.run("word = 'x' * 12_000")
    cell = kernel.run(f"%%secondme --dry-run --cells {number} --var word\n{{word}}?")
    assert f"  cell [{number}] source" in cell.text
    lines = {" ".join(line.split()) for line in cell.text.splitlines()}
    assert f"cell [{number}] source 5 characters" in lines
    assert f"cell [{number}] result 1 character" in lines
    assert "word value 10,031 characters, 2,000 left out" in lines
    assert "{word} 12,000 characters" in lines


def test_dry_run_says_what_is_not_put_in_and_not_sent(kernel: RunningKernel) -> None:
    with ScriptedServer(HELLO) as other:
        connect(kernel, other)
        kernel.run("%secondme Hi")
        cell = kernel.run("x = 1\n%secondme --dry-run --last-turns 0 what is {x.y}?")
    assert "Nothing could be put in for {x.y}." in cell.text
    assert "1 earlier turn was left out of what was sent: the limit is 0." in cell.text


def test_the_footer_tells_what_was_put_in_and_sent(
    kernel: RunningKernel, server: ScriptedServer
) -> None:
    connect(kernel, server)
    number = number_of_next(kernel)
    kernel.run("word = 1")
    kernel.run("%%secondme\nFirst")
    cell = kernel.run(f"%%secondme -r poet --cells {number} --var word\n{{word}} {{word}}")
    output = only_output(cell)
    footer = output["data"]["text/html"].partition('<div class="secondme-footer" dir="auto">')[2]
    assert footer.startswith(f"127.0.0.1:{server.port} · role poet · 0.")
    assert " s to the first word, " in footer
    assert "1 earlier turn sent" in footer
    assert f"put in: cell [{number}], word, {{word}}</div></div>" in footer
    assert output["data"]["text/plain"] == "Hello **world**"


def test_tab_offers_the_notebooks_own_names(kernel: RunningKernel) -> None:
    kernel.run("my_table = 1; my_text = 2; _hidden = 3")
    assert kernel.complete("%%secondme --var my_") == ["my_table", "my_text"]
    assert kernel.complete("%%secondme --var=my_ta") == ["my_table"]
    assert kernel.complete("%%secondme --var my_table,my_te") == ["my_text"]
    assert kernel.complete("%secondme -o my_te") == ["my_text"]
    assert kernel.complete("%secondme fi") == ["fix"]
    assert kernel.complete("%secondme fix --te") == ["--temperature"]
    assert "_hidden" not in kernel.complete("%%secondme --var ")
    assert "get_ipython" not in kernel.complete("%%secondme --var ")
