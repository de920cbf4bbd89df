"""What of a panel stands in a notebook that was run and saved with its widgets' state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from kernels import HELLO, without_settings
from scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Sequence

PROMPT = "Sesame"
ASK = "panel.ask('Ses' + 'ame')\npanel.wait(20)\nNone"
FORBID = "%config SecondMe.keep_transcript = False"

ORDERS = {
    "before all": [FORBID, "panel = %secondme panel", ASK, "%secondme panel"],
    "behind an answer": ["panel = %secondme panel", ASK, "%secondme panel", FORBID, ASK],
}


@pytest.mark.parametrize("cells", ORDERS.values(), ids=ORDERS)
def test_no_word_of_a_chat_is_in_the_file_where_none_may_be_kept(cells: Sequence[str]) -> None:
    text, models = run(cells)
    assert PROMPT not in text
    assert "world" not in text
    assert models
    assert [model["snapshot"] for model in models] == [None] * len(models)


def test_else_it_is_there_and_in_the_state_of_a_panel_that_was_opened_later() -> None:
    text, models = run(["panel = %secondme panel", ASK, "%secondme panel"])
    assert "Hello **world**" in text
    assert any(PROMPT in json.dumps(model["snapshot"]) for model in models)


def run(cells: Sequence[str]) -> tuple[str, list[dict[str, object]]]:
    """Run `cells`, and return the file of the notebook, and the state of its panels in it."""
    import nbformat  # noqa: PLC0415 - loads for seconds
    from nbclient import NotebookClient  # noqa: PLC0415 - the same

    with ScriptedServer(HELLO) as server:
        begin = f"%load_ext secondme_magics\n%secondme connect {server.url}"
        sources = [begin, *cells]
        notebook = nbformat.from_dict({  # type: ignore[no-untyped-call]
            "nbformat": 4, "nbformat_minor": 5, "metadata": {},
            "cells": [
                {"cell_type": "code", "id": f"cell-{number}", "source": source, "metadata": {},
                 "outputs": [], "execution_count": None}
                for number, source in enumerate(sources)
            ],
        })  # fmt: skip
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=without_settings())
    assert not [o for cell in notebook.cells for o in cell.outputs if o.output_type == "error"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    models = [each["state"] for each in states.values()]
    return json.dumps(notebook), [each for each in models if "snapshot" in each]
