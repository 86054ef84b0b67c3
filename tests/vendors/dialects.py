"""How each vendor that speaks OpenAI's protocol deviates from it, one row each: paths, usage, errors, limits, framing.

Written after the vendors' documentation and SDKs (November 2026).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.vendors.dialect_errors import (
    Told,
    deepseek_error,
    glm_error,
    litellm_error,
    llamacpp_error,
    mistral_error,
    ollama_error,
    openai_error,
    openrouter_error,
    vllm_error,
    xai_error,
)

Usage = dict[str, Any]
COST_HEADER = {"x-litellm-response-cost": "0.0123456775", "x-litellm-call-id": "call-recorded"}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One vendor."""

    name: str
    model: str
    path: str = "/v1"
    limits: tuple[str, ...] = ("max_tokens", "max_completion_tokens")
    """Names of the output limit that it obeys; it ignores the other one, or refuses it."""
    refused: frozenset[str] = frozenset()
    """Fields that it does not know, and refuses with 422."""
    strict_messages: int = 0
    """With which status it refuses a message for a field that it does not know; 0: it does not."""
    usage: Callable[[Usage], Usage] = lambda usage: usage
    """OpenAI's figures in its own way."""
    usage_in: str = "own chunk"
    """Where a stream has it: `own chunk`, `last chunk`, `x_groq`, `every chunk`."""
    unasked: bool = False
    """Whether a stream has it although nobody asked."""
    error: Callable[[int, str | None, str | None], Told] = openai_error
    """An error's status and body, for a status, a message and a field."""
    says_when: bool = True
    """Whether a 429 says when to come back."""
    tier: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of every answer and chunk."""
    lacks: tuple[str, ...] = ()
    """Fields of OpenAI's that its answers do not have."""
    headers: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    """Before each event of a stream."""
    blanks: str = ""
    """Before a whole answer, while it works on it."""
    timings: bool = False
    breaks: Mapping[str, Any] | None = None
    """The event with which a stream breaks off; None: the body of an error."""


def three(usage: Usage) -> Usage:
    """Nothing but the counts."""
    return {name: usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}


def xai_usage(usage: Usage) -> Usage:
    """Reasoning stands beside the completion."""
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    return {
        **usage,
        "completion_tokens": usage["completion_tokens"] - reasoning,
        "num_sources_used": 0,
        "cost_in_usd_ticks": 1_000 * usage["total_tokens"],
    }


def groq_usage(usage: Usage) -> Usage:
    times = {"queue_time": 0.01, "prompt_time": 0.002, "completion_time": 0.2, "total_time": 0.202}
    return {**usage, **times}


def deepseek_usage(usage: Usage) -> Usage:
    hits = usage["prompt_tokens_details"]["cached_tokens"]
    return {
        **usage,
        "prompt_cache_hit_tokens": hits,
        "prompt_cache_miss_tokens": usage["prompt_tokens"] - hits,
    }


def openrouter_usage(usage: Usage) -> Usage:
    cost = usage["total_tokens"] / 1_000_000
    return {**usage, "cost": cost, "is_byok": False, "cost_details": {"upstream_inference_cost": cost}}


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect(name="openai", model="gpt-4.1", limits=("max_completion_tokens",), tier="default"),
        Dialect(
            name="xai",
            model="grok-4.6",
            limits=("max_completion_tokens",),
            usage=xai_usage,
            error=xai_error,
        ),
        Dialect(
            name="groq",
            model="openai/gpt-oss-120b",
            path="/openai/v1",
            strict_messages=400,
            usage=groq_usage,
            usage_in="x_groq",
            unasked=True,
            tier="on_demand",
            breaks={
                "choices": [{"index": 0, "delta": {}, "finish_reason": None}],
                "x_groq": {"id": "req_recorded", "error": "over capacity"},
            },
        ),
        Dialect(
            name="deepseek",
            model="deepseek-chat",
            path="",
            limits=("max_tokens",),
            usage=deepseek_usage,
            error=deepseek_error,
            says_when=False,
            comment=": keep-alive\n\n",
            blanks="\n" * 40,
        ),
        Dialect(
            name="mistral",
            model="mistral-large-latest",
            limits=("max_tokens",),
            strict_messages=422,
            refused=frozenset({"stream_options", "max_completion_tokens", "seed", "logit_bias", "user"}),
            usage=lambda usage: {**usage, "prompt_audio_seconds": None, "service_tier": "standard"},
            usage_in="last chunk",
            unasked=True,
            error=mistral_error,
            lacks=("system_fingerprint", "service_tier"),
        ),
        Dialect(
            name="glm",
            model="glm-5",
            path="/api/paas/v4",
            limits=("max_tokens",),
            usage_in="last chunk",
            unasked=True,
            error=glm_error,
            says_when=False,
            fields={"request_id": "recorded"},
            lacks=("object", "system_fingerprint", "service_tier"),
        ),
        Dialect(
            name="openrouter",
            model="anthropic/claude-sonnet-5",
            path="/api/v1",
            usage=openrouter_usage,
            error=openrouter_error,
            fields={"provider": "Anthropic"},
            comment=": OPENROUTER PROCESSING\n\n",
            breaks={
                "error": {"code": "server_error", "message": "Provider disconnected unexpectedly"},
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            },
        ),
        Dialect(name="litellm", model="claude-sonnet-5", error=litellm_error, headers=COST_HEADER),
        Dialect(name="ollama", model="qwen3:8b", usage=three, error=ollama_error, says_when=False),
        Dialect(
            name="vllm",
            model="Qwen/Qwen3-32B",
            usage_in="every chunk",
            error=vllm_error,
            says_when=False,
        ),
        Dialect(
            name="llamacpp",
            model="gpt-oss-20b.gguf",
            usage=three,
            unasked=True,
            error=llamacpp_error,
            says_when=False,
            timings=True,
        ),
    )
}
