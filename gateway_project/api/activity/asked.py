"""What the log is asked for, and whose lines the caller may have."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.moment import IN_ZONE, Moment
from gateway_project.api.name import Name
from gateway_project.api.permissions import ADMINS
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.usage.asked import labels_in, own_use, range_in
from metering.activity.asked import Asked
from metering.activity.log import MAX_DAYS
from metering.activity.status import TOO_MANY, Status
from metering.labels import MAX_LENGTH
from metering.money import nano_from_usd
from metering.usage.lines import GROUPED

DEFAULT_DAYS = 7
OF_ANY_ATTEMPT = ("model", "provider")
"""Labels that each attempt of a call has its own of."""


class AskedIn(StrictInput):
    """The filters of the log."""

    since = Moment(default=None, help_text=f"Inclusive; {DEFAULT_DAYS} days ago by default. {IN_ZONE}")
    until = Moment(default=None, help_text=f"Exclusive; at most {MAX_DAYS} days later. {IN_ZONE}")
    tenant = serializers.CharField(
        default="", allow_blank=True, help_text="For super admins: only this tenant's."
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
    status = Choice(choices=[*(status.value for status in Status), TOO_MANY], default=None)
    cost_from = serializers.DecimalField(
        default=None, max_digits=18, decimal_places=9, min_value=Decimal(0), help_text="In US dollars."
    )
    slower_than = serializers.FloatField(
        default=None,
        min_value=0,
        max_value=86_400,
        help_text="In seconds, from the first attempt to the end.",
    )


def within_reach(request: Request) -> Asked:
    """All that the caller may see. Raises NotFound for a tenant that is not the caller's."""
    caller = caller_of(request)
    own = () if caller.role in ADMINS else (own_use(caller),)
    return Asked.within(tenant=tenant_or_all(request), own=own)


def asked_in_reach(request: Request, asked: dict[str, Any]) -> Asked:
    """What is asked for, of what the caller may see. Raises InvalidRequest for a range that is none."""
    within = within_reach(request)
    since, until = range_in(asked, within.tenant, usual_days=DEFAULT_DAYS, most_days=MAX_DAYS)
    only = labels_in(asked, without=OF_ANY_ATTEMPT)
    cost, slow = asked["cost_from"], asked["slower_than"]
    found = Asked(
        tenant=within.tenant,
        since=since,
        until=until,
        only=(*within.only, *only),
        model=asked["model"] or "",
        provider=asked["provider"] or "",
        cost_from_nano_usd=None if cost is None else nano_from_usd(cost),
        slower_than_ms=None if slow is None else round(slow * 1000),
    )
    return found if asked["status"] is None else found.of_status(asked["status"])
