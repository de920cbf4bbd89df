"""Registries and roles: what servers list, and what a hostile one might."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from secondme_magics.api.endpoint import Endpoint
from secondme_magics.api.registry import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_ON_A_PAGE,
    MOST_PAGES,
    Instance,
    Instances,
    Role,
    find_instance,
    iter_pages,
    kernel_path,
    models_path,
    parse_instances,
    parse_models,
    parse_roles,
    registry_path,
    status_path,
)
from secondme_magics.errors import ConfigurationError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.api.endpoint import Kind


def page(*items: object, pages: object = 1, **envelope: object) -> object:
    listed = {"items": [*items], "pagination": {"total_pages": pages}}
    return {"code": 0, "message": "success", "data": listed, **envelope}


def entry(identity: object = "ada-1", **fields: object) -> dict[str, object]:
    return {
        "upload_name": "Ada",
        "instance_id": identity,
        "description": "Counts",
        "email": "ada@example.com",
        "status": "online",
        **fields,
    }


def role(**fields: object) -> dict[str, object]:
    return {"uuid": "r1", "name": "poet", "description": "Rhymes", "is_active": False, **fields}


def of_url(url: str, kind: str = "second_me") -> Endpoint:
    return Endpoint(url, "openai" if kind == "openai" else "second_me", "x")


PLACES = {
    "hosted": (
        "https://app.secondme.io/api/chat/abc",
        ("/api/upload/list", "abc", None, "/api/upload/list"),
    ),
    "where an OpenAI client lands": (
        "https://h/x/api/chat/abc/chat/completions",
        ("/x/api/upload/list", "abc", None, "/x/api/upload/list"),
    ),
    "on the user's own machine": (
        "http://localhost:8002/api/kernel2/chat",
        ("/api/upload/list", None, "/api/kernel2/roles", "/api/kernel2/health"),
    ),
    "an instance called completions": (
        "http://h/api/chat/completions/chat/completions",
        ("/api/upload/list", "completions", None, "/api/upload/list"),
    ),
    "a chat below a chat": ("http://h/api/kernel2/chat/x/chat", (None, None, None, None)),
    "another chat": ("http://h/chat", (None, None, None, None)),
}


@pytest.mark.parametrize(("url", "places"), PLACES.values(), ids=PLACES)
def test_what_stands_beside_a_chat_follows_from_its_address(
    url: str, places: tuple[str | None, ...]
) -> None:
    endpoint = of_url(url)
    registry, identity, roles, status = places
    if registry is None:
        with pytest.raises(ConfigurationError, match="has no list of instances"):
            registry_path(endpoint)
    else:
        assert registry_path(endpoint) == registry
    assert endpoint.instance_id == identity
    assert kernel_path(endpoint, "roles") == roles
    assert status_path(endpoint) == status


def test_an_openai_compatible_server_has_models_and_no_registry() -> None:
    endpoint = of_url("http://h/v1/chat/completions", "openai")
    assert status_path(endpoint) == "/v1/models"
    webui = of_url("http://h/api/chat/completions", "openai")
    assert (status_path(webui), webui.instance_id) == ("/api/models", None)
    assert status_path(of_url("http://h/v1/complete", "openai")) is None
    with pytest.raises(ConfigurationError, match="has no list of instances"):
        registry_path(endpoint)


def test_a_page_lists_instances_once_and_says_how_many_pages_there_are() -> None:
    read = parse_instances(page(entry(), entry(), entry("bob"), pages=3))
    ada = Instance("ada-1", "Ada", "Counts", "online")
    bob = Instance("bob", "Ada", "Counts", "online")
    assert read == Instances((ada, bob), 0, 3)


BAD_ENTRIES = {
    "no object": "ada",
    "null": None,
    "an id with a slash": entry("a/b"),
    "an id that is too long": entry("a" * 129),
    "an id with a line end": entry("ada\n"),
    "a number as id": entry(5),
    "no id": {"upload_name": "Ada", "status": "online"},
    "a number as name": entry(upload_name=5),
    "a list as description": entry(description=["x"]),
    "an object as status": entry(status={}),
}


@pytest.mark.parametrize("bad", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_an_entry_of_the_wrong_type_is_skipped_and_counted(bad: object) -> None:
    read = parse_instances(page(bad, entry()))
    assert [each.id for each in read.listed] == ["ada-1"]
    assert read.skipped == 1


def test_what_is_null_or_missing_is_empty() -> None:
    (read,) = parse_instances(page({"instance_id": "a", "description": None})).listed
    assert read == Instance("a", "", "", "")


TEXTS = {
    "an escape": ("a\x1b[31mb", "a␛[31mb"),
    "two lines": ("a\r\nb", "a b"),
    "an override": ("a\u202eb", "ab"),
    "half a pair": ("a\ud800b", "a\ufffdb"),
    "markup stays text": ("<b>", "<b>"),
}


@pytest.mark.parametrize(("sent", "shown"), TEXTS.values(), ids=TEXTS)
def test_texts_are_one_clean_line(sent: str, shown: str) -> None:
    (read,) = parse_instances(page(entry(upload_name=sent, description=sent))).listed
    assert (read.name, read.description) == (shown, shown)


def test_texts_are_bounded() -> None:
    (read,) = parse_instances(page(entry(upload_name="n" * 10**6, description="d" * 10**6))).listed
    assert len(read.name) == LONGEST_NAME
    assert read.name.endswith("n…")
    assert len(read.description) == LONGEST_DESCRIPTION


def test_a_page_is_bounded() -> None:
    read = parse_instances(page(*(entry(f"i{n}") for n in range(MOST_ON_A_PAGE + 5))))
    assert len(read.listed) == MOST_ON_A_PAGE
    assert read.skipped == 5


@pytest.mark.parametrize("pages", [None, "2", 1.5, [], {}])
def test_a_page_that_does_not_say_how_many_there_are_says_none(pages: object) -> None:
    assert parse_instances(page(entry(), pages=pages)).pages == 0
    assert parse_instances({"code": 0, "data": {"items": [], "pagination": pages}}).pages == 0


NO_LIST: dict[str, object] = {
    "a list": [],
    "a string": "x",
    "null": None,
    "no data": {"code": 0},
    "data is null": {"code": 0, "data": None},
    "data is a string": {"code": 0, "data": "x"},
    "items is an object": {"code": 0, "data": {"items": {}}},
}


@pytest.mark.parametrize("value", NO_LIST.values(), ids=NO_LIST)
def test_what_is_no_list_is_told(value: object) -> None:
    for parse in (parse_instances, parse_roles):
        with pytest.raises(ProtocolError, match="is not a list"):
            parse(value)


@pytest.mark.parametrize(
    ("code", "message", "what"),
    [(1, "no\nluck", ": no luck"), ([], "x", ": x"), (500, None, "reported an error")],
)
def test_a_code_that_is_not_0_is_an_error_with_the_servers_words(
    code: object, message: object, what: str
) -> None:
    for parse in (parse_instances, parse_roles):
        with pytest.raises(ProtocolError) as caught:
            parse(page(entry(), code=code, message=message))
        assert what in caught.value.what


def test_an_envelope_may_lack_its_code_or_write_it_as_text() -> None:
    assert parse_roles({"data": [role()]}).listed
    assert parse_roles({"code": "0", "data": [role()]}).listed


def test_roles_are_read_and_others_counted() -> None:
    bad = [role(uuid="a b"), role(name=1), role(description=1), role(is_active="no"), 5]
    read = parse_roles({"code": 0, "data": [role(), *bad, {"uuid": "r2"}]})
    assert read.listed == (Role("r1", "poet", "Rhymes", is_active=False), Role("r2", "", "", True))
    assert read.skipped == len(bad)


def test_a_word_is_looked_for_in_name_description_and_id_in_any_case() -> None:
    instance = Instance("ada-1", "Ada Straße", "Counts 数", "online")
    assert all(map(instance.matches, ["ADA-1", "strasse", "COUNTS", "数", ""]))
    assert not instance.matches("online")


class Registry:
    """Gives pages in their order, and notes what was asked."""

    def __init__(self, make: Callable[[int], object]) -> None:
        self._make = make
        self.asked: list[str] = []

    def get(self, path: str) -> object:
        self.asked.append(path)
        return self._make(len(self.asked))


def test_all_pages_are_read_until_the_last() -> None:
    registry = Registry(lambda number: page(entry(f"i{number}"), pages=3))
    pages = list(iter_pages(registry.get, "/api/upload/list", "online"))
    assert [each.id for each in sum((page.listed for page in pages), ())] == ["i1", "i2", "i3"]
    assert registry.asked[1] == "/api/upload/list?page_no=2&page_size=100&status=online"


def test_those_of_another_status_are_left_out_though_they_were_not_asked_for() -> None:
    registry = Registry(lambda _: page(entry("a"), entry("b", status="offline")))
    (only,) = iter_pages(registry.get, "/x", "online")
    assert [each.id for each in only.listed] == ["a"]


ENDLESS: dict[str, tuple[Callable[[int], object], int]] = {
    "the same page again": (lambda _: page(entry(), pages=10**9), 2),
    "an empty page": (lambda _: page(pages=10**9), 1),
    "no number of pages": (lambda number: page(*[entry()] * (number < 4), pages=None), 2),
    "pages without end": (lambda number: page(entry(f"i{number}"), pages=10**9), MOST_PAGES),
    "negative": (lambda number: page(entry(f"i{number}"), pages=-1), MOST_PAGES),
}


@pytest.mark.parametrize(("make", "asked"), ENDLESS.values(), ids=ENDLESS)
def test_a_registry_without_end_is_left(make: Callable[[int], object], asked: int) -> None:
    registry = Registry(make)
    assert len(list(iter_pages(registry.get, "/x", None))) == asked
    assert len(registry.asked) == asked
    assert "status" not in registry.asked[0]


def test_an_instance_is_found_on_the_first_page_that_has_it() -> None:
    numbers = count()
    registry = Registry(lambda _: page(entry(f"i{next(numbers)}"), pages=10**9))
    found, is_whole = find_instance(registry.get, "/x", "i1")
    assert found is not None
    assert (found.id, is_whole, len(registry.asked)) == ("i1", True, 2)
    assert find_instance(registry.get, "/x", "nobody") == (None, False)


def test_of_a_registry_too_long_to_be_read_those_online_are_read_too() -> None:
    asked: list[str] = []

    def get(path: str) -> object:
        asked.append(path)
        if "status=online" in path:
            return page(entry("late"))
        return page(entry(f"i{len(asked)}"), pages=10**9)

    found, is_certain = find_instance(get, "/x", "late")
    assert found is not None
    assert (found.id, is_certain) == ("late", True)
    assert find_instance(get, "/x", "nobody") == (None, False)
    assert len(asked) == 2 * (MOST_PAGES + 1)


def test_an_instance_that_no_page_has_is_not_there() -> None:
    assert find_instance(Registry(lambda _: page(entry())).get, "/x", "b") == (None, True)


def test_the_models_of_a_server_are_their_names_each_on_one_line() -> None:
    data = [{"id": "llama3.2"}, {"id": "two\nlines"}, {"id": " "}, {"id": 5}, "x", {}]
    assert parse_models({"object": "list", "data": data}) == ("llama3.2", "two lines")


@pytest.mark.parametrize("value", [None, [], {}, {"data": "x"}])
def test_what_lists_no_models_is_told(value: object) -> None:
    with pytest.raises(ProtocolError, match="not a list of models"):
        parse_models(value)


@pytest.mark.parametrize(
    ("url", "kind", "path"),
    [
        ("http://h/v1/chat/completions", "openai", "/v1/models"),
        ("http://h/v1/answer", "openai", None),
        ("http://h/api/chat/ada", "second_me", None),
    ],
)
def test_the_list_of_models_stands_beside_an_openai_chat(
    url: str, kind: Kind, path: str | None
) -> None:
    assert models_path(Endpoint(url, kind, "h")) == path
