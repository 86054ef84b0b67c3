"""What a usage report is asked for, and whose rows the caller may have."""

from collections.abc import Container
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.timezone import now
from rest_framework import serializers
from rest_framework.request import Request

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.moment import IN_ZONE, Moment, placed_for
from gateway_project.api.name import Name
from gateway_project.api.permissions import ADMINS
from gateway_project.api.reach import tenant_or_all
from metering.errors import InvalidRequest, NotPermitted
from metering.identity.caller import Caller
from metering.labels import MAX_LENGTH
from metering.models import Tenant, User
from metering.tags import read_tag
from metering.time_zones import zone_problem
from metering.usage.filters import FEATURE, UsageFilter
from metering.usage.groups import GROUPS
from metering.usage.lines import GROUPED
from metering.usage.prices import Prices

DEFAULT_DAYS = 30
MAX_DAYS = 400
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was used before."""


class AskedIn(StrictInput):
    """The filters of every report."""

    since = Moment(default=None, help_text=f"Inclusive; {DEFAULT_DAYS} days ago by default. {IN_ZONE}")
    until = Moment(default=None, help_text=f"Exclusive; at most {MAX_DAYS} days later. {IN_ZONE}")
    tenant = serializers.CharField(
        default="",
        allow_blank=True,  # `tenant_or_all` looks at it, as on every route
        help_text="For super admins: only this tenant's use.",
    )
    locals().update(
        {
            label.report: serializers.UUIDField(default=None)
            if label.is_uuid
            else Name(default=None, max_length=MAX_LENGTH)
            for label in GROUPED.values()
        }
    )
    feature = Name(default=None, max_length=MAX_LENGTH, help_text="The feature of plans that the task is of.")
    prices = Choice(
        choices=[prices.value for prices in Prices],
        default=Prices.THEN.value,
        help_text="Cost at the prices in force when the calls were made, at today's, or by the vendors' own word.",
    )


GROUP_CHOICES = [(by, by) for by in GROUPS]


def usage_in_reach(request: Request, asked: dict[str, Any]) -> UsageFilter:
    """The caller's own use, an administrator's tenant's, or a super admin's choice.

    Raises NotFound for a tenant that is unknown or not the caller's, InvalidRequest for a range that is none.
    """
    caller = caller_of(request)
    tenant = tenant_or_all(request)
    since, until = range_in(asked, tenant, usual_days=DEFAULT_DAYS, most_days=MAX_DAYS)
    only = labels_in(asked)
    if caller.role not in ADMINS:
        only += (own_use(caller),)
    return UsageFilter(tenant=tenant, since=since, until=until, only=only)


def range_in(
    asked: dict[str, Any], tenant: Tenant | None, *, usual_days: int, most_days: int
) -> tuple[datetime, datetime]:
    """The range [since, until) that is asked for, in the zone of the tenant or (None) in UTC.

    Without `until` it ends now, without `since` it has `usual_days`. Raises InvalidRequest for a range that is none,
    and for one of more than `most_days`.
    """
    placed_for(tenant, asked, "since", "until")
    until: datetime = asked["until"] or now()
    if until < FIRST:
        raise InvalidRequest("until must not be before 2000.", param="until")
    since: datetime = max(FIRST, asked["since"] or until - timedelta(days=usual_days))
    if since > until:
        raise InvalidRequest("since must not be later than until.", param="since")
    if until - since > timedelta(days=most_days):
        raise InvalidRequest(f"Ask for at most {most_days} days at once.", param="since")
    return since, until


def labels_in(asked: dict[str, Any], *, without: Container[str] = ()) -> tuple[tuple[str, object], ...]:
    """The columns and values that calls must have, but for labels of these names. Raises InvalidRequest."""
    only = tuple(
        (column, asked[label.report])
        for column, label in GROUPED.items()
        if label.report not in without and asked[label.report] is not None
    )
    if asked["tag"] is not None:
        read_tag(asked["tag"], "tag")
    return (*only, (FEATURE, asked[FEATURE])) if asked[FEATURE] is not None else only


def in_zone(chosen: UsageFilter, name: str) -> UsageFilter:
    """The same with days of the zone with this name; empty: as it is. Raises InvalidRequest."""
    if name and (problem := zone_problem(name)):
        raise InvalidRequest(f"tz: {problem}.", param="tz")
    return replace(chosen, days_in=name) if name else chosen


def period_of(chosen: UsageFilter) -> dict[str, str]:
    """The period as query parameters: what was left out was reckoned from the time of the first page."""
    moments = {"since": chosen.since, "until": chosen.until}
    return {name: moment.isoformat() for name, moment in moments.items() if moment is not None}


def check_grouping(request: Request, by: str) -> None:
    """Only who sees many tenants can tell them apart. Raises NotPermitted."""
    if by == "tenant" and caller_of(request).role != User.Role.SUPER_ADMIN:
        raise NotPermitted("Only the gateway's own administrators compare tenants.")


def own_use(caller: Caller) -> tuple[str, object]:
    """The column that says whose use it is, and the caller's value of it. Raises NotPermitted."""
    if caller.user is not None:
        return "user_id", caller.user.pk
    if caller.token is None:
        raise NotPermitted("Your account has no plan.")
    return "token_id", caller.token.pk
