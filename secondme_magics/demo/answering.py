"""What the demo says: the note that matches the last prompt best, and never more than it knows.

The same messages give the same answer. Knows nothing of HTTP or of the pace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondme_magics.demo.retrieval import find_notes, telling_words
from secondme_magics.demo.roles import THINKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from secondme_magics.demo.chat_request import Message
    from secondme_magics.demo.manual import Note
    from secondme_magics.demo.retrieval import Match
    from secondme_magics.demo.roles import Role

EXAMPLES = (
    "How do I connect my own Second Me?",
    "Which options are there?",
    "How do I put a variable into a prompt?",
)
LONGEST_QUOTE = 80
"""Characters of a system message that an answer repeats."""

_GOING_ON = re.compile(
    r"\W*(?:(?:and )?then(?: what)?|(?:tell me |show me |read )?more|continue|go on|next|what else"
    r"|继续|然后呢?|还有呢?|接着说?|更多)(?: please)?\W*",
    re.IGNORECASE,
)
_WHERE_STOPPED = re.compile(
    r"\W*(?:please )?(?:go on|continue) (?:exactly )?where you stopped\W*", re.IGNORECASE
)
_HAN = re.compile("[\u4e00-\u9fff]")
_BRIEF = re.compile(
    r"\b(?:brief|briefly|brevity|short|concise|terse)\b|简短|简洁|简单", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look into the notes brought.

    Args:
        note: The note to quote, or none.
        words: The words that were looked for; none where there was nothing to look for.
        matches: All notes that know enough of them, the best first.
    """

    note: Note | None
    words: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()


def answer(
    notes: Sequence[Note],
    messages: Sequence[Message],
    *,
    role: Role | None = None,
    retrieves: bool = True,
) -> str:
    """Return the answer to the last prompt.

    Args:
        notes: The manual; its first note is the introduction.
        messages: The conversation, with at least one prompt.
        role: The role that answers; its settings win.
        retrieves: Whether the notes are looked into.
    """
    stopped: list[str] = []
    while said := _said_before_stop(messages):
        stopped.append(said)
        messages = messages[:-2]
    text = _answer_whole(notes, messages, role, retrieves=retrieves)
    for said in reversed(stopped):
        text = text.partition(said)[2] or ALL_WAS_SAID
    return text


def _answer_whole(
    notes: Sequence[Note], messages: Sequence[Message], role: Role | None, *, retrieves: bool
) -> str:
    prompts = [_request(message.content) for message in messages if message.role == "user"]
    system = _system_text(messages, role)
    if not (role.enable_l0_retrieval if role else retrieves):
        return _paragraphs(NO_RETRIEVAL, _on_system(system, role))
    finding = look_up(notes, prompts)
    text = _say(finding, system, role, is_first=len(prompts) == 1)
    if role is not None and role.uuid == THINKING.uuid:
        return f"<think>\n{_thoughts(finding)}\n</think>\n\n<answer>\n{text}\n</answer>"
    return text


def _said_before_stop(messages: Sequence[Message]) -> str:
    """Return what was said of an answer that is to be continued; nothing of any other."""
    roles = [message.role for message in messages[-3:]]
    is_asked = roles == ["user", "assistant", "user"]
    goes_on = is_asked and _WHERE_STOPPED.fullmatch(messages[-1].content)
    return messages[-2].content if goes_on else ""


def _request(prompt: str) -> str:
    """Return what is asked, without what a notebook has put in above it."""
    return prompt.rpartition("\n# My request\n")[2]


def look_up(notes: Sequence[Note], prompts: Sequence[str]) -> Finding:
    """Return what the notes have on the last prompt; `tell me more` reads on after the last one."""
    steps = 0
    while steps < len(prompts) - 1 and _GOING_ON.fullmatch(prompts[-1 - steps]):
        steps += 1
    finding = _look_up_words(notes, prompts[-1 - steps])
    if not steps or finding.note is None:
        return finding
    return Finding(notes[(notes.index(finding.note) + steps) % len(notes)])


def _look_up_words(notes: Sequence[Note], prompt: str) -> Finding:
    words = telling_words(prompt)
    matches = find_notes(notes, words)
    if matches:
        return Finding(matches[0].note, tuple(words), tuple(matches))
    if _HAN.search(prompt):
        return Finding(_introduction(notes, chinese=True), tuple(words))
    return Finding(None if words else _introduction(notes), tuple(words))


def _introduction(notes: Sequence[Note], *, chinese: bool = False) -> Note:
    return next(note for note in notes if _is_chinese(note) is chinese)


def _is_chinese(note: Note) -> bool:
    return _HAN.search(note.topic) is not None


def _say(finding: Finding, system: str, role: Role | None, *, is_first: bool) -> str:
    note = finding.note
    if note is None:
        return _paragraphs(NOTHING_FOUND, _on_system(system, role))
    text = note.first_paragraph if _BRIEF.search(system) else note.text
    if _is_chinese(note):
        return _paragraphs(text, _on_system(system, role))
    lead = f"From my notes, *{note.topic}: {note.title}*:"
    close = WHO_I_AM if is_first and "language model" not in text else ""
    return _paragraphs(lead, text, _also_see(finding), close, _on_system(system, role))


def _also_see(finding: Finding) -> str:
    others = [f"*{m.note.title}*" for m in finding.matches[1:] if not _is_chinese(m.note)][:2]
    return f"See also {' and '.join(others)}, or say `tell me more`." if others else ""


def _system_text(messages: Sequence[Message], role: Role | None) -> str:
    if role is not None:
        return role.system_prompt
    return " ".join(message.content for message in messages if message.role == "system")


def _on_system(system: str, role: Role | None) -> str:
    """Return what the demo made of its instructions; it says so where it could do nothing."""
    words = " ".join(system.replace("`", "'").split())
    if not words:
        return ""
    source = f"The role `{role.name}`" if role else "Your system message"
    if _BRIEF.search(words):
        return f"*{source} asks for few words: that was the first paragraph.*"
    quote = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
    return f"*{source} says* `{quote}`*; without a language model I cannot follow it.*"


def _thoughts(finding: Finding) -> str:
    looked_for = ", ".join(finding.words) or "nothing in particular"
    scores = [
        f"- {match.note.topic}: {match.note.title} ({match.score:.1f})"
        for match in finding.matches[:5]
    ]
    seen = ["Notes that match, best first:", *scores] if scores else ["No scores to compare."]
    return "\n".join([f"I look for: {looked_for}.", *seen])


def _paragraphs(*paragraphs: str) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


WHO_I_AM = "*I am the demo: I have no language model, I quote this project's manual.*"
ALL_WAS_SAID = "*That was all.*"
NO_RETRIEVAL = (
    "I looked into no notes, because `enable_l0_retrieval` is off. Without my notes I have nothing "
    "to say: I am the demo, and I have no language model. With `--l0` I look into them."
)
NOTHING_FOUND = """\
I found nothing on that in my notes. I am the demo: I have no language model, I only quote this \
project's manual. Ask me for example:

{examples}

To talk to a real Second Me: `%secondme connect TARGET`.""".format(
    examples="\n".join(f"- `{example}`" for example in EXAMPLES)
)
