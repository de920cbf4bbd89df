from __future__ import annotations

from secondme_magics.conversation.draft import Draft
from secondme_magics.conversation.messages import Delta, Usage


def test_a_draft_is_a_streaming_reply_from_the_first_moment() -> None:
    draft = Draft()
    draft.begin()
    reply = draft.reply
    assert (reply.text, reply.reasoning, reply.state, reply.first) == ("", "", "streaming", None)


def test_reasoning_in_the_text_is_taken_apart() -> None:
    draft = Draft()
    assert draft.add(Delta("<think>hm</think>\nHi")) == Delta("Hi", "hm")
    assert (draft.reply.text, draft.reply.reasoning) == ("Hi", "hm")


def test_reasoning_beside_the_text_is_kept_apart() -> None:
    draft = Draft()
    assert draft.add(Delta(reasoning="hm")) == Delta(reasoning="hm")
    assert draft.add(Delta("Hi")) == Delta("Hi")
    assert (draft.reply.text, draft.reply.reasoning) == ("Hi", "hm")


def test_an_answer_may_be_reasoning_alone() -> None:
    draft = Draft()
    draft.add(Delta("<think>on and on"))
    assert draft.end("complete")
    assert (draft.reply.text, draft.reply.reasoning) == ("", "on and on")
    assert draft.reply.first is not None


def test_what_was_held_back_comes_out_at_the_end() -> None:
    draft = Draft()
    assert draft.add(Delta("<thi")) == Delta()
    assert draft.flush() == Delta("<thi")
    assert draft.flush() == Delta()
    assert draft.reply.text == "<thi"


def test_ending_brings_out_what_was_held_back() -> None:
    draft = Draft()
    draft.add(Delta("a <"))
    draft.end("interrupted")
    assert draft.reply.text == "a <"


def test_the_first_end_stays_and_nothing_is_added_after_it() -> None:
    draft = Draft()
    draft.add(Delta("Hi"))
    assert draft.end("interrupted") is True
    reply = draft.reply
    assert draft.end("complete") is False
    assert draft.add(Delta(" there", finish_reason="stop", usage=Usage(1))) == Delta()
    assert draft.reply == reply


def test_the_servers_last_word_on_reason_and_usage_is_kept() -> None:
    draft = Draft()
    before = draft.is_answered
    draft.add(Delta(finish_reason="length"))
    draft.add(Delta(usage=Usage(1, 2, 3)))
    draft.add(Delta("x"))
    assert (before, draft.is_answered) == (False, True)
    assert (draft.reply.finish_reason, draft.reply.usage) == ("length", Usage(1, 2, 3))


def test_the_clock_stops_at_the_end_and_the_first_word_is_not_a_sign_of_life() -> None:
    draft = Draft()
    draft.begin()
    draft.add(Delta())
    assert draft.reply.first is None
    draft.add(Delta("Hi"))
    draft.end("complete")
    reply = draft.reply
    assert reply.first is not None
    assert 0 <= reply.first <= reply.elapsed
    assert draft.reply.elapsed == reply.elapsed
