"""What rows are called in choices and columns."""

from typing import Any

from metering.models import Team, User


def label_of(row: Any) -> str:
    """A row's name for a person; the models' own names avoid a query and therefore contain ids."""
    if isinstance(row, Team):
        return f"{row.tenant.slug} / {row.slug}"
    if isinstance(row, User):
        return f"{row.email} ({row.tenant.slug if row.tenant else 'operator'})"
    return str(row)
