"""Which names of time zones are taken, and what moment a date or time without a zone means."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from metering.errors import InvalidRequest

SECOND = timedelta(seconds=1)
NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
"""Files beside the time zones on some machines: what they say differs, and PostgreSQL does not know them."""


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Every name that may be written: IANA's, as PostgreSQL and this machine know them."""
    return frozenset(available_timezones()) - NO_ZONES


def zone_problem(name: object) -> str | None:
    """What is wrong with the name of a time zone; None if nothing is. Every door that takes one asks this."""
    if isinstance(name, str) and name in time_zones():
        return None
    return f"{str(name)[:64]!r} is not an IANA time zone such as Europe/Berlin"


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Raises ZoneInfoNotFoundError, ValueError or OSError where there is none."""
    return ZoneInfo(name)


def is_time_zone(name: str) -> bool:
    """Whether the name can be reckoned with here. What may be written is `zone_problem`'s to say."""
    try:
        zone_named(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def unusable(zone: str) -> InvalidRequest:
    """For a zone that was stored past every door: what is wrong, and what mends it."""
    return InvalidRequest(
        f"The tenant's time zone is {zone!r}, which is unknown; give the tenant another one.",
        param="timezone",
    )


def placed(moment: datetime, zone: str, *, param: str) -> datetime:
    """The moment in UTC. Without a zone of its own it is what a clock on a wall in `zone` shows.

    A midnight that the clock skips is the first instant of its day; another skipped time counts as if the clock had
    not jumped yet, and one that comes twice is the first of both. Raises InvalidRequest for what no calendar has, and
    for a zone that nobody knows (one that was stored past every door).
    """
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if not is_time_zone(zone):
            raise unusable(zone)
        if moment.time() == time.min:
            return first_instant(moment, zone_named(zone))
        return moment.replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except OverflowError:
        raise InvalidRequest(f"{param} is beyond every calendar.", param=param) from None


def first_instant(local_midnight: datetime, zone: ZoneInfo) -> datetime:
    """The first instant whose local date is that day, also where midnight is skipped or comes twice."""
    before = local_midnight.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == local_midnight:
        return before
    # Midnight does not exist: the clock jumps over it. With fold=1 the offset after the jump
    # applies, which lands before the jump by its length; the jump itself is the day's first instant.
    low = local_midnight.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return first_between(
        low, before, lambda instant: instant.astimezone(zone).replace(tzinfo=None) >= local_midnight
    )


def first_between(low: datetime, high: datetime, is_there: Callable[[datetime], bool]) -> datetime:
    """The first second at which `is_there`: it is not at `low`, it is at `high`. Clocks shift on whole seconds."""
    while high - low > SECOND:
        middle = (low + (high - low) // 2).replace(microsecond=0)
        low, high = (low, middle) if is_there(middle) else (middle, high)
    return high
