"""The lists of the overview: the dearest, calls under way, and vendors."""

from datetime import datetime, tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from admin_console.links import to_page
from admin_console.parts import Cell, Column, Empty, Row, Table
from admin_console.wording import count, duration, percent, share, usd, usd_exact, when
from admin_console.words import task_word
from metering.overview.dearest import Dearest
from metering.overview.overview import Overview
from metering.overview.vendors import DEGRADED, FAILING, HEALTHY, VendorHealth
from metering.usage.in_flight import HeldCall

TITLES = {
    "tenant": ("Tenants", "Tenant"),
    "user": ("People and tokens", "Person or token"),
    "model": ("Models", "Model"),
    "conversation": ("Dearest conversations", "Conversation"),
}
TONES = {HEALTHY: "ok", DEGRADED: "warn", FAILING: "bad"}


def top_tables(facts: Overview, range_: str, words: str, kept: dict[str, str]) -> list[dict[str, object]]:
    """The dearest by each of their kinds, with the way to all of them."""
    return [
        {
            "title": f"{TITLES[by][0]} {words}",
            "url": to_page("explore", range=range_, group=by, **kept),
            "table": _top_table(by, rows, range_, kept),
        }
        for by, rows in facts.tops.items()
    ]


def _top_table(by: str, rows: tuple[Dearest, ...], range_: str, kept: dict[str, str]) -> Table:
    return Table(
        columns=(
            Column(key=by, title=TITLES[by][1]),
            Column(key="calls", title="Calls", is_number=True, hides="mid"),
            Column(key="cost", title="Cost", is_number=True),
            Column(key="share", title="Share", is_number=True),
        ),
        rows=[_top_row(by, row, range_, kept) for row in rows],
        empty=Empty(title="Nothing was used yet", text="What calls cost is here as soon as there are any."),
        caption=TITLES[by][0],
    )


def _top_row(by: str, row: Dearest, range_: str, kept: dict[str, str]) -> Row:
    name, figures = row.top.name, row.top.figures
    url = _hub(name) if by == "tenant" else ""
    return Row(
        cells=(
            Cell(
                text=name, url=url or to_page("activity", range=range_, **{**kept, row.kind: row.in_address})
            ),
            Cell(text=count(figures.requests)),
            Cell(text=usd(figures.cost_nano_usd), exact=usd_exact(figures.cost_nano_usd)),
            Cell(text=percent(row.top.share)),
        )
    )


def _hub(slug: str) -> str:
    return to_page("tenants") and f"{reverse('admin:tenants')}{slug}/"


def held_table(facts: Overview, *, now: datetime, zone: tzinfo, with_tenant: bool) -> Table:
    """The oldest of the calls under way."""
    return Table(
        columns=(
            Column(key="who", title="Who"),
            Column(key="model", title="Model", hides="mid"),
            Column(key="since", title="Since", is_number=True),
            Column(key="held", title="Held", is_number=True),
        ),
        rows=[_held_row(call, now, zone, with_tenant) for call in facts.held],
        empty=Empty(
            title="No call is under way", text="Each is here from its admission until it is settled."
        ),
        caption="Calls in flight",
    )


def _held_row(call: HeldCall, now: datetime, zone: tzinfo, with_tenant: bool) -> Row:
    who = call.user or call.token_name or call.token or "a token that is gone"
    small = " · ".join(filter(None, (call.tenant if with_tenant else "", task_word(call.task))))
    path = to_page("activity")
    return Row(
        cells=(
            Cell(text=who, small=small, url=f"{path}{call.id}/" if path else ""),
            Cell(text=call.model),
            Cell(text=f"{duration((now - call.since).total_seconds())} ago", exact=when(call.since, zone)),
            Cell(text=usd(call.held_nano_usd), exact=usd_exact(call.held_nano_usd)),
        )
    )


def vendor_table(facts: Overview, range_: str, *, now: datetime, may_open: bool) -> Table:
    """Each vendor's state, its calls, failures and cost."""
    totals = [each.figures for each in facts.vendors]
    attempts = sum(each["attempts"] for each in totals)
    failed = sum(each["failed"] for each in totals)
    cost = sum(each.cost_nano_usd for each in totals)
    return Table(
        columns=(
            Column(key="vendor", title="Vendor"),
            Column(key="state", title="State"),
            Column(key="calls", title="Attempts", is_number=True, hides="mid"),
            Column(key="failed", title="Failed", is_number=True),
            Column(key="cost", title="Cost", is_number=True),
        ),
        rows=[_vendor_row(each, range_, now, may_open) for each in facts.vendors],
        total=(
            Cell(text=f"{len(totals)} vendors"),
            Cell(),
            Cell(text=count(attempts)),
            Cell(text=f"{count(failed)} ({share(failed, attempts)})"),
            Cell(text=usd(cost), exact=usd_exact(cost)),
        ),
        empty=Empty(title="No vendor is set up", text="A vendor serves models; its key is its own."),
        caption="Vendors",
    )


def _vendor_row(vendor: VendorHealth, range_: str, now: datetime, may_open: bool) -> Row:
    figures = vendor.figures
    ago = duration((now - vendor.last_failure).total_seconds()) if vendor.last_failure else ""
    small = f"{count(vendor.failed_lately)} failed lately, the last {ago} ago" if ago else ""
    url = (
        reverse("admin:metering_provider_changelist") + f"?{urlencode({'q': vendor.name})}"
        if may_open
        else ""
    )
    return Row(
        cells=(
            Cell(
                text=vendor.name,
                small=small,
                url=to_page("activity", range=range_, provider=vendor.name) or url,
            ),
            Cell(tag=vendor.state, tone=TONES.get(vendor.state, "")),
            Cell(text=count(figures["attempts"])),
            Cell(text=f"{count(figures['failed'])} ({share(figures['failed'], figures['attempts'])})"),
            Cell(text=usd(figures.cost_nano_usd), exact=usd_exact(figures.cost_nano_usd)),
        )
    )
