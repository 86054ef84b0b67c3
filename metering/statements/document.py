"""A statement in words and tables: what the page, the PDF and the CSV all show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from metering.models.billing import statement_name
from metering.money import NANO_PER_USD
from metering.statements.figures import BudgetLine, Entries, Entry, Figures, Group, Sums
from metering.statements.round import cents_text
from metering.time_zones import zone_named
from metering.types import Dimension, EntryKind

NANO_DIGITS, CENT_DIGITS = 9, 2
ROUNDING = (
    "Every amount but the one to pay is exact to a billionth of a dollar. Only the amount to pay is rounded, "
    "at the very end: to the cent, half a cent up."
)
DIMENSIONS = {
    Dimension.COST: "cost (US$)",
    Dimension.REQUESTS: "requests",
    Dimension.TOKENS: "tokens",
    Dimension.INPUT_TOKENS: "input tokens",
    Dimension.OUTPUT_TOKENS: "output tokens",
    Dimension.API_CALLS: "searches",
    Dimension.FILES: "files",
    Dimension.STEPS: "steps",
}
WINDOWS = {"month": "this month", "total": "in total"}
KINDS = {
    EntryKind.SETTLE: "ended after its month's statement",
    EntryKind.RELEASE: "ended after its month's statement",
    EntryKind.EXPIRE: "ended after its month's statement, charged as held",
    EntryKind.TRUE_UP: "its true use became known",
    EntryKind.ADJUST: "correction",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns from `numbers` on are figures, at the right. `total` is the last row, in bold; empty: none."""

    title: str
    note: str = ""
    columns: tuple[str, ...]
    numbers: int
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    nothing: str = ""
    """Said in the place of no rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    title: str
    is_draft: bool
    tenant: str
    month: str
    to_pay: str
    facts: tuple[tuple[str, str], ...]
    sums: Table
    tables: tuple[Table, ...]
    rounding: str
    digest: str


def document_of(figures: Figures, *, digest: str) -> Document:
    """`digest` is empty for a draft."""
    is_draft = figures.number == 0
    name = f"Statement {statement_name(figures.tenant, figures.number)}"
    moment = _Moments(figures.timezone)
    last_day = figures.ends_at.astimezone(zone_named(figures.timezone)) - timedelta(microseconds=1)
    first_day = figures.starts_at.astimezone(zone_named(figures.timezone))
    facts = [
        ("Tenant", f"{figures.tenant_name} ({figures.tenant})"),
        ("Customer", figures.customer_id),
        (
            "Period",
            f"{first_day.day} {first_day:%B %Y} to {last_day.day} {last_day:%B %Y}, {figures.timezone}",
        ),
        ("Drawn up" if is_draft else "Issued", moment(figures.issued_at)),
        ("Requests", f"{figures.usage.requests:,}"),
    ]
    return Document(
        title="Draft of a statement" if is_draft else name,
        is_draft=is_draft,
        tenant=figures.tenant_name,
        month=f"{figures.month:%B %Y}",
        to_pay=f"US$ {cents_text(figures.total_nano_usd)}",
        facts=tuple((label, text) for label, text in facts if text),
        sums=_sums_table(figures),
        tables=(
            _groups("Usage by task", "Task", figures.by_task, figures.usage),
            _groups("Usage by model", "Model", figures.by_model, figures.usage),
            _groups("Usage by team", "Team", figures.by_team, figures.usage),
            _groups("Usage by person", "Person", figures.by_user, figures.usage),
            _budgets(figures.budgets),
            _entries(
                "Corrections and credits of this month",
                "They are part of the usage above.",
                figures.corrections,
                moment,
            ),
            _entries(
                "Corrections and credits of earlier months",
                "They came after those months' statements, which stay as they were issued.",
                figures.earlier,
                moment,
            ),
        ),
        rounding=ROUNDING,
        digest=digest,
    )


def exact(nano_usd: int, digits: int = NANO_DIGITS) -> str:
    """`1,234.567890123`: with so many decimals, of those that are left out each is zero."""
    whole, nano = divmod(abs(nano_usd), NANO_PER_USD)
    return f"{'-' if nano_usd < 0 else ''}{whole:,}.{f'{nano:09d}'[:digits]}"


def digits_for(amounts: list[int]) -> int:
    """How many decimals show each of these amounts exactly: two or more."""
    longest = max((len(f"{abs(each) % NANO_PER_USD:09d}".rstrip("0")) for each in amounts), default=0)
    return max(CENT_DIGITS, longest)


def _sums_table(figures: Figures) -> Table:
    usage = figures.usage
    rows = [
        ("Vendors' cost, at their prices", usage.vendor_nano_usd),
        ("Markup", usage.markup_nano_usd),
        ("Discount", usage.discount_nano_usd),
        ("Corrections and credits of this month", usage.corrected_nano_usd),
        ("Corrections and credits of earlier months", figures.earlier.nano_usd),
    ]
    digits = digits_for([nano for _, nano in rows] + [figures.total_nano_usd])
    return Table(
        title="Summary",
        columns=("", "US$"),
        numbers=1,
        rows=tuple((label, exact(nano, digits)) for label, nano in rows),
        total=("Total", exact(figures.total_nano_usd, digits)),
    )


def _groups(title: str, noun: str, groups: tuple[Group, ...], usage: Sums) -> Table:
    """Columns of which every figure is zero are left out."""
    every = [*(group.sums for group in groups), usage]
    counts = {
        "Requests": [each.requests for each in every],
        "Tokens in": [each.input_tokens for each in every],
        "Tokens out": [each.output_tokens for each in every],
    }
    amounts = {
        "Vendors' cost": [each.vendor_nano_usd for each in every],
        "Markup": [each.markup_nano_usd for each in every],
        "Discount": [each.discount_nano_usd for each in every],
        "Corrected": [each.corrected_nano_usd for each in every],
        "Charged": [each.charged_nano_usd for each in every],
    }
    columns = {name: [f"{each:,}" for each in found] for name, found in counts.items()}
    digits = digits_for([each for found in amounts.values() for each in found])
    for name, found in amounts.items():
        if any(found) or name == "Charged":
            columns[name] = [exact(each, digits) for each in found]
    names = [*(group.name for group in groups), "Total"]
    *rows, total = zip(names, *columns.values(), strict=True)
    return Table(
        title=title,
        columns=(noun, *columns),
        numbers=1,
        rows=tuple(rows),
        total=total if rows else (),
        nothing="Nothing was used.",
    )


def _budgets(budgets: tuple[BudgetLine, ...]) -> Table:
    def amount(line: BudgetLine, value: int) -> str:
        if line.dimension != Dimension.COST:
            return f"{value:,}"
        return exact(value, digits_for([line.limit, line.used, line.left]))

    return Table(
        title="Budgets",
        note="With the limits as they stood when this was drawn up. A soft budget warns and does not stop.",
        columns=("Of", "What", "When", "Limit", "Used", "Left"),
        numbers=3,
        rows=tuple(
            (
                line.whom,
                DIMENSIONS.get(Dimension(line.dimension), line.dimension)
                + (f", {line.task}" if line.task else ""),
                WINDOWS.get(line.window, line.window) + ("" if line.is_hard else ", soft"),
                *(amount(line, value) for value in (line.limit, line.used, line.left)),
            )
            for line in budgets
        ),
        nothing="No budget by the month or in total.",
    )


def _entries(title: str, note: str, entries: Entries, moment: "_Moments") -> Table:
    digits = digits_for([*(each.nano_usd for each in entries.shown), entries.nano_usd])
    rest = entries.nano_usd - sum(each.nano_usd for each in entries.shown)
    others = entries.count - len(entries.shown)

    def row(each: Entry) -> tuple[str, ...]:
        what = ("credit" if each.nano_usd < 0 else "charge") if each.kind is EntryKind.ADJUST else ""
        why = f"{KINDS[each.kind]}{f': {each.reason}' if each.reason else ''}"
        return (
            moment(each.recorded_at),
            f"{each.month:%B %Y}",
            f"{what + ', ' if what else ''}{why}",
            str(each.reservation_id),
            exact(each.nano_usd, digits),
        )

    rows = [row(each) for each in entries.shown]
    if others:
        rows.append((f"{others:,} smaller ones", "", "", "", exact(rest, digits)))
    return Table(
        title=title,
        note=note if rows else "",
        columns=("Recorded", "Of a call in", "Why", "Call", "US$"),
        numbers=4,
        rows=tuple(rows),
        total=("Total", "", "", "", exact(entries.nano_usd, digits)) if rows else (),
        nothing="None.",
    )


class _Moments:
    """Moments as the tenant's clocks show them."""

    def __init__(self, timezone: str) -> None:
        self._zone = zone_named(timezone)

    def __call__(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{local.day} {local:%b %Y, %H:%M}"
