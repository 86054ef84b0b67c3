"""Where Django's own pages are. The wire protocols are mounted in front of Django in asgi.py."""

from django.urls import include, path

from admin_console.site import console

handler400 = "gateway_project.http.django_refusals.bad_request"
handler404 = "gateway_project.http.django_refusals.not_found"
handler500 = "gateway_project.http.django_refusals.broken"

urlpatterns = [
    path("admin/sso/", include("gateway_project.oidc.urls")),
    path("admin/", console.urls),
    path("api/", include(("gateway_project.api.urls", "api"))),
]
