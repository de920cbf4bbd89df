from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from partners import nothing_left_behind

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each fault there are as many threads and file descriptors as before."""
    request.getfixturevalue("no_proxy")
    with nothing_left_behind():
        yield
