"""How each vendor stands: whether its key is there, how many models it has, how its newest calls ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from metering.catalog.check_providers import configuration_problem
from metering.catalog.provider_keys.read_keys import keys_of
from metering.ids import first_id_at
from metering.models import Provider, UsageLog
from metering.types import Outcome

LOOKED_BACK = timedelta(hours=24)
MOST_CALLS = 2_000
"""The newest of all vendors that are looked at."""
FAILED = frozenset({Outcome.ERROR.value, Outcome.TIMEOUT.value})
NEITHER = frozenset({Outcome.PROVISIONAL.value, Outcome.CACHED.value})
"""Says nothing of the vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Of the newest attempts: how many, how many failed, the last of both kinds."""

    attempts: int = 0
    failed: int = 0
    answered_at: datetime | None = None
    failed_at: datetime | None = None
    failed_how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorState:
    name: str
    kind: str
    base_url: str
    needs_key: bool
    problem: str | None
    """What is wrong with its configuration, such as a missing key; None: nothing."""
    models: int
    """Active ones."""
    is_active: bool
    recent: Recent


def vendor_states(*, environment: Mapping[str, str], now: datetime) -> list[VendorState]:
    """Every provider by name. Nothing is asked of anybody, and no part of a key is told."""
    stored, recent = keys_of(None), _recent(now)
    rows = Provider.objects.annotate(active_models=Count("models", filter=Q(models__is_active=True)))
    return [
        VendorState(
            name=row.name,
            kind=row.kind,
            base_url=row.shown_base_url,
            needs_key=bool(row.api_key_env) or row.name in stored,
            problem=configuration_problem(row, environment, stored),
            models=row.active_models,
            is_active=row.is_active,
            recent=recent.get(row.name, Recent()),
        )
        for row in rows.order_by("name")
    ]


def _recent(now: datetime) -> Mapping[str, Recent]:
    rows = (
        UsageLog.objects.filter(id__gte=first_id_at(now - LOOKED_BACK))
        .order_by("-id")
        .values_list("provider_name", "outcome", "started_at")[:MOST_CALLS]
    )
    found: dict[str, Recent] = {}
    for name, outcome, at in rows:
        if outcome in NEITHER:
            continue
        seen, has_failed = found.get(name, Recent()), outcome in FAILED
        found[name] = Recent(
            attempts=seen.attempts + 1,
            failed=seen.failed + has_failed,
            answered_at=seen.answered_at or (None if has_failed else at),
            failed_at=seen.failed_at or (at if has_failed else None),
            failed_how=seen.failed_how or (outcome if has_failed else ""),
        )
    return found
