"""How vendors do: what they answered and failed at in a range, what went wrong last, and what was reported of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from metering.ids import first_id_at
from metering.models import Provider, UsageLog, VendorAlert
from metering.reports.figures import NOTHING, Figures
from metering.reports.overview import top
from metering.types import Outcome
from metering.usage.filters import UsageFilter

MOST = 50
SUMS = ("cost_nano_usd", "attempts", "failed")
RECENT = timedelta(minutes=15)
"""What failed since then decides about the state."""
FEW = 3
"""So many failures are chance."""
FAILED = (Outcome.ERROR.value, Outcome.TIMEOUT.value, Outcome.CUT.value)
HEALTHY, DEGRADED, FAILING, QUIET = "healthy", "degraded", "failing", "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorHealth:
    """One vendor that is switched on, or was asked in the range."""

    name: str
    state: str
    """`healthy`; `degraded` where more than three of the last quarter's attempts failed, `failing` where most did;
    `quiet` without an attempt in the range."""
    figures: Figures
    """SUMS of the range."""
    last_failure: datetime | None
    """Of the last quarter of an hour."""
    failed_lately: int
    alerts: int
    """About impossible figures, that nobody has acknowledged."""


def vendors(chosen: UsageFilter, *, now: datetime, with_alerts: bool) -> list[VendorHealth]:
    """Return how each vendor does, the dearest first. `with_alerts`: the viewer is an operator."""
    figures = {str(each.value): each.figures for each in top(chosen, by="provider", limit=MOST, names=SUMS)}
    active = Provider.objects.filter(is_active=True).order_by("name").values_list("name", flat=True)
    lately = _lately(chosen, now)
    open_alerts = VendorAlert.objects.filter(acknowledged_at=None).values_list("provider_name", flat=True)
    alerts = list(open_alerts) if with_alerts else []
    return [
        _health(name, figures.get(name, NOTHING), lately.get(name, _Lately()), alerts)
        for name in dict.fromkeys([*figures, *(active if chosen.tenant is None else [])])
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lately:
    attempts: int = 0
    failed: int = 0
    last: datetime | None = None


def _lately(chosen: UsageFilter, now: datetime) -> Mapping[str, _Lately]:
    """Count the attempts of the last quarter of an hour by vendor, from some hundred rows."""
    rows = UsageLog.objects.filter(id__gte=first_id_at(now - RECENT)).exclude(outcome=Outcome.CACHED.value)
    if chosen.tenant is not None:
        rows = rows.for_tenant(chosen.tenant)
    found: dict[str, _Lately] = {}
    counted = (
        rows.order_by()
        .values("provider_name", "outcome")
        .annotate(last=Max("recorded_at"), count=Count("pk"))
        .values_list("provider_name", "outcome", "last", "count")
    )
    for name, outcome, last, count in counted:
        known = found.get(name, _Lately())
        failed = outcome in FAILED
        found[name] = _Lately(
            attempts=known.attempts + count,
            failed=known.failed + (count if failed else 0),
            last=max(filter(None, (known.last, last))) if failed else known.last,
        )
    return found


def _health(name: str, figures: Figures, lately: _Lately, alerts: Sequence[str]) -> VendorHealth:
    return VendorHealth(
        name=name,
        state=_state(figures, lately),
        figures=figures,
        last_failure=lately.last,
        failed_lately=lately.failed,
        alerts=alerts.count(name),
    )


def _state(figures: Figures, lately: _Lately) -> str:
    if lately.failed > FEW:
        return FAILING if 2 * lately.failed > lately.attempts else DEGRADED
    return HEALTHY if figures["attempts"] else QUIET
