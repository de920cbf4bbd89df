from __future__ import annotations

import pytest

from secondme_magics.api.registry import Role
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.roles import choose_role


def called(name: str, identity: str) -> Role:
    return Role(identity, name, "", is_active=True)


ROLES = (
    called("poet", "r1"),
    called("Coach", "r2"),
    called("coach", "r3"),
    called("Twin", "r4"),
    called("Twin", "r5"),
    called("r1", "r6"),
)

FOUND = {
    "an id": ("r2", "r2"),
    "an id that is also a name": ("r1", "r1"),
    "a name": ("poet", "r1"),
    "a name in another case": ("POET", "r1"),
    "a name whose case decides": ("coach", "r3"),
}


@pytest.mark.parametrize(("value", "identity"), FOUND.values(), ids=FOUND)
def test_a_role_is_found_by_its_id_or_its_name(value: str, identity: str) -> None:
    assert choose_role(value, ROLES) == identity


REFUSED = {
    "unknown": ("pote", "no role is called 'pote'", "poet"),
    "nothing near": ("zzz", "no role is called 'zzz'", "Coach"),
    "two of that name": ("Twin", "2 roles are called 'Twin'", "r4, r5"),
    "no case decides": ("COACH", "2 roles are called 'COACH'", "r2, r3"),
}


@pytest.mark.parametrize(("value", "what", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_name_that_is_not_one_roles_is_refused(value: str, what: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose_role(value, ROLES)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_where_there_are_no_roles_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no role is called") as caught:
        choose_role("poet", ())
    assert "no role with a name" in caught.value.hint
