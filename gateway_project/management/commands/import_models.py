"""`manage.py import_models PROVIDER [--dry-run]`"""

from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils.timezone import now

from gateway_project.probe import models_of
from gateway_project.vendor_catalogs.import_models import import_models
from gateway_project.vendor_configs import load_configs
from metering.errors import NotFound
from metering.management.command import VerbCommand
from metering.models import Provider
from providers.port import ProviderError, VendorModel
from providers.registry import ProviderConfig

COLUMNS = ("model", "state", "name", "reason")


class Command(VerbCommand):
    help = (
        "Ask a provider's vendor which models it serves, and enter the new ones that can be priced. Tells those that "
        "are left out, and why, and those that the vendor no longer lists."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", metavar="PROVIDER")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would be entered.")

    def run(self, *, provider: str, dry_run: bool, **_: Any) -> None:
        row = Provider.objects.filter(pk=provider).first()
        if row is None:
            raise NotFound(f"There is no provider {provider!r}.")
        config = load_configs().get(provider)
        if config is None:
            raise CommandError(f"{provider} is not active, or cannot be used; `check_providers` says why.")
        listed = _listed(config)
        lines = import_models(provider=row, listed=listed, actor=self.actor, now=now(), dry_run=dry_run)
        self.show_rows(COLUMNS, map(asdict, lines))
        if not self.as_json:
            counts = Counter(line.state for line in lines)
            said = ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing new"
            self.stdout.write(
                f"{provider} lists {len(listed)} models: {said}.{' Dry run: nothing was changed.' if dry_run else ''}"
            )


def _listed(config: ProviderConfig) -> tuple[VendorModel, ...]:
    try:
        return models_of(config)
    except ProviderError as error:
        raise CommandError(f"{config.name} was asked for its models: {error.message}.") from error
    except LookupError as error:
        raise CommandError(str(error)) from error
