"""`manage.py rotate_provider_keys`: after a new key was put first in FIELD_ENCRYPTION_KEYS."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils.timezone import now

from metering.alerts.endpoints.reseal import reseal_endpoints
from metering.catalog.provider_keys.rotate import Rotated, rotate_provider_keys
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Seal every vendor's key and every channel in the database anew with the first of FIELD_ENCRYPTION_KEYS. "
        "Fails if there is one that none of them opens."
    )

    def run(self, **_: Any) -> None:
        by: dict[str, Any] = {"actor": self.actor, "now": now()}
        keys, channels = rotate_provider_keys(**by), reseal_endpoints(**by)
        rotated = Rotated(
            resealed=keys.resealed + channels.resealed,
            unchanged=keys.unchanged + channels.unchanged,
            unreadable=keys.unreadable + channels.unreadable,
        )
        self.show(
            asdict(rotated),
            f"{rotated.resealed} keys and channels sealed anew, {rotated.unchanged} were already.",
        )
        if rotated.unreadable:
            raise CommandError(f"No configured key opens: {', '.join(rotated.unreadable)}.")
