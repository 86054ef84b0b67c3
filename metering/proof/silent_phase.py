"""Whether a tenant whose limits are only observed may be enforced, and what would have been denied.

1. The calls of the period are judged again by the gateway's own plan of admission, as if the tenant was enforced: which
   of them would have been denied, by which limit, whose they were and what they cost.
2. The decision log says what the limits really had to say as the calls came.
3. Both, how long the phase was and how sure its figures are make the answer, with a sentence for each objection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Sum

from metering.decisions.decision import Verdict
from metering.decisions.report import DecisionFilter
from metering.models import ATIToken, AuditEvent, Tenant, User
from metering.money import usd_text
from metering.policy.source import read_policy_source
from metering.proof.accuracy import accuracy
from metering.proof.service_levels import share_text
from metering.proof.targets import ACCURACY
from metering.reports.sums import total
from metering.simulation.replay import Progress, Replayed, Tally, replay
from metering.types import EnforcementMode
from metering.usage.filters import UsageFilter

ENOUGH = timedelta(days=7)
"""How long a silent phase is, as the documents have it: a week has all days of a week."""
FEW_DENIED = Decimal("0.01")
"""More than this share of calls denied, and somebody should look at the limits first."""
MOST_NAMED = 50
"""Principals that are named, those with most denials first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Calls that would have been denied, with what they cost, of one principal."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentPhase:
    """The answer for one tenant."""

    tenant: Tenant
    since: datetime
    until: datetime
    mode_since: datetime
    """Since when the tenant has had its mode."""
    replayed: Replayed
    by_whom: tuple[Denied, ...]
    observed: Mapping[str, int]
    """What the decision log has of the period: calls by the rule that would have denied them."""
    exact_share: Decimal | None
    objections: tuple[str, ...]
    """Empty: it may be switched."""

    @property
    def may_switch(self) -> bool:
        return not self.objections

    @property
    def denied_share(self) -> Decimal | None:
        calls = self.replayed.total.calls
        return Decimal(self.replayed.denied.calls) / calls if calls else None


def silent_phase(
    tenant: Tenant,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    most_calls: int | None = None,
    most_before: int | None = None,
    progress: Progress = lambda share, calls: None,
) -> SilentPhase:
    """Of the calls of [since, until). `most_calls` and `most_before` bound the replay where somebody waits for it.

    Raises InvalidRequest as `replay` does.
    """
    replayed = replay(
        source=read_policy_source(tenant=tenant, after=partial(_enforce, tenant)),
        since=since,
        until=until,
        tenant=tenant,
        most_calls=most_calls,
        most_before=most_before,
        progress=progress,
    )
    mode_since = _mode_since(tenant)
    exact = accuracy_of(tenant, since, until)
    return SilentPhase(
        tenant=tenant,
        since=since,
        until=until,
        mode_since=mode_since,
        replayed=replayed,
        by_whom=tuple(_named(replayed)),
        observed=_observed(tenant, since, until),
        exact_share=exact,
        objections=tuple(_objections(tenant, replayed, since, until, mode_since, exact, now)),
    )


def _enforce(tenant: Tenant) -> None:
    """As if it was; who calls this undoes it."""
    Tenant.objects.filter(pk=tenant.pk).update(enforcement_mode=EnforcementMode.ENFORCE.value)


def _mode_since(tenant: Tenant) -> datetime:
    changes = AuditEvent.objects.filter(
        action="tenant.changed", object_id=str(tenant.pk), facts__has_key="enforcement_mode"
    )
    last = changes.order_by("-at").values_list("at", flat=True).first()
    return last if last is not None else tenant.created_at


def accuracy_of(tenant: Tenant, since: datetime, until: datetime) -> Decimal | None:
    """The share of the tenant's cost whose figures are the vendors' own."""
    figures = total(UsageFilter(tenant=tenant, since=since, until=until))
    cost = figures.cost_nano_usd
    return 1 - Decimal(figures["estimated_nano_usd"]) / cost if cost else None


def _objections(
    tenant: Tenant,
    replayed: Replayed,
    since: datetime,
    until: datetime,
    mode_since: datetime,
    exact: Decimal | None,
    now: datetime,
) -> Iterator[str]:
    if tenant.enforcement_mode == EnforcementMode.ENFORCE:
        yield "The tenant is enforced already."
        return
    if not replayed.total.calls:
        yield "There were no calls in these days."
    watched = until - max(since, mode_since)
    if watched < ENOUGH:
        days = max(watched / timedelta(days=1), 0)
        yield f"The limits were observed for {days:.1f} of these days; wait until there are {ENOUGH.days}."
    share = Decimal(replayed.denied.calls) / replayed.total.calls if replayed.total.calls else Decimal(0)
    if share > FEW_DENIED:
        yield (
            f"{100 * share:.1f} % of the calls would have been denied, more than {100 * FEW_DENIED:.0f} %: look at "
            "the limits below first."
        )
    if replayed.stopped_early:
        yield "There are more calls than could be looked at here; manage.py silent_phase looks at all of them."
    if exact is not None and exact < ACCURACY:
        yield f"{100 * (1 - exact):.2f} % of the cost is estimated, more than {100 * (1 - ACCURACY):.1f} %."
    found = accuracy(since=since, until=until).deviation
    if found is not None and found.accuracy is not None and found.accuracy < ACCURACY:
        yield (
            f"The vendors' reports differ from what was metered by {100 * (1 - found.accuracy):.2f} %, more than "
            f"{100 * (1 - ACCURACY):.1f} %."
        )


def _named(replayed: Replayed) -> Iterator[Denied]:
    most = sorted(replayed.by_principal.items(), key=lambda item: (-item[1].calls, str(item[0])))[:MOST_NAMED]
    users = _names(User, "email", [user for (user, _), _ in most])
    tokens = _names(ATIToken, "prefix", [token for (user, token), _ in most if user is None])
    for (user, token), tally in most:
        name = users.get(user) if user is not None else tokens.get(token)
        yield Denied(name=name or str(user or token or "nobody"), tally=tally)


def _names(noun: Any, column: str, ids: list[UUID | None]) -> dict[UUID | None, str]:
    return dict(
        noun.objects.filter(pk__in=[each for each in ids if each is not None]).values_list("pk", column)
    )


def _observed(tenant: Tenant, since: datetime, until: datetime) -> Mapping[str, int]:
    chosen = DecisionFilter(tenant=tenant, since=since, until=until)
    rows = chosen.rows().filter(verdict__in=[Verdict.OBSERVED.value, Verdict.WARNED.value])
    counted = rows.order_by().values("rule").annotate(n=Sum("count")).order_by("-n", "rule")
    return {row["rule"]: row["n"] for row in counted[:MOST_NAMED]}


def phase_facts(found: SilentPhase) -> dict[str, Any]:
    """As JSON-ready facts; money as decimal text in US dollars."""
    replayed = found.replayed
    return {
        "tenant": found.tenant.slug,
        "mode": found.tenant.enforcement_mode,
        "mode_since": found.mode_since,
        "since": found.since,
        "until": found.until,
        "may_switch": found.may_switch,
        "objections": list(found.objections),
        "calls": replayed.total.calls,
        "cost_usd": usd_text(replayed.total.cost_nano_usd),
        "denied": replayed.denied.calls,
        "denied_usd": usd_text(replayed.denied.cost_nano_usd),
        "denied_share": share_text(found.denied_share),
        "shortened": replayed.shortened.calls,
        "exact_share": share_text(found.exact_share),
        "stopped_early": replayed.stopped_early,
        "by_rule": [
            _tally_facts({"rule": rule, "code": code}, tally) for (rule, code), tally in rules_of(replayed)
        ],
        "by_whom": [_tally_facts({"who": each.name}, each.tally) for each in found.by_whom],
        "still_not_enforced": [
            _tally_facts({"rule": rule, "code": code}, tally)
            for (rule, code), tally in _most_first(replayed.would_deny)
        ],
        "observed_live": [{"rule": rule, "calls": calls} for rule, calls in found.observed.items()],
    }


def rules_of(replayed: Replayed) -> list[tuple[tuple[str, str], Tally]]:
    """Rules with their codes that would have denied, the most calls first."""
    return _most_first(replayed.by_rule)


def _most_first(tallies: Mapping[tuple[str, str], Tally]) -> list[tuple[tuple[str, str], Tally]]:
    return sorted(tallies.items(), key=lambda item: (-item[1].calls, item[0]))


def _tally_facts(named: dict[str, str], tally: Tally) -> dict[str, Any]:
    return {**named, "calls": tally.calls, "cost_usd": usd_text(tally.cost_nano_usd)}
