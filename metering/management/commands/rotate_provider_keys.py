"""`manage.py rotate_provider_keys`: after a new key was put first in FIELD_ENCRYPTION_KEYS."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils.timezone import now

from metering.catalog.provider_keys.rotate import rotate_provider_keys
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Seal every vendor's key in the database anew with the first of FIELD_ENCRYPTION_KEYS. "
        "Fails if there is one that none of them opens."
    )

    def run(self, **_: Any) -> None:
        rotated = rotate_provider_keys(actor=self.actor, now=now())
        self.show(
            asdict(rotated),
            f"{rotated.resealed} keys sealed anew, {rotated.unchanged} were already.",
        )
        if rotated.unreadable:
            raise CommandError(f"No configured key opens: {', '.join(rotated.unreadable)}.")
