"""Routes of usage."""

from django.urls import path

from gateway_project.api.usage.budgets import BudgetStatuses
from gateway_project.api.usage.explore import Explore
from gateway_project.api.usage.export import Export
from gateway_project.api.usage.history import History
from gateway_project.api.usage.overview import OverviewFigures
from gateway_project.api.usage.reservations import Reservations
from gateway_project.api.usage.top import Top

urlpatterns = [
    path("usage", History.as_view(), name="usage"),
    path("usage/top", Top.as_view(), name="usage-top"),
    path("usage/explore", Explore.as_view(), name="usage-explore"),
    path("usage/export", Export.as_view(), name="usage-export"),
    path("overview", OverviewFigures.as_view(), name="overview"),
    path("reservations", Reservations.as_view(), name="reservations"),
    path("budgets", BudgetStatuses.as_view(), name="budgets"),
]
