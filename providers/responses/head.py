"""The Response object around the output: what was asked, repeated as OpenAI repeats it, the state, and the usage."""

from collections.abc import Mapping
from typing import Any

from providers.port import Usage
from providers.responses.marks import made_id

TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
"""Service tiers that OpenAI's SDK knows; what others call their own is said to be the plain one."""
PLAIN_TIER = "default"
ECHOED = (
    *("instructions", "max_output_tokens", "max_tool_calls", "prompt_cache_key", "prompt_cache_retention"),
    *("safety_identifier", "temperature", "top_p", "user"),
)
"""Fields of the request that the answer repeats, or says to be null."""
FINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a choice ended → why the answer is incomplete; with any other word it is complete."""


def response(
    asked: Mapping[str, Any], *, seed: str, model: str, created_at: int, service_tier: object
) -> dict[str, Any]:
    """A Response that has begun. Nothing is stored, whatever was asked."""
    tools = asked.get("tools")
    text, reasoning, metadata = _part(asked, "text"), _part(asked, "reasoning"), _part(asked, "metadata")
    parallel = asked.get("parallel_tool_calls")
    return {
        "id": made_id("resp", seed),
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        **{name: asked.get(name) for name in ECHOED},
        "metadata": metadata,
        "model": model,
        "output": [],
        "parallel_tool_calls": parallel if isinstance(parallel, bool) else True,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": known_tier(service_tier),
        "store": False,
        "text": {
            "format": text.get("format") or {"type": "text"},
            "verbosity": text.get("verbosity") or "medium",
        },
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": [_tool(tool) for tool in (tools if isinstance(tools, list) else ())],
        "top_logprobs": asked.get("top_logprobs") or 0,
        "truncation": "disabled",
        "usage": None,
    }


def known_tier(named: object) -> str:
    """The service tier in OpenAI's words."""
    return named if isinstance(named, str) and named in TIERS else PLAIN_TIER


def state_of(finish: object, now_s: int) -> dict[str, Any]:
    """The fields that say how it ended."""
    reason = FINISHED.get(finish) if isinstance(finish, str) else None
    if reason is None:
        return {"status": "completed", "completed_at": now_s}
    return {"status": "incomplete", "incomplete_details": {"reason": reason}}


def usage_object(usage: Usage) -> dict[str, Any]:
    """Usage in this protocol, in which every part is inside its whole."""
    given, made = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": given,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": given + made,
    }


def _part(asked: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = asked.get(name)
    return part if isinstance(part, Mapping) else {}


def _tool(tool: Any) -> Any:
    """A tool as it was offered; a function has all its fields in an answer."""
    if not isinstance(tool, Mapping) or tool.get("type") != "function":
        return tool
    return {"description": None, "parameters": None, "strict": None, **tool}
