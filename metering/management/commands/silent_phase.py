"""`manage.py silent_phase [--tenant alder] [--since 2026-11-01] [--until ...]`: may it be enforced, and what then?"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from metering.identity.find import find_tenant
from metering.management.command import VerbCommand, moment
from metering.management.progress import ProgressBar
from metering.models import Tenant
from metering.proof.silent_phase import phase_facts, silent_phase
from metering.types import EnforcementMode

DAYS = 14


class Command(VerbCommand):
    help = (
        "Say of tenants whose limits are only observed or warn whether they may be enforced, and what would have been "
        "denied: calls, US dollars, by which limit, by whom. Nothing is changed."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Default: all that are not enforced.")
        parser.add_argument("--since", metavar="MOMENT", help=f"Default: the last {DAYS} days.")
        parser.add_argument("--until", metavar="MOMENT")

    def run(self, *, tenant: str | None, since: str | None, until: str | None, **_: Any) -> None:
        at, found = now(), []
        for row in _tenants(tenant):
            end = moment(until, param="until", tenant=row) or at
            start = moment(since, param="since", tenant=row) or end - timedelta(days=DAYS)
            bar = ProgressBar(sys.stderr, f"{row.slug} calls")
            phase = silent_phase(row, since=start, until=end, progress=bar.show)
            found.append(phase_facts(phase))
        text = "\n".join(line for facts in found for line in _told(facts))
        self.show(found, text or "Every tenant is enforced.")


def _tenants(slug: str | None) -> list[Tenant]:
    if slug is not None:
        return [find_tenant(slug)]
    rows = Tenant.objects.filter(status=Tenant.Status.ACTIVE).exclude(
        enforcement_mode=EnforcementMode.ENFORCE.value
    )
    return list(rows.order_by("slug"))


def _told(facts: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{facts['tenant']} ({facts['mode']}): {'may be enforced' if facts['may_switch'] else 'not yet'}. Of "
        f"{facts['calls']:,} calls for ${facts['cost_usd']}, {facts['denied']:,} for ${facts['denied_usd']} would have "
        "been denied."
    )
    for sentence in facts["objections"]:
        yield f"  {sentence}"
    for row in facts["by_rule"]:
        yield f"  {row['calls']:,} by {row['rule']} ({row['code']}), ${row['cost_usd']}"
    for row in facts["by_whom"]:
        yield f"  {row['calls']:,} of {row['who']}, ${row['cost_usd']}"
