"""Routes about policy."""

from django.urls import path

from gateway_project.api.policy.blast_radius import BlastRadius
from gateway_project.api.policy.decisions import DecisionReport, Decisions
from gateway_project.api.policy.effective import Effective
from gateway_project.api.policy.explain import Explain
from gateway_project.api.policy.own_plan import MyPlan
from gateway_project.api.policy.simulate import Simulate

urlpatterns = [
    path("plan", MyPlan.as_view(), name="my-plan"),
    path("policy/effective", Effective.as_view(), name="policy-effective"),
    path("policy/explain", Explain.as_view(), name="policy-explain"),
    path("policy/simulate", Simulate.as_view(), name="policy-simulate"),
    path("policy/blast-radius", BlastRadius.as_view(), name="policy-blast-radius"),
    path("policy/decisions", Decisions.as_view(), name="policy-decisions"),
    path("policy/decisions/report", DecisionReport.as_view(), name="policy-decision-report"),
]
