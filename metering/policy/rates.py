"""Turns rules about requests and tokens per minute into rate limits: which bucket, and how large. Pure.

`requests_per_minute` of the gateway, a plan or a tenant limits the tenant as a whole, whose calls share one bucket;
a team's, user's, token's, tag's or conversation's rule limits that subject by itself; a provider's rule limits the
provider for all tenants together, an agent's rule that agent. `requests_per_minute_per_user` (and `_per_team`,
`_per_token`, `_per_feature`, `_per_provider`, `_per_agent`, `_per_address`) gives each of them a bucket of its own
within whoever the rule is for. The gateway's own rule about addresses counts an address across tenants. The same for
tokens.

A rule about one task has a bucket of its own for that task. A call without a user or team counts as
`meter_limits` says; without an agent or address it draws from no such bucket.

Calls also draw from the buckets of limits that are observed or warn (`shadow_rates`), without being denied. A rule that
is observed or warns by itself, or is enforced for a share of principals, has a bucket of its own, so that watching it
takes nothing from the rule that is in force; of a share, all principals draw from that one bucket, as they will when it
is enforced for everybody. What only a tenant's or the gateway's mode loosens goes on with its bucket.
"""

from collections.abc import Iterable
from dataclasses import replace

from metering.policy.enforcement import ENFORCE, Modes, mode_for
from metering.policy.merge import Slot, winners
from metering.policy.meter_limits import identified
from metering.policy.values import CallRates, Limits, PolicySubject, RateLimit
from metering.rules.registry import PER_AGENT_DEFAULT, RATE_SUBJECTS
from metering.rules.rule import BASE_SCOPES, Rule, whose
from metering.types import OPERATORS_SCOPES, TOLD_LATE, Dimension, Scope, SubjectType

RATE_KEYS = {"requests_per_minute": Dimension.REQUESTS, "tokens_per_minute": Dimension.TOKENS}


def call_rates(rules: Iterable[Rule], subject: PolicySubject, modes: Modes, *, feature: str) -> CallRates:
    """Return every bucket whose limit is enforced; `feature` is the one that the task belongs to."""
    enforced = [
        rule for rule in rules if mode_for(rule.mode, rule.enforce_percent, modes.principal) is ENFORCE
    ]
    found = _buckets(enforced, subject, modes, feature)
    return found.only(lambda limit: limit if limit.mode is ENFORCE else None)


def shadow_rates(rules: Iterable[Rule], subject: PolicySubject, modes: Modes, *, feature: str) -> CallRates:
    """Return the buckets of limits that are observed or warn. What they would deny is only recorded."""
    found = _buckets(list(rules), subject, modes, feature)
    shadow = found.only(lambda limit: limit if limit.mode is not ENFORCE else None)
    if not shadow.each_agent:
        return shadow
    # An agent whose own rule is in force has no general one in shadow: that would not count for it.
    return replace(shadow, by_agent={agent: shadow.by_agent.get(agent, ()) for agent in found.by_agent})


def _buckets(rules: list[Rule], subject: PolicySubject, modes: Modes, feature: str) -> CallRates:
    each = {per: _each(rules, subject, modes, per) for per in RATE_SUBJECTS}
    always = _whole(rules, subject, modes)
    for per in ("team", "user", "token"):
        subject_type, subject_id = identified(SubjectType(per), subject)
        always += [limit.of_subject(f"{subject_type}:{subject_id}") for limit in each[per]]
    always += [limit.of_subject(feature) for limit in each["feature"]]
    return CallRates(
        always=tuple(always),
        by_provider=_own(rules, modes, Scope.PROVIDER, "rate:{dimension}:provider:{id}:{task}"),
        each_provider=tuple(each["provider"]),
        by_agent=_agents(rules, subject, modes, each["agent"]),
        each_agent=tuple(each["agent"]),
        each_address=tuple(each["address"]),
    )


def _whole(rules: list[Rule], subject: PolicySubject, modes: Modes) -> list[RateLimit]:
    """Return the buckets that the tenant, team, user and token have as a whole."""
    return [
        _rate_limit(rule, dimension, f"rate:{dimension}:{slot.scope}:{subject_id}:{rule.task or '*'}", modes)
        for key, dimension in RATE_KEYS.items()
        for slot, rule in winners(_of_key(rules, key)).items()
        if (subject_id := _subject_id(slot, subject)) is not None
    ]


def _each(rules: list[Rule], subject: PolicySubject, modes: Modes, per: str) -> list[RateLimit]:
    """Return the buckets that each agent (or other) has within tenant, team, user and token; keys lack their end."""
    limits: list[RateLimit] = []
    for key, dimension in RATE_KEYS.items():
        best = winners(_of_key(rules, f"{key}_per_{per}"))
        has_base = any(slot.scope is Scope.TENANT for slot in best)
        if per == "agent" and dimension is Dimension.REQUESTS and not has_base:
            limits.append(_default_per_agent(subject, modes))
        for slot, rule in best.items():
            subject_id = _subject_id(slot, subject)
            if subject_id is None:
                continue
            within = f"{slot.scope}:{subject_id}"
            if per == "address" and rule.scope is Scope.GLOBAL:
                within = "global:"  # see RateLimit.shared
            prefix = f"rate:{dimension}:{within}:{rule.task or '*'}:{per}:"
            limits.append(_rate_limit(rule, dimension, prefix, modes, per=per))
    return limits


def _own(rules: list[Rule], modes: Modes, scope: Scope, key: str) -> dict[str, Limits]:
    """Return the buckets of the providers or agents that have rules of their own, by name."""
    best: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        if rule.scope is scope and rule.key in RATE_KEYS:
            known = best.get((rule.scope_id, rule.key))
            if known is None or _order(rule) > _order(known):
                best[rule.scope_id, rule.key] = rule
    found: dict[str, Limits] = {}
    for (scope_id, name), rule in best.items():
        dimension = RATE_KEYS[name]
        bucket = key.format(dimension=dimension, id=scope_id, task=rule.task or "*")
        found[scope_id] = (*found.get(scope_id, ()), _rate_limit(rule, dimension, bucket, modes))
    return found


def _agents(
    rules: list[Rule], subject: PolicySubject, modes: Modes, each: list[RateLimit]
) -> dict[str, Limits]:
    """Return the buckets of the agents that have rules of their own, by agent.

    Such a rule takes the place of the tenant's rule about each agent for its dimension, and goes on with its bucket.
    What a team, user or token allows each agent stays.
    """
    own = _own(
        rules, modes, Scope.AGENT, f"rate:{{dimension}}:tenant:{subject.tenant_id}:{{task}}:agent:{{id}}"
    )
    return {
        agent: (
            *limits,
            *[
                general.of_subject(agent)
                for general in each
                if general.scope not in BASE_SCOPES
                or general.dimension not in {limit.dimension for limit in limits}
            ],
        )
        for agent, limits in own.items()
    }


def _rate_limit(rule: Rule, dimension: Dimension, key: str, modes: Modes, *, per: str = "") -> RateLimit:
    each = f" per {per}" if per else ""
    in_shadow = rule.mode is not ENFORCE or rule.enforce_percent < 100
    return RateLimit(
        key=f"shadow:{rule.id}:{key}" if in_shadow else key,
        dimension=dimension,
        per_minute=int(rule.value),
        scope=rule.scope,
        name=f"{whose(rule.scope, rule.scope_id)} {dimension}/minute{each}",
        per=per,
        mode=modes.of_limit(rule.mode, rule.enforce_percent, operators_own=rule.scope in OPERATORS_SCOPES),
        rule_id=rule.id,
    )


def _default_per_agent(subject: PolicySubject, modes: Modes) -> RateLimit:
    return RateLimit(
        key=f"rate:{Dimension.REQUESTS}:tenant:{subject.tenant_id}:*:agent:",
        dimension=Dimension.REQUESTS,
        per_minute=PER_AGENT_DEFAULT,
        scope=Scope.GLOBAL,
        name=f"default {Dimension.REQUESTS}/minute per agent",
        per="agent",
        mode=modes.overall,
    )


def _of_key(rules: list[Rule], key: str) -> list[Rule]:
    return [rule for rule in rules if rule.key == key and rule.scope not in TOLD_LATE]


def _subject_id(slot: Slot, subject: PolicySubject) -> str | None:
    """Whose bucket a slot's is, by a name that no other tenant has; None where the caller has no such subject."""
    if slot.label:
        return f"{subject.tenant_id}:{slot.label}"
    found = subject.id_in(slot.scope)
    return None if found is None else str(found)


def _order(rule: Rule) -> tuple[bool, bool, int, object]:
    return rule.task is not None, rule.condition is not None, rule.priority, rule.id
