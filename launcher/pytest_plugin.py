"""Gives a test run servers of its own, unless DATABASE_URL and REDIS_URL name some.

So `pytest` works by itself, and a demo that happens to run is not touched: servers, secrets and logs live in a
temporary folder that goes when the run ends. Loaded by `-p` in pyproject.toml, before Django is set up.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from launcher.configuration import load_state_dir
from launcher.stack import running_stack

_servers = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """Wraps pytest-django's own hook, which reads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _start()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Once pytest-django has made the test database, the ledger and child processes are sent there too."""
    result = yield
    if fixturedef.argname == "django_db_setup":
        _follow_django_to_the_test_database()
    return result


def _start() -> None:
    load_state_dir()
    atexit.register(
        _stop_unless_forked, os.getpid()
    )  # runs also when pytest ends before it has configured itself
    folder = Path(tempfile.mkdtemp(prefix="gateway-test-"))
    _servers.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GATEWAY_STATE_DIR"] = str(folder)
    os.environ.update(_servers.enter_context(running_stack(folder, for_tests=True)).environment())


def _stop_unless_forked(owner: int) -> None:
    """A test may fork; the child's end is not the end of the run."""
    if os.getpid() == owner:
        _servers.close()


def _follow_django_to_the_test_database() -> None:
    from django.conf import settings

    name = settings.DATABASES["default"]["NAME"]
    url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    settings.DATABASE_URL = settings.LEDGER_DATABASE_URL = os.environ["DATABASE_URL"] = url
