from __future__ import annotations

from pathlib import Path

import pytest

import secondme_magics
from secondme_magics import errors
from secondme_magics.errors import SecondMeError


def test_the_public_names_are_sorted_and_listed() -> None:
    assert secondme_magics.__all__ == sorted(set(secondme_magics.__all__))
    assert dir(secondme_magics) == sorted([*secondme_magics.__all__, "__version__"])


@pytest.mark.parametrize("name", secondme_magics.__all__)
def test_each_public_name_is_what_it_says(name: str) -> None:
    assert getattr(secondme_magics, name).__name__ == name


def test_every_error_is_public() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, SecondMeError)}
    assert names <= set(secondme_magics.__all__)


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Secondme'"):
        _ = secondme_magics.Secondme  # type: ignore[attr-defined]  # there is none


def test_type_checkers_are_told_that_the_package_is_typed() -> None:
    assert Path(secondme_magics.__file__).with_name("py.typed").is_file()
