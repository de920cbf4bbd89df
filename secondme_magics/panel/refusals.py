"""What a panel refuses to do, in two lines each."""

from __future__ import annotations

from secondme_magics.errors import ConfigurationError, SecondMeError


def busy() -> ConfigurationError:
    """Return what is said to whoever wants to change what is being answered."""
    return ConfigurationError(
        "an answer is still on its way", "Stop it first, or wait until it has come."
    )


def one_waits() -> ConfigurationError:
    """Return what is said to whoever asks while a prompt waits."""
    return ConfigurationError(
        "one prompt waits already", "Wait until it is asked, or take it back."
    )


def closed() -> ConfigurationError:
    """Return what is said to whoever asks in a panel that nobody sees any more."""
    return ConfigurationError("the panel is closed", "Open another with %secondme panel.")


def never_asked() -> ConfigurationError:
    """Return what is said of a prompt that waited in a panel until that was closed."""
    return ConfigurationError(
        "the panel was closed before the prompt that waited was asked",
        "Open another with %secondme panel, and ask it there.",
    )


def no_version(error: SecondMeError | None) -> SecondMeError:
    """Return what is said of another version of a turn that got no answer, maybe by `error`."""
    what = error.what if error else "the new version was given no answer"
    hint = "What stood before is back; the failed attempt is kept as another version."
    return SecondMeError(what, f"{error.hint} {hint}" if error else hint)
