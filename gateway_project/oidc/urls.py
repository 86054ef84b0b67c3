"""Where signing in at an identity provider is. The second address is registered there."""

from django.urls import path

from gateway_project.oidc.views import answer, begin

urlpatterns = [
    path("", begin, name="single_sign_on"),
    path("callback/", answer, name="single_sign_on_answer"),
]
