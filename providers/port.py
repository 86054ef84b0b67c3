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
        """The request body in its protocol, as it is to be sent."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The same, decoded. Not to be changed."""

    @property
    def attempt_id(self) -> str:
        """Sent upstream as x-gateway-attempt-id."""

    @property
    def asked(self) -> Mapping[str, Any]:
        """The request as the caller sent it: what of `body` is not in it was added by the gateway."""

    @property
    def output_limit(self) -> int:
        """The most tokens that may be generated, all choices together: what is held for them."""

    @property
    def input_bound(self) -> int:
        """The most tokens that the input can have: what is held for it."""

    @property
    def traits(self) -> Mapping[str, Any]:
        """What the catalog says of this model's deviations."""

    @property
    def progress(self) -> "Progress":
        """Where the provider notes how far the call has come."""

    @property
    def timeout_s(self) -> float:
        """For the whole call."""

    @property
    def first_byte_s(self) -> float:
        """For the beginning of its answer."""

    @property
    def protocol(self) -> str:
        """In which the request is and its answer has to be: `chat`, `messages`, `responses` or `embeddings`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The caller's headers that belong to its protocol, for a vendor that speaks it; names in lower case."""


class Progress(Protocol):
    """How far a call has come; read where it is cut off from outside."""

    sent: bool
    """Whether the vendor can have seen the request."""
    key: str
    """Where the key is noted with which it went out last, by its tag; empty: without any."""


class EstimateReason(StrEnum):
    """Why figures are not, or not all, the vendor's own."""

    NONE = ""
    MISSING = "missing"
    CONTRADICTORY = "contradictory"
    CUT = "cut"
    UNANSWERED = "unanswered"


class ModelUsage(Struct, frozen=True, kw_only=True):
    """What one model used that took part in an answer. Cached and cache-write tokens are part of the input, reasoning
    of the output.
    """

    model: str
    """The vendor's own name of it; empty: it said none."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_write_12h_tokens: int = 0
    reasoning_tokens: int = 0


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens as reported; cached and cache-write tokens are part of the input, reasoning of the output.

    None: neither reported nor countable.
    """

    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """Those of `cache_write_tokens` that are kept for an hour, which costs more."""
    cache_write_12h_tokens: int = 0
    """Those that are kept for half a day, which none of the former are."""
    reasoning_tokens: int = 0
    estimate_reason: EstimateReason = EstimateReason.NONE
    """Why they are not, or not all, the vendor's figures."""
    reported: str = ""
    """The vendor's own figures as JSON, where they were not believed as they are."""
    service_tier: str = ""
    """What the vendor says it served; empty: nothing. What else moves the price is added: `standard+fast`
    (`providers/openai_compatible/extras.py`).
    """
    tool_calls: dict[str, int] = {}
    """Calls of tools that the vendor ran and may bill: `web_search`, `web_fetch`, `file_search`, `code_execution`, and
    `other` for those of another name.
    """
    vendor_cost_nano_usd: int | None = None
    """What the call costs by the vendor's own word, all of it."""
    answered_by: str = ""
    """The model that gave the answer, where the vendor may have let another one give it; empty: the one that was asked.
    """
    parts: tuple[ModelUsage, ...] = ()
    """What models used that took part and were named, each inside the figures of the whole."""


class Completion(Struct, frozen=True, kw_only=True):
    """A whole answer: JSON in the protocol of the request, and what metering needs of it."""

    body: bytes
    model: str
    usage: Usage
    unfinished: bool = False
    """Its vendor did not say why it ended, which its translation cannot show."""


class Chunk(Struct, frozen=True, kw_only=True):
    """One event of a stream: its JSON in the protocol of the request."""

    data: bytes
    """Empty: nothing for the caller."""
    model: str = ""
    usage: Usage | None = None
    """On one chunk, after which nothing more is generated: what the answer is charged for."""
    only_usage: bool = False
    """Nothing but usage: hidden from a caller who did not ask for it."""
    unfinished: bool = False
    """On the last chunks: as of a whole answer."""


class VendorModel(Struct, frozen=True, kw_only=True):
    """A model as its vendor lists it. None: the vendor does not say."""

    name: str
    label: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None


class Failure(StrEnum):
    """How a call failed, which decides what it may cost."""

    UNREACHABLE = "unreachable"
    """Never sent."""
    REFUSED = "refused"
    """Answered with an error, and nothing was generated: not billed."""
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
        code: str | None = None,
        usage: Usage | None = None,
        resend: bool = False,
    ) -> None:
        """`param` is the request's field that the vendor objects to, `code` its own word for what is wrong, if that
        is one that callers know. `usage` is what it may bill. `resend`: not a byte was answered on a connection that
        had been used before, so it may be sent again.
        """
        super().__init__(message)
        self.message = message
        self.failure = failure
        self.retryable = retryable
        self.status = status
        self.retry_after_s = retry_after_s
        self.param = param
        self.code = code
        self.usage = usage
        self.resend = resend


class RequestNotMade(ProviderError):
    """A request that could not even be made: nothing is said of the vendor by it."""


class LLMProvider(Protocol):
    """A vendor's endpoint. Every failure is a ProviderError."""

    capabilities: frozenset[Capability]

    def speaks(self, call: ProviderCall) -> bool:
        """Whether the call is in a protocol of its own, so that it is sent, and answered, as it is."""
        ...

    async def complete(self, call: ProviderCall) -> Completion:
        """One whole answer, to a call in a protocol that it speaks; every provider speaks `chat`."""
        ...

    def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        """The answer in chunks, usage included; closing the iterator cancels the call."""
        ...

    async def embed(self, call: ProviderCall) -> Completion:
        """One whole answer to an embeddings request."""
        ...

    async def count_input(self, call: ProviderCall) -> int | None:
        """How many tokens the input of a request has, by the vendor's own count, which costs nothing; None: there is
        none. Nothing is generated.
        """
        ...

    async def probe(self, timeout_s: float) -> None:
        """Ask, without spending anything, whether it answers and accepts the key. Raises ProviderError."""
        ...

    async def models(self, timeout_s: float) -> tuple[VendorModel, ...]:
        """Lists the models that it serves for this key, as far as they chat. Raises ProviderError."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
