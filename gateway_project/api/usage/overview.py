"""GET /api/overview: the figures of the console's overview, in the caller's reach."""

from typing import Any

from django.utils.timezone import now
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.query import asks
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.usage.explore import FiguresOut, figures_json, share_json
from gateway_project.api.usage.own import reach_of
from gateway_project.api.usage.reservations import HeldCallOut
from gateway_project.api.usage.rows import BudgetStatusOut
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest
from metering.money import usd_text
from metering.overview.dearest import Dearest
from metering.overview.overview import RANGES, Overview, overview, stacks_for
from metering.overview.vendors import VendorHealth
from metering.reports.explored import Explored
from metering.reports.overview import Spending


class SpendingOut(serializers.Serializer[object]):
    first_day = serializers.DateField()
    cost_usd = serializers.CharField()
    requests = serializers.IntegerField()
    before = FiguresOut(
        help_text="Of the day, week or month before, up to the same day of it and the same time of day."
    )
    budget = BudgetStatusOut(
        allow_null=True, help_text="The tightest budget of cost that counts all of it in such a window."
    )


class InFlightOut(serializers.Serializer[object]):
    calls = serializers.IntegerField()
    held_usd = serializers.CharField()
    limit = BudgetStatusOut(allow_null=True, help_text="On calls at once.")
    oldest = HeldCallOut(many=True)


class TrafficOut(serializers.Serializer[object]):
    now = FiguresOut()
    before = FiguresOut()
    error_rate = serializers.CharField(allow_null=True, help_text="Of attempts, from 0 to 1.")
    refused = serializers.IntegerField(help_text="Calls that a limit refused (429).")
    refused_rate = serializers.CharField(allow_null=True)
    refused_before = serializers.IntegerField()
    prompt_cache_hit_rate = serializers.CharField(allow_null=True, help_text="Of input tokens.")
    prompt_cache_saved_usd = serializers.CharField()
    answer_cache_saved_usd = serializers.CharField()


class ChartSeriesOut(serializers.Serializer[object]):
    value = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    is_others = serializers.BooleanField()
    cost_usd = serializers.ListField(child=serializers.CharField(), help_text="One for each day.")


class ChartOut(serializers.Serializer[object]):
    by = serializers.CharField()
    days = serializers.ListField(child=serializers.DateField())
    series = ChartSeriesOut(many=True)
    total_usd = serializers.CharField()
    before_usd = serializers.CharField(help_text="Of the thirty days before.")


class DearestOut(serializers.Serializer[object]):
    kind = serializers.CharField(help_text="`token` for one that is nobody's, among people.")
    name = serializers.CharField()
    requests = serializers.IntegerField()
    cost_usd = serializers.CharField()
    share = serializers.CharField(allow_null=True)


class VendorOut(serializers.Serializer[object]):
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["healthy", "degraded", "failing", "quiet"])
    attempts = serializers.IntegerField()
    failed = serializers.IntegerField()
    cost_usd = serializers.CharField()
    failed_lately = serializers.IntegerField(help_text="In the last quarter of an hour.")
    last_failure = serializers.DateTimeField(allow_null=True, help_text="In the last quarter of an hour.")


class OverviewOut(serializers.Serializer[object]):
    """What the caller reaches: one's own, for administrators their tenant's, for super admins everybody's."""

    zone = serializers.CharField(help_text="Whose days they are.")
    since = serializers.DateTimeField(help_text="Of traffic, the dearest and vendors.")
    until = serializers.DateTimeField()
    today = SpendingOut()
    week = SpendingOut()
    month = SpendingOut()
    in_flight = InFlightOut()
    traffic = TrafficOut()
    cost_of_30_days = ChartOut()
    dearest = serializers.DictField(
        child=DearestOut(many=True),
        help_text="By `tenant`, `user`, `model`, `conversation`, as far as reached.",
    )
    budgets = serializers.IntegerField(help_text="How many apply.")
    budgets_over_80_percent = BudgetStatusOut(many=True)
    unacknowledged_alerts = serializers.IntegerField()
    vendors = VendorOut(many=True, help_text="For administrators.")


class OverviewFigures(ApiView):
    class Input(StrictInput):
        by = serializers.CharField(
            default="model", help_text="What stacks the chart: model, user, team, task, tenant."
        )
        range = Choice(
            choices=list(RANGES), default="today", help_text="Of traffic, the dearest and vendors."
        )
        tenant = serializers.CharField(
            default="", allow_blank=True, help_text="For super admins: only this tenant."
        )

    @asks(Input, responses=OverviewOut, tags=["usage"])
    def get(self, request: Request) -> Response:
        """The console's overview: spending against budgets, calls in flight, traffic, the dearest, alerts, vendors."""
        asked = self.valid(self.Input, request.query_params)
        reach = reach_of(caller_of(request), tenant_or_all(request))
        if asked["by"] not in stacks_for(reach):
            raise InvalidRequest(f"by must be one of {', '.join(stacks_for(reach))}.", param="by")
        return Response(_json(overview(reach, now=now(), stack=asked["by"], range_=asked["range"])))


def _json(facts: Overview) -> dict[str, Any]:
    since, until = facts.chosen.both_ends
    return {
        "zone": facts.chosen.zone,
        "since": since,
        "until": until,
        **{name: _spending(facts, name) for name in ("today", "week", "month")},
        "in_flight": {
            **facts.in_flight.as_json(),
            "limit": facts.at_once and facts.at_once.as_json(),
            "oldest": [call.as_json() for call in facts.held],
        },
        "traffic": _traffic(facts),
        "cost_of_30_days": _chart(facts.stack, facts.chart),
        "dearest": {by: [_dearest(each) for each in rows] for by, rows in facts.tops.items()},
        "budgets": facts.budgets,
        "budgets_over_80_percent": [line.as_json() for line in facts.near],
        "unacknowledged_alerts": facts.alerts.count,
        "vendors": [_vendor(each) for each in facts.vendors],
    }


def _spending(facts: Overview, name: str) -> dict[str, Any]:
    spending: Spending = getattr(facts.spendings, name)
    line = facts.limits.get(name)
    return {
        "first_day": spending.first,
        "cost_usd": usd_text(spending.now.cost_nano_usd),
        "requests": spending.now.requests,
        "before": figures_json(spending.before),
        "budget": line and line.as_json(),
    }


def _traffic(facts: Overview) -> dict[str, Any]:
    health, caches = facts.health, facts.caches
    return {
        "now": figures_json(health.figures),
        "before": figures_json(health.before),
        "error_rate": share_json(health.figures.error_rate),
        "refused": health.refusals.count,
        "refused_rate": share_json(health.refusals.rate),
        "refused_before": health.refusals_before.count,
        "prompt_cache_hit_rate": share_json(caches.hit_rate),
        "prompt_cache_saved_usd": usd_text(caches.prompt_saved_nano_usd),
        "answer_cache_saved_usd": usd_text(caches.answer_saved_nano_usd),
    }


def _chart(by: str, explored: Explored) -> dict[str, Any]:
    return {
        "by": by,
        "days": list(explored.buckets),
        "series": [
            {
                "value": None if each.value is None else str(each.value),
                "name": each.name,
                "is_others": each.is_others,
                "cost_usd": [usd_text(int(value or 0)) for value in each.values],
            }
            for each in explored.series
        ],
        "total_usd": usd_text(explored.total.cost_nano_usd),
        "before_usd": usd_text(explored.before.cost_nano_usd),
    }


def _dearest(each: Dearest) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "name": each.top.name,
        "requests": each.top.figures.requests,
        "cost_usd": usd_text(each.top.figures.cost_nano_usd),
        "share": share_json(each.top.share),
    }


def _vendor(vendor: VendorHealth) -> dict[str, Any]:
    return {
        "name": vendor.name,
        "state": vendor.state,
        "attempts": vendor.figures["attempts"],
        "failed": vendor.figures["failed"],
        "cost_usd": usd_text(vendor.figures.cost_nano_usd),
        "failed_lately": vendor.failed_lately,
        "last_failure": vendor.last_failure,
    }
