"""The routes under /api/. Each needs its line in tests/tenancy/matrix.py."""

from django.urls import URLPattern, URLResolver, path, re_path

from gateway_project.api.activity.urls import urlpatterns as activity
from gateway_project.api.alerts.urls import urlpatterns as alerts
from gateway_project.api.audit.urls import urlpatterns as audit
from gateway_project.api.auth.urls import urlpatterns as auth
from gateway_project.api.catalog.urls import urlpatterns as catalog
from gateway_project.api.document import Document, DocumentPage
from gateway_project.api.errors import not_found
from gateway_project.api.identity.urls import urlpatterns as identity
from gateway_project.api.policy.urls import urlpatterns as policy
from gateway_project.api.provider_keys.urls import urlpatterns as provider_keys
from gateway_project.api.quota.urls import urlpatterns as quota
from gateway_project.api.statements.urls import urlpatterns as statements
from gateway_project.api.tasks.urls import urlpatterns as tasks
from gateway_project.api.usage.urls import urlpatterns as usage
from gateway_project.api.webhooks.urls import urlpatterns as webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    *auth,
    *identity,
    *catalog,
    *usage,
    *activity,
    *policy,
    *alerts,
    *audit,
    *provider_keys,
    *webhooks,
    *quota,
    *statements,
    *tasks,
    path("schema", Document.as_view(), name="schema"),
    path("docs", DocumentPage.as_view(), name="docs"),
    re_path("", not_found, name="nothing"),
]
