"""`manage.py check_providers`"""

import os
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from metering.catalog.check_providers import Probe, check_providers
from metering.management.command import VerbCommand

COLUMNS = ("provider", "kind", "models", "base_url", "api_key_env", "asked", "problem")


class Command(VerbCommand):
    help = (
        "Check each provider's configuration, and ask it whether it answers and accepts its key. Nothing is spent. "
        "Fails if one that has models cannot be used."
    )

    def run(self, **_: Any) -> None:
        probe: Probe = import_string(settings.PROVIDER_PROBE)  # metering knows no vendor
        checks = check_providers(environment=os.environ, probe=probe)
        self.show_rows(COLUMNS, ({**asdict(check), "ok": check.ok} for check in checks))
        if broken := [check.provider for check in checks if check.models and not check.ok]:
            raise CommandError(f"Not usable: {', '.join(broken)}.")
