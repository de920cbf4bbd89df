"""The targets of the fuzzers, for a bounded time; `tests/fuzz/explore.py` goes on for longer."""

from __future__ import annotations

import pytest
from fuzz_targets import SEEDS, TARGETS
from hypothesis import given, settings
from hypothesis import strategies as st

CLOSE = {
    "a title of controls": ("reader", b'\x00data: {"error": "\\u001b[31m\\u202e"}\n\n'),
    "half a pair, then none": (
        "reader",
        b'\x03data: {"choices":[{"delta":{"content":"\\ud83d"}}]}',
    ),
    "a tag in pieces": ("markdown", b"\x01<scr\xf3\xa0\x81\x81ipt>[x](java\xed\xa0\x80script:x)"),
    "a field that hides another": (
        "interpolation",
        b"{a._SimpleNamespace__secret} {b} {{__c}} {__c}",
    ),
    "a width beyond all": ("interpolation", b"{a.name!r:>90000000} '{a._{\xe0nam} '\xe0'!r:>_c}"),
    "a precision beyond all": ("interpolation", b"{d[0]:.99999999999f} {d[0]:9}"),
    "a name in a name": ("interpolation", b"{e['k']!r:{a}} {d[1][0].__class__}"),
    "numbers without end": ("restore", b'{"nbformat":4,"cells":[' + b"1e999," * 9 + b"1]}"),
    "twice the same key": ("restore", b'{"cells": 1, "nbformat": 4, "cells": []}'),
    "a state of a list": (
        "load",
        b'{"format":"secondme_magics conversation","version":1,"turns":[[]]}',
    ),
}
"""Bytes that come close to what must not be; what a fuzzer finds is added here."""


@pytest.mark.parametrize(("name", "data"), CLOSE.values(), ids=CLOSE)
def test_what_comes_close_holds(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_holds(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_change_of_a_seed_holds(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS[name]))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(seed))] * 2)))
    put_in = data.draw(st.binary(max_size=20) | st.sampled_from([seed[start:end] * 3, b"{[" * 50]))
    TARGETS[name](seed[:start] + put_in + seed[end:])
