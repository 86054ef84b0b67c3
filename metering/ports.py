"""What metering asks of the outside: task adapters on one side, LLM vendors on the other.

Structural types only, so that neither side imports the other's classes (ADR 0010).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from metering.types import MAX_AMOUNT, ModelClass, Outcome, Task, WireProtocol

T = TypeVar("T")
Body = dict[str, Any]
"""A request in a vendor's wire format, so `Any` enters here: a chat completion's, unless a protocol says otherwise."""


class ModelUsage(Protocol):
    """What one model used that took part in an answer, by the vendor's name of it (empty: it said none)."""

    @property
    def model(self) -> str: ...
    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def cached_input_tokens(self) -> int: ...
    @property
    def cache_write_tokens(self) -> int: ...
    @property
    def cache_write_1h_tokens(self) -> int: ...
    @property
    def cache_write_12h_tokens(self) -> int: ...
    @property
    def reasoning_tokens(self) -> int: ...


class Usage(Protocol):
    """Tokens as the vendor reports them; cached and cache-write tokens are part of the input.

    None: neither reported nor countable, so what is held counts.
    """

    @property
    def input_tokens(self) -> int | None: ...
    @property
    def output_tokens(self) -> int | None: ...
    @property
    def cached_input_tokens(self) -> int: ...
    @property
    def cache_write_tokens(self) -> int: ...
    @property
    def reasoning_tokens(self) -> int: ...
    @property
    def cache_write_1h_tokens(self) -> int:
        """Part of the cache-write tokens: those of entries that live an hour."""

    @property
    def cache_write_12h_tokens(self) -> int:
        """Part of them too: those of entries that live longer."""

    @property
    def tool_calls(self) -> Mapping[str, int]:
        """Calls of tools that the vendor ran, by the names of metering.price.TOOLS."""

    @property
    def vendor_cost_nano_usd(self) -> int | None:
        """What the vendor itself says that the call cost."""

    @property
    def estimate_reason(self) -> str:
        """Why they are not, or not all, the vendor's figures (an EstimateReason); empty: they are."""

    @property
    def reported(self) -> str:
        """The vendor's figures as JSON, where they were not believed as they are."""

    @property
    def service_tier(self) -> str:
        """What the vendor says it served; empty: nothing."""

    @property
    def answered_by(self) -> str:
        """The vendor's name of the model that gave the answer, where it may have let another one give it; empty: the
        one that was asked for.
        """

    @property
    def parts(self) -> Sequence[ModelUsage]:
        """What models used that took part and were named, each inside the figures of the whole."""


class VendorAnswer(Protocol):
    """A vendor's whole answer."""

    @property
    def body(self) -> bytes:
        """The answer as JSON in the caller's protocol; where that is the vendor's own, as it came."""

    @property
    def model(self) -> str:
        """What the vendor says it ran."""

    @property
    def usage(self) -> Usage: ...

    @property
    def unfinished(self) -> bool:
        """Whether its vendor did not say why it ended, which a translation cannot show."""


class VendorChunk(Protocol):
    """One event of a vendor's stream."""

    @property
    def data(self) -> bytes:
        """The JSON of an event in the caller's protocol, without SSE framing; empty: nothing for the caller."""

    @property
    def model(self) -> str: ...

    @property
    def usage(self) -> Usage | None:
        """On one chunk, after which nothing more is generated: what the answer is charged for."""

    @property
    def only_usage(self) -> bool:
        """Whether it carries nothing else: hidden from a caller who did not ask for usage."""

    @property
    def unfinished(self) -> bool:
        """On the last chunks: as of a whole answer."""


class Candidate(Protocol):
    """A model that could serve a call."""

    @property
    def provider_name(self) -> str: ...
    @property
    def physical_name(self) -> str:
        """The vendor's own name of the model."""

    @property
    def key_of(self) -> UUID | None:
        """The tenant with whose own key it is called; None: with the gateway's."""


class Progress:
    """How far a call has come, noted by the vendor port: read where the call is cut off from this side."""

    __slots__ = ("key", "sent")

    def __init__(self) -> None:
        self.sent = False
        """Whether the vendor can have seen the request."""
        self.key = ""
        """With which key it went out last; the vendor port's own."""


class VendorCall(Struct, frozen=True, kw_only=True):
    """One attempt at one vendor."""

    provider_name: str
    model: str
    """The vendor's own name of the model."""
    payload: bytes
    """The request body as it is sent: its length is part of the bound."""
    body: Body
    """The same, decoded, for vendors that are not OpenAI-compatible. Not to be changed."""
    asked: Body
    """The request as the caller sent it, from which one can see what was added. Not to be changed."""
    output_limit: int
    """The most tokens that may be generated, all choices together: what is held for them."""
    traits: Mapping[str, object]
    """What the catalog says of this model's deviations."""
    progress: "Progress"
    attempt_id: str
    """Sent upstream as x-gateway-attempt-id."""
    timeout_s: float
    """For all of it."""
    first_byte_s: float
    """For the beginning of an answer."""
    input_bound: int = MAX_AMOUNT
    """The most tokens that the input can have: what is held for it."""
    key_of: UUID | None = None
    """The tenant with whose own key alone it goes out; None: with the gateway's."""
    conversation: str | None = None
    """The conversation that it belongs to, by a name that no other tenant's has."""
    protocol: WireProtocol = WireProtocol.CHAT
    """In which the request is, and its answer has to be."""
    headers: Mapping[str, str] = {}
    """The caller's headers that belong to its protocol, for a vendor that speaks it."""


class AttemptFailed(Exception):
    """A vendor attempt that brought no whole answer, as the vendor port raises it.

    `sent` is False when the vendor cannot have seen the request. `outcome` TIMEOUT and CUT are
    ambiguous: the vendor may bill what nobody received.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: Outcome,
        sent: bool = True,
        retryable: bool = False,
        status: int | None = None,
        retry_after_s: float | None = None,
        param: str | None = None,
        code: str | None = None,
        usage: Usage | None = None,
        resend: bool = False,
    ) -> None:
        """`retry_after_s` is when the vendor wants to be asked again, `param` the field that it objects to, `code` its
        own word for what is wrong. `usage` is what an ambiguous attempt may be billed; None: up to its bound.
        `resend`: not a byte was answered on a connection that had been used before, so it may be sent again.
        """
        super().__init__(message)
        self.message = message
        self.outcome = outcome
        self.sent = sent
        self.retryable = retryable
        self.status = status
        self.retry_after_s = retry_after_s
        self.param = param
        self.code = code
        self.usage = usage
        self.resend = resend

    @property
    def ambiguous(self) -> bool:
        """Whether the vendor may bill this attempt although it reported no usage."""
        return self.sent and self.outcome is not Outcome.ERROR


class Vendors(Protocol):
    """All configured vendors. Every failure is an AttemptFailed."""

    def order(
        self, candidates: Sequence[Candidate], costs: Sequence[int], conversation: str | None
    ) -> Sequence[int]:
        """The places of all candidates, in the order in which they are to be tried. `costs` are the most that the call
        costs at each, in nano-USD. Asked only where there are several.
        """
        ...

    async def complete(self, call: VendorCall) -> VendorAnswer:
        """One whole answer."""
        ...

    def stream(self, call: VendorCall) -> AsyncGenerator[VendorChunk, None]:
        """The answer in chunks; closing the iterator cancels the call upstream."""
        ...

    async def count_input(self, call: VendorCall) -> int | None:
        """The vendor's own count of a request's input, which costs nothing; None: it has none."""
        ...


class AllowanceSpent(Exception):
    """A task asked for more steps, API calls or files than its limits allow. An adapter looks at what is left first."""


class Spending(Protocol):
    """The allowance as an adapter sees it: the only way to spend."""

    @property
    def id(self) -> str:
        """The reservation's id, by which the work is known."""

    def usage(self) -> dict[str, object]:
        """What the work has used so far, as answers say it: `input_tokens`, `output_tokens`, `cost_usd` (a decimal
        text), `llm_calls`, `api_calls`, `files` and `steps`.
        """
        ...

    @property
    def input_limit(self) -> int:
        """Tokens that the input of one LLM call may have at most."""

    def count_tokens(self, text: str) -> int:
        """About how many tokens a text has."""
        ...

    @property
    def steps_left(self) -> int:
        """LLM calls that the task may still make, second attempts included."""

    @property
    def api_calls_left(self) -> int:
        """Requests to search services that the task may still send."""

    @property
    def files_left(self) -> int:
        """Files that the task may still hand out."""

    async def complete(self, body: Body) -> VendorAnswer:
        """One metered LLM call. Raises BudgetExceeded if it cannot be covered, and VendorError."""
        ...

    def stream(self, body: Body) -> AsyncGenerator[VendorChunk, None]:
        """One metered LLM call, streamed. Raises as `complete` does. Close it (`aclosing`) where it is left early."""
        ...

    async def call_api(self, service: str, send: Callable[[], Awaitable[T]]) -> T:
        """One metered request to a search service, such as `openalex`, which `send` sends exactly once.

        It counts as soon as `send` is called, whatever comes of it. Raises what `send` raises, AllowanceSpent, and
        BudgetExceeded if it cannot be covered.
        """
        ...

    async def add_file(self) -> None:
        """Count one file that the task hands out. Raises AllowanceSpent, and BudgetExceeded if it cannot be covered."""
        ...


class Workspace(Protocol):
    """What a task keeps for one caller from one request to the next. Contents are sealed, and expire."""

    async def begin(self, key: str, content: bytes, *, holder: str) -> None:
        """Keep a new content, which `holder`, the id of a reservation, works on."""
        ...

    async def take(self, key: str, *, holder: str) -> bytes | None:
        """The content, for `holder` to work on; None where this caller has none of that key.

        Raises TransitionRefused while another holder's reservation is held.
        """
        ...

    async def save(self, key: str, content: bytes, *, holder: str) -> None:
        """Keep a content in place of the one before.

        Raises NotFound where there is none any more, and TransitionRefused where another holder has it.
        """
        ...


class NoWorkspace:
    """For tasks that keep nothing."""

    async def begin(self, key: str, content: bytes, *, holder: str) -> None:
        """Nothing is kept."""

    async def take(self, key: str, *, holder: str) -> bytes | None:
        return None

    async def save(self, key: str, content: bytes, *, holder: str) -> None:
        """Nothing is kept."""


class TaskRequest(Struct, frozen=True, kw_only=True):
    """What an adapter is asked to do."""

    task: Task
    input: Body
    """The task's own input; for chat, the request in its protocol."""
    limits: Mapping[str, int]
    """The numeric rules in force for this call, by key, and what holds where no rule says anything."""
    features: frozenset[str] = frozenset()
    """The features of the caller's plan."""
    workspace: Workspace = NoWorkspace()
    work_id: str = ""
    """The same whenever this work is begun again; empty: it is begun once."""
    protocol: WireProtocol = WireProtocol.CHAT
    """Of the task chat."""


class LLMAdapter(Protocol):
    """One kind of work. It never sees a tenant, a price or a vendor: it spends through its allowance."""

    supported_tasks: frozenset[Task]
    supported_model_classes: frozenset[ModelClass]

    def opening(self, request: TaskRequest) -> Body:
        """The first LLM call that the work will make: what is held before it starts.

        Raises InvalidRequest for an input that the task cannot work with.
        """
        ...

    async def execute(self, request: TaskRequest, allowance: Spending) -> bytes:
        """Do the work; the result as JSON."""
        ...

    def stream(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[bytes, None]:
        """Do the work, yielding the task's own events as JSON."""
        ...
