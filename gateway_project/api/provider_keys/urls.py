"""Routes of vendors' keys."""

from django.urls import path

from gateway_project.api.provider_keys.keys import Keys, OneKey, TryKey

urlpatterns = [
    path("provider-keys", Keys.as_view(), name="provider-keys"),
    path("provider-keys/<uuid:pk>", OneKey.as_view(), name="provider-key"),
    path("provider-keys/<uuid:pk>/test", TryKey.as_view(), name="test-provider-key"),
]
