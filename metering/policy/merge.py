"""Merges the rules of several scopes into one value for each key. Pure.

1. Global, plan and tenant rules form the base. The last one in the order of `rules/rule.py` counts, so a super admin
   may raise or lower a limit.
2. Team, user and token rules, and those of the call's tags and conversation, only tighten the base. All of them
   hold, so the strictest counts.
3. For a preference (`Merge.REPLACE`) the last of all rules counts.
4. Of what rules name together (`Merge.UNION`) everything counts that any of them names.

A rule whose mode is observe or warn, by itself or for this principal, leaves the other rules in force. So does a rule
whose condition does not hold. The shadow settings say what would be in force if those rules were enforced.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from metering.policy.enforcement import Modes, mode_for
from metering.policy.values import Setting
from metering.rules.registry import REGISTRY
from metering.rules.rule import BASE_SCOPES, NARROW_SCOPES, Rule
from metering.rules.rule_key import Merge, RuleKey
from metering.tags import read_keys
from metering.types import EnforcementMode, Scope

ENFORCE = EnforcementMode.ENFORCE
SWITCHES = ("enforcement", "enforcement_percent")


class Slot(NamedTuple):
    """The subject whose limit a rule is: the base (as TENANT), a team, user, token, tag or conversation. Each counts
    by itself.

    Narrow rules about a task and about every task have slots of their own, because both hold.
    """

    scope: Scope
    task: str | None
    label: str = ""
    """The tag or the conversation."""


def winners(rules: Iterable[Rule]) -> dict[Slot, Rule]:
    """Choose the rule of a numeric key that counts in each slot: the last one of the base, the strictest elsewhere."""
    best: dict[Slot, Rule] = {}
    for rule in rules:
        if rule.scope in BASE_SCOPES:
            slot = Slot(Scope.TENANT, None)
            wins = slot not in best or rule.order > best[slot].order
        else:
            slot = Slot(rule.scope, rule.task, "" if rule.scope in NARROW_SCOPES else rule.scope_id)
            wins = slot not in best or _stands_before(REGISTRY[rule.key], rule, best[slot])
        if wins:
            best[slot] = rule
    return best


def winner(rules: Iterable[Rule]) -> Rule | None:
    """Choose the rule of one key whose value counts. Returns None if there is no rule."""
    chosen: Rule | None = None
    ordered = sorted(rules, key=lambda rule: rule.order)
    if ordered and REGISTRY[ordered[0].key].merge is Merge.UNION:
        return _united(ordered)
    for rule in ordered:
        spec = REGISTRY[rule.key]
        current = chosen.value if chosen is not None else spec.default
        if (
            rule.scope in BASE_SCOPES
            or spec.merge is Merge.REPLACE
            or current is None
            or spec.strictness(rule.value) > spec.strictness(current)
        ):
            chosen = rule
    return chosen


def modes_of(rules: Iterable[Rule], tenant: EnforcementMode, principal: UUID | None) -> Modes:
    """Work out the modes around the subject's limits from the rules `enforcement` and `enforcement_percent`."""
    found = {
        key: chosen.value
        for key, of_key in by_key(rules).items()
        if key in SWITCHES and (chosen := winner(rule for rule in of_key if rule.mode is ENFORCE)) is not None
    }
    mode = EnforcementMode(str(found.get("enforcement", ENFORCE)))
    percent = int(found.get("enforcement_percent", 100))
    return Modes(switch=mode_for(mode, percent, principal), tenant=tenant, principal=principal)


def merge_settings(rules: Iterable[Rule], modes: Modes) -> tuple[dict[str, Setting], dict[str, Setting]]:
    """Return the settings in force, and those that would be tighter if observed rules were enforced; both by key."""
    in_force: dict[str, Setting] = {}
    shadow: dict[str, Setting] = {}
    for key, of_key in by_key(rules).items():
        spec = REGISTRY[key]
        enforced = winner(
            rule for rule in of_key if mode_for(rule.mode, rule.enforce_percent, modes.principal) is ENFORCE
        )
        if enforced is not None:
            setting = _setting(enforced, modes, spec)
            (in_force if setting.mode is ENFORCE else shadow)[key] = setting
        if spec.is_limit and (other := winner(of_key)) is not enforced and other is not None:
            setting = _setting(other, modes, spec)
            if setting.mode is not ENFORCE and (
                key not in in_force or _tighter(spec, setting, in_force[key])
            ):
                shadow[key] = setting
    return in_force, shadow


def by_key(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """Group the rules by key, without those of unknown keys."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.key in REGISTRY:
            found.setdefault(rule.key, []).append(rule)
    return found


def _united(rules: list[Rule]) -> Rule:
    """What all of them name, as the last rule that adds something; those that are only watched come last."""
    named: set[str] = set()
    chosen = rules[0]
    for rule in sorted(rules, key=lambda rule: rule.mode is not ENFORCE):
        keys = read_keys(rule.value)
        if not named.issuperset(keys):
            named.update(keys)
            chosen = rule
    return replace(chosen, value=",".join(sorted(named)))


def _setting(rule: Rule, modes: Modes, spec: RuleKey) -> Setting:
    mode = ENFORCE
    if spec.is_limit:
        mode = modes.of_limit(rule.mode, rule.enforce_percent, operators_own=rule.scope is Scope.GLOBAL)
    return Setting(value=rule.value, scope=rule.scope, scope_id=rule.scope_id, rule_id=rule.id, mode=mode)


def _tighter(spec: RuleKey, one: Setting, other: Setting) -> bool:
    return spec.strictness(one.value) > spec.strictness(other.value)


def _stands_before(spec: RuleKey, rule: Rule, other: Rule) -> bool:
    """Whether `rule` is stricter than `other`, or as strict and earlier in the order."""
    one, two = spec.strictness(rule.value), spec.strictness(other.value)
    return one > two or (one == two and rule.order < other.order)
