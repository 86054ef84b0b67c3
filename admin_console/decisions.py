"""What policy decided, and why."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.decorators import display

from admin_console.display import links, moment
from admin_console.filters import TaskCode, TenantSlug, When, choice_filter
from admin_console.history import HistoryAdmin, uuid_of
from admin_console.principals import principals, with_principals
from admin_console.site import console
from metering.decisions.find import about_request, request_digest
from metering.decisions.report import VERDICTS
from metering.models import DecisionRequest, PolicyDecision

SHOWN = 100
"""Decisions that one request's id may lead to."""
VerdictName = choice_filter("verdict", lambda: [(verdict, verdict) for verdict in VERDICTS])


@admin.register(PolicyDecision, site=console)
class PolicyDecisionAdmin(HistoryAdmin):
    list_display = (
        moment("minute"),
        "verdict_name",
        "tenant",
        principals,
        "rule",
        "code",
        "task",
        "count",
        "message",
    )
    list_filter = (When, TenantSlug, VerdictName, TaskCode)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Decision, request, rule, user or token id, or the rule's name"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*(name for name in super().get_fields(request, obj) if name != "trace"), "steps"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_principals(super().get_queryset(request))

    def by_id(self, term: str) -> Q:
        identifier = uuid_of(term)
        about = Q(pk__in=about_request(PolicyDecision.objects.all(), term).values("pk")[:SHOWN])
        if identifier is None:
            return Q(rule=term) | about
        ids = Q(pk=identifier) | Q(rule_id=identifier) | Q(user_id=identifier) | Q(token_id=identifier)
        return ids | about

    @display(
        description="Verdict",
        ordering="verdict",
        label={"denied": "danger", "warned": "warning", "observed": "info", "allowed": "success"},
    )
    def verdict_name(self, row: PolicyDecision) -> str:
        return row.verdict

    @display(description="Trace")
    def steps(self, row: PolicyDecision) -> str:
        """Every rule, budget and rate that applied, in the words of the decision."""
        lines = [
            (step["source"], step["rule"], step["value"], step["outcome"], _left(step)) for step in row.trace
        ]
        return format_html_join("", "<div>{} {} = {}: <b>{}</b>{}</div>", lines) or "-"


def _left(step: dict[str, Any]) -> str:
    return "" if step.get("left") is None else f", {step['left']} left"


@admin.register(DecisionRequest, site=console)
class DecisionRequestAdmin(HistoryAdmin):
    """Which requests the decisions were about; their ids can be asked for, not read."""

    list_display = ("id", "decision", "digest")
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Request id, as `x-request-id` of the answer says it"

    def by_id(self, term: str) -> Q:
        return Q(digest=request_digest(term))

    @display(description="Decision")
    def decision(self, row: DecisionRequest) -> str:
        url = reverse("admin:metering_policydecision_change", args=(row.decision_id,))
        return links([("open the decision", url)])
