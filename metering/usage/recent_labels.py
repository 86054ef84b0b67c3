"""What the newest calls are labelled with, to suggest it to people who type."""

from metering.labels import LABELS
from metering.models import UsageLog

LOOKED_AT = 2_000
"""The newest attempts of all tenants."""
MOST = 200


def recent_labels(name: str) -> list[str]:
    """Different values of one label, the newest first. Of a list each entry by itself."""
    is_list = LABELS[name].is_list
    rows = UsageLog.objects.order_by("-id").values_list(name, flat=True)[:LOOKED_AT]
    found: dict[str, None] = {}
    for value in rows:
        for each in value if is_list else (value,):
            if each:
                found[str(each)] = None
        if len(found) >= MOST:
            break
    return list(found)[:MOST]
