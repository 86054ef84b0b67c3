"""The runtime set is enough to run: all of it can be imported while the rest of .venv is hidden."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
HIDE_THE_REST = """
import re, sys
from importlib.metadata import packages_distributions
from pathlib import Path

def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()

pinned = Path("requirements/runtime.txt").read_text()
runtime = {normalised(name) for name in re.findall(r"^([\\w.-]+)==", pinned, re.MULTILINE)}
hidden = {
    module for module, owners in packages_distributions().items() if runtime.isdisjoint(map(normalised, owners))
}

class Without:
    # Finds nothing of what is hidden, as where it is not installed.

    def __init__(self, finder):
        self._finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else self._finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self._finder, name)

sys.meta_path[:] = map(Without, sys.meta_path)
assert "pytest" in hidden and "django" not in hidden
"""
# What the gateway, the worker and the commands import, lazy parts included.
IMPORT_EVERYTHING = """
import django
django.setup()
import gateway_project.asgi, gateway_project.celery, granian.server, uvloop
import celery.bin.celery, celery.apps.worker, celery.beat, celery.concurrency.prefork
import launcher.beat, launcher.demo, launcher.migrate, launcher.server, launcher.worker
gateway_project.celery.app.connection().transport
gateway_project.celery.app.backend
from django.contrib import admin
admin.site.urls
from django.core.management import get_commands, load_command_class
for name, app in get_commands().items():
    load_command_class(app, name) if app == "metering" else None
"""


def test_everything_can_be_imported_without_the_development_set(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDE_THE_REST + IMPORT_EVERYTHING],
        cwd=REPOSITORY,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "gateway_project.settings", "GATEWAY_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
