"""Answers that nobody would write, split where nobody would split them."""

from __future__ import annotations

from allowed_html import faults_of
from hypothesis import given, settings
from hypothesis import strategies as st
from partners import TIMES

from secondme_magics.markdown.blocks import MarkdownStream, render_markdown
from secondme_magics.markdown.render import parse_blocks, render_blocks
from secondme_magics.markdown.safety import TextCleaner, clean_text, sanitize

_LINES = r"""

a
b c
- a
+ b
1. a
2) b
  - c
   d
    e
> a
>
> - q
# h
===
---
***
* * *
```
```py
  ```
~~~
|a|b|
|-|-|
a|b
-|-
$$
\[
\]
$$ x $$
[a]: https://b.example
[a]
<div>
<!--
	a
- - a
10. x
a\
![a](https://b.example)
**a
`a
$x$
a  """
LINES = st.sampled_from(_LINES.split("\n"))
DOCUMENTS = st.lists(LINES, max_size=30).map("\n".join)
LONG = st.lists(LINES.map(lambda line: (line + "\n") * 60), max_size=8).map("".join)
TEXTS = st.one_of(
    DOCUMENTS,
    LONG,
    st.text(st.sampled_from("ab \n\r\t*_`~#>-+|:[]()!<>&;$\\{}1.\"'=@/\x00\x1b\ud83d\ude00\u202e")),
    st.text(st.characters(exclude_categories=[])),
)


@settings(max_examples=60 * TIMES, deadline=None)
@given(text=TEXTS, data=st.data())
def test_how_an_answer_is_split_changes_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    stream = MarkdownStream()
    shown: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        shown += stream.feed(text[start:end])
        assert faults_of(stream.tail()) == []
    shown += stream.finish()
    assert stream.whole() == render_markdown(text)
    assert [html for html in shown if faults_of(html)] == []
    if "secondme-cut" not in "".join(shown) and len(text) < 1_000:
        assert "".join(shown) == stream.whole()


@settings(max_examples=120 * TIMES, deadline=None)
@given(text=DOCUMENTS)
def test_blocks_one_by_one_are_the_blocks_of_the_whole(text: str) -> None:
    text = text + "\n\n" + "word " * 60 + "\n\n" + text
    assert render_markdown(text) == render_blocks(text, parse_blocks(text))


@settings(max_examples=120 * TIMES, deadline=None)
@given(text=TEXTS)
def test_whatever_comes_is_safe(text: str) -> None:
    html = render_markdown(text)
    assert faults_of(html) == []
    assert sanitize(html) == html


@settings(max_examples=120 * TIMES, deadline=None)
@given(pieces=st.lists(st.text(st.characters(exclude_categories=[]), max_size=8), max_size=6))
def test_text_cleaned_in_any_pieces_is_the_text_cleaned_whole(pieces: list[str]) -> None:
    cleaner = TextCleaner()
    clean = "".join([*map(cleaner.feed, pieces), cleaner.flush()])
    assert clean == clean_text("".join(pieces)) == clean_text(clean)
