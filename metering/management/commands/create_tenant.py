"""`manage.py create_tenant --slug alder --name "Alder Research" [--timezone Europe/Berlin]`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.identity.tenants.create_tenant import create_tenant
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "Create a tenant. The same facts again change nothing."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slug", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--timezone", default="UTC", help="The IANA zone of its days and months.")

    def run(self, *, slug: str, name: str, timezone: str, **_: Any) -> None:
        tenant, created = create_tenant(slug=slug, name=name, timezone=timezone, actor=self.actor, now=now())
        facts = {
            "id": tenant.id,
            "slug": tenant.slug,
            "name": tenant.name,
            "timezone": tenant.timezone,
            "created": created,
        }
        self.show(facts, f"Tenant {tenant.slug} {'created' if created else 'was there already'}: {tenant.id}")
