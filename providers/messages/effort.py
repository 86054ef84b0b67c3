"""How hard the caller wants a model to think, in the chat protocol's words."""

from collections.abc import Mapping
from typing import Any

from providers.translated.refusal import mapping_at, refusal, word_at

EFFORTS = ("low", "medium", "high", "xhigh", "max")
LEAST_BUDGETS = {"high": 16_384, "medium": 4_096, "low": 0}
"""From how many tokens of a budget on it is called so: halfway between those that Claude gets for these words."""
KINDS = ("enabled", "adaptive", "disabled")


def effort_of(body: Mapping[str, Any]) -> str | None:
    """`reasoning_effort`; None: the caller leaves it to the model. Raises ProviderError."""
    config = mapping_at(body.get("output_config") or {}, "output_config")
    effort = config.get("effort")
    if effort is not None:
        word_at(effort, "output_config.effort", EFFORTS)
    thinking = mapping_at(body.get("thinking") or {}, "thinking")
    if not thinking:
        return effort
    kind = word_at(thinking.get("type"), "thinking.type", KINDS)
    if thinking.get("display") is not None:
        word_at(thinking["display"], "thinking.display", ("summarized", "omitted"))
    if kind == "disabled":
        return "none"
    if kind == "enabled" and effort is None:
        return _effort_for(thinking.get("budget_tokens"))
    return effort


def _effort_for(budget: object) -> str:
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
        raise refusal("thinking.budget_tokens", "has to be a number of tokens")
    return next(effort for effort, least in LEAST_BUDGETS.items() if budget >= least)


def shows_thinking(asked: Mapping[str, Any]) -> bool:
    """Whether the caller wants to read what the model thinks, if the vendor shows it. Who says nothing of it expects
    the text in the first block.
    """
    thinking = asked.get("thinking")
    if not isinstance(thinking, Mapping):
        return False
    return thinking.get("type") != "disabled" and thinking.get("display") != "omitted"
