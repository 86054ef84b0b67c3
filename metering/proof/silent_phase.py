"""Whether a tenant whose limits are only observed may be enforced, and what would have been denied.

1. The calls of the period are judged again by the gateway's own plan of admission, as things are and as if the tenant
   was enforced: what is denied only then, by which limit, whose calls they were and what they cost.
2. The decision log says what the limits really had to say as the calls came.
3. Both, how long the phase was and how sure its figures are make the answer, with a sentence for each objection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Sum

from metering.decisions.decision import Verdict
from metering.decisions.report import DecisionFilter
from metering.models import ATIToken, AuditEvent, Tenant, User
from metering.money import usd_text
from metering.policy.source import PolicySource, read_policy_source
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
K = TypeVar("K")
Principal = tuple[UUID | None, UUID | None]
"""A user, or the token of a caller who is no user."""
MOST_NAMED = 50
"""Principals that are named, those with most denials first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedPrincipal:
    """Calls that would have been denied, with what they cost, of one principal."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentPhase:
    """What would have become of one tenant's calls, had its limits been enforced."""

    tenant: Tenant
    since: datetime
    until: datetime
    mode_since: datetime
    """Since when the tenant has had its mode."""
    calls: Tally
    """All of the period."""
    denied: Tally
    """Those that only enforcing denies."""
    denied_anyway: Tally
    """Those that today's plan or the operator's own limits deny in any case."""
    by_rule: Mapping[tuple[str, str], Tally]
    """What denies them, with the error's code, the most calls first."""
    by_whom: tuple[DeniedPrincipal, ...]
    still_not_enforced: Mapping[tuple[str, str], Tally]
    """What rules of a looser mode of their own would let pass even then."""
    shortened: int
    """Calls whose answers would be cut shorter."""
    stopped_early: bool
    """Whether there were more calls than `most_calls`."""
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
        return Decimal(self.denied.calls) / self.calls.calls if self.calls.calls else None


def silent_phase(
    tenant: Tenant,
    *,
    since: datetime,
    until: datetime,
    most_calls: int | None = None,
    most_before: int | None = None,
    progress: Progress = lambda share, calls: None,
) -> SilentPhase:
    """Of the calls of [since, until). `most_calls` and `most_before` bound the replay where somebody waits for it.

    Raises InvalidRequest as `replay` does.
    """
    source = read_policy_source(tenant=tenant)
    asked = partial(
        replay,
        since=since,
        until=until,
        tenant=tenant,
        most_calls=most_calls,
        most_before=most_before,
        progress=progress,
    )
    as_is, enforced = asked(source=source), asked(source=_as_if_enforced(source, tenant))
    mode_since = _mode_since(tenant)
    exact = accuracy_of(tenant, since, until)
    return SilentPhase(
        tenant=tenant,
        since=since,
        until=until,
        mode_since=mode_since,
        calls=enforced.total,
        denied=_more(enforced.denied, as_is.denied),
        denied_anyway=as_is.denied,
        by_rule=_most_first(_beyond(enforced.by_rule, as_is.by_rule)),
        by_whom=tuple(_named(_beyond(enforced.by_principal, as_is.by_principal))),
        still_not_enforced=_most_first(enforced.would_deny),
        shortened=max(enforced.shortened.calls - as_is.shortened.calls, 0),
        stopped_early=enforced.stopped_early,
        observed=_observed(tenant, since, until),
        exact_share=exact,
        objections=tuple(_objections(tenant, as_is, enforced, since, until, mode_since, exact)),
    )


def _as_if_enforced(source: PolicySource, tenant: Tenant) -> PolicySource:
    """The same rules with another mode of the tenant. What rules themselves observe is observed still."""
    calendar = replace(source.rows.calendars[tenant.pk], mode=EnforcementMode.ENFORCE)
    return replace(
        source, rows=replace(source.rows, calendars={**source.rows.calendars, tenant.pk: calendar})
    )


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
    as_is: Replayed,
    enforced: Replayed,
    since: datetime,
    until: datetime,
    mode_since: datetime,
    exact: Decimal | None,
) -> Iterator[str]:
    """Yield each reason, as a sentence, why the tenant's limits should not be enforced yet."""
    if tenant.enforcement_mode == EnforcementMode.ENFORCE:
        yield "The tenant is enforced already."
        return
    calls = enforced.total.calls
    if not calls:
        yield "There were no calls in these days."
    watched = until - max(since, mode_since)
    if watched < ENOUGH:
        days = max(watched / timedelta(days=1), 0)
        yield f"The limits were observed for {days:.1f} of these days; wait until there are {ENOUGH.days}."
    share = Decimal(_more(enforced.denied, as_is.denied).calls) / calls if calls else Decimal(0)
    if share > FEW_DENIED:
        yield (
            f"{100 * share:.1f} % of the calls would have been denied, more than {100 * FEW_DENIED:.0f} %: look at "
            "the limits below first."
        )
    if enforced.stopped_early:
        yield "There are more calls than could be looked at here; manage.py silent_phase looks at all of them."
    if exact is not None and exact < ACCURACY:
        yield f"{100 * (1 - exact):.2f} % of the cost is estimated, more than {100 * (1 - ACCURACY):.1f} %."
    found = accuracy(since=since, until=until).deviation
    if found is not None and found.accuracy is not None and found.accuracy < ACCURACY:
        yield (
            f"The vendors' reports differ from what was metered by {100 * (1 - found.accuracy):.2f} %, more than "
            f"{100 * (1 - ACCURACY):.1f} %."
        )


def _more(one: Tally, other: Tally) -> Tally:
    """Return what `one` has more than `other`."""
    return Tally(
        calls=max(one.calls - other.calls, 0), cost_nano_usd=max(one.cost_nano_usd - other.cost_nano_usd, 0)
    )


def _beyond(one: Mapping[K, Tally], other: Mapping[K, Tally]) -> dict[K, Tally]:
    """Return what `one` has more than `other` by key, where it has more calls."""
    more = {key: _more(tally, other.get(key, Tally())) for key, tally in one.items()}
    return {key: tally for key, tally in more.items() if tally.calls}


def _named(denied: Mapping[Principal, Tally]) -> Iterator[DeniedPrincipal]:
    most = sorted(denied.items(), key=lambda item: (-item[1].calls, str(item[0])))[:MOST_NAMED]
    users = _names(User, "email", [user for (user, _), _ in most])
    tokens = _names(ATIToken, "prefix", [token for (user, token), _ in most if user is None])
    for (user, token), tally in most:
        name = users.get(user) if user is not None else tokens.get(token)
        yield DeniedPrincipal(name=name or str(user or token or "nobody"), tally=tally)


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
    """Return the phase ready for JSON; money is decimal text in US dollars."""
    return {
        "tenant": found.tenant.slug,
        "mode": found.tenant.enforcement_mode,
        "mode_since": found.mode_since,
        "since": found.since,
        "until": found.until,
        "may_switch": found.may_switch,
        "objections": list(found.objections),
        "calls": found.calls.calls,
        "cost_usd": usd_text(found.calls.cost_nano_usd),
        "denied": found.denied.calls,
        "denied_usd": usd_text(found.denied.cost_nano_usd),
        "denied_anyway": found.denied_anyway.calls,
        "denied_share": share_text(found.denied_share),
        "shortened": found.shortened,
        "exact_share": share_text(found.exact_share),
        "stopped_early": found.stopped_early,
        "by_rule": [
            _tally_facts({"rule": rule, "code": code}, tally) for (rule, code), tally in found.by_rule.items()
        ],
        "by_whom": [_tally_facts({"who": each.name}, each.tally) for each in found.by_whom],
        "still_not_enforced": [
            _tally_facts({"rule": rule, "code": code}, tally)
            for (rule, code), tally in found.still_not_enforced.items()
        ],
        "observed_live": [{"rule": rule, "calls": calls} for rule, calls in found.observed.items()],
    }


def _most_first(tallies: Mapping[tuple[str, str], Tally]) -> dict[tuple[str, str], Tally]:
    return dict(sorted(tallies.items(), key=lambda item: (-item[1].calls, item[0])))


def _tally_facts(named: dict[str, str], tally: Tally) -> dict[str, Any]:
    return {**named, "calls": tally.calls, "cost_usd": usd_text(tally.cost_nano_usd)}
