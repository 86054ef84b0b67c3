"""What a change would do, before it is made: whom it concerns, who is above it already, and what it would have denied.

The question is answered within two seconds, if need be from a sample of the calls, and the answer says so.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from metering.catalog.served import ModelIndex
from metering.ledger.windows import window_bounds
from metering.models import Budget, PolicyDecision, PolicyRule, Tenant
from metering.money import usd_text
from metering.policy.source import PolicySource, read_policy_rows, read_policy_source
from metering.rules.registry import REGISTRY
from metering.simulation.above_already import Above, AboveAlready, above_already
from metering.simulation.affected import Affected, affected_by, calls_of
from metering.simulation.both_ways import Estimate, both_ways
from metering.simulation.change import Change, Row, row_of
from metering.simulation.last_calls import every_call_denied
from metering.simulation.replay import Tally
from metering.types import Scope, Window
from metering.usage.filters import zone_of

WITHIN_S = 1.5
"""When the replay stops at the latest, from the question on: what is left of two seconds is for the answer."""
DAYS = 7
NO_MODELS = ModelIndex(by_name={}, by_alias={}, by_class={})
NAMED = 5
"""Those above it already who are called by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """The answer. `calls`, what they cost and what would have become of them are of [since, until)."""

    affected: Affected
    above: AboveAlready
    """Who has used up already what a budget would allow."""
    calls: Tally
    denied: Tally
    let_pass: Tally
    """Calls of the log that are denied as things are, and would not be."""
    shortened: Tally
    denied_then: int
    """Calls that the rule or budget has really denied in these days. They are not in the log."""
    since: datetime
    until: datetime
    asked_since: datetime
    """When the days began that were asked about."""
    asked_until: datetime
    estimate: Estimate | None
    """Of a sample, what it makes of all calls of these days."""
    of_calls: int | None
    """How many calls there are in these days; None: counting them takes too long."""
    sampled: bool
    windows_unknown: bool
    asks_twice: bool
    """Whether it would stop every call of the gateway."""
    took_s: float

    @property
    def above_names(self) -> tuple[Above, ...]:
        return self.above.found[:NAMED]


def blast_radius(change: Change, *, now: datetime, within_s: float = WITHIN_S) -> BlastRadius:
    """Carry the change out, look at what would come of it, and undo it. Raises what its verb raises."""
    began_s = time.monotonic()
    zone = zone_of(change.tenant)
    since, _ = window_bounds(Window.DAY, now - timedelta(days=DAYS - 1), timezone=zone)
    chosen = calls_of(change, since=since, until=now)
    affected = affected_by(change, now)
    if change.suspends:
        row, above, found = None, AboveAlready((), is_complete=True), every_call_denied(chosen)
    else:
        looked = _look(change)
        row = looked.row
        above = above_already(_budgets_of(change, looked), tenants=_tenants(change, looked.after), now=now)
        found = both_ways(
            before=looked.before,
            after=looked.after,
            plan_after=change.plan,
            about=(looked.row_before, row),
            chosen=chosen,
            ends_by=began_s + within_s,
        )
    return BlastRadius(
        affected=affected,
        above=above,
        calls=found.total,
        denied=found.denied,
        let_pass=found.let_pass,
        shortened=found.shortened,
        denied_then=_denied_by(row, change, since) if row is not None else 0,
        since=found.since,
        until=found.until,
        asked_since=since,
        asked_until=now,
        estimate=found.estimate,
        of_calls=found.of_calls,
        sampled=found.sampled,
        windows_unknown=found.windows_unknown,
        asks_twice=row is not None and _is_zero_for_all(row),
        took_s=time.monotonic() - began_s,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """The policies as they are and as they would be, and the row that changes."""

    before: PolicySource
    after: PolicySource
    row_before: Row | None
    row: Row | None


def _look(change: Change) -> _Looked:
    """Reads what the question needs: a budget asks nothing of plans' access and models, and a rule changes none."""
    before_rows = read_policy_rows(tenant=change.tenant)
    with transaction.atomic():
        row = row_of(change.apply()) if change.apply is not None else None
        after_rows = read_policy_rows(tenant=change.tenant)
        after = None if row is not None else read_policy_source(tenant=change.tenant)
        transaction.set_rollback(True)
    if isinstance(row, Budget):
        before = PolicySource(rows=before_rows, access={}, models=NO_MODELS)
    else:
        before = read_policy_source(tenant=change.tenant)
    after = after or replace(before, rows=after_rows)
    return _Looked(before=before, after=after, row_before=_same(before, row), row=row)


def _same(source: PolicySource, row: Row | None) -> Row | None:
    """The row as it was."""
    if row is None:
        return None
    groups = source.rows.budgets if isinstance(row, Budget) else source.rows.rules
    return next((one for rows in groups.values() for one in rows if one.pk == row.pk), None)


def _budgets_of(change: Change, looked: _Looked) -> list[Budget]:
    """Those that somebody may be above of: the one that changes, or all of the plan that a tenant moves to."""
    if isinstance(looked.row, Budget):
        changed = _same(looked.after, looked.row)  # one that is switched off is not there
        return [changed] if isinstance(changed, Budget) else []
    if change.plan is None:
        return []
    every = (budget for budgets in looked.after.rows.budgets.values() for budget in budgets)
    return [budget for budget in every if budget.scope == Scope.PLAN and budget.scope_id == change.plan]


def _tenants(change: Change, source: PolicySource) -> Mapping[UUID, Tenant]:
    if change.tenant is not None:
        return {change.tenant.pk: change.tenant}
    rows = Tenant.objects.filter(status=Tenant.Status.ACTIVE)
    if change.scope is Scope.PLAN:
        on_plan = [id_ for id_, used in source.rows.plans.items() if _is_on(used, change.scope_id)]
        rows = rows.filter(pk__in=on_plan)
    return {row.pk: row for row in rows}


def _is_on(used: Mapping[str, Any], plan: str) -> bool:
    return plan in used and bool(used[plan].is_live)


def _denied_by(row: Row, change: Change, since: datetime) -> int:
    denials = PolicyDecision.objects.filter(rule_id=row.pk, verdict="denied", minute__gte=since)
    if change.tenant is not None:
        denials = denials.for_tenant(change.tenant)
    return int(denials.aggregate(calls=Sum("count"))["calls"] or 0)


def stops_everything(change: Change) -> bool:
    """Whether the change sets a limit of zero for the whole gateway. It is carried out and undone."""
    if change.scope is not Scope.GLOBAL or change.apply is None:
        return False
    with transaction.atomic():
        row = row_of(change.apply())
        transaction.set_rollback(True)
    return row is not None and _is_zero_for_all(row)


def _is_zero_for_all(row: Row) -> bool:
    if row.scope != Scope.GLOBAL or not row.is_active:
        return False
    if isinstance(row, PolicyRule):
        return row.value == 0 and REGISTRY[row.key].is_limit
    return row.amount == 0


def radius_facts(radius: BlastRadius) -> dict[str, Any]:
    """As JSON-ready facts: the same for the API and the console. Money as decimal text in US dollars."""
    return {
        "tenants": radius.affected.tenants,
        "tenant_names": list(radius.affected.tenant_names),
        "people": radius.affected.people,
        "tokens": radius.affected.tokens,
        "above_already": len(radius.above.found),
        "above_names": [above.name for above in radius.above_names],
        "above_is_complete": radius.above.is_complete,
        "calls": radius.calls.calls,
        "of_calls": radius.of_calls,
        "denied": radius.denied.calls,
        "denied_cost_usd": usd_text(radius.denied.cost_nano_usd),
        "let_pass": radius.let_pass.calls,
        "let_pass_cost_usd": usd_text(radius.let_pass.cost_nano_usd),
        "shortened": radius.shortened.calls,
        "shortened_saves_usd": usd_text(radius.shortened.cost_nano_usd),
        "denied_then": radius.denied_then,
        "estimate": _estimate_facts(radius.estimate),
        "since": radius.since,
        "until": radius.until,
        "asked_since": radius.asked_since,
        "sampled": radius.sampled,
        "windows_unknown": radius.windows_unknown,
        "asks_twice": radius.asks_twice,
        "took_s": round(radius.took_s, 2),
    }


def _estimate_facts(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "denied": estimate.denied.calls,
        "denied_cost_usd": usd_text(estimate.denied.cost_nano_usd),
        "let_pass": estimate.let_pass.calls,
        "let_pass_cost_usd": usd_text(estimate.let_pass.cost_nano_usd),
        "shortened": estimate.shortened.calls,
        "shortened_saves_usd": usd_text(estimate.shortened.cost_nano_usd),
    }
