"""Ask a vendor whether it accepts a key that is kept in the database."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from metering.catalog.provider_keys.own_keys import note_test
from metering.models import ProviderKey

KeyProbe = Callable[[UUID], str | None]
"""Asks with the key of this id: what is wrong, without any part of a key; None: nothing."""


def try_key(*, row: ProviderKey, actor: str, now: datetime) -> str | None:
    """What is wrong with the key, as the vendor says it; None: it is accepted. Nothing is spent.

    Raises RateLimited for one test too many within an hour.
    """
    note_test(row=row, actor=actor, now=now)
    probe: KeyProbe = import_string(settings.KEY_PROBE)  # metering knows no vendor
    return probe(row.pk)
