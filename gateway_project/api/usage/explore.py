"""GET /api/usage/explore: the largest groups of any grouping, over time and against the period before."""

from decimal import Decimal
from typing import Any

from django.utils.timezone import now
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.choice import Choice
from gateway_project.api.query import asks
from gateway_project.api.usage.asked import AskedIn, check_grouping, usage_in_reach
from gateway_project.api.views import ApiView
from metering.money import usd_text
from metering.reports.buckets import Bucket, usual_bucket
from metering.reports.explore import days_of, explore
from metering.reports.explored import MOST_GROUPS, MOST_SUBGROUPS, Explored, Group, Series
from metering.reports.figures import Figures
from metering.reports.groupings import GROUPINGS
from metering.reports.metrics import METRICS
from metering.usage.filters import UsageFilter

COUNTS = (
    *("requests", "attempts", "answered", "failed", "denials", "cached", "corrections", "estimated", "provisional"),
    *("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("api_calls", "files"),
)  # fmt: skip


class FiguresOut(serializers.Serializer[object]):
    locals().update({name: serializers.IntegerField() for name in COUNTS})
    cost_nano_usd = serializers.IntegerField(help_text="What budgets were charged.")
    cost_usd = serializers.CharField()
    saved_usd = serializers.CharField(help_text="By answers from the cache, before markups.")
    latency_p50_ms = serializers.IntegerField(
        allow_null=True, help_text="Of answered attempts, to about a tenth."
    )
    latency_p95_ms = serializers.IntegerField(allow_null=True)
    success = serializers.CharField(
        allow_null=True,
        help_text="Answered attempts of those that vendors answered or failed at, from 0 to 1.",
    )


class SubgroupOut(FiguresOut):
    value = serializers.CharField(
        allow_null=True, help_text="An id, a code or a text; null: calls without one."
    )
    name = serializers.CharField(help_text="As people know it.")
    tenant_id = serializers.UUIDField(
        allow_null=True, help_text="Where it means something in one tenant only."
    )
    before = FiguresOut()
    cost_now_usd = serializers.CharField(
        allow_null=True,
        help_text="At today's prices; null where too many calls would have to be priced again.",
    )


class GroupOut(SubgroupOut):
    subgroups = SubgroupOut(many=True, help_text=f"The {MOST_SUBGROUPS} largest, of the largest groups.")


class SeriesOut(serializers.Serializer[object]):
    value = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    is_others = serializers.BooleanField(help_text="All groups that have no series of their own.")
    values = serializers.ListField(
        help_text="One for each of `buckets`; of rates null where there is nothing."
    )


class ExploredOut(serializers.Serializer[object]):
    metric = serializers.CharField()
    group = serializers.CharField()
    subgroup = serializers.CharField(allow_null=True)
    bucket = serializers.CharField()
    zone = serializers.CharField(help_text="Whose days and hours they are.")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    before_since = serializers.DateTimeField()
    before_until = serializers.DateTimeField(
        help_text="Up to 8 days that still run are compared up to the same time."
    )
    total = FiguresOut()
    before = FiguresOut()
    cost_now_usd = serializers.CharField(allow_null=True)
    groups = GroupOut(many=True, help_text=f"The {MOST_GROUPS} largest by the metric.")
    others = FiguresOut(allow_null=True, help_text="All further groups; null: there are none.")
    overlaps = serializers.BooleanField(help_text="Whether a call may be in several groups, as of tags.")
    buckets = serializers.ListField(
        help_text="Days, weeks and months by their first day, hours by their moment."
    )
    series = SeriesOut(many=True)


class Explore(ApiView):
    class Input(AskedIn):
        prices = None  # type: ignore[assignment] # both are told: what was charged, and at today's prices
        metric = Choice(
            choices=list(METRICS), default="cost", help_text="By what groups are ordered and charted."
        )
        group = Choice(choices=list(GROUPINGS), default="model")
        subgroup = Choice(
            choices=list(GROUPINGS), default=None, help_text="Divides each of the largest groups."
        )
        bucket = Choice(
            choices=[bucket.value for bucket in Bucket],
            default=None,
            help_text="Pieces of the chart: hours of up to 8 days, else as suits the range.",
        )

    @asks(Input, responses=ExploredOut, tags=["usage"])
    def get(self, request: Request) -> Response:
        """Usage by what is asked for: totals, groups, change against the period before, and a chart over time.

        One's own, for administrators their tenant's, for super admins everybody's. The console's Explore shows these
        numbers.
        """
        asked = self.valid(self.Input, request.query_params)
        for by in filter(None, (asked["group"], asked["subgroup"])):
            check_grouping(request, by)
        chosen = usage_in_reach(request, asked)
        bucket = Bucket(asked["bucket"]) if asked["bucket"] else usual_bucket(days_of(chosen).count)
        explored = explore(
            chosen,
            metric=asked["metric"],
            group=asked["group"],
            subgroup=asked["subgroup"] or "",
            bucket=bucket,
            now=now(),
        )
        words = {name: asked[name] for name in ("metric", "group", "subgroup")}
        return Response({**words, "bucket": bucket.value, **_explored(explored, chosen)})


def _explored(explored: Explored, chosen: UsageFilter) -> dict[str, Any]:
    return {
        "zone": chosen.zone,
        "since": chosen.since,
        "until": chosen.until,
        "before_since": explored.before_since,
        "before_until": explored.before_until,
        "total": figures_json(explored.total),
        "before": figures_json(explored.before),
        "cost_now_usd": _usd(explored.cost_now_nano_usd),
        "groups": [
            {**_group(group), "subgroups": [_group(part) for part in group.subgroups]}
            for group in explored.groups
        ],
        "others": None if explored.others is None else figures_json(explored.others),
        "overlaps": explored.overlaps,
        "buckets": list(explored.buckets),
        "series": [_series(series) for series in explored.series],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "value": group.value,
        "name": group.name,
        "tenant_id": group.tenant_id,
        **figures_json(group.figures),
        "before": figures_json(group.before),
        "cost_now_usd": _usd(group.cost_now_nano_usd),
    }


def _series(series: Series) -> dict[str, Any]:
    values = [share_json(value) if isinstance(value, Decimal) else value for value in series.values]
    return {"value": series.value, "name": series.name, "is_others": series.is_others, "values": values}


def figures_json(figures: Figures) -> dict[str, Any]:
    """As FiguresOut has them."""
    return {
        **{name: figures[name] for name in COUNTS},
        "cost_nano_usd": figures.cost_nano_usd,
        "cost_usd": usd_text(figures.cost_nano_usd),
        "saved_usd": usd_text(figures["saved_nano_usd"]),
        "latency_p50_ms": figures.latency_ms(50),
        "latency_p95_ms": figures.latency_ms(95),
        "success": share_json(figures.success),
    }


def _usd(nano_usd: int | None) -> str | None:
    return None if nano_usd is None else usd_text(nano_usd)


def share_json(share: Decimal | None) -> str | None:
    """From 0 to 1."""
    return None if share is None else f"{share:.4f}"
