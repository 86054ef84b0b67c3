"""Keeps what a comparison found, for reports: one row for each provider, day and model; the last comparison counts."""

from datetime import date, datetime

from django.db import transaction

from metering.models import ReconciledDay
from metering.reconciliation.compare import Compared, Comparison

PAGE = 1_000


@transaction.atomic
def keep(comparison: Comparison, *, provider: str, since: date, until: date, now: datetime) -> None:
    """Keep the compared days, in the place of what was kept of them before."""
    ReconciledDay.objects.filter(provider_name=provider, day__gte=since, day__lt=until).delete()
    rows = (_row(cell, provider, now) for cell in comparison.cells)
    ReconciledDay.objects.bulk_create(rows, batch_size=PAGE)


def _row(cell: Compared, provider: str, now: datetime) -> ReconciledDay:
    vendor, metered = cell.vendor, cell.ledger.metered
    return ReconciledDay(
        provider_name=provider,
        day=cell.day,
        model=cell.model[: ReconciledDay.MODEL_LENGTH],
        is_known=cell.is_known,
        vendor_nano_usd=cell.vendor_nano_usd,
        has_cost=vendor.cost_nano_usd is not None,
        metered_nano_usd=metered.cost_nano_usd,
        own_difference_nano_usd=cell.own_difference_nano_usd,
        booked_nano_usd=sum(part.cost_nano_usd for part in cell.ledger.booked.values()),
        vendor_requests=vendor.requests,
        metered_requests=metered.calls,
        vendor_input_tokens=vendor.tokens.input if vendor.tokens is not None else None,
        vendor_output_tokens=vendor.tokens.output if vendor.tokens is not None else None,
        metered_input_tokens=metered.tokens.input,
        metered_output_tokens=metered.tokens.output,
        causes={cause.value: amount for cause, amount in cell.causes.items()},
        compared_at=now,
    )
