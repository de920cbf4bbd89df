"""The house stands: who may import whom, and what an import costs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import secondme_magics

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(secondme_magics.__file__).parent

FLOORS = {
    "errors": 1,
    "conversation": 2,
    "markdown": 2,
    "api": 3,
    "demo": 3,
    "showing": 3,
    "secondme": 4,
    "panel": 5,
    "notebook": 6,
}
TOP = 7

RESERVED = {
    "IPython": ("notebook",),
    "anywidget": ("panel",),
    "ipywidgets": ("notebook", "panel"),
    "markdown_it": ("markdown", "conversation.fences"),
    "nh3": ("markdown",),
    "pygments": ("markdown", "notebook"),
    "requests": ("api.client", "api.troubles"),
    "sseclient": ("api",),
    "tornado": ("demo",),
    "traitlets": ("notebook", "panel"),
    "urllib3": ("api",),
}
"""Who may import what is heavy, or knows what others refuse to know; the top may."""

MODULES = {
    ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(HOUSE.rglob("*.py"))
}


def place(module: str) -> str:
    return module.partition(".")[2]


def room(module: str) -> str:
    return place(module).partition(".")[0]


def iter_imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield what is imported at any depth, for type checkers too, as `module` or `module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = [*(above if node.level else ()), *([node.module] if node.module else ())]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Return what `module` must not import."""
    package = module if is_package else module.rpartition(".")[0]
    floor = FLOORS[room(module)] if room(module) else TOP
    found = []
    for name in iter_imports(ast.parse(source), package):
        first = name.partition(".")[0]
        if first != "secondme_magics":
            may = RESERVED.get(first)
            is_free = may is None or floor == TOP
            good = is_free or any(f"{place(module)}.".startswith(f"{who}.") for who in may or ())
        elif place(name) == "__version__":
            good = True
        else:
            good = room(name) == room(module) or FLOORS.get(room(name), TOP) < floor
        if not good:
            found.append(name)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_its_own_room_and_from_floors_below(module: str) -> None:
    path = MODULES[module]
    assert violations(module, path.read_text(), is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("api.sse", "from secondme_magics.secondme import SecondMe", id="up"),
        pytest.param("api.sse", "import secondme_magics.demo.server", id="sideways"),
        pytest.param("api.sse", "from secondme_magics import demo", id="a room by name"),
        pytest.param("api.sse", "import secondme_magics", id="the top"),
        pytest.param("api.sse", "from secondme_magics import SecondMe", id="a public name"),
        pytest.param("errors", "from secondme_magics.conversation import asking", id="from errors"),
        pytest.param("api.sse", "def f():\n    import requests", id="lazily"),
        pytest.param("api.sse", "from requests.adapters import HTTPAdapter", id="a part of it"),
        pytest.param("api.clients", "import requests", id="a name that begins alike"),
        pytest.param(
            "secondme", "if TYPE_CHECKING:\n    import IPython", id="for the type checker"
        ),
        pytest.param("api.sse", "from ..demo import server", id="relative"),
        pytest.param("api.sse", "from .. import demo", id="relative, a room by name"),
        pytest.param("conversation.asking", "import markdown_it", id="another module's library"),
    ],
)
def test_a_bad_import_is_seen(module: str, source: str) -> None:
    assert len(violations(f"secondme_magics.{module}", source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("api.client", "import requests"),
        ("api.client", "from secondme_magics import __version__"),
        ("api.sse", "from . import client"),
        ("secondme", "from secondme_magics.api.client import Client"),
        ("notebook.magics", "from ..demo import server"),
    ],
)
def test_a_good_import_is_let_through(module: str, source: str) -> None:
    assert violations(f"secondme_magics.{module}", source) == []


COSTLY = RESERVED.keys() - {"urllib3"}
LIGHT = [
    module
    for module in MODULES
    if room(module) in {"", "errors", "conversation", "api", "secondme"}
    and place(module) not in {"api.client", "api.connection", "api.troubles"}
] + ["secondme_magics.markdown", "secondme_magics.demo", "secondme_magics.demo.instance"]


def loaded_by(statement: str) -> list[str]:
    """Return the costly packages that `statement` loads into a new interpreter."""
    code = f"import json, sys\n{statement}\nprint(json.dumps([*{COSTLY} & sys.modules.keys()]))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert isinstance(loaded, list)
    return loaded


@pytest.mark.parametrize("module", LIGHT)
def test_a_module_can_be_imported_alone_and_costs_little(module: str) -> None:
    assert set(loaded_by(f"import {module}")) <= ({"sseclient"} if "api" in module else set())


def test_the_cost_of_an_import_is_seen() -> None:
    assert "requests" in loaded_by("import requests")


@pytest.mark.parametrize(
    "statement",
    [
        "from secondme_magics import SecondMe\nSecondMe('demo')",
        "from secondme_magics import Reply\nReply('no code')",
        "from secondme_magics import *",
    ],
)
def test_public_names_cost_little_until_they_are_used(statement: str) -> None:
    assert loaded_by(statement) == []
