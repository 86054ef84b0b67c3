"""`manage.py check_providers`"""

import os
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from metering.catalog.check_providers import check_providers
from metering.management.command import VerbCommand

COLUMNS = ("provider", "kind", "models", "base_url", "api_key_env", "problem")


class Command(VerbCommand):
    help = (
        "Check each provider's configuration without calling it. Fails if one that has models lacks its key."
    )

    def run(self, **_: Any) -> None:
        checks = check_providers(environment=os.environ)
        self.show_rows(COLUMNS, ({**asdict(check), "ok": check.ok} for check in checks))
        if broken := [check.provider for check in checks if check.models and not check.ok]:
            raise CommandError(f"Not usable: {', '.join(broken)}.")
