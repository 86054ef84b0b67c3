"""What stood in the way of a tenant's calls today: by limit and by who, the latest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import Max, Min, Sum
from django.urls import reverse

from admin_console.subject_names import names_of
from admin_console.tenant.links import page_url
from admin_console.wording import count, when
from metering.decisions.report import DecisionFilter
from metering.models import Budget, PolicyRule, Tenant
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
    found = list(
        rows.values(*KEYS)
        .annotate(calls=Sum("count"), last=Max("last_at"), first=Min("first_at"))
        .order_by("-last")[:SHOWN]
    )
    # The newest decision of each tells what stood in the way.
    newest = rows.filter(last_at__in=[row["last"] for row in found])
    told = {_key(vars(one)): one for one in newest}
    names = names_of(_subject(row["user_id"], row["token_id"]) for row in found)
    raisable = _raisable({row["rule_id"] for row in found} - {None}) if is_operator else {}
    lines = []
    for row in found:
        one = told[_key(row)]
        often = f"{count(row['calls'])} since {when(row['first'], zone)}" if row["calls"] > 1 else "once"
        lines.append(
            DenialLine(
                last=when(row["last"], zone),
                last_url=page_url("activity", tenant=tenant.slug, q=one.request_id) if one.request_id else "",
                who=names.get(_subject(row["user_id"], row["token_id"])) or "several",
                what=one.message or row["rule"] or row["code"].replace("_", " "),
                how_often=often,
                raise_url=raisable.get(row["rule_id"], ""),
            )
        )
    return Denials(lines=tuple(lines), calls=rows.aggregate(calls=Sum("count"))["calls"] or 0)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEYS)


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
