"""Which events of the audit trail a request asks for, and in which order."""

from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request

from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.moment import IN_ZONE, Moment, placed_for
from gateway_project.api.reach import tenant_or_all
from metering.audit_trail.nouns import NOUNS
from metering.audit_trail.read_trail import OPERATOR, TrailFilter
from metering.time_zones import zone_named
from metering.usage.filters import zone_of

NEWEST, OLDEST = "-when", "when"


class AskedIn(StrictInput):
    """The filters of the trail."""

    person = serializers.CharField(
        max_length=254,
        default="",
        allow_blank=True,
        help_text=f"Who did it: an address, or `{OPERATOR}` for whoever was none of the tenant.",
    )
    noun = Choice(choices=["", *NOUNS], default="", help_text="What was changed.")
    q = serializers.CharField(
        max_length=200,
        default="",
        allow_blank=True,
        help_text="Words that all stand in what is told of a change, in capitals or not: sentence, values, names.",
    )
    sort = Choice(
        choices=[NEWEST, OLDEST], default=NEWEST, help_text="The newest first, or the oldest (`when`)."
    )
    since = Moment(default=None, help_text=f"Inclusive. {IN_ZONE}")
    until = Moment(default=None, help_text=f"Exclusive. {IN_ZONE}")
    tenant = serializers.CharField(
        default="",
        allow_blank=True,  # `tenant_or_all` looks at it, as on every route
        help_text="For super admins: only this tenant's events, by slug.",
    )


def trail_in_reach(request: Request, asked: dict[str, Any]) -> tuple[TrailFilter, ZoneInfo]:
    """The caller's tenant's trail, or a super admin's choice, and the zone in which its moments are told.

    Raises NotFound for a tenant that is unknown or not the caller's.
    """
    tenant = tenant_or_all(request)
    placed_for(tenant, asked, "since", "until")
    chosen = TrailFilter(
        tenant=tenant,
        person=asked["person"],
        noun=asked["noun"],
        since=asked["since"],
        until=asked["until"],
        oldest_first=asked["sort"] == OLDEST,
    )
    return chosen, zone_named(zone_of(tenant))


def words_of(asked: dict[str, Any]) -> list[str]:
    """What is searched for, in small letters."""
    return str(asked["q"]).lower().split()
