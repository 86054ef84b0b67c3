"""GET /llm/budget and /llm/usage: what the caller's budget has left, and what was used day by day."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.shapes import PERIODS
from gateway_project.proxy.caller import gateway_of, principal_of
from metering.errors import InvalidRequest
from metering.identity.principal import Principal
from metering.models import Tenant, User
from metering.money import NANO_PER_USD
from metering.orm import in_report_thread
from metering.reports.overview import days
from metering.types import Dimension, SubjectType
from metering.usage.budget_status import budget_status
from metering.usage.filters import UsageFilter
from metering.usage.limits import Limit
from metering.usage.names import with_names
from metering.usage.open_meters import counted_by
from metering.usage.status import BudgetStatus
from metering.usage.subjects import Subjects
from metering.usage.summary import usage_summary

OWN = ((SubjectType.USER, SubjectType.TEAM), (SubjectType.TOKEN,), (SubjectType.TENANT,))
"""Whose budgets are told: those of the first group that has any."""
GROUPS = ("day", "model", "user", "task", "conversation")
DAYS, MOST_DAYS = 7, 366
MOST_ROWS = 1_000
NO_BUDGET = {
    "currentUsage": None,
    "limit": None,
    "remaining": None,
    "percentUsed": None,
    "period": None,
    "resetAt": None,
}


async def teams_budget(request: Request) -> Response:
    """The tightest cost budget of the caller and the team that it works for; nulls where there is none."""
    asked_of(request, ())
    caller = await principal_of(request, gateway_of(request))
    found = await in_report_thread(_tightest, caller, datetime.now(UTC))
    return _json(NO_BUDGET if found is None else _shown(found))


async def teams_usage(request: Request) -> Response:
    """What was used in the last `days` in the tenant's zone, by day or as `by` says: administrators see their team's,
    or without X-Team-ID their tenant's, everybody else the own.
    """
    asked = asked_of(request, ("days", "by"))
    caller = await principal_of(request, gateway_of(request))
    by, count = asked.get("by", "day"), days_in(asked.get("days", str(DAYS)))
    if by not in GROUPS:
        raise InvalidRequest(f"by: one of {', '.join(GROUPS)}.", param="by")
    return _json(await in_report_thread(_history, caller, by, count, datetime.now(UTC)))


def _tightest(caller: Principal, now: datetime) -> BudgetStatus | None:
    """The one with the least left, for calls in money."""
    subjects = Subjects(
        tenant_id=caller.tenant_id,
        plan=caller.plan_code,
        user_id=caller.user_id,
        token_id=caller.token_id,
        team_ids=frozenset([caller.team_id] if caller.team_id is not None else []),
    )
    tenant = Tenant.objects.get(pk=caller.tenant_id)

    def is_money(limit: Limit) -> bool:
        return limit.dimension is Dimension.COST

    statuses = [*budget_status(now=now, tenant=tenant, with_shared=False, of=subjects, where=is_money)]
    for kinds in OWN:
        own = [status for status in statuses if counted_by(status.limit) in kinds]
        if own:
            return min(own, key=lambda status: status.remaining)
    return None


def _shown(status: BudgetStatus) -> dict[str, Any]:
    limit, used = status.limit.amount, status.used
    window = status.limit.window.value
    return {
        "currentUsage": _usd(used),
        "limit": _usd(limit),
        "remaining": _usd(max(0, limit - used)),
        "percentUsed": status.percent,
        "period": PERIODS.get(window, window),
        "resetAt": round(status.reset_at.timestamp() * 1_000) if status.reset_at is not None else None,
    }


def _history(caller: Principal, by: str, count: int, now: datetime) -> dict[str, Any]:
    tenant = Tenant.objects.get(pk=caller.tenant_id)
    chosen = days(UsageFilter(tenant=tenant, only=_reach(caller)), now=now, count=count)
    rows = []
    for row in usage_summary(chosen, by=by):
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise InvalidRequest(f"There are more than {MOST_ROWS:,} rows; ask for fewer days.", param="days")
    since, until = chosen.both_ends
    names = ("requests", "input_tokens", "output_tokens", "cost_nano_usd")
    return {
        "days": count,
        "by": by,
        "since": since,
        "until": until,
        "items": [
            {"key": row[by], "name": row.get("name"), **_amounts(row)} for row in with_names(rows, by=by)
        ],
        "total": _amounts({name: sum(row[name] for row in rows) for name in names}),
    }


def _reach(caller: Principal) -> tuple[tuple[str, object], ...]:
    """Columns of a call, and the value that each must have."""
    team = (("team_id", caller.team_id),) if caller.team_id is not None else ()
    if caller.role in (User.Role.TENANT_ADMIN, User.Role.SUPER_ADMIN):
        return team
    own = ("user_id", caller.user_id) if caller.user_id is not None else ("token_id", caller.token_id)
    return (*team, own)


def _amounts(row: Mapping[str, Any]) -> dict[str, Any]:
    given, made = row["input_tokens"], row["output_tokens"]
    return {
        "requests": row["requests"],
        "inputTokens": given,
        "outputTokens": made,
        "totalTokens": given + made,
        "cost": _usd(row["cost_nano_usd"]),
    }


def asked_of(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """The query's parameters. Raises InvalidRequest for one that is not read here, or comes twice."""
    asked = dict(request.query_params)
    for name in asked:
        if name not in known:
            raise InvalidRequest(f"There is no parameter {name[:64]!r} here.", param=name[:64])
    if len(asked) != len(request.query_params.multi_items()):
        raise InvalidRequest("A parameter comes twice.")
    return asked


def days_in(text: str) -> int:
    """A number of days. Raises InvalidRequest for what is none."""
    count = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_DAYS)) else 0
    if not 1 <= count <= MOST_DAYS:
        raise InvalidRequest(f"days: a whole number from 1 to {MOST_DAYS}.", param="days")
    return count


def _usd(nano_usd: int) -> float:
    return nano_usd / NANO_PER_USD


def _json(content: object) -> Response:
    return Response(
        msgspec.json.encode(content), media_type="application/json", headers={"cache-control": "no-store"}
    )
