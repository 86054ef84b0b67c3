"""Which meter counts now: windows are opened when first needed, there is no reset job.

Invariant: the windows of one subject's meters never overlap. A tenant that moves to another time
zone keeps the open window to its end; the next one begins there and ends by the new calendar.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from metering.ledger.commands import ALWAYS, MeterKey
from metering.ledger.past import may_have_past
from metering.ledger.postgres import columns
from metering.ledger.postgres.opening import Late, lock_of, subject_of
from metering.ledger.postgres.process_cache import FOREVER, OpenWindow, ProcessCache, Wanted
from metering.ledger.postgres.read import shared
from metering.ledger.postgres.table import array, insert, rows
from metering.ledger.postgres.wire import Wire
from metering.ledger.windows import window_bounds
from metering.types import Dimension

LONGEST_CALL = timedelta(days=1)

LOCK_OPENINGS = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) key ORDER BY key"

LATEST = f"""
SELECT place, meter.id, meter.window_start, meter.window_end, meter.counted_at
FROM {rows(columns.SUBJECT, unnested=len(columns.SUBJECT))}
JOIN LATERAL (
    SELECT id, window_start, window_end, counted_at FROM metering_usagemeter meter
    WHERE meter.subject_type = new.subject_type AND meter.subject_id = new.subject_id
    AND meter.tenant_id IS NOT DISTINCT FROM new.tenant_id AND meter.dimension = new.dimension
    AND meter."window" = new."window" AND meter.task = new.task AND meter.model_class = new.model_class
    AND NOT meter.retired AND window_start <= %s ORDER BY window_start DESC LIMIT 1
) meter ON true
"""  # noqa: S608 - constants of these files

COUNTERS = ("used", "held", "overrun", "unenforced", "uncovered", "highest_limit")
OPEN = f"""
{insert("metering_usagemeter", columns.NEW_METER, also=dict.fromkeys(COUNTERS, "0"), unnested=len(columns.NEW_METER))}
ON CONFLICT (subject_type, subject_id, tenant_id, dimension, "window", task, model_class, window_start)
    WHERE NOT retired DO NOTHING
"""


class NewMeter(NamedTuple):
    """A meter to be opened."""

    key: MeterKey
    window_start: datetime
    window_end: datetime | None
    counted_at: datetime


async def open_windows(
    wire: Wire, cache: ProcessCache, wanted: Mapping[MeterKey, Wanted], moment: datetime
) -> list[Late]:
    """Find the meters of these keys, or insert them in a transaction of their own.

    Return those that must look back before they can be used. A meter that is only found waits for nobody.

    Raises psycopg.Error; the connection is then of no more use.
    """
    # Two keys of one subject differ at most in their calendar, while a tenant's time zone changes: one wins.
    keys = list({subject_of(key): key for key in wanted}.values())
    latest = await _latest(wire, keys, moment)
    closed = [key for key in keys if _is_closed(key, latest, moment)]
    if closed:
        locks = array(sorted([lock_of(key) for key in closed]))
        await wire.exchange([("BEGIN", ()), (LOCK_OPENINGS, (locks,))])
        latest.update(await _latest(wire, closed, moment))
        closed = [key for key in closed if _is_closed(key, latest, moment)]
        await _insert(wire, closed, wanted, latest, moment)
        latest.update(await _latest(wire, closed, moment))
        await wire.exchange([("COMMIT", ())])
    late = {key for key in keys if latest[key].counted_at < wanted[key].counts_since}
    cache.learn_windows({key: window for key, window in latest.items() if key not in late})
    return [_late(key, latest[key], wanted[key], is_new=key in closed) for key in late]


async def _latest(wire: Wire, keys: list[MeterKey], moment: datetime) -> dict[MeterKey, OpenWindow]:
    parameters = (*columns.SUBJECT.parameters(keys), moment.isoformat().encode())
    [found] = await wire.exchange([(LATEST, parameters)])
    return {
        keys[place - 1]: OpenWindow(id_, shared(start), shared(end or FOREVER), counted_at)
        for place, id_, start, end, counted_at in found
    }


async def _insert(
    wire: Wire,
    keys: list[MeterKey],
    wanted: Mapping[MeterKey, Wanted],
    latest: dict[MeterKey, OpenWindow],
    moment: datetime,
) -> None:
    new: list[NewMeter] = []
    for key in keys:
        start, end = window_bounds(key.window, moment, timezone=key.timezone, week_start=key.week_start)
        start = max(start, latest[key].end) if key in latest else start
        counted_at = ALWAYS if _looks_back(key, start, wanted[key], moment) else moment
        new.append(NewMeter(key, start, end, counted_at))
    await wire.exchange([(OPEN, columns.NEW_METER.parameters(new))])


def _is_closed(key: MeterKey, latest: Mapping[MeterKey, OpenWindow], moment: datetime) -> bool:
    """Return whether its last window, if there was any, is over."""
    return key not in latest or latest[key].end <= moment


def _looks_back(key: MeterKey, start: datetime, wanted: Wanted, moment: datetime) -> bool:
    """Return whether there may have been calls of the window that had no line on the meter."""
    if key.dimension is Dimension.CONCURRENCY:
        return wanted.counts_since > moment - LONGEST_CALL
    return may_have_past(key, start, wanted.counts_since)


def _late(key: MeterKey, opened: OpenWindow, wanted: Wanted, *, is_new: bool) -> Late:
    return Late(
        meter_id=opened.meter_id,
        key=key,
        start=opened.start,
        end=opened.end if opened.end != FOREVER else None,
        counts_since=wanted.counts_since,
        limit=wanted.limit,
        release_on_expiry=wanted.release_on_expiry,
        is_new=is_new,
    )
