"""`manage.py dump_catalog`"""

from typing import Any

from django.utils.timezone import now

from metering.catalog.dump_catalog import as_yaml, dump_catalog
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "Print the catalog in the YAML (with --json, the JSON) that load_catalog reads."

    def run(self, **_: Any) -> None:
        catalog = dump_catalog(now=now())
        self.show(catalog, as_yaml(catalog).rstrip("\n"))
