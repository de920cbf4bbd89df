"""A second event-stream parser, written from the standard's prose: slow, plain, independent.

It reads the whole stream at once, character by character where that is simplest, and shares
nothing with the reader that it judges (WHATWG HTML, 9.2.5 and 9.2.6).
"""

from __future__ import annotations


def parse_events(stream: bytes) -> list[tuple[str, str]]:
    """Return the type and the data of each event."""
    text = stream.decode("utf-8", "replace")
    if text[:1] == "\ufeff":
        text = text[1:]
    events: list[tuple[str, str]] = []
    kind = data = ""
    for line in _finished_lines(text):
        if line == "":
            if data != "":
                events.append((kind or "message", data[:-1]))
            kind = data = ""
            continue
        name, colon, value = line.partition(":")
        if colon and value[:1] == " ":
            value = value[1:]
        if name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
    return events


def _finished_lines(text: str) -> list[str]:
    lines, line = [], ""
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character == "\r" and text[position : position + 1] == "\n":
            position += 1
        if character in "\r\n":
            lines.append(line)
            line = ""
        else:
            line += character
    return lines
