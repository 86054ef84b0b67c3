"""Call the project's management commands from a launcher, in this process: Django is imported once."""

import contextlib
import io
import json
import os
import sys
from typing import Any

import psycopg

from launcher.errors import ConfigRefused, LauncherError
from launcher.stack import Stack

MIGRATION_LOCK = 7_203_116_540  # any number, the same in every launcher


def set_up_django(stack: Stack) -> None:
    os.environ |= stack.environment()
    os.environ["DJANGO_SETTINGS_MODULE"] = "gateway_project.settings"
    import django

    django.setup()


def migrate(stack: Stack) -> None:
    """Bring the database up to date; launchers that start at the same time take turns."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        run("migrate", "--no-input", "--verbosity", "0")


def load_config(file: str) -> None:
    """Bring the file into the database, and say on standard error what became of it. Raises ConfigRefused."""
    try:
        print(run("load_catalog", file), end="", file=sys.stderr)
    except LauncherError as error:
        raise ConfigRefused(str(error)) from error


def run(name: str, *arguments: str) -> str:
    """The command's output. What it prints besides goes to standard error."""
    from django.core.management import call_command
    from django.core.management.base import CommandError

    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            call_command(name, *arguments, stdout=output)
    except CommandError as error:
        raise LauncherError(f"{name}: {error}") from error
    return output.getvalue()


def run_json(name: str, *arguments: str) -> Any:
    """The command's answer with --json."""
    return json.loads(run(name, *arguments, "--json"))
