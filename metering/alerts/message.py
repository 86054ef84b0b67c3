"""An alert in words: what, how much, when it resets, what to do."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.template.loader import render_to_string

from metering.alerts.channel import Message
from metering.alerts.public_url import public_url
from metering.models import (
    ATIToken,
    Budget,
    BudgetOverride,
    PolicyRule,
    QuotaAlert,
    Team,
    Tenant,
    UsageMeter,
    User,
)
from metering.money import usd_from_nano, usd_text
from metering.types import ENDLESS, AlertLevel, Dimension, SubjectType

TITLES = {
    AlertLevel.WARNING: "Warning",
    AlertLevel.CRITICAL: "Critical",
    AlertLevel.EXCEEDED: "Limit reached",
}


def message_of(alert: QuotaAlert) -> Message:
    """The alert for people. Reads the names of what it is about; what is gone is called by its id."""
    facts = _facts(alert)
    return Message(
        subject=_subject(facts),
        text=render_to_string("metering/alerts/alert.txt", facts),
        html=render_to_string("metering/alerts/alert.html", facts),
    )


def headline_of(alert: QuotaAlert) -> str:
    """Return the alert in one line."""
    return _subject(_facts(alert))


def words_of(alert: QuotaAlert) -> tuple[str, str]:
    """Return the alert's headline, and a sentence with its figures."""
    facts, dimension = _facts(alert), Dimension(alert.dimension)
    used, held, limit = in_cents(dimension, alert.used), in_cents(dimension, alert.held), facts["limit"]
    taken = f"{used} of {limit} is used, {held} held."
    if dimension is Dimension.CONCURRENCY:
        taken = f"{held} of {limit} are in flight."
    away = (
        f" {facts['uncovered']} was spent past it while the database was away." if facts["uncovered"] else ""
    )
    resets = f" It resets {facts['resets']}." if facts["resets"] else ""
    return _subject(facts), taken + away + resets


def _subject(facts: Mapping[str, object]) -> str:
    return " ".join("{title}: {headline}".format(**facts).split())


def _facts(alert: QuotaAlert) -> dict[str, object]:
    dimension = Dimension(alert.dimension)
    budget = Budget.objects.filter(pk=alert.budget_id).first()
    row = budget or PolicyRule.objects.filter(pk=alert.budget_id).first()
    whose = whose_use(alert)
    what = (
        "calls at once"
        if dimension is Dimension.CONCURRENCY
        else f"{dimension.value.replace('_', ' ')} budget"
    )
    only = [
        str(name)
        for name in (row.task_id if row else None, budget.model_class_id if budget else None)
        if name
    ]
    period = "" if alert.window in ENDLESS else f" of this {alert.window}"
    denied = alert.requested is not None
    share = "has no room left for calls" if denied else f"{alert.threshold} % reached"
    return {
        "title": TITLES[alert.level],
        "type": alert.type.name,
        "headline": f"{whose}, {what}{period}: {share}",
        "whose": whose,
        "what": what,
        "only": ", ".join(only),
        "window": "" if alert.window == "none" else alert.window,
        "used": shown(dimension, alert.used),
        "held": shown(dimension, alert.held),
        "uncovered": _uncovered(alert, dimension),
        "requested": shown(dimension, alert.requested) if alert.requested is not None else "",
        "limit": _limit(alert, dimension),
        "threshold": alert.threshold,
        "concurrency": dimension is Dimension.CONCURRENCY,
        "resets": _when(alert.window_end, alert.timezone),
        "raised": _when(alert.raised_at, alert.timezone),
        "blocks": denied or (budget is not None and budget.hard and budget.mode == "enforce"),
        "exceeded": alert.level is AlertLevel.EXCEEDED,
        "shared": alert.tenant_id is None,
        "alert_id": alert.pk,
        "public_url": public_url(),
    }


def _uncovered(alert: QuotaAlert, dimension: Dimension) -> str:
    """What went past the limit, so far, while the database was away; empty: nothing."""
    amount = UsageMeter.objects.filter(pk=alert.meter_id).values_list("uncovered", flat=True).first()
    return shown(dimension, amount) if amount else ""


def _limit(alert: QuotaAlert, dimension: Dimension) -> str:
    """The limit, with what overrides added to it when it was reached."""
    standing = BudgetOverride.objects.filter(
        Q(subject_id=None) | Q(subject_id=alert.subject_id),
        Q(removed_at=None) | Q(removed_at__gt=alert.raised_at),
        Q(ends_at=None) | Q(ends_at__gte=alert.window_end) if alert.window_end else Q(ends_at=None),
        budget=alert.budget_id,
        tenant=alert.tenant_id,
        created_at__lte=alert.raised_at,
    )
    added = standing.aggregate(added=Sum("amount"))["added"] or 0
    said = shown(dimension, alert.limit)
    if not 0 < added <= alert.limit:
        return said
    return f"{said} ({shown(dimension, alert.limit - added)} and an override of {shown(dimension, added)})"


def shown(dimension: Dimension, amount: int) -> str:
    """An amount as people read it: dollars for cost."""
    if dimension is Dimension.COST:
        return f"${usd_text(amount)}"
    return f"{amount:,} {dimension.unit}"


def in_cents(dimension: Dimension, amount: int) -> str:
    """An amount for lists, where the last digits of a cost tell nobody anything."""
    return f"${usd_from_nano(amount):,.2f}" if dimension is Dimension.COST else shown(dimension, amount)


def whose_use(alert: QuotaAlert) -> str:
    """Whose use is counted, by the name that its admins know."""
    return name_of_subject(alert.subject_type, alert.subject_id)


def name_of_subject(subject_type: str, subject: str) -> str:
    """Whoever a meter counts, by the name that its admins know."""
    name: str | None = None
    if not subject and subject_type in (SubjectType.TEAM, SubjectType.USER, SubjectType.TOKEN):
        return f"Calls without a {subject_type}"
    match SubjectType(subject_type):
        case SubjectType.GLOBAL:
            return "The whole gateway"
        case SubjectType.TENANT:
            return Tenant.objects.filter(pk=subject).values_list("name", flat=True).first() or subject
        case SubjectType.TEAM:
            name = Team.objects.filter(pk=subject).values_list("name", flat=True).first()
        case SubjectType.USER:
            name = User.objects.filter(pk=subject).values_list("email", flat=True).first()
            if name is None:  # a bare token counts as a user, by its own id
                name = ATIToken.objects.filter(pk=subject).values_list("prefix", flat=True).first()
        case SubjectType.TOKEN:
            name = ATIToken.objects.filter(pk=subject).values_list("prefix", flat=True).first()
    return f"{subject_type.capitalize()} {name or subject}"


def _when(moment: datetime | None, timezone: str) -> str:
    """Formats a moment in the meter's own time zone."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%A, %d %B %Y, %H:%M} ({timezone})" if moment else ""
