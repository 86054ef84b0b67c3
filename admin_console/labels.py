"""What rows are called in choices and columns."""

from typing import Any

from metering.models import ATIToken, ModelClass, Plan, Task, Team, Tenant, User


def label_of(row: Any) -> str:
    """A row's name for a person; the models' own names avoid a query and therefore contain ids."""
    if isinstance(row, Team):
        return f"{row.tenant.slug} / {row.slug}"
    if isinstance(row, User):
        return f"{row.email} ({row.tenant.slug if row.tenant else 'operator'})"
    if isinstance(row, ATIToken):
        return f"{row.tenant.slug} / {row.name or 'unnamed'} ({row.prefix}…)"
    if isinstance(row, Tenant):
        return f"{row.name} ({row.slug})" if row.name.lower() != row.slug.lower() else row.name
    if isinstance(row, Plan | ModelClass):
        return f"{row.name} ({row.code})" if row.name.lower() != row.code.lower() else row.name
    if isinstance(row, Task):
        return row.name
    return str(row)
