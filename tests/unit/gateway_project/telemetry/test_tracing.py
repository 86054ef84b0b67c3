"""Which variables switch spans on. What they say is tried in tests/faults/test_telemetry_in_production.py."""

import os
import subprocess
import sys
from pathlib import Path

ASK = """
import os, sys
import django; django.setup()
import gateway_project.asgi
from gateway_project.telemetry.tracing import spans

def is_on(**variables):
    os.environ.update(variables)
    spans.cache_clear()
    return spans() is not None

endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
print(is_on(), is_on(**endpoint, OTEL_SDK_DISABLED="true"))
print(is_on(OTEL_SDK_DISABLED="false", OTEL_TRACES_EXPORTER="none"))
print(any(name.startswith("opentelemetry.exporter") for name in sys.modules))
print(is_on(OTEL_TRACES_EXPORTER="otlp"))
"""


def test_the_standard_variables_decide_and_nothing_is_imported_while_it_is_off(tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "gateway_project.settings", "GATEWAY_STATE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=Path(__file__).parents[4],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False", "False", "False", "True"]
