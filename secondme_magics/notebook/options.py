"""What may stand on a magic's line: the table of options.

The reader of lines, the help text, Tab and the README follow it. Light: it loads with the magics.
"""

from __future__ import annotations

from typing import NamedTuple

FORMATS = ("markdown", "text", "json", "code")


class Option(NamedTuple):
    """One row of the table.

    Args:
        flags: How it is written; `/` parts what says yes from what says no.
        meaning: What it does, in a few words.
        metavar: The name of its value; empty for a switch.
    """

    flags: str
    meaning: str
    metavar: str = ""

    @property
    def name(self) -> str:
        """The field of `Options` that it sets."""
        return self.on[-1].lstrip("-").replace("-", "_")

    @property
    def on(self) -> list[str]:
        """The flags that switch it on."""
        return self.flags.partition("/")[0].split(", ")

    @property
    def off(self) -> list[str]:
        """The flags that switch it off."""
        return self.flags.partition("/")[2].split()

    @property
    def usage(self) -> str:
        """How it is written, with its value."""
        return f"{self.flags} {self.metavar}".strip()


OPTIONS = (
    Option("-i, --instance", "an id, a share link, a URL, demo, or a name you connected", "NAME"),
    Option("-c, --conversation", "use or start this conversation, for this prompt", "NAME"),
    Option("-n, --new", "start the conversation afresh with this prompt"),
    Option("--no-history", "neither send nor store any turn"),
    Option("-s, --system", "system message of this conversation; '' for none", "TEXT"),
    Option("-r, --role", "a role of the instance, by its name or its id", "NAME"),
    Option("--l0/--no-l0", "let the persona look into its notes, or not"),
    Option("--l1/--no-l1", "the same for what it has learned (local Second Me)"),
    Option("-t, --temperature", "0 to 1 for a Second Me, 0 to 2 elsewhere", "X"),
    Option("--max-tokens", "the longest answer, in tokens", "N"),
    Option("-m, --model", "the model, for an OpenAI-compatible server", "NAME"),
    Option("-f, --format", "markdown, text, json or code", "FORMAT"),
    Option("-o, --output", "assign the reply to this variable", "NAME"),
    Option("--append", "add a turn, also where the cell has one already"),
    Option("--truncate", "drop the turns after the one that this cell replaces"),
    Option("--last-turns", "send only the last N earlier turns", "N"),
    Option("-x, --insert-code", "put the answer's code into a new cell below; never run"),
    Option("--last", "put in the last N cells: source, output, error", "N"),
    Option("--cells", "put in these cells, as 3,5-7", "N,N-N"),
    Option("--var", "put in these variables: shape, types, first rows", "NAME,NAME"),
    Option("--error", "put in the last error, with its cell"),
    Option("--raw", "leave every {name} in the prompt as it stands"),
    Option("--no-stream", "ask for the answer in one piece"),
    Option("-q, --quiet", "show nothing; the reply is returned"),
    Option("--dry-run", "show the exact request and send nothing"),
    Option("--timeout", "seconds for the whole answer", "S"),
)

BY_FLAG = {flag: option for option in OPTIONS for flag in [*option.on, *option.off]}


def flags() -> list[str]:
    """Return every flag, as Tab offers them."""
    return list(BY_FLAG)
