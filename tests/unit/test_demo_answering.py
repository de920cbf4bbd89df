from __future__ import annotations

import pytest

from secondme_magics.conversation.asking import GO_ON
from secondme_magics.demo.answering import ALL_WAS_SAID, EXAMPLES, NOTHING_FOUND, WHO_I_AM, answer
from secondme_magics.demo.chat_request import Message
from secondme_magics.demo.manual import Note, read_manual
from secondme_magics.demo.roles import BRIEF, THINKING, Role
from secondme_magics.notebook.context import Part, Section, write

NOTES = read_manual()


def titled(title: str) -> Note:
    return next(note for note in NOTES if note.title == title)


def asked(*prompts: str) -> list[Message]:
    """Return a conversation in which each prompt but the last has been answered."""
    earlier = [Message("user", prompt) for prompt in prompts[:-1]]
    answered = [each for prompt in earlier for each in (prompt, Message("assistant", "..."))]
    return [*answered, Message("user", prompts[-1])]


def test_it_quotes_the_whole_note_that_matches_best_and_says_which_it_is() -> None:
    said = answer(NOTES, asked("Where do I put my API key?"))
    assert said.startswith("From my notes, *Connecting: Keys*:\n\n")
    assert titled("Keys").text in said


def test_it_looks_for_what_is_asked_and_not_for_what_a_notebook_put_in() -> None:
    section = Section("x", "Variable x: str", (Part("value", "cities of France " * 99),))
    written = write("Where do I put my API key?", [section])
    assert titled("Keys").text in answer(NOTES, asked(written.text))


def test_it_says_that_it_has_no_model_in_its_first_answer_and_not_in_each() -> None:
    assert WHO_I_AM in answer(NOTES, asked("Which options are there?"))
    assert WHO_I_AM not in answer(NOTES, asked("hello", "Which options are there?"))


def test_it_does_not_say_so_twice() -> None:
    assert answer(NOTES, asked("hello")).count("language model") == 1


def test_it_names_the_notes_that_match_next_in_the_language_of_the_answer() -> None:
    said = answer(NOTES, asked("Where do I put my API key?"))
    assert "See also *Environment variables*" in said
    assert "连接" not in said


@pytest.mark.parametrize("prompt", ["Hello!", "hi", "What can you do?", "help", "?"])
def test_a_greeting_gets_the_introduction(prompt: str) -> None:
    assert NOTES[0].text in answer(NOTES, asked(prompt))


@pytest.mark.parametrize("prompt", ["你好", "今天天气怎么样"])
def test_chinese_gets_the_chinese_introduction_where_nothing_matches(prompt: str) -> None:
    assert answer(NOTES, asked(prompt)) == titled("我是谁").text


def test_what_the_notes_do_not_know_gets_an_honest_answer_with_prompts_to_try() -> None:
    said = answer(NOTES, asked("What is the capital of France?"))
    assert said == NOTHING_FOUND
    assert all(example in said for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_prompt_that_it_proposes_finds_a_note(example: str) -> None:
    assert answer(NOTES, asked(example)).startswith("From my notes")


@pytest.mark.parametrize(
    "more", ["and then?", "tell me more", "Tell me more, please".replace(",", ""), "more", "继续"]
)
def test_asked_for_more_it_reads_on_after_the_last_topic(more: str) -> None:
    keys, after = titled("Keys"), titled("Names for instances")
    assert NOTES.index(after) == NOTES.index(keys) + 1
    assert after.text in answer(NOTES, asked("Where do I put my API key?", more))


def test_asked_to_go_on_where_it_stopped_it_says_the_rest() -> None:
    whole = answer(NOTES, asked("hello", "Where do I put my API key?"))
    first, said, last = asked("hello", "Where do I put my API key?")
    go_on = Message("user", GO_ON)
    for end in (20, len(whole) - 1):
        stopped = Message("assistant", whole[:end])
        assert answer(NOTES, [first, said, last, stopped, go_on]) == whole[end:]
    assert answer(NOTES, [last, Message("assistant", "other words"), go_on]) == ALL_WAS_SAID
    assert answer(NOTES, [last, Message("assistant", ""), go_on])


def test_it_goes_on_as_often_as_it_was_stopped() -> None:
    first, said, last = asked("hello", "Where do I put my API key?")
    whole = answer(NOTES, [first, said, last])
    messages = [first, said, last]
    for start in (0, 20, 40):
        messages += [Message("assistant", whole[start : start + 20]), Message("user", GO_ON)]
    assert answer(NOTES, messages) == whole[60:]


def test_it_goes_on_thousands_of_times() -> None:
    more = [Message("assistant", "x"), Message("user", GO_ON)] * 2_000
    assert answer(NOTES, [Message("user", "hello"), *more]) == ALL_WAS_SAID


def test_each_further_more_reads_a_note_further() -> None:
    said = answer(NOTES, asked("API key?", "more", "tell me more"))
    assert titled("Proxies and certificates").text in said


def test_more_at_the_end_of_the_manual_begins_anew() -> None:
    last = "怎么把变量放进提示词"
    assert answer(NOTES, asked(last)).startswith(NOTES[-1].text)
    assert NOTES[0].text in answer(NOTES, asked(last, "more"))


def test_more_of_nothing_is_nothing() -> None:
    assert answer(NOTES, asked("What is the capital of France?", "more")) == NOTHING_FOUND


def test_more_without_anything_before_is_the_introduction() -> None:
    assert NOTES[0].text in answer(NOTES, asked("tell me more"))


@pytest.mark.parametrize("system", ["Be brief.", "Answer in short sentences", "请简短回答"])
def test_a_system_message_that_asks_for_few_words_gets_the_first_paragraph(system: str) -> None:
    keys = titled("Keys")
    said = answer(NOTES, [Message("system", system), *asked("Where do I put my API key?")])
    assert keys.first_paragraph in said
    assert keys.text not in said
    assert "Your system message asks for few words" in said


def test_a_system_message_that_it_cannot_follow_is_mentioned_honestly() -> None:
    system = Message("system", "Talk like a\npirate with a `parrot`")
    said = answer(NOTES, [system, *asked("keys")])
    assert "`Talk like a pirate with a 'parrot'`" in said
    assert "cannot follow" in said


def test_of_a_long_system_message_only_the_beginning_is_repeated() -> None:
    said = answer(NOTES, [Message("system", "x" * 5000), *asked("keys")])
    assert f"`{'x' * 80}…`" in said
    assert "x" * 81 not in said


def test_the_role_brief_quotes_only_the_first_paragraph() -> None:
    said = answer(NOTES, asked("Where do I put my API key?"), role=BRIEF)
    assert titled("Keys").first_paragraph in said
    assert titled("Keys").text not in said
    assert "The role `brief` asks for few words" in said


def test_the_role_thinking_shows_first_where_it_looked() -> None:
    said = answer(NOTES, asked("Where do I put my API key?"), role=THINKING)
    assert said.startswith("<think>\nI look for: put, api, key.\nNotes that match, best first:\n")
    assert "- Connecting: Keys (" in said.partition("</think>")[0]
    assert said.partition("</think>\n\n")[2].startswith("<answer>\nFrom my notes")
    assert said.endswith("\n</answer>")


def test_the_role_thinking_has_little_to_think_of_a_greeting() -> None:
    said = answer(NOTES, asked("Hello!"), role=THINKING)
    thoughts = "I look for: nothing in particular.\nNo scores to compare."
    assert said.startswith(f"<think>\n{thoughts}\n</think>")


def test_a_role_of_the_users_own_is_mentioned_by_its_name() -> None:
    said = answer(NOTES, asked("keys"), role=Role("1", "pirate", system_prompt="Talk like one"))
    assert "The role `pirate` says* `Talk like one`" in said


def test_without_retrieval_it_says_that_it_looked_into_no_notes() -> None:
    said = answer(NOTES, asked("Where do I put my API key?"), retrieves=False)
    assert said.startswith("I looked into no notes")


@pytest.mark.parametrize("retrieves", [True, False])
def test_the_setting_of_a_role_wins(retrieves: bool) -> None:
    role = Role("1", "own", enable_l0_retrieval=retrieves)
    said = answer(NOTES, asked("Where do I put my API key?"), role=role, retrieves=not retrieves)
    assert said.startswith("From my notes") is retrieves


def test_the_same_messages_get_the_same_answer() -> None:
    messages = asked("hello", "Which options are there?", "more")
    assert answer(NOTES, messages) == answer(NOTES, messages)
