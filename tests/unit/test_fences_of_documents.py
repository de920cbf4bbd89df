"""Fences found by their marks are those that a whole parser finds, in any document."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from partners import TIMES

from secondme_magics.conversation.fences import Fence, iter_fences, open_fence

_PARSER = MarkdownIt("commonmark").disable(["reference", "html_block"])
_LINES = [
    *["", "", "a", "`", "<div>", "# h", "***", "---", "\u00a0x", "\x0bx", "> q", ">", "> - z"],
    *["- a", "-", "+", "1. x", "2) y", "10. a", "  b", "   c", "    d", "\ta", "  \tb", "\t \tc"],
    *["```", "```py", "````", "~~~", "   ~~~ x &amp; y", " ```", "  ```", "   ```", "    ```"],
    *["      ```", "\t```", "``` a`", "> ```", "> > ```", "- ```", "  - ```", "1. ```", "- > ```"],
]
DOCUMENTS = st.lists(st.sampled_from(_LINES), max_size=16).map("\n".join)


def fences_of(text: str) -> list[Fence]:
    return [
        Fence(unescapeAll((block.info.split() or [""])[0]), block.content)
        for block in _PARSER.parse(text)
        if block.type == "fence"
    ]


@settings(max_examples=200 * TIMES, deadline=None)
@given(text=DOCUMENTS)
def test_all_fences_are_found_and_no_others(text: str) -> None:
    assert list(iter_fences(text)) == fences_of(text)


@settings(max_examples=200 * TIMES, deadline=None)
@given(text=DOCUMENTS)
def test_a_fence_that_is_open_at_the_end_is_known(text: str) -> None:
    last = _PARSER.parse(f"{text}\n\n.")[-1]
    assert open_fence(text) == (last.markup if last.type == "fence" else "")


@settings(max_examples=6 * TIMES, deadline=None)
@given(text=DOCUMENTS, item=st.sampled_from(["- a\n\n  b\n", "> a\n>\n"]))
def test_a_long_list_is_read_bit_by_bit(text: str, item: str) -> None:
    text = f"{item * 3_000}\n{text}\n{item * 9}"
    assert list(iter_fences(text)) == fences_of(text)
