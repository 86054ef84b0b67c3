"""GET /internal/llm/usage: how much agents, microDAOs and channels use, how fast and how reliably."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db.models import Avg, QuerySet
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.proxy.caller import gateway_of
from gateway_project.proxy.internal.caller import internal_caller
from gateway_project.proxy.teams.reports import asked_of, days_in
from metering.errors import InvalidRequest
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import Tenant, UsageLog
from metering.orm import in_report_thread
from metering.reports.figures import Figures
from metering.reports.overview import days
from metering.reports.plan import reading
from metering.reports.sums import sums_by
from metering.text import checked_label
from metering.types import Outcome, SubjectType, Task
from metering.usage.budget_status import budget_status
from metering.usage.filters import UsageFilter

LABELS = ("agent_id", "microdao_id", "channel_id")
GROUPS = {"agent": "agent_id", "microdao": "microdao_id", "channel": "channel_id"}
DAYS = 30
MOST_GROUPS = 1_000


async def internal_usage(request: Request) -> Response:
    """The sums of the last `days`, of one agent, microDAO or channel where they are named; with `by` those of each too,
    and with `agent_id` what the agent's limits have left.
    """
    caller = await internal_caller(request)
    asked = asked_of(request, (*LABELS, "by", "days"))
    labels = {name: checked_label(asked[name], name) for name in LABELS if name in asked}
    by, count = asked.get("by"), days_in(asked.get("days", str(DAYS)))
    if by is not None and by not in GROUPS:
        raise InvalidRequest(f"by: one of {', '.join(GROUPS)}.", param="by")
    now = datetime.now(UTC)
    shown = await in_report_thread(_sums, caller, labels, by, count, now)
    if agent_id := labels.get("agent_id"):
        shown["limits"] = [
            *await _rates_left(gateway_of(request), caller, agent_id),
            *await in_report_thread(_budgets_left, caller, agent_id, now),
        ]
    return Response(
        msgspec.json.encode(shown), media_type="application/json", headers={"cache-control": "no-store"}
    )


def _sums(
    caller: Principal, labels: Mapping[str, str], by: str | None, count: int, now: datetime
) -> dict[str, Any]:
    tenant = Tenant.objects.get(pk=caller.tenant_id)
    chosen = days(UsageFilter(tenant=tenant, only=tuple(labels.items())), now=now, count=count)
    with reading():
        sums = sums_by(chosen, by=(by,) if by else (), limit=MOST_GROUPS)
        shown = _shown(sums.total, _average_ms(chosen))
        if by is not None:
            column = GROUPS[by]
            averages = _averages_ms(chosen, column)
            shown["items"] = [
                {column: value, **_shown(each.figures, averages.get(value))}
                for each in sums.groups
                for value in [each.keys[0].value]
            ]
    return shown


def _average_ms(chosen: UsageFilter) -> float | None:
    """Of the attempts that vendors answered."""
    return _rounded(_answered(chosen).aggregate(found=Avg("latency_ms"))["found"])


def _averages_ms(chosen: UsageFilter, column: str) -> dict[object, float | None]:
    """The same by the values of a column."""
    found = _answered(chosen).order_by().values_list(column).annotate(found=Avg("latency_ms"))
    return {value: _rounded(average) for value, average in found[:MOST_GROUPS]}


def _answered(chosen: UsageFilter) -> "QuerySet[UsageLog]":
    return chosen.rows().filter(outcome=Outcome.OK)


def _rounded(average: float | None) -> float | None:
    return None if average is None else round(float(average), 1)


def _shown(figures: Figures, average_ms: float | None) -> dict[str, Any]:
    success = figures.success
    return {
        "total_requests": figures.requests,
        "total_tokens": figures.tokens,
        "avg_latency_ms": average_ms,
        "p95_latency_ms": figures.latency_ms(95),
        "success_rate": round(float(success), 4) if success is not None else None,
    }


async def _rates_left(gateway: LLMGateway, caller: Principal, agent_id: str) -> list[dict[str, Any]]:
    """What the agent could draw now; nothing is drawn."""
    return [
        {
            "limit_name": balance.name,
            "dimension": balance.dimension.value,
            "window": "minute",
            "limit": balance.limit,
            "remaining": balance.remaining,
        }
        for balance in await gateway.rates_left(caller, Task.CHAT, agent_id=agent_id)
    ]


def _budgets_left(caller: Principal, agent_id: str, now: datetime) -> list[dict[str, Any]]:
    tenant = Tenant.objects.get(pk=caller.tenant_id)
    return [
        {
            "limit_name": f"{status.limit.scope.value} {status.limit.dimension.value}/{status.limit.window.value}",
            "dimension": status.limit.dimension.value,
            "window": status.limit.window.value,
            **{name: status.as_json()[name] for name in ("limit", "used", "held", "remaining", "reset_at")},
        }
        for status in budget_status(now=now, tenant=tenant, with_shared=False)
        if (status.key.subject_type, status.key.subject_id) == (SubjectType.AGENT, agent_id)
    ]
