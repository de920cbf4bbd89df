from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kernels import RunningKernel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def kernel() -> Iterator[RunningKernel]:
    """A kernel with the extension, for all tests of a module."""
    with RunningKernel() as running:
        assert running.run("%load_ext secondme_magics").outputs == []
        yield running
