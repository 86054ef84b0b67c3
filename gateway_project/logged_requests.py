"""No line of the log has the query of a request: `?token=...` of a mail's link is as good as a password."""

import re
from collections.abc import MutableMapping
from typing import Any

_QUERY = re.compile(r"\?\S+")
LEFT_OUT = "?..."


def without_queries(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog. Django hands over the request itself, and quotes addresses in its sentences."""
    if str(event.get("logger", "")).startswith("django"):
        event["event"] = _QUERY.sub(LEFT_OUT, str(event["event"]))
    request = event.get("request")
    if request is not None:
        event["request"] = f"{getattr(request, 'method', '')} {getattr(request, 'path', '')}".strip()
    return event
