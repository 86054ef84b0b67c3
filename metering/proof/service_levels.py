"""Accuracy and availability as JSON-ready facts: the same for the command, the console and the metrics."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from metering.money import usd_text
from metering.proof.accuracy import Accuracy, Deviation, Exactness, accuracy
from metering.proof.availability import Served, availability
from metering.proof.targets import ACCURACY, AVAILABILITY


def service_levels(*, since: datetime, until: datetime) -> dict[str, Any]:
    """Of [since, until). Shares are decimal texts between 0 and 1, rounded down; null: nothing to reckon with."""
    found, served = accuracy(since=since, until=until), availability(since=since, until=until)
    return {
        "since": since,
        "until": until,
        "accuracy": _accuracy_facts(found),
        "availability": _availability_facts(served),
    }


def _accuracy_facts(found: Accuracy) -> dict[str, Any]:
    names = sorted({*found.exactness_of, *found.deviation_of})
    return {
        "target": str(ACCURACY),
        "met": _is_met(found),
        **_exact_facts(found.exactness),
        "reconciled": _deviation_facts(found.deviation),
        "providers": [
            {
                "provider": name,
                **_exact_facts(found.exactness_of.get(name)),
                "reconciled": _deviation_facts(found.deviation_of.get(name)),
            }
            for name in names
        ],
    }


def _is_met(found: Accuracy) -> bool | None:
    """By the vendors' reports, where there are any; they alone prove it. None: nobody can say yet."""
    if found.deviation is None or found.deviation.accuracy is None:
        return None
    return found.deviation.accuracy >= ACCURACY


def _exact_facts(found: Exactness | None) -> Mapping[str, Any]:
    if found is None:
        return {
            "cost_usd": "0",
            "estimated_usd": "0",
            "exact_share": None,
            "attempts": 0,
            "estimated_attempts": 0,
        }
    return {
        "cost_usd": usd_text(found.cost_nano_usd),
        "estimated_usd": usd_text(found.estimated_nano_usd),
        "exact_share": share_text(found.exact_share),
        "attempts": found.attempts,
        "estimated_attempts": found.estimated_attempts,
    }


def _deviation_facts(found: Deviation | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "first_day": found.first,
        "last_day": found.last,
        "vendor_usd": usd_text(found.vendor_nano_usd),
        "metered_usd": usd_text(found.metered_nano_usd),
        "deviation_usd": usd_text(found.deviation_nano_usd),
        "accuracy": share_text(found.accuracy),
        "compared_at": found.compared_at,
    }


def _availability_facts(served: Served) -> dict[str, Any]:
    share = served.availability
    return {
        "target": str(AVAILABILITY),
        "met": None if share is None else share >= AVAILABILITY,
        "availability": share_text(share),
        "answered": served.answered,
        "failed": served.failed,
        "vendor_failed": served.vendor_failed,
    }


def share_text(share: Decimal | None) -> str | None:
    """Six digits, rounded down: 99.99999 % is not 100 %."""
    return None if share is None else str(share.quantize(Decimal("0.000001"), rounding="ROUND_FLOOR"))
