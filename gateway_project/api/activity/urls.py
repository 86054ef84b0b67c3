"""Routes of activity."""

from django.urls import path

from gateway_project.api.activity.content import ActivityContent
from gateway_project.api.activity.log import Activity, ActivityHistogram
from gateway_project.api.activity.one import OneActivity

urlpatterns = [
    path("activity", Activity.as_view(), name="activity"),
    path("activity/histogram", ActivityHistogram.as_view(), name="activity-histogram"),
    path("activity/<uuid:id>", OneActivity.as_view(), name="one-activity"),
    path("activity/<uuid:id>/content", ActivityContent.as_view(), name="activity-content"),
]
