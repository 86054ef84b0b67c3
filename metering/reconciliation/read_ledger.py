"""What the ledger has of one provider, by the vendor's days and models.

It reads the attempts themselves, because rollups count a call by its admission, charged cost and all estimates alike,
while a vendor counts by when it served, without our markup. A day's ids are read at a time, each row once, so that
time and memory stay bounded however many calls there are.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from metering.errors import InvalidRequest
from metering.ids import first_id_at
from metering.ledger.use import IS_USE, first_attempt_of
from metering.price import OTHER_MODELS
from metering.reconciliation.causes import BookedFor
from metering.reconciliation.model_names import ModelNames
from metering.reconciliation.vendor_report import Tokens
from metering.time_zones import zone_named
from metering.usage.fetch import fetch

LONGEST_DAYS = 92
BEFORE = timedelta(days=1)
"""How long before its first attempt a call may have been admitted, at most."""
READ_TIMEOUT_S = 600
"""For the attempts of one day: somebody ran a command, and a large day has millions of them."""
LIST = "coalesce(log.list_cost_nano_usd, log.cost_nano_usd)"
"""What an attempt cost before our markup: the vendor knows no other price."""
SERVED = f"""CASE WHEN strpos(log.service_tier, '{OTHER_MODELS}') > 0 AND EXISTS (
    SELECT FROM metering_llmmodel known
    WHERE known.provider_id = log.provider_name AND known.physical_name = log.response_model
) THEN log.response_model ELSE log.request_model END"""
"""Our name of the model that an attempt was made at, or the vendor's of one that answered in its place, under which the
vendor counts it.
"""
OF_PROVIDER = "log.provider_name = %(provider)s AND NOT log.own_key AND log.outcome <> 'cached'"
"""What the vendor bills us for. Calls with a tenant's own key are on the tenant's bill."""


class Part(Struct, kw_only=True):
    """Some attempts added up: their list cost in nano-USD, and tokens."""

    calls: int = 0
    cost_nano_usd: int = 0
    tokens: Tokens = Tokens()

    def add(self, other: "Part") -> None:
        self.calls += other.calls
        self.cost_nano_usd += other.cost_nano_usd
        self.tokens += other.tokens


class LedgerDay(Struct, kw_only=True):
    """One day and model, as the ledger has it."""

    metered: Part
    """All attempts, as they were charged at first, before markups."""
    estimated: Part
    """Of these the ones whose figures are not the vendor's, for another reason than that the answer broke off."""
    cut: Part
    """Of these the ones whose answer broke off."""
    leaving: Part
    """Of these the ones that ended on the next day: a vendor may count them there."""
    booked: dict[str, Part] = field(default_factory=dict)
    """What was booked of earlier comparisons, before markups, by the reason; `calls` counts corrections."""
    partly_priced: int = 0
    """Attempts of which we know that our price does not know all that they cost."""


Cell = tuple[date, str]
"""A day, and the vendor's name of a model."""
LedgerDays = dict[Cell, LedgerDay]


def new_day() -> LedgerDay:
    return LedgerDay(metered=Part(), estimated=Part(), cut=Part(), leaving=Part())


def check_period(since: date, until: date) -> None:
    """Raises InvalidRequest for days that are none, or too many to be read at once."""
    if not since < until:
        raise InvalidRequest("The period must end after it begins.", param="until")
    if (until - since).days > LONGEST_DAYS:
        raise InvalidRequest(f"At most {LONGEST_DAYS} days at once.", param="since")


def read_ledger(*, provider: str, since: date, until: date, zone: str, names: ModelNames) -> LedgerDays:
    """Every day and model of [since, until), and the day before for what it leaves. `names` learns from answers.

    Raises InvalidRequest for an empty or too long period.
    """
    check_period(since, until)
    first = since - timedelta(days=1)
    days: LedgerDays = {}
    for low, high in _pieces(midnight(first, zone) - BEFORE, midnight(until, zone)):
        params = {
            "provider": provider,
            "zone": zone,
            "low": first_id_at(low),
            "high": first_id_at(high),
            "reasons": [reason.value for reason in BookedFor],
        }
        for row in fetch(_ATTEMPTS, params, timeout_s=READ_TIMEOUT_S):
            names.learn(row["response_model"], row["served"])
            if first <= row["day"] < until:
                _take(days.setdefault((row["day"], names.of_ours(row["served"])), new_day()), row)
        for row in fetch(_CORRECTIONS, params, timeout_s=READ_TIMEOUT_S):
            if first <= row["day"] < until:
                cell = (row["day"], names.of_ours(row["served"]))
                booked = days.setdefault(cell, new_day()).booked
                booked.setdefault(row["reason"], Part()).add(_part(row))
    return days


def _take(day: LedgerDay, row: dict[str, Any]) -> None:
    part = _part(row)
    day.metered.add(part)
    day.partly_priced += row["partly_priced"]
    if row["reason"] == "cut":
        day.cut.add(part)
    elif row["reason"]:
        day.estimated.add(part)
    if row["leaves"]:
        day.leaving.add(part)


def _part(row: dict[str, Any]) -> Part:
    return Part(
        calls=row["calls"],
        cost_nano_usd=int(row["cost"]),
        tokens=Tokens(
            input=int(row["input_tokens"]),
            cached=int(row["cached_input_tokens"]),
            written=int(row["cache_write_tokens"]),
            output=int(row["output_tokens"]),
        ),
    )


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone_named(zone)).astimezone(UTC)


def _pieces(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the ranges of ids day by day."""
    while since < until:
        end = min(since + timedelta(days=1), until)
        yield since, end
        since = end


LISTED_CORRECTION = """CASE WHEN {charged} = 0 THEN entry.cost_nano_usd
    ELSE round(entry.cost_nano_usd::numeric * {listed} / {charged}) END"""
"""A correction is of what was charged; before the markup it is as much less as its call's cost is."""
_STARTED = "(log.started_at AT TIME ZONE %(zone)s)::date"
_ENDED = "((log.started_at + log.latency_ms * interval '1 millisecond') AT TIME ZONE %(zone)s)::date"
_ATTEMPTS = f"""
SELECT {_STARTED} AS day, {_ENDED} > {_STARTED} AS leaves, {SERVED} AS served, log.response_model,
    CASE WHEN log.outcome = 'provisional' THEN 'unanswered' WHEN log.outcome = 'cut' AND log.estimated THEN 'cut'
        WHEN log.estimated AND log.estimate_reason = '' THEN 'missing' ELSE log.estimate_reason END AS reason,
    count(*) FILTER (WHERE {IS_USE}) AS calls, sum({LIST}) AS cost,
    count(*) FILTER (WHERE log.partly_priced) AS partly_priced,
    sum(log.input_tokens) AS input_tokens, sum(log.cached_input_tokens) AS cached_input_tokens,
    sum(log.cache_write_tokens) AS cache_write_tokens, sum(log.output_tokens) AS output_tokens
FROM metering_usagelog log
WHERE log.id >= %(low)s AND log.id < %(high)s AND {OF_PROVIDER}
GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - constants of this file
_CORRECTIONS = f"""
SELECT {_STARTED} AS day, {SERVED} AS served, entry.reason, count(*) AS calls,
    coalesce(sum({LISTED_CORRECTION.format(charged="log.cost_nano_usd", listed=LIST)}), 0) AS cost,
    sum(entry.input_tokens) AS input_tokens, 0 AS cached_input_tokens, 0 AS cache_write_tokens,
    sum(entry.output_tokens) AS output_tokens
FROM metering_ledgerentry entry JOIN metering_usagelog log ON log.id = {first_attempt_of("entry.reservation_id")}
WHERE entry.kind = 5 AND entry.id >= %(low)s AND entry.id < %(high)s AND entry.reason = ANY(%(reasons)s)
    AND {OF_PROVIDER}
GROUP BY 1, 2, 3
"""  # noqa: S608 - constants of this file
