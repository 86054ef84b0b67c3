"""What stood in the way of a tenant's calls today: by limit and by who, the latest first."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import F, Min, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from admin_console.subject_names import names_of
from admin_console.tenant.links import page_url
from admin_console.wording import count, when
from metering.decisions.report import DecisionFilter
from metering.decisions.told import told_to_tenant
from metering.models import Budget, PolicyDecision, PolicyRule, Tenant
from metering.types import SubjectType

SHOWN = 6
KEYS = ("user_id", "token_id", "rule_id", "rule", "code")
"""What tells one line from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialLine:
    last: str
    last_url: str
    who: str
    what: str
    how_often: str
    raise_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    lines: tuple[DenialLine, ...]
    calls: int


def denials_of(tenant: Tenant, *, since: datetime, zone: tzinfo, is_operator: bool) -> Denials:
    rows = DecisionFilter(tenant=tenant, since=since, verdict="denied").rows().order_by()
    newest = _newest(rows)
    found: list[Any] = list(newest) if is_operator else told_to_tenant(newest)
    names = names_of(_subject(row.user_id, row.token_id) for row in found)
    raisable = _raisable({row.rule_id for row in found if row.rule_id}) if is_operator else {}
    lines = []
    for row in found:
        often = f"{count(row.calls)} since {when(row.first, zone)}" if row.calls > 1 else "once"
        lines.append(
            DenialLine(
                last=when(row.last_at, zone),
                last_url=page_url("activity", tenant=tenant.slug, q=row.request_id) if row.request_id else "",
                who=names.get(_subject(row.user_id, row.token_id)) or "several",
                what=row.message or row.rule or row.code.replace("_", " "),
                how_often=often,
                raise_url=raisable.get(row.rule_id, "") if row.rule_id else "",
            )
        )
    return Denials(lines=tuple(lines), calls=rows.aggregate(calls=Sum("count"))["calls"] or 0)


def _newest(rows: QuerySet[PolicyDecision]) -> QuerySet[PolicyDecision, Any]:
    """The newest decision of each line, which tells what stood in the way, with the sums of all. In one query, because
    calls may be refused meanwhile."""
    alike = [F(name) for name in KEYS]
    return (
        rows.annotate(
            place=Window(RowNumber(), partition_by=alike, order_by=["-last_at", "-id"]),
            calls=Window(Sum("count"), partition_by=alike),
            first=Window(Min("first_at"), partition_by=alike),
        )
        .filter(place=1)
        .defer("trace")
        .order_by("-last_at")[:SHOWN]
    )


def _subject(user_id: UUID | None, token_id: UUID | None) -> tuple[str, str]:
    if user_id is not None:
        return SubjectType.USER.value, str(user_id)
    return SubjectType.TOKEN.value, str(token_id or "")


def _raisable(ids: set[UUID]) -> dict[UUID, str]:
    """Where the rule or budget that denied can be raised."""
    found: dict[UUID, str] = {}
    for noun, model in (("budget", Budget), ("policyrule", PolicyRule)):
        for pk in model._default_manager.filter(pk__in=ids, is_active=True).values_list("pk", flat=True):
            found[pk] = reverse(f"admin:metering_{noun}_change", args=[pk])
    return found
