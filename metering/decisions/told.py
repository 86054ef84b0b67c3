"""What a tenant's people are told of decisions about limits that all tenants share.

Messages and traces of today keep such a limit's figures from them. Decisions from before it was so may still be stored
(forget.py), with figures in their messages, and a provider's limit is not marked as shared in their traces.
"""

from collections.abc import Iterable

from metering.models import Budget, PolicyDecision
from metering.policy.meter_limits import SHARED
from metering.types import Scope

NOT_TOLD = "A limit that all tenants share has no room."
FIGURES = (" used and ", " are there now", " are in flight under ")
"""What the messages with figures contain."""


def told_to_tenant(rows: Iterable[PolicyDecision]) -> list[PolicyDecision]:
    """The decisions, without what all tenants together have used. At most one query, and seldom that."""
    found = list(rows)
    suspects = [row for row in found if _may_tell(row)]
    if suspects:
        own = Budget.objects.filter(pk__in={row.rule_id for row in suspects}).exclude(per__in=SHARED)
        budgets_of_one = set(own.values_list("pk", flat=True))
        for row in suspects:
            if row.rule_id not in budgets_of_one:
                _hide(row)
    return found


def _may_tell(row: PolicyDecision) -> bool:
    scope = row.rule.partition(" ")[0]
    if scope == Scope.PROVIDER:
        return any(words in row.message for words in FIGURES)
    return scope == Scope.GLOBAL and FIGURES[0] in row.message


def _hide(row: PolicyDecision) -> None:
    row.message = NOT_TOLD
    if "trace" not in row.get_deferred_fields():
        row.trace = [
            {**step, "shared": True} if step.get("source_id") == str(row.rule_id) else step
            for step in row.trace
        ]
