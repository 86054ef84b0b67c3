"""The header Retry-After: seconds, or a date."""

from email.utils import parsedate_to_datetime


def retry_after_s(value: str, *, now: float) -> float | None:
    """The seconds to wait from `now` (seconds since the epoch); None where the header says nothing that can be read."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # such as a year that no calendar has
        return None
    if moment.tzinfo is None:
        return None
    return max(moment.timestamp() - now, 0.0)
