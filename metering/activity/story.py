"""Everything that is known of one call or one refusal: what the console tells as a story, and the API as facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from metering.activity.asked import Asked
from metering.activity.line import LogLine
from metering.activity.log import in_time
from metering.activity.meters_then import MeterThen, meters_then
from metering.activity.search import lines_of
from metering.activity.status import Status
from metering.decisions.find import request_digest
from metering.decisions.told import told_to_tenant
from metering.errors import NotFound
from metering.ids import family_of, first_id_at
from metering.models import (
    Budget,
    DecisionRequest,
    LedgerEntry,
    PolicyDecision,
    PolicyRule,
    QuotaAlert,
    UsageLog,
    UsageReservation,
)
from metering.types import EntryKind

MOST_ATTEMPTS = 500
MOST_ALERTS = 20
A_MOMENT = timedelta(seconds=2)
"""Between what an alert is about and its own time: both are of one transaction, which settles many calls."""
TERMINAL = (EntryKind.SETTLE, EntryKind.RELEASE, EntryKind.EXPIRE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is known of one call, as rows of the ledger."""

    line: LogLine
    hold: UsageReservation | None
    """None: holds are kept for less long than what was charged."""
    attempts: list[UsageLog]
    entries: list[LedgerEntry]
    """In order: how it ended, what was found out later, corrections."""
    meters: list[MeterThen]
    alerts: list[QuotaAlert]
    """On its meters, of the moment in which it was charged."""
    decisions: list[PolicyDecision]
    """What policy noted of its request: limits that only warn, a refusal on the way, or one of the sample."""

    @property
    def ended(self) -> LedgerEntry | None:
        """The entry of its end; None while it is under way."""
        return next((entry for entry in self.entries if entry.kind in TERMINAL), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One rule's refusals of one principal in one minute; message and trace are those of the first."""

    line: LogLine
    decision: PolicyDecision
    limit: Budget | PolicyRule | None
    """The row that refused; None: a default, the plan itself, a credential, or a limit that is gone."""


def story_of(id_: UUID, within: Asked) -> Story | Refusal:
    """Raises NotFound for what is not there, or not within reach: in the same words."""
    with in_time():
        found = [line for line in lines_of(within, [id_]) if line.id == id_]
    if not found:
        raise NotFound(f"There is no call or refusal {id_}.")
    [line] = found
    if line.status is Status.REFUSED:
        return _refusal(line, with_shared=within.tenant is None)
    return _story(line, with_shared=within.tenant is None)


def _story(line: LogLine, *, with_shared: bool) -> Story:
    family = {"id__range": family_of(line.id), "reservation_id": line.id}
    hold = UsageReservation.objects.filter(pk=line.id).first()
    attempts = list(UsageLog.objects.filter(**family).order_by("attempt")[:MOST_ATTEMPTS])
    entries = sorted(LedgerEntry.objects.filter(**family), key=lambda entry: (entry.recorded_at, entry.pk))
    ended = next((entry for entry in entries if entry.kind in TERMINAL), None)
    amounts = dict(zip(hold.meter_ids, hold.amounts, strict=True)) if hold is not None else {}
    meters = meters_then(amounts, ended, with_shared=with_shared)
    return Story(
        line=line,
        hold=hold,
        attempts=attempts,
        entries=entries,
        meters=meters,
        alerts=_alerts(meters, ended.recorded_at) if ended is not None else [],
        decisions=_decisions(line, with_shared=with_shared),
    )


def _refusal(line: LogLine, *, with_shared: bool) -> Refusal:
    decision = PolicyDecision.objects.get(pk=line.id)
    if not with_shared:
        [decision] = told_to_tenant([decision])
    limit: Budget | PolicyRule | None = None
    if decision.rule_id is not None:
        limit = (
            Budget.objects.filter(pk=decision.rule_id).first()
            or PolicyRule.objects.filter(pk=decision.rule_id).first()
        )
    return Refusal(line=line, decision=decision, limit=limit)


def _alerts(meters: list[MeterThen], moment: datetime) -> list[QuotaAlert]:
    """Those that were raised as the call was charged, and whose threshold it went past, where that is known."""
    of_meter = {then.meter.pk: then for then in meters}
    rows = (
        QuotaAlert.objects.filter(
            meter_id__in=of_meter,
            id__gte=first_id_at(moment - A_MOMENT),
            id__lt=first_id_at(moment + A_MOMENT),
        )
        .order_by("id")
        .prefetch_related("deliveries")
    )
    return [row for row in rows[:MOST_ALERTS] if _went_past(of_meter[row.meter_id], row)]


def _went_past(then: MeterThen, alert: QuotaAlert) -> bool:
    if then.before is None or then.after is None:
        return True
    return then.before * 100 < alert.threshold * alert.limit <= then.after * 100


def _decisions(line: LogLine, *, with_shared: bool) -> list[PolicyDecision]:
    about = DecisionRequest.objects.filter(digest=request_digest(line.request_id)).values("decision_id")
    rows = PolicyDecision.objects.filter(pk__in=about, tenant_id=line.tenant_id).order_by("id")[:MOST_ALERTS]
    return list(rows) if with_shared else told_to_tenant(rows)
