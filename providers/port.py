"""What a vendor looks like to the gateway. Limits and prices are the catalog's, not the vendor's (ADR 0010)."""

from collections.abc import AsyncGenerator, Mapping
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct


class Capability(StrEnum):
    """What a vendor's endpoint can do."""

    CHAT = "chat"
    STREAM = "stream"
    EMBED = "embed"


class ProviderCall(Protocol):
    """One request to a vendor."""

    @property
    def model(self) -> str:
        """The vendor's own name of the model."""

    @property
    def payload(self) -> bytes:
        """The request body in OpenAI's shape, as it is to be sent."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The same, decoded. Not to be changed."""

    @property
    def attempt_id(self) -> str:
        """Sent upstream as x-gateway-attempt-id."""

    @property
    def timeout_s(self) -> float:
        """For the whole call."""


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens as reported; cached and cache-write tokens are part of the input, reasoning of the output."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
    """Counted by the gateway, because the vendor reported nothing."""


class Completion(Struct, frozen=True, kw_only=True):
    """A whole answer: JSON in OpenAI's shape, and what metering needs of it."""

    body: bytes
    model: str
    usage: Usage | None


class Chunk(Struct, frozen=True, kw_only=True):
    """One event of a stream: the JSON of a chunk in OpenAI's shape."""

    data: bytes
    model: str = ""
    usage: Usage | None = None
    only_usage: bool = False
    """Nothing but usage: hidden from a caller who did not ask for it."""


class Failure(StrEnum):
    """How a call failed, which decides what it may cost."""

    UNREACHABLE = "unreachable"
    """Never sent."""
    REFUSED = "refused"
    """Answered with an error status: not billed."""
    TIMEOUT = "timeout"
    """Sent, and no answer in time: may be billed."""
    CUT = "cut"
    """The answer broke off or made no sense: may be billed."""


class ProviderError(Exception):
    """A call that brought no whole answer. The message never contains a key or a prompt."""

    def __init__(
        self,
        message: str,
        *,
        failure: Failure,
        retryable: bool,
        status: int | None = None,
        retry_after_s: float | None = None,
        param: str | None = None,
    ) -> None:
        """`param` is the request's field that the vendor objects to."""
        super().__init__(message)
        self.message = message
        self.failure = failure
        self.retryable = retryable
        self.status = status
        self.retry_after_s = retry_after_s
        self.param = param


class LLMProvider(Protocol):
    """A vendor's endpoint. Every failure is a ProviderError."""

    capabilities: frozenset[Capability]

    async def complete(self, call: ProviderCall) -> Completion:
        """One whole answer to a chat completion."""
        ...

    def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        """The answer in chunks, usage included; closing the iterator cancels the call."""
        ...

    async def embed(self, call: ProviderCall) -> Completion:
        """One whole answer to an embeddings request."""
        ...

    async def probe(self, timeout_s: float) -> None:
        """Ask, without spending anything, whether it answers and accepts the key. Raises ProviderError."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
