"""Where Django's own pages are. The wire protocols are mounted in front of Django in asgi.py."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
