"""How late an export is."""

from datetime import timedelta

from metering.models import ExportPosition
from metering.usage_export.position import place_of
from metering.usage_export.read_rows import horizon, next_recorded_at


def lag_of(row: ExportPosition) -> timedelta | None:
    """For how long the oldest entry waits that could be exported; None: none does."""
    until = horizon()
    waiting = next_recorded_at(place_of(row), until=until)
    return None if waiting is None else until - waiting
