"""The tables of the page of proof."""

from datetime import date, datetime, tzinfo

from django.db.models import Max, Sum
from django.db.models.functions import Abs
from django.urls import reverse

from admin_console.parts import Cell, Column, Empty, Row, Table
from admin_console.proof.words import causes_text, fine_percent
from admin_console.wording import NOTHING, count, short_day, usd, usd_exact, when
from metering.decisions.decision import Verdict
from metering.models import PolicyDecision, ReconciledDay, Tenant
from metering.proof.accuracy import Accuracy
from metering.types import EnforcementMode

MOST_DIFFERENCES = 50
MOST_TENANTS = 100


def vendor_table(found: Accuracy) -> Table:
    """What each vendor's calls cost, how sure that is, and what its own report says."""
    columns = (
        Column(key="vendor", title="Vendor"),
        Column(key="cost", title="Charged", is_number=True, hides="mid"),
        Column(key="exact", title="By its own figures", is_number=True),
        Column(key="report", title="Its report", is_number=True, hides="lo"),
        Column(key="metered", title="Metered then", is_number=True, hides="lo"),
        Column(key="accuracy", title="Accuracy", is_number=True),
        Column(key="until", title="Compared until", hides="mid"),
    )
    rows = []
    for name in sorted({*found.exactness_of, *found.deviation_of}):
        exactness, deviation = found.exactness_of.get(name), found.deviation_of.get(name)
        cost = exactness.cost_nano_usd if exactness is not None else 0
        cells = (
            Cell(text=name),
            Cell(text=usd(cost), exact=usd_exact(cost)),
            Cell(text=fine_percent(exactness.exact_share) if exactness is not None else NOTHING),
            Cell(text=usd(deviation.vendor_nano_usd) if deviation is not None else NOTHING),
            Cell(text=usd(deviation.metered_nano_usd) if deviation is not None else NOTHING),
            Cell(text=fine_percent(deviation.accuracy) if deviation is not None else NOTHING),
            Cell(text=short_day(deviation.last) if deviation is not None else "never"),
        )
        rows.append(Row(cells=cells))
    empty = Empty(title="No calls in these days", text="A vendor is here once it was asked for something.")
    return Table(columns=columns, rows=rows, empty=empty, caption="Vendors")


def difference_table(since: date, until: date) -> Table:
    """The days and models that differ most, by what says how well was metered."""
    columns = (
        Column(key="day", title="Day"),
        Column(key="model", title="Model"),
        Column(key="vendor", title="Vendor says", is_number=True, hides="mid"),
        Column(key="metered", title="Metered", is_number=True, hides="mid"),
        Column(key="difference", title="Difference", is_number=True),
        Column(key="causes", title="Why", hides="mid"),
        Column(key="booked", title="Booked", is_number=True, hides="lo"),
    )
    found = ReconciledDay.objects.filter(day__gte=since, day__lt=until).exclude(causes={})
    most = found.order_by(Abs("own_difference_nano_usd").desc(), "-day", "model")[:MOST_DIFFERENCES]
    rows = [Row(cells=_difference(each)) for each in most]
    empty = Empty(
        title="No difference is known",
        text="Nothing was compared yet, or all agrees. manage.py reconcile_usage compares a vendor's report.",
    )
    return Table(columns=columns, rows=rows, empty=empty, caption="Differences")


def _difference(row: ReconciledDay) -> tuple[Cell, ...]:
    difference = row.vendor_nano_usd - row.metered_nano_usd
    return (
        Cell(text=short_day(row.day), small=row.provider_name),
        Cell(text=row.model or "all models", tag="" if row.is_known else "not in the catalog", tone="warn"),
        Cell(text=usd(row.vendor_nano_usd), exact=usd_exact(row.vendor_nano_usd)),
        Cell(text=usd(row.metered_nano_usd), exact=usd_exact(row.metered_nano_usd)),
        Cell(text=usd(difference), exact=usd_exact(difference)),
        Cell(text=causes_text(row.causes)),
        Cell(text=usd(row.booked_nano_usd) if row.booked_nano_usd else NOTHING),
    )


def silent_table(since: datetime, *, zone: tzinfo) -> Table:
    """Tenants that are not enforced, with what their limits would have denied as the decision log has it."""
    columns = (
        Column(key="tenant", title="Tenant"),
        Column(key="mode", title="Limits"),
        Column(key="calls", title="Would have been denied", is_number=True),
        Column(key="last", title="Last", hides="mid"),
        Column(key="look", title=""),
    )
    quiet = Tenant.objects.filter(status=Tenant.Status.ACTIVE).exclude(
        enforcement_mode=EnforcementMode.ENFORCE.value
    )
    tenants = list(quiet.order_by("name")[:MOST_TENANTS])
    shadows = PolicyDecision.objects.filter(
        tenant_id__in=[row.pk for row in tenants],
        minute__gte=since,
        verdict__in=[Verdict.OBSERVED.value, Verdict.WARNED.value],
    )
    sums = shadows.order_by().values_list("tenant_id").annotate(n=Sum("count"), last=Max("last_at"))
    counted = {tenant_id: (n, last) for tenant_id, n, last in sums}
    rows = [
        Row(
            cells=(
                Cell(text=row.name, url=reverse("admin:tenant_hub", args=[row.slug])),
                Cell(text="only warn" if row.enforcement_mode == EnforcementMode.WARN else "only noted"),
                Cell(text=f"{count(counted.get(row.pk, (0, None))[0])} calls"),
                Cell(text=when(counted.get(row.pk, (0, None))[1], zone)),
                Cell(text="May it be enforced?", url=reverse("admin:silent_phase", args=[row.slug])),
            )
        )
        for row in tenants
    ]
    empty = Empty(
        title="Every tenant is enforced", text="A tenant's limits can be observed first, and enforced later."
    )
    return Table(columns=columns, rows=rows, empty=empty, caption="Tenants that are not enforced")
