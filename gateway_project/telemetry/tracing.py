"""Whether OpenTelemetry spans are sent, as its standard variables say. Nothing of it is imported unless they are.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or `..._TRACES_ENDPOINT`) switches them on, `OTEL_SDK_DISABLED=true` and
`OTEL_TRACES_EXPORTER=none` off. The packages are an extra: requirements/opentelemetry.txt.
"""

from functools import cache
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from gateway_project import env

if TYPE_CHECKING:
    from gateway_project.telemetry.spans import Spans

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@cache
def spans() -> "Spans | None":
    """This process's way to send spans; None: none are sent. Raises ImproperlyConfigured where the packages lack."""
    on = any(map(env.text, ENDPOINTS)) and env.text("OTEL_TRACES_EXPORTER", "otlp") == "otlp"
    if not on or env.boolean("OTEL_SDK_DISABLED", False):
        return None
    try:
        from gateway_project.telemetry.spans import Spans
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(
            f"{ENDPOINTS[1]} asks for spans, but the packages are missing: "
            "python -m pip install --require-hashes --requirement requirements/opentelemetry.txt"
        ) from error
    return Spans()
