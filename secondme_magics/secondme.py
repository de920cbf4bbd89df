"""`SecondMe`, the Python face: an endpoint and a conversation put together.

Knows neither IPython nor what travels. The client and the demo instance load with the first
prompt, so importing this costs neither requests nor tornado.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from secondme_magics.api.endpoint import Endpoint, Environment, Key, Timeouts, parse_target
from secondme_magics.conversation import asking
from secondme_magics.conversation.bounds import SECONDS
from secondme_magics.conversation.conversation import Conversation
from secondme_magics.conversation.messages import Parameters
from secondme_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self, Unpack

    from secondme_magics.api.body import Preview
    from secondme_magics.api.client import Client
    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Turn


class Keywords(TypedDict, total=False):
    """What may be said about a prompt by keyword; see `Parameters` for what each one means."""

    temperature: float | None
    max_tokens: int | None
    model: str | None
    role_id: str | None
    enable_l0_retrieval: bool | None
    enable_l1_retrieval: bool | None
    extra: Mapping[str, object] | None


class SecondMe:
    """A Second Me, or any OpenAI-compatible server, to talk to.

        me = SecondMe("demo")
        me.ask("Who are you?").text

    Args:
        target: `demo`, an instance id, a share link, or a URL. Without one the environment says
            (`SECONDME_INSTANCE`, `SECONDME_BASE_URL`); if it does not, the demo instance answers.
        base_url: Where the instance id lives; the hosted service by default.
        api_key: Sent to this endpoint and to no other; else `SECONDME_API_KEY`.
        timeout: Seconds for a whole answer, silent or not; by default an hour, with five minutes
            for each silence.
        **defaults: Parameters of every prompt: `temperature` (0 to 1, elsewhere than at a Second
            Me 0 to 2), `max_tokens`, `model`, `role_id`, `enable_l0_retrieval`,
            `enable_l1_retrieval`. What is not said is left to the server. `extra` holds fields
            that only some servers know, as `{"max_completion_tokens": 100}`.

    Raises:
        ConfigurationError: The target, the base URL or the key is not good.
        TypeError: A value has the wrong type, or a parameter does not exist.
        ValueError: The timeout is not positive.
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        **defaults: Unpack[Keywords],
    ) -> None:
        self._client: Client | None = None
        self._endpoint: Endpoint | None = None
        try:
            key = None if api_key is None else Key(api_key, "api_key=")
        finally:
            del api_key  # a traceback may show all variables
        _check_strings(target=target, base_url=base_url)
        _check_timeout(timeout)
        self._defaults = Parameters(**defaults)
        self._timeouts = Timeouts() if timeout is None else Timeouts(silence=None, total=timeout)
        self._endpoint = _named_endpoint(target, base_url, key, self._timeouts, _environment())

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers; for the demo instance, this starts it."""
        if self._endpoint is None:
            self._endpoint = _demo_endpoint(self._timeouts)
        return self._endpoint

    @property
    def name(self) -> str:
        """The instance's id, `demo`, or the host."""
        return "demo" if self._endpoint is None else self._endpoint.name

    def ask(
        self,
        prompt: str,
        *,
        system: str | None = None,
        timeout: float | None = None,
        **parameters: Unpack[Keywords],
    ) -> Reply:
        """Ask one thing by itself, and return the answer when it is complete.

        Args:
            prompt: What is asked. Nothing that was asked before is sent along.
            system: A system message above it.
            timeout: Seconds for the whole answer.
            **parameters: In place of the defaults: `temperature`, `max_tokens`, `model`,
                `role_id`, `enable_l0_retrieval`, `enable_l1_retrieval`, `extra`.

        Raises:
            ConfigurationError: The prompt is empty, or a parameter is out of its bounds.
            SecondMeError: The answer failed or was cut; the error's `reply` holds what had come.
            TypeError: A value has the wrong type, or a parameter does not exist.
        """
        return self.stream(prompt, system=system, timeout=timeout, **parameters).read()

    def stream(
        self,
        prompt: str,
        *,
        system: str | None = None,
        timeout: float | None = None,
        **parameters: Unpack[Keywords],
    ) -> StreamingTurn:
        """Ask one thing by itself, and return its answer as it grows.

            with me.stream("Tell me a story") as answer:
                for delta in answer:
                    print(delta, end="", flush=True)

        Iterating connects, and raises as `ask` does. Leaving the `with` early closes the
        connection; the arguments are those of `ask`.
        """
        conversation = Conversation()
        return self._stream(conversation, prompt, system, timeout, parameters)

    def conversation(self, name: str = "default", *, system: str | None = None) -> Talk:
        """Return a new conversation, in which each prompt is sent with what was said before.

        Args:
            name: What it is called.
            system: The system message above it.
        """
        _check_strings(name=name, system=system)
        return Talk(self, Conversation(name, system))

    def preview(
        self, prompt: str, *, system: str | None = None, **parameters: Unpack[Keywords]
    ) -> Preview:
        """Return the request that `ask` would send, its key masked; nothing is sent.

        Raises:
            ConfigurationError: The prompt is empty, or a parameter is out of its bounds.
            TypeError: A value has the wrong type, or a parameter does not exist.
        """
        _check_prompt(prompt)
        _check_strings(system=system)
        messages = Conversation(system=system).messages(prompt)
        return self._open_client().preview(messages, replace(self._defaults, **parameters))

    def close(self) -> None:
        """Close the connection that is kept from prompt to prompt; the next prompt opens it."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        place = "" if self._endpoint is None else f" at {self._endpoint.origin}"
        return f"<SecondMe {self.name!r}{place}>"

    def _stream(
        self,
        conversation: Conversation,
        prompt: str,
        system: str | None,
        timeout: float | None,
        parameters: Keywords,
    ) -> StreamingTurn:
        _check_prompt(prompt)
        _check_strings(system=system)
        _check_timeout(timeout)
        return asking.ask(
            conversation,
            self._open_client(),
            prompt,
            replace(self._defaults, **parameters),
            system=system,
            timeout=timeout,
        )

    def _open_client(self) -> Client:
        from secondme_magics.api.client import Client  # noqa: PLC0415 - costs requests

        if self._client is None:
            self._client = Client(self.endpoint)
        return self._client


class Talk:
    """A conversation with one `SecondMe`: each prompt is sent with what was said before.

    Args:
        me: Who answers.
        conversation: What was said.
    """

    def __init__(self, me: SecondMe, conversation: Conversation) -> None:
        self.conversation = conversation
        self._me = me

    def ask(
        self,
        prompt: str,
        *,
        system: str | None = None,
        timeout: float | None = None,
        **parameters: Unpack[Keywords],
    ) -> Reply:
        """Go on with `prompt`, and return the answer when it is complete.

        The arguments and errors are those of `SecondMe.ask`; `system` is the conversation's
        system message from now on.
        """
        return self.stream(prompt, system=system, timeout=timeout, **parameters).read()

    def stream(
        self,
        prompt: str,
        *,
        system: str | None = None,
        timeout: float | None = None,
        **parameters: Unpack[Keywords],
    ) -> StreamingTurn:
        """Go on with `prompt`, and return the answer as it grows; see `SecondMe.stream`."""
        return self._me._stream(self.conversation, prompt, system, timeout, parameters)  # noqa: SLF001 - two halves of one face

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was asked and answered, failed turns too."""
        return self.conversation.turns

    def reset(self) -> None:
        """Forget what was said; the system message stays."""
        self.conversation.reset()

    def __repr__(self) -> str:
        return f"<Talk {self.conversation.name!r} with {self._me!r}: {len(self.turns)} turns>"


def resolve_endpoint(
    target: str | None = None,
    *,
    base_url: str | None = None,
    key: Key | None = None,
    timeouts: Timeouts | None = None,
    environ: Mapping[str, str] | None = None,
) -> Endpoint:
    """Return where `target` answers; for the demo instance, this starts it.

    Args:
        target: `demo`, an instance id, a share link, or a URL; without one the environment or
            `base_url` says, and else the demo instance answers.
        base_url: Where the instance id lives.
        key: Sent to this endpoint and to no other.
        timeouts: How long to wait for it.
        environ: In place of `os.environ`.

    Raises:
        ConfigurationError: The target, the base URL or the key is not good.
    """
    timeouts = timeouts or Timeouts()
    environ = _environment() if environ is None else environ
    return _named_endpoint(target, base_url, key, timeouts, environ) or _demo_endpoint(timeouts)


def _environment() -> Environment:
    return Environment(os.environ)


def _named_endpoint(
    target: str | None,
    base_url: str | None,
    key: Key | None,
    timeouts: Timeouts,
    environ: Mapping[str, str],
) -> Endpoint | None:
    """Return the endpoint that the arguments or the environment name; `None` is the demo."""
    instance = target or environ.get("SECONDME_INSTANCE")
    named = (instance or base_url or environ.get("SECONDME_BASE_URL") or "demo").strip()
    if named == "demo":
        if key is not None:
            raise ConfigurationError(
                "a key was given, but nobody to send it to: the demo instance wants none",
                "Name the instance or its URL too: a key goes to no other host.",
            )
        return None
    return parse_target(named, base_url=base_url, key=key, environ=environ, timeouts=timeouts)


def _demo_endpoint(timeouts: Timeouts) -> Endpoint:
    from secondme_magics.demo.instance import shared_demo  # noqa: PLC0415 - costs tornado

    at = parse_target(shared_demo().url, timeouts=timeouts)
    return replace(at, name="demo", is_demo=True)


def _check_prompt(prompt: object) -> None:
    if not isinstance(prompt, str):
        raise TypeError(f"the prompt must be a string, not {type(prompt).__name__}")


def _check_strings(**values: object) -> None:
    for name, value in values.items():
        if not isinstance(value, str | None):
            raise TypeError(f"{name} must be a string, not {type(value).__name__}")


def _check_timeout(timeout: float | None) -> None:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float | None):
        raise TypeError(f"timeout must be a number of seconds, not {type(timeout).__name__}")
    if timeout is not None and not SECONDS.admit(timeout):
        raise ValueError(f"timeout must be {SECONDS.wanted}, not {timeout}")
