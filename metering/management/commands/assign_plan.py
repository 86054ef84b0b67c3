"""`manage.py assign_plan --tenant alder --plan PRO`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.identity.find import find_tenant
from metering.identity.tenants.assign_plan import assign_plan
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "Move a tenant to another plan: all its live tokens change, the others do not."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--plan", required=True, metavar="CODE")

    def run(self, *, tenant: str, plan: str, **_: Any) -> None:
        moved = assign_plan(tenant=find_tenant(tenant), plan_code=plan, actor=self.actor, now=now())
        self.show(
            {"tenant": tenant, "plan": plan, "tokens_changed": moved},
            f"{tenant} is on {plan}; {moved} tokens changed.",
        )
