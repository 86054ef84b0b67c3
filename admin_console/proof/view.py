"""The page of proof: how accurate, how available, how much saved, and which tenants are only observed."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.explore.filter_bar import range_bar
from admin_console.filters_in_url import filters_in_url
from admin_console.links import to_page
from admin_console.parts import Figure
from admin_console.proof.tables import difference_table, silent_table, vendor_table
from admin_console.proof.words import fine_percent
from admin_console.who import Viewer
from admin_console.wording import count, percent, usd, usd_exact
from metering.errors import MeteringError
from metering.proof.accuracy import Accuracy, accuracy
from metering.proof.availability import Served, availability
from metering.proof.saved import Saved, saved
from metering.proof.targets import ACCURACY, AVAILABILITY, SAVINGS

RANGE = ("range", "since", "until")
"""All that the page can be asked for: it is about the whole gateway."""


def proof(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    query = request.GET.copy()
    for name in [name for name in query if name not in RANGE]:
        del query[name]
    chosen = filters_in_url(query, viewer, now=page["now"])
    problems = list(chosen.problems)
    since, until = chosen.usage.both_ends
    shown: dict[str, Any] = {"figures": [], "vendors": None}
    try:
        found = accuracy(since=since, until=until)
        figures = accuracy_figures(found)
        figures.append(availability_figure(availability(since=since, until=until)))
        figures.append(saved_figure(saved(chosen.usage, baseline=None, now=page["now"])))
        shown = {"figures": figures, "vendors": vendor_table(found)}
    except MeteringError as error:
        problems.append(error.message)
    shown |= {
        "problems": problems,
        "filters": range_bar(query, chosen),
        "differences": difference_table(since.date(), until.date()),
        "silent": silent_table(since, zone=page["zone"]),
        "savings_url": to_page("savings"),
    }
    return render(request, "admin_console/proof.html", {**page, **shown})


def accuracy_figures(found: Accuracy) -> list[Figure]:
    """Against the vendors' reports, and what is exact by itself."""
    deviation, exactness = found.deviation, found.exactness
    share = deviation.accuracy if deviation is not None else None
    return [
        Figure(
            name="accuracy",
            label="Accuracy against vendors' reports",
            value=fine_percent(share),
            tone=_tone(share, ACCURACY),
            note=f"{usd(deviation.deviation_nano_usd)} of {usd(deviation.vendor_nano_usd)} differ; "
            f"asked for {percent(ACCURACY)}"
            if deviation is not None
            else "No report of these days was compared",
        ),
        Figure(
            name="exact_share",
            label="Cost by vendors' own figures",
            value=fine_percent(exactness.exact_share),
            exact=usd_exact(exactness.estimated_nano_usd),
            note=f"{usd(exactness.estimated_nano_usd)} of {usd(exactness.cost_nano_usd)} estimated, in "
            f"{count(exactness.estimated_attempts)} of {count(exactness.attempts)} attempts",
        ),
    ]


def availability_figure(served: Served) -> Figure:
    share = served.availability
    return Figure(
        name="availability",
        label="Availability",
        value=fine_percent(share),
        tone=_tone(share, AVAILABILITY),
        note=f"{count(served.failed)} of {count(served.answered)} requests failed here, "
        f"{count(served.vendor_failed)} at vendors; asked for {fine_percent(AVAILABILITY)}",
    )


def saved_figure(found: Saved) -> Figure:
    return Figure(
        name="saved",
        label="Saved",
        value=percent(found.share),
        tone="",
        note=f"of what it would have cost; {percent(found.share_with_denials)} with denials; "
        f"asked for {percent(SAVINGS)}{_dearer(found)}",
        url=to_page("savings"),
    )


def _dearer(found: Saved) -> str:
    """Why less than nothing may have been saved."""
    if (found.cheaper_nano_usd or 0) >= 0:
        return ""
    cost = usd(-(found.cheaper_nano_usd or 0))
    return f". Calls went to dearer models than in as many days before, for {cost} more"


def _tone(share: Decimal | None, target: Decimal) -> str:
    return "bad" if share is not None and share < target else ""
