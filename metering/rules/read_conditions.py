"""Reads a rule's `when`, as people write it, into a Condition, or says in one sentence what is wrong."""

import re
from collections.abc import Mapping
from datetime import datetime

from metering.errors import InvalidRequest
from metering.rules.budgets import DIMENSIONS, WINDOWS
from metering.rules.conditions import DAYS, EVERY_DAY, MINUTES_OF_DAY, BudgetUse, Condition, Hours
from metering.time_zones import is_time_zone, placed, zone_problem
from metering.types import TOLD_BY_CALL, Dimension, Scope, Window

KEYS = ("days", "hours", "timezone", "valid_from", "valid_until", "usage")
USAGE_KEYS = ("budget", "from_percent")
MAX_HOURS = 24
YEARS = range(2000, 3000)
"""Far enough from the ends of time that every zone has these moments."""
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_SCOPES = [scope.value for scope in Scope if scope not in TOLD_BY_CALL]


def read_conditions(when: object, *, timezone: str) -> Condition | None:
    """Read a condition. `timezone` is the tenant's, for a condition that names none. Returns None for an empty one.

    Raises ValueError, with a sentence that says what would be valid. A span that ends before it begins is a condition
    that never holds, and not an error: in some zones the dates of a rule for many tenants may be such a span.
    """
    if not isinstance(when, Mapping):
        raise ValueError(f"when must be a mapping of {', '.join(KEYS)}, not {when!r}.")
    _known_keys("when", when, KEYS)
    if not when:
        return None
    zone = _timezone(when.get("timezone", timezone))
    return Condition(
        timezone=zone,
        days=_days(when["days"]) if "days" in when else EVERY_DAY,
        hours=_hours(when["hours"]) if "hours" in when else (),
        valid_from=_moment("valid_from", when["valid_from"], zone) if "valid_from" in when else None,
        valid_until=_moment("valid_until", when["valid_until"], zone) if "valid_until" in when else None,
        use=_usage(when["usage"]) if "usage" in when else None,
    )


def check_conditions(when: object, *, timezone: str = "UTC") -> None:
    """Raise ValueError, with a sentence that says what would be valid, unless `when` may be written.

    `timezone` is the tenant's, if the rule is one tenant's.
    """
    condition = read_conditions(when, timezone=timezone)
    if isinstance(when, Mapping) and "timezone" in when and (problem := zone_problem(when["timezone"])):
        raise ValueError(f"when.timezone: {problem}.")
    if condition is None or condition.valid_from is None or condition.valid_until is None:
        return
    if condition.valid_from >= condition.valid_until:
        raise ValueError("when.valid_until must be later than when.valid_from.")


def _known_keys(where: str, mapping: Mapping[object, object], known: tuple[str, ...]) -> None:
    for key in mapping:
        if key not in known:
            raise ValueError(f"{where} knows {', '.join(known)}, not {key!r}.")


def _timezone(value: object) -> str:
    """Return a zone that can be reckoned with, also one stored before names were checked. Raises ValueError."""
    if isinstance(value, str) and is_time_zone(value):
        return value
    raise ValueError(f"when.timezone: {zone_problem(value) or f'{value!r} cannot be read'}.")


def _days(value: object) -> frozenset[int]:
    if isinstance(value, list) and value and all(isinstance(day, str) and day in DAYS for day in value):
        return frozenset(DAYS.index(day) for day in value)
    raise ValueError(f"when.days must be a list of {', '.join(DAYS)}, not {value!r}.")


def _hours(value: object) -> tuple[Hours, ...]:
    texts = value if isinstance(value, list) else [value]
    if not 0 < len(texts) <= MAX_HOURS:
        raise ValueError(f"when.hours must be 1 to {MAX_HOURS} spans such as 09:00-17:00.")
    return tuple(sorted(_span(text) for text in texts))


def _span(text: object) -> Hours:
    found = _HOURS.fullmatch(text) if isinstance(text, str) else None
    if found is not None:
        hour, minute, last_hour, last_minute = map(int, found.groups())
        begin, end = hour * 60 + minute, last_hour * 60 + last_minute
        if (
            minute < 60
            and last_minute < 60
            and begin < MINUTES_OF_DAY
            and end <= MINUTES_OF_DAY
            and begin != end
        ):
            return Hours(begin, end)
    raise ValueError(
        f"when.hours must be a span of a day such as 09:00-17:00, or 22:00-06:00 across midnight, not {text!r}."
    )


def _moment(key: str, value: object, timezone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.second or moment.microsecond or moment.year not in YEARS:
        raise ValueError(
            f"when.{key} must be a date such as 2026-01-31, or a whole minute such as 2026-01-31T09:30, "
            f"from {YEARS[0]} to {YEARS[-1]}, not {value!r}."
        )
    try:
        return placed(moment, timezone, param=f"when.{key}")
    except InvalidRequest as error:
        raise ValueError(error.message) from error


def _usage(value: object) -> BudgetUse:
    if not isinstance(value, Mapping):
        raise ValueError(f"when.usage must be a mapping of {' and '.join(USAGE_KEYS)}, not {value!r}.")
    _known_keys("when.usage", value, USAGE_KEYS)
    percent = value.get("from_percent")
    if not isinstance(percent, int) or isinstance(percent, bool) or not 1 <= percent <= 100:
        raise ValueError(f"when.usage.from_percent must be a whole number from 1 to 100, not {percent!r}.")
    scope, dimension, window = _budget(value.get("budget"))
    return BudgetUse(Dimension(dimension), Window(window), percent, Scope(scope) if scope else None)


def _budget(value: object) -> tuple[str, str, str]:
    scope, _, rest = value.strip().rpartition(" ") if isinstance(value, str) else ("", "", "")
    dimension, _, window = rest.partition("/")
    if dimension in DIMENSIONS and window in WINDOWS and (not scope or scope in _SCOPES):
        return scope, dimension, window
    raise ValueError(
        f"when.usage.budget must name a dimension and a window such as cost/month, with a scope of "
        f"{', '.join(_SCOPES)} before it if one is meant, as in `tenant cost/month`, not {value!r}."
    )
