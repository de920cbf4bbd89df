from __future__ import annotations

import sqlite3

import pytest

from secondme_magics.demo.manual import Note, read_manual
from secondme_magics.demo.retrieval import MOST_WORDS, count, find_notes, telling_words

NOTES = read_manual()

QUESTIONS = [
    ("Which options are there?", "All options"),
    ("what are the flags I can pass", "All options"),
    ("How do I connect my own Second Me?", "Your own Second Me"),
    ("connect to a local server", "Your own Second Me"),
    ("How can I use OpenAI instead?", "Any OpenAI-compatible server"),
    ("does it work with ollama?", "Any OpenAI-compatible server"),
    ("Where do I put my API key?", "Keys"),
    ("is my password safe? where do I put the secret", "Keys"),
    ("How do I put a variable into a prompt?", "Variables in a prompt"),
    ("can I interpolate python values", "Variables in a prompt"),
    ("how do I send a pandas dataframe?", "Data frames in a prompt"),
    ("my JSON braces are replaced, how do I keep them literal?", "Braces that stay"),
    ("How do I stop an answer?", "Stopping an answer"),
    ("interrupt a long answer", "Stopping an answer"),
    ("what does error 503 mean?", "What an error means"),
    ("I get a 404", "What an error means"),
    ("How do I start a new conversation?", "Starting afresh"),
    ("clear the history and start over", "Starting afresh"),
    ("Can I have two conversations at once?", "Several conversations"),
    ("show me the history of the conversation", "Looking back"),
    ("How do I save the answer in a variable?", "The answer in a variable"),
    ("how do I get only the code of the answer", "Formats"),
    ("Show the answer as JSON", "Formats"),
    ("where are my conversations stored?", "Where things are stored"),
    ("is anything saved to disk", "Where things are stored"),
    ("How do I use it from Python?", "Using it in Python"),
    ("how do I stream in python", "Streaming in Python"),
    ("how do I catch an exception in Python", "Errors in Python"),
    ("what does temperature do?", "Temperature, length and model"),
    ("limit the length of the answer with max tokens", "Temperature, length and model"),
    ("set a system message", "System message"),
    ("what are roles?", "Roles and retrieval"),
    ("what does the thinking role do", "Roles of the demo"),
    ("Which environment variables are read?", "Environment variables"),
    ("change the default settings", "Settings of the magics"),
    ("it hangs and nothing happens, is there a timeout?", "Timeouts and waiting"),
    ("what happens when I run the same cell again?", "Running a cell again"),
    ("can I see the request without sending it?", "Not streaming, quiet, dry run"),
    ("Are you a language model?", "What I am"),
    ("how do you find your notes", "How I find my notes"),
    ("run the demo from the terminal", "Running the demo on its own"),
    ("which subcommands are there", "All commands"),
    ("does it work behind a proxy?", "Proxies and certificates"),
    ("can a malicious server run javascript in my notebook?", "Is it safe"),
    ("my prompt ends in a question mark", "Asking in one line"),
    ("how do I give an instance a name", "Names for instances"),
    ("does it remember what I said earlier?", "Following up"),
    ("is there a chat window?", "Opening a chat panel"),
    ("Can I edit a prompt in the panel?", "In a chat panel"),
    ("how do I use the panel from a script", "The panel in Python"),
    ("How do I get the answer into a variable?", "The answer in a variable"),
    ("How do I set the API key?", "Keys"),
    ("How do I install it?", "Installing"),
    ("How do I uninstall it?", "Installing"),
    ("Does it work in VS Code?", "Where it works"),
    ("Does it work in Colab?", "Where it works"),
    ("Which models are there?", "Choosing a model"),
    ("How do I list the models of my server?", "Choosing a model"),
    ("How do I change the model?", "Choosing a model"),
    ("Is my data sent anywhere?", "What is sent, and to whom"),
    ("How do I see what it sends?", "Not streaming, quiet, dry run"),
    ("Can I run it over many rows?", "Asking many times"),
    ("How do I use it in a loop?", "Asking many times"),
    ("How do I export to PDF?", "Saving and restoring"),
    ("keyboard shortcuts", "Opening a chat panel"),
    ("怎么连接我自己的 Second Me", "连接自己的 Second Me"),
    ("如何连接 Ollama", "连接自己的 Second Me"),
    ("密钥放在哪里", "连接自己的 Second Me"),
    ("怎么设置密钥", "连接自己的 Second Me"),
    ("支持哪些模型", "连接自己的 Second Me"),
    ("怎么安装", "安装"),
    ("聊天面板怎么打开", "聊天面板"),
    ("怎么导出对话", "保存和恢复对话"),
    ("内核重启以后怎么恢复对话", "保存和恢复对话"),
    ("出错了怎么办", "出错和安全"),
    ("安全吗", "出错和安全"),
    ("怎么在 Python 里使用", "在 Python 里使用"),
    ("有哪些选项", "常用选项和变量"),
    ("怎么把变量放进提示词", "常用选项和变量"),
    ("如何重新开始对话", "常用选项和变量"),
    ("你有语言模型吗", "我是谁"),
    ("怎么停止回答", "常用选项和变量"),
]


@pytest.mark.parametrize(("question", "title"), QUESTIONS, ids=[each[0] for each in QUESTIONS])
def test_a_natural_question_finds_its_note_first(question: str, title: str) -> None:
    assert find_notes(NOTES, telling_words(question))[0].note.title == title


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the capital of France?",
        "Write a poem about the sea",
        "Tell me a joke",
        "How do I make it faster?",
        "今天天气怎么样",
        'sum("rainfall") OR NEAR(umbrella*, 3) --',
    ],
)
def test_a_question_that_the_manual_knows_nothing_of_finds_nothing(prompt: str) -> None:
    assert find_notes(NOTES, telling_words(prompt)) == []


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("How do I connect it?", ["connect"]),
        ("Keys, KEYS and keys", ["keys"]),
        ("what does --max-tokens do", ["max", "tokens"]),
        ("密钥放在哪里", ["密钥", "钥放", "哪里"]),
        ("hello, who are you?", []),
        ("", []),
        ("{}()*\"'", []),
    ],
)
def test_only_telling_words_are_looked_for(prompt: str, words: list[str]) -> None:
    assert telling_words(prompt) == words


def test_a_pasted_book_costs_only_its_first_words() -> None:
    assert len(telling_words(" ".join(f"word{number}" for number in range(10_000)))) == MOST_WORDS


def test_scores_fall_from_the_best_match_on() -> None:
    scores = [match.score for match in find_notes(NOTES, ["conversation", "history"])]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)


def test_an_sqlite_without_full_text_search_does_with_counted_words() -> None:
    def fail(_: object, __: object) -> list[dict[int, float]]:
        raise sqlite3.OperationalError("no such module: fts5")

    assert find_notes(NOTES, ["api", "key"], fail)[0].note.title == "Keys"


def test_words_are_counted_note_by_note() -> None:
    notes = [Note("Tea", "Green", "", "tea, tea"), Note("Tea", "Coffee", "", "beans")]
    assert count(notes, ["tea", "beans", "milk"]) == [{0: 2.0}, {1: 1.0}, {}]
