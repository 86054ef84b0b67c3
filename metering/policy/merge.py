"""How rules of several scopes become one value. Pure.

The order is total: scope (global, plan, tenant, team, user, token), then rules about the task before
rules about every task, then priority, then the newer rule (ids are ordered by time). Up to the tenant the
last one in this order counts, so that a super admin may raise or lower; team, user and token rules
only tighten (`Merge`). Only rules in mode `enforce` decide the value in force. Rules with conditions
do not count until conditions are evaluated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from metering.policy.registry import REGISTRY, Merge, RuleKey
from metering.policy.values import Setting
from metering.types import EnforcementMode, Scope

BASE_SCOPES = (Scope.GLOBAL, Scope.PLAN, Scope.TENANT)
NARROW_SCOPES = (Scope.TEAM, Scope.USER, Scope.TOKEN)
_RANK = {scope: rank for rank, scope in enumerate(BASE_SCOPES + NARROW_SCOPES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of PolicyRule that applies to the subject and the task."""

    id: UUID
    scope: Scope
    task: str | None
    key: str
    value: int | str
    scope_id: str = ""
    """Which provider or agent; nobody else's rules are read for others."""
    priority: int = 0
    mode: EnforcementMode = EnforcementMode.ENFORCE

    @property
    def order(self) -> tuple[int, bool, int, UUID]:
        return _RANK[self.scope], self.task is not None, self.priority, self.id


def winners(rules: Iterable[Rule]) -> dict[Scope, Rule]:
    """One rule of one key for each scope that has its own say: the base (as TENANT), team, user, token."""
    best: dict[Scope, Rule] = {}
    for rule in rules:
        slot = Scope.TENANT if rule.scope in BASE_SCOPES else rule.scope
        if slot not in best or rule.order > best[slot].order:
            best[slot] = rule
    return best


def merge_settings(rules: Iterable[Rule]) -> dict[str, Setting]:
    """The value in force for every key that an enforced rule sets."""
    by_key: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.mode is EnforcementMode.ENFORCE and rule.key in REGISTRY:
            by_key.setdefault(rule.key, []).append(rule)
    return {key: _merge(REGISTRY[key], winners(of_key)) for key, of_key in by_key.items()}


def _merge(spec: RuleKey, best: dict[Scope, Rule]) -> Setting:
    chosen: Rule | None = None
    for slot in (Scope.TENANT, *NARROW_SCOPES):
        rule = best.get(slot)
        if rule is not None and (chosen is None or _narrows(spec, rule.value, chosen.value)):
            chosen = rule
    if chosen is None:
        raise AssertionError("a key is merged only where it has a rule")
    return Setting(value=chosen.value, scope=chosen.scope, rule_id=chosen.id)


def _narrows(spec: RuleKey, value: int | str, current: int | str) -> bool:
    if spec.merge is Merge.REPLACE:
        return True
    if spec.merge is Merge.STRICTER:
        return spec.choices.index(str(value)) > spec.choices.index(str(current))
    return int(value) < int(current)
