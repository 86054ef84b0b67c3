"""Routes of the catalog."""

from django.urls import path

from gateway_project.api.catalog.budgets import Budgets, OneBudget, OwnBudget
from gateway_project.api.catalog.document import Catalog
from gateway_project.api.catalog.nouns import Features, ModelClasses, Models, Prices, Providers, Tasks
from gateway_project.api.catalog.plans import OnePlan, Plans
from gateway_project.api.catalog.rules import OneRule, OwnRule, OwnRules, Rules

urlpatterns = [
    path("plans", Plans.as_view(), name="plans"),
    path("plans/<str:code>", OnePlan.as_view(), name="plan"),
    path("catalog", Catalog.as_view(), name="catalog"),
    path("catalog/features", Features.as_view(), name="features"),
    path("catalog/tasks", Tasks.as_view(), name="tasks"),
    path("catalog/classes", ModelClasses.as_view(), name="classes"),
    path("catalog/providers", Providers.as_view(), name="providers"),
    path("catalog/models", Models.as_view(), name="models"),
    path("catalog/prices", Prices.as_view(), name="prices"),
    # Under /api/catalog for those who keep the catalog; the shorter ones are what a tenant sets for its own.
    path("rules", OwnRules.as_view(), name="own-rules"),
    path("rules/<uuid:pk>", OwnRule.as_view(), name="own-rule"),
    path("budgets/<uuid:pk>", OwnBudget.as_view(), name="own-budget"),
    path("catalog/rules", Rules.as_view(), name="rules"),
    path("catalog/rules/<uuid:pk>", OneRule.as_view(), name="rule"),
    path("catalog/budgets", Budgets.as_view(), name="catalog-budgets"),
    path("catalog/budgets/<uuid:pk>", OneBudget.as_view(), name="catalog-budget"),
]
