"""What goes into a chat and what comes out of it, whichever surface is spoken. Public."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

Message = Mapping[str, Any]
"""As chat completions have it: `role`, `content`, of an assistant `tool_calls` (ToolCalls, or the SDK's own form), of a
tool's result `tool_call_id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What the model may call; `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What the model calls. Arguments that are no JSON object are `{"INVALID_JSON": text}`."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    extra_content: Mapping[str, Any] | None = field(default=None, repr=False)
    """What the model wants back with the tool's result, such as signatures of thoughts. It goes along by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call took."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost: Decimal | None = None
    """US dollars that budgets were charged. None: nobody told, as in direct mode."""
    estimated: bool = False
    """Counted here, since the vendor told nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResponse:
    """A whole answer."""

    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage
    model: str
    """Who answered, as the gateway says it."""
    finish_reason: str | None = None
    request_id: str | None = None
    role: str = "assistant"


class Dumped(Protocol):
    """A message of the official SDK."""

    def model_dump(self) -> dict[str, Any]: ...


Messages = str | Sequence[Message | ChatResponse | Dumped]
"""A text alone is what the user says. An answer stands for what the assistant has said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChunk:
    """A piece of a streamed answer: text, or a whole tool call. The last one has the usage."""

    delta: str = ""
    tool_call: ToolCall | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked, but for the model."""

    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_s: float | None = None
    """How long the answer, or its next piece, may take to come. None: as long as the provider says."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the surface."""
