"""What the page can be asked for: range, metric, grouping, and one filter more."""

from dataclasses import replace

from django.http import QueryDict

from admin_console.filters_in_url import Chosen
from admin_console.parts import Choice, FilterBar, Select
from admin_console.parts.filters import Chip
from admin_console.who import Viewer
from metering.reports.buckets import Bucket, usual_bucket
from metering.reports.groupings import GROUPINGS
from metering.reports.metrics import METRICS


def filter_bar(query: QueryDict, chosen: Chosen, viewer: Viewer) -> FilterBar:
    """A GET form; what is usual is not said in the address."""
    groups = {
        name: each.title for name, each in GROUPINGS.items() if name != "tenant" or viewer.tenant is None
    }
    metrics = {name: each.title for name, each in METRICS.items()}
    buckets = {bucket.value: bucket.value.capitalize() for bucket in Bucket}
    bar = FilterBar.of(
        query,
        ranges=True,
        selects=(
            _select("metric", "Show", metrics, "cost"),
            _select("group", "by", groups, "model"),
            _select(
                "subgroup", "then by", {name: title for name, title in groups.items() if name != chosen.group}
            ),
            _select("bucket", "chart by", buckets, usual_bucket(chosen.days.count).value),
        ),
    )
    return _of_this_page(bar, chosen)


def range_bar(query: QueryDict, chosen: Chosen) -> FilterBar:
    """Return the bar with days and filters alone."""
    return _of_this_page(FilterBar.of(query, ranges=True), chosen)


def _of_this_page(bar: FilterBar, chosen: Chosen) -> FilterBar:
    return replace(
        bar.with_days(chosen.days),
        chips=tuple(Chip(text=f"{chip.title}: {chip.value}", url=chip.without) for chip in chosen.chips),
        kept=tuple(pair for pair in bar.kept if pair[0] not in ("format", "sort", "plan")),
    )


def addable(viewer: Viewer | None) -> dict[str, str]:
    """Names of filters that can be added, with their words; None: a viewer who may see every tenant."""
    return {
        name: each.title
        for name, each in GROUPINGS.items()
        if name != "tenant" or viewer is None or viewer.tenant is None
    }


def _select(name: str, label: str, words: dict[str, str], usual: str = "") -> Select:
    choices = tuple(Choice(value=value, label=word) for value, word in words.items() if value != usual)
    return Select(name=name, label=label, choices=choices, any_label=words.get(usual, "nothing"))
