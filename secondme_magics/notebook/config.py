"""The defaults that `%config SecondMe` shows and changes. A key is none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traitlets import (
    Bool,
    CaselessStrEnum,
    Dict,
    Float,
    Integer,
    List,
    TraitError,
    Unicode,
    validate,
)
from traitlets.config import Configurable

from secondme_magics.conversation.bounds import MAX_TOKENS, SECONDS, TEMPERATURE, TURNS
from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import FORMATS

if TYPE_CHECKING:
    from traitlets import Bunch
    from traitlets.config import Config

_BOUNDS = {
    "temperature": TEMPERATURE,
    "max_tokens": MAX_TOKENS,
    "max_turns": TURNS,
    "timeout": SECONDS,
}


class SecondMe(Configurable):
    """Defaults for %secondme; an option on the magic's line wins over them.

    What a default may be is looked at when it is set, and refused in two lines.
    """

    instance = Unicode(
        None, allow_none=True, help="An instance id, a share link, a URL, or demo."
    ).tag(config=True)
    base_url = Unicode(
        None, allow_none=True, help="Where a bare id is looked for; the hosted service if unset."
    ).tag(config=True)
    temperature = Float(
        None, allow_none=True, help="0 to 1 for a Second Me, 0 to 2 elsewhere."
    ).tag(config=True)
    max_tokens = Integer(None, allow_none=True, help="The longest answer, in tokens.").tag(
        config=True
    )
    model = Unicode(None, allow_none=True, help="The model, for an OpenAI-compatible server.").tag(
        config=True
    )
    format = CaselessStrEnum(FORMATS, default_value="markdown", help="How an answer is shown.").tag(
        config=True
    )
    max_turns = Integer(None, allow_none=True, help="How many earlier turns are sent at most.").tag(
        config=True
    )
    timeout = Float(None, allow_none=True, help="Seconds for a whole answer.").tag(config=True)
    stream = Bool(True, help="Whether an answer comes in pieces.").tag(config=True)  # noqa: FBT003 - traitlets takes the default so

    extra = Dict(
        None, allow_none=True, help="Fields of the request that only some servers know."
    ).tag(config=True)
    suggestions = List(Unicode(), help="Prompts that an empty panel offers.").tag(config=True)
    keep_prompts = Bool(True, help="Whether an output keeps its prompt, to be restored from.").tag(  # noqa: FBT003 - traitlets takes the default so
        config=True
    )
    keep_transcript = Bool(True, help="Whether the notebook keeps what a panel shows.").tag(  # noqa: FBT003 - traitlets takes the default so
        config=True
    )

    def update_config(self, config: Config) -> None:
        """Change the defaults as `config` says.

        Raises:
            TraitError: A value is not what it may be: two lines.
        """
        try:
            super().update_config(config)
        except TraitError as error:
            hint = (
                "" if "\n" in str(error) else "\n%secondme config shows what each default is for."
            )
            raise TraitError(f"{error}{hint}") from None

    @validate(*_BOUNDS)
    def _check_bounds(self, proposal: Bunch) -> float | None:
        value: float | None = proposal["value"]
        name = proposal["trait"].name
        if value is not None and not _BOUNDS[name].admit(value):
            raise TraitError(
                f"{name} cannot be {value!r}: nothing was changed\n"
                f"Give {name} as {_BOUNDS[name].wanted}, or as None for no default."
            )
        return value

    @validate("model")
    def _check_model(self, proposal: Bunch) -> str | None:
        value: str | None = proposal["value"]
        if value is not None and not value.strip():
            raise TraitError(
                "the name of a model cannot be empty\nGive a name, or None for no default."
            )
        return value

    @validate("extra")
    def _check_extra(self, proposal: Bunch) -> dict[str, object] | None:
        from secondme_magics.api.body import check_extra  # noqa: PLC0415 - not at loading

        value: dict[str, object] | None = proposal["value"]
        try:
            check_extra(value or {})
        except ConfigurationError as error:
            raise TraitError(str(error)) from None
        return value

    @validate("instance", "base_url")
    def _check_address(self, proposal: Bunch) -> str | None:
        """Refuse what cannot be talked to; a URL with a password among it is not even shown."""
        from secondme_magics.api.endpoint import parse_target  # noqa: PLC0415 - not at loading

        value: str | None = proposal["value"]
        is_base = proposal["trait"].name == "base_url"
        try:
            if value and is_base:
                parse_target("any", base_url=value)
            elif value and value.strip() != "demo":
                parse_target(value)
        except ConfigurationError as error:
            raise TraitError(str(error)) from None
        return value
