"""A gateway that has been used for two months: tenants Alder, Birch and Cedar with people, teams, tokens and budgets.

    from tests.support.busy_world import PASSWORD, busy_world
    world = busy_world(calls=2_000)    # in a test with the database `transactional_db`, or on any empty one

People sign in with PASSWORD: `ops@example.com` (super admin), `dora@alder.example`, `fiona@birch.example` and
`ann@cedar.example` (tenants' administrators); everybody else is a member. The same seed makes the same world.
The past is written into the ledger's tables as the ledger leaves it; what is under way is held by the ledger itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.utils.timezone import now as right_now

from metering.models import Tenant
from metering.rollups.roll_up import roll_up_usage
from tests.support.busy.alerts import make_channel, write_vendor_alert
from tests.support.busy.calls import write_calls
from tests.support.busy.catalog import make_catalog
from tests.support.busy.decisions import write_decisions
from tests.support.busy.limits import make_limits
from tests.support.busy.people import PASSWORD, make_people
from tests.support.busy.under_way import hold_calls

__all__ = ["PASSWORD", "BusyWorld", "busy_world"]
DAYS = 61
"""Thirty days, and the thirty before them to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyWorld:
    alder: Tenant
    birch: Tenant
    cedar: Tenant
    now: datetime


def busy_world(*, calls: int = 2_000, now: datetime | None = None, seed: int = 1) -> BusyWorld:
    """So many calls in the past, some under way, some refused, and the hourly sums of all of them."""
    moment, dice = now or right_now(), Random(seed)
    make_catalog(moment)
    tenants = make_people(moment)
    write_calls(calls, since=moment - timedelta(days=DAYS), until=moment, dice=dice)
    make_limits(tenants)
    hold_calls(dice)
    write_decisions(moment, dice)
    write_vendor_alert(moment)
    make_channel(next(tenant for tenant in tenants if tenant.slug == "cedar"), moment)
    roll_up_usage(settings.LEDGER_DATABASE_URL, moment)
    return BusyWorld(now=moment, **{tenant.slug: tenant for tenant in tenants})
