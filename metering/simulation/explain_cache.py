"""Explain whether one imagined request would be looked up in the answer cache, by the terms that a real one gets."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from metering.admission.demand import Asker
from metering.answer_cache import reasons
from metering.answer_cache.terms import Status, Terms, terms_of
from metering.answer_cache.wish import HEADER, read_wish
from metering.policy.source import PolicySource
from metering.ports import Body
from metering.simulation.explain import policy_at
from metering.tags import Tags

WHY = {
    reasons.SAMPLED: "Its temperature is not 0, so its answer would be another one the next time.",
    reasons.CHOICES: "It asks for several answers.",
    reasons.TOOL_RESULTS: "Its messages contain results of tools.",
}
"""The reasons that an imagined request can have."""


class ImaginedBody(Struct, frozen=True, kw_only=True):
    """What of a request matters to the cache, besides who asks."""

    header: str = ""
    """Of x-gateway-cache; empty: it has none."""
    temperature: float | None = None
    choices: int = 1
    tool_results: bool = False

    def as_body(self) -> Body:
        role = "tool" if self.tool_results else "user"
        return {
            "messages": [{"role": role, "content": ""}],
            "temperature": self.temperature,
            "n": self.choices,
        }


def explain_cache(
    *,
    source: PolicySource,
    asker: Asker,
    task: str,
    now: datetime,
    imagined: ImaginedBody,
    tags: Tags = (),
    conversation_id: str | None = None,
) -> dict[str, Any]:
    """`status`, `reason`, `ttl_s` and a sentence. Whether the answer is kept at that moment is not looked for, as an
    imagined request has no content.

    Raises InvalidRequest for a header that says nothing known, and NotFound as `explain_call` does.
    """
    policy = policy_at(source, asker.subject, task, now)
    policy = policy.for_labels(tags, conversation_id)
    wish = read_wish(imagined.header) if imagined.header else None
    terms = terms_of(policy, wish, imagined.as_body())
    return {
        "status": terms.status.value if terms is not None else None,
        "reason": (terms.reason or None) if terms is not None else None,
        "ttl_s": terms.ttl_s if terms is not None and terms.is_on else None,
        "message": _said(terms, by_rule=policy.number("cache_ttl_s") == 0),
    }


def _said(terms: Terms | None, *, by_rule: bool) -> str:
    if terms is None:
        return f"Nobody asks for the cache: neither a rule cache_ttl_s above 0 nor a header {HEADER}."
    if terms.status is Status.OFF:
        return f"The cache is switched off by {'a rule' if by_rule else 'the header'}."
    if terms.status is Status.BYPASS:
        return f"It is neither looked up nor kept. {WHY[terms.reason]} `{HEADER}: use; any` asks for it all the same."
    kept = f"its answer is kept for {terms.ttl_s} s, if it is one to keep"
    if terms.status is Status.REFRESH:
        return f"The vendor is asked, and {kept}."
    return (
        f"If the same request was answered within the last {terms.ttl_s} s, it gets that answer, which needs no room "
        f"in any budget; else the vendor is asked, and {kept}."
    )
