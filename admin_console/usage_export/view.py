"""The targets of the usage export: how far each is, how late, and what went wrong last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string

from admin_console.who import Viewer
from metering.models import ExportPosition
from metering.usage_export.lag import lag_of

TITLES = {"openmeter": "OpenMeter (CloudEvents)", "stripe": "Stripe (meter events)", "csv": "CSV files"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    title: str
    is_set_up: bool
    needs: str
    position: ExportPosition | None
    lag: timedelta | None
    """None: nothing waits."""

    @property
    def lag_s(self) -> float:
        return self.lag.total_seconds() if self.lag is not None else 0.0

    @property
    def exported_until(self) -> datetime | None:
        return self.position.recorded_at if self.position is not None and self.position.batches else None


def usage_export(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    needs, is_set_up = import_string(settings.EXPORT_TARGETS), import_string(settings.IS_EXPORT_SET_UP)
    positions = ExportPosition.objects.in_bulk()
    lines = [
        Line(
            name=name,
            title=TITLES[name],
            is_set_up=is_set_up(name),
            needs=variable,
            position=positions.get(name),
            lag=lag_of(positions[name]) if name in positions else None,
        )
        for name, variable in needs.items()
    ]
    return render(request, "admin_console/usage_export.html", {**page, "lines": lines})
