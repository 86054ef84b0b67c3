"""How hard a Claude model is to think, and whether it may think unseen."""

from collections.abc import Mapping
from typing import Any

from providers.translated.refusal import mapping_at, refusal, word_at

LEAST_BUDGET = 1_024
"""Tokens; the budget has to be less than the output limit, of which thinking is a part."""
BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 24_576, "xhigh": 32_768, "max": 32_768}
EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
FOR_THE_ANSWER = 5
"""A fifth of the limit at least is not for thinking."""
WITH_A_BUDGET = (
    "claude-3",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-opus-4-2025",
    "claude-sonnet-4-0",
    "claude-sonnet-4-5",
    "claude-sonnet-4-2025",
    "claude-haiku-4-5",
)
"""How the names of models begin that know no effort. The list is closed: newer ones think as much as they see fit."""
ONLY_WHEN_ASKED = ("claude-2", "claude-3", "claude-opus-4", "claude-sonnet-4", "claude-haiku-4")
"""Models that do not think unless the request says so."""


def thinking_of(body: Mapping[str, Any], model: str, limit: int) -> dict[str, Any]:
    """The fields `thinking` and `output_config` of a request. Raises ProviderError."""
    own, effort = body.get("thinking"), body.get("reasoning_effort")
    if own is not None:
        if effort is not None:
            raise refusal("reasoning_effort", "cannot be given together with `thinking`")
        return {"thinking": mapping_at(own, "thinking")}
    if effort is None:
        return {}
    effort = word_at(effort, "reasoning_effort", ("none", *EFFORTS))
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if not bare(model).startswith(WITH_A_BUDGET):
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": EFFORTS[effort]}}
    if limit <= LEAST_BUDGET:
        raise refusal("reasoning_effort", f"needs an output limit of more than {LEAST_BUDGET:,} tokens here")
    most = limit - max(limit // FOR_THE_ANSWER, 1)
    budget = max(LEAST_BUDGET, min(BUDGETS[effort], most))
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def may_think(body: Mapping[str, Any], model: str, traits: Mapping[str, Any]) -> bool:
    """Whether it may generate what a cut answer does not show: thoughts are summarised, or left out."""
    own, effort = body.get("thinking"), body.get("reasoning_effort")
    if effort == "none" or (isinstance(own, Mapping) and own.get("type") == "disabled"):
        return False
    if own is not None or effort is not None:
        return True
    declared = traits.get("reasoning")
    return declared if isinstance(declared, bool) else not bare(model).startswith(ONLY_WHEN_ASKED)


def bare(model: str) -> str:
    """Without the names of hosts that some proxies put in front."""
    return model.rpartition("/")[2].lower()
