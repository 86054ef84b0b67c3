"""A statement in words and tables: what the page and the PDF both show."""

from dataclasses import dataclass
from datetime import timedelta

from metering.models.billing import statement_name
from metering.statements.budget_table import budget_table
from metering.statements.entries_table import Moments, entries_table
from metering.statements.figures import Figures
from metering.statements.round import cents_text
from metering.statements.table import Table
from metering.statements.top_ups_table import top_ups_table
from metering.statements.usage_tables import groups_table, sums_table
from metering.time_zones import zone_named

ROUNDING = (
    "Every amount but the one to pay is exact to a billionth of a dollar. Only the amount to pay is rounded, "
    "at the very end: to the cent, half a cent up."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    title: str
    tenant: str
    month: str
    to_pay: str
    facts: tuple[tuple[str, str], ...]
    sums: Table
    tables: tuple[Table, ...]
    rounding: str
    digest: str


def document_of(figures: Figures, *, digest: str) -> Document:
    """Return a statement as a document of titles, lines and tables; `digest` is that of its figures."""
    moment = Moments(figures.timezone)
    last_day = figures.ends_at.astimezone(zone_named(figures.timezone)) - timedelta(microseconds=1)
    first_day = figures.starts_at.astimezone(zone_named(figures.timezone))
    facts = [
        ("Tenant", f"{figures.tenant_name} ({figures.tenant})"),
        ("Customer", figures.customer_id),
        (
            "Period",
            f"{first_day.day} {first_day:%B %Y} to {last_day.day} {last_day:%B %Y}, {figures.timezone}",
        ),
        ("Issued", f"{moment(figures.issued_at)}, {figures.timezone}"),
        ("Requests", f"{figures.usage.requests:,}"),
    ]
    return Document(
        title=f"Statement {statement_name(figures.tenant, figures.number)}",
        tenant=figures.tenant_name,
        month=f"{figures.month:%B %Y}",
        to_pay=f"US$ {cents_text(figures.total_nano_usd)}",
        facts=tuple((label, text) for label, text in facts if text),
        sums=sums_table(figures),
        tables=(
            groups_table("Usage by task", "Task", figures.by_task, figures.usage),
            groups_table("Usage by model", "Model", figures.by_model, figures.usage),
            groups_table("Usage by team", "Team", figures.by_team, figures.usage),
            groups_table("Usage by person", "Person", figures.by_user, figures.usage),
            budget_table(figures.budgets),
            *([top_ups_table(figures.top_ups, moment)] if figures.top_ups.count else []),
            entries_table(
                "Corrections and credits of this month",
                "They are part of the usage above.",
                figures.corrections,
                moment,
            ),
            entries_table(
                "Corrections and credits of earlier months",
                "They came after those months' statements, which stay as they were issued.",
                figures.earlier,
                moment,
            ),
        ),
        rounding=ROUNDING,
        digest=digest,
    )
