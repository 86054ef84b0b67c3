"""`script/bench console`: how long the console's pages take (measuring.py says of what)."""

import os

import django

from bench.report import Report


def measure(conninfo: str) -> Report:
    """`ok`: every page's median is within the bound."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_project.settings")
    django.setup()
    from bench.console.measuring import measured  # its modules are Django's

    return measured(conninfo)
