"""Variables by which a vendor's report is asked for."""

from django.core.exceptions import ImproperlyConfigured

from gateway_project import env
from gateway_project.vendor_reports.errors import BadReport


def needed(name: str, what: str) -> str:
    """Its value. Raises BadReport that names the variable where it is not set."""
    value = env.text(name)
    if not value:
        raise BadReport(f"--fetch needs {name} (or {name}_FILE): {what}.")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise BadReport(f"{name} has a character that no such value has.")
    return value


def address(name: str, usual: str) -> str:
    """The vendor's address, or the one that is set instead. Raises BadReport for what is none."""
    try:
        return env.url(name, usual, schemes=("https", "http"))
    except ImproperlyConfigured as error:
        raise BadReport(str(error)) from None
