"""Rules about requests and tokens per minute become rate limits: which bucket, how large. Pure.

A rule of the gateway, a plan or a tenant limits the tenant as a whole, whose calls share one bucket; a team's,
a user's or a token's rule limits that subject by itself. A rule about one task has a bucket of its own for that
task. Only enforced rules of a tenant in mode `enforce` limit anything, as with every other limit.
"""

from collections.abc import Iterable

from metering.policy.merge import Rule, winners
from metering.policy.rate_limit import RateLimit
from metering.policy.values import PolicySubject
from metering.types import Dimension, EnforcementMode, Scope

RATE_KEYS = {"requests_per_minute": Dimension.REQUESTS, "tokens_per_minute": Dimension.TOKENS}


def rate_limits(
    rules: Iterable[Rule], subject: PolicySubject, mode: EnforcementMode
) -> tuple[RateLimit, ...]:
    """Every bucket that a call of the subject draws from."""
    if mode is not EnforcementMode.ENFORCE:
        return ()
    enforced = [rule for rule in rules if rule.mode is EnforcementMode.ENFORCE]
    return tuple(
        rate_limit(rule, dimension, slot, subject_id)
        for key, dimension in RATE_KEYS.items()
        for slot, rule in winners(rule for rule in enforced if rule.key == key).items()
        if (subject_id := _subject_id(slot, subject)) is not None
    )


def rate_limit(rule: Rule, dimension: Dimension, slot: Scope, subject_id: str) -> RateLimit:
    """The bucket of one subject under one rule; any kind of subject may have one."""
    return RateLimit(
        key=f"rate:{dimension}:{slot}:{subject_id}:{rule.task or '*'}",
        dimension=dimension,
        per_minute=int(rule.value),
        scope=rule.scope,
        name=f"{rule.scope} {dimension}/minute",
    )


def _subject_id(slot: Scope, subject: PolicySubject) -> str | None:
    identifier = {
        Scope.TENANT: subject.tenant_id,
        Scope.TEAM: subject.team_id,
        Scope.USER: subject.user_id,
        Scope.TOKEN: subject.token_id,
    }[slot]
    return str(identifier) if identifier is not None else None
