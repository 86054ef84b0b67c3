"""Bring a catalog file into the database, whole or not at all."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from metering.catalog.apply_budgets import apply_budgets
from metering.catalog.apply_models import apply_models
from metering.catalog.apply_plans import apply_plans
from metering.catalog.apply_providers import apply_providers
from metering.catalog.apply_rules import apply_rules
from metering.catalog.changes import Change
from metering.catalog.owner import GATEWAY
from metering.catalog.parse_catalog import parse_catalog
from metering.catalog.vocabulary import current_vocabulary
from metering.models import AuditEvent

LOCK = 0x6361_7461  # "cata": two loads at once would each see the other's rows as missing


def load_catalog(
    *,
    text: str,
    actor: str,
    now: datetime,
    environment: Mapping[str, str] = os.environ,
    dry_run: bool = False,
) -> list[Change]:
    """What changed, or with `dry_run` what would change. Loading the same file again changes nothing.

    Providers, models, plans and the gateway's own rules and budgets that the file does not name are left alone; one
    that is named becomes as the file says. A price that differs from the one in force gets a new row from `now` on.
    Raises CatalogInvalid with every problem of the file.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        document = parse_catalog(text=text, vocabulary=current_vocabulary(), environment=environment)
        changes = [
            *apply_providers(document.providers),
            *apply_models(document.models, now=now),
            *apply_plans(document.plans),
            *apply_rules(GATEWAY, document.rules),
            *apply_budgets(GATEWAY, document.budgets),
        ]
        record_changes(changes, actor=actor, now=now)
        # A dry run does everything and takes it back, so that its diff cannot differ from the real one.
        transaction.set_rollback(dry_run)
    return changes


def record_changes(changes: Sequence[Change], *, actor: str, now: datetime) -> None:
    """Write an audit event for each of the changes."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=now,
            action=f"catalog.{change.action}",
            actor=actor,
            object_type=change.kind,
            object_id=change.name[:128],
            facts={"change": change.as_line()},
        )
        for change in changes
    )
