"""The billing systems that the environment sets up."""

from pathlib import Path

from django.conf import settings

from gateway_project.billing.csv_files import CsvFiles
from gateway_project.billing.openmeter import OpenMeter
from gateway_project.billing.stripe import Stripe
from metering.errors import InvalidRequest
from metering.usage_export.target import Target

NEEDS = {"openmeter": "OPENMETER_BASE_URL", "stripe": "STRIPE_API_KEY", "csv": "USAGE_EXPORT_DIR"}
"""The variable without which there is no such target."""


def is_set_up(name: str) -> bool:
    return bool(getattr(settings, NEEDS[name]))


def target_named(name: str) -> Target:
    """Raises InvalidRequest for one that there is not, or that is not set up."""
    if name not in NEEDS:
        raise InvalidRequest(f"{name!r} is no target; there are {', '.join(NEEDS)}.", param="to")
    if not is_set_up(name):
        raise InvalidRequest(f"{name} is not set up: {NEEDS[name]} is empty.", param="to")
    if name == "openmeter":
        return OpenMeter(base_url=settings.OPENMETER_BASE_URL, api_key=settings.OPENMETER_API_KEY)
    if name == "stripe":
        return Stripe(
            base_url=settings.STRIPE_BASE_URL,
            api_key=settings.STRIPE_API_KEY,
            event_name=settings.STRIPE_METER_EVENT,
        )
    return CsvFiles(Path(settings.USAGE_EXPORT_DIR))
