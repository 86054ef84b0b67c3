"""Routes under /api/auth/."""

from django.urls import path

from gateway_project.api.auth.me import Me

urlpatterns = [path("auth/me", Me.as_view(), name="me")]
