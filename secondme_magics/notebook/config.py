"""The defaults that `%config SecondMe` shows and changes. A key is none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traitlets import Bool, CaselessStrEnum, Float, Integer, List, TraitError, Unicode, validate
from traitlets.config import Configurable

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.options import FORMATS

if TYPE_CHECKING:
    from traitlets import Bunch


class SecondMe(Configurable):
    """Defaults for %secondme; an option on the magic's line wins over them."""

    instance = Unicode(
        None, allow_none=True, help="An instance id, a share link, a URL, or demo."
    ).tag(config=True)
    base_url = Unicode(
        None, allow_none=True, help="Where a bare id is looked for; the hosted service if unset."
    ).tag(config=True)
    temperature = Float(
        None, allow_none=True, min=0, max=2, help="0 to 1 for a Second Me, 0 to 2 elsewhere."
    ).tag(config=True)
    max_tokens = Integer(None, allow_none=True, min=1, help="The longest answer, in tokens.").tag(
        config=True
    )
    model = Unicode(None, allow_none=True, help="The model, for an OpenAI-compatible server.").tag(
        config=True
    )
    format = CaselessStrEnum(FORMATS, default_value="markdown", help="How an answer is shown.").tag(
        config=True
    )
    max_turns = Integer(
        None, allow_none=True, min=0, help="How many earlier turns are sent at most."
    ).tag(config=True)
    timeout = Float(None, allow_none=True, help="Seconds for a whole answer.").tag(config=True)
    stream = Bool(True, help="Whether an answer comes in pieces.").tag(config=True)  # noqa: FBT003 - traitlets takes the default so

    suggestions = List(Unicode(), help="Prompts that an empty panel offers.").tag(config=True)
    keep_transcript = Bool(True, help="Whether the notebook keeps what a panel shows.").tag(  # noqa: FBT003 - traitlets takes the default so
        config=True
    )

    @validate("instance", "base_url")
    def _check_address(self, proposal: Bunch) -> str | None:
        """Refuse what cannot be talked to; a URL with a password among it is not even shown."""
        from secondme_magics.api.endpoint import parse_target  # noqa: PLC0415 - not at loading

        value: str | None = proposal["value"]
        try:
            if value and value != "demo" and "://" in value:
                parse_target(value)
        except ConfigurationError as error:
            raise TraitError(str(error)) from None
        return value
