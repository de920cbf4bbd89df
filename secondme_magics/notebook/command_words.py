"""What `%secondme help` says of a command's words and options, beyond its row in the table."""

from __future__ import annotations

_OPTIONS = "those of a prompt: see %secondme help options"

EXPLAINED: dict[str, dict[str, str]] = {
    "connect": {
        "TARGET": "an id, a share link, a URL, demo, or a name that --name has given",
        "--name": "its name from now on, for -i N and connect N",
        "-m, --model": "ask for this model there; %secondme models lists them",
        "--key-env": "send it the key that is in this environment variable",
        "--wait": "wait until it is online, ten minutes at most; the stop button ends it",
    },
    "instances": {
        "WORD": "show only those with it in their name, description or id",
        "--base": "ask the registry at this address, as https://app.secondme.io",
    },
    "doctor": {"--ask": "send a short prompt too, to see whether an answer comes"},
    "use": {"NAME": "a conversation that is there: see %secondme list"},
    "new": {"NAME": "what to call it; without one it gets a name of its own"},
    "undo": {"N": "how many turns; one if you give no number"},
    "retry": {"options": _OPTIONS},
    "continue": {"options": _OPTIONS},
    "fork": {"NAME": "what to call the copy"},
    "save": {"PATH": "a new file, or the one that this conversation was saved to before"},
    "load": {"PATH": "a file that save has written"},
    "export": {"PATH": "a file of your choice; .md and .html for readers, .json for programs"},
    "restore": {"PATH": "a notebook's file; this notebook's own if you give none"},
    "fix": {"options": _OPTIONS},
    "code": {"N": "the number of a turn, as %secondme history shows it"},
    "panel": {"-c, --conversation": "the conversation; it is started if it is not there"},
    "help": {"TOPIC": "options, commands, prompts, keys; or one command, option or default"},
}
"""What each word and each option of a command is, by the command's name."""
