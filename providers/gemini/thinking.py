"""How hard a Gemini model is to think, and whether it may think unseen."""

import re
from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.traits import Traits, may_hide_reasoning
from providers.translated.refusal import word_at

BUDGETS = {"none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}
"""Tokens of models before 3, as Google's own OpenAI-shaped door has them."""
LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "XHIGH"}
_BEFORE_3 = re.compile(r"(?:^|/)gemini-(?:1|2)[.\-]", re.IGNORECASE)


def thinking_of(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The field `thinkingConfig`; nothing where the request does not say. Raises ProviderError."""
    effort = body.get("reasoning_effort")
    if effort is None:
        return {}
    known = BUDGETS if has_budget(model) else LEVELS
    effort = word_at(effort, "reasoning_effort", known)
    amount: dict[str, Any] = (
        {"thinkingBudget": BUDGETS[effort]} if has_budget(model) else {"thinkingLevel": LEVELS[effort]}
    )
    return amount if effort == "none" else {**amount, "includeThoughts": True}


def has_budget(model: str) -> bool:
    """Whether it is a model from before levels, which asks for no signature either."""
    return bool(_BEFORE_3.search(model))


def may_think(body: Mapping[str, Any], model: str, traits: Mapping[str, Any]) -> bool:
    """Whether it may generate what a cut answer does not show: thoughts are summarised, or left out."""
    effort = body.get("reasoning_effort")
    if effort is not None:
        return bool(effort != "none")
    declared = traits.get("reasoning")
    return may_hide_reasoning(model, Traits(reasoning=declared if isinstance(declared, bool) else None))
