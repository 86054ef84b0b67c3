"""Which meter counts now: windows are opened when first needed, there is no reset job.

Invariant: the windows of one subject's meters never overlap. A tenant that moves to another time
zone keeps the open window to its end; the next one begins there and ends by the new calendar.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple

from msgspec import Struct

from metering.ledger.commands import ALWAYS, HoldLine, MeterKey
from metering.ledger.past import may_have_past
from metering.ledger.postgres.literals import array, optional_array, text_array
from metering.ledger.postgres.opening import Late, lock_of, subject_of
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.read import shared
from metering.ledger.postgres.wire import Wire
from metering.ledger.records import Meter
from metering.ledger.windows import window_bounds
from metering.types import Dimension

MAX_CACHED = 50_000
FOREVER = datetime.max.replace(tzinfo=UTC)
LONGEST_CALL = timedelta(days=1)

LOCK_OPENINGS = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) key ORDER BY key"

LATEST = """
SELECT place, meter.id, meter.window_start, meter.window_end, meter.counted_at
FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS wanted (subject_type, subject_id, tenant_id, dimension, "window", task, model_class, place)
JOIN LATERAL (
    SELECT id, window_start, window_end, counted_at FROM metering_usagemeter meter
    WHERE meter.subject_type = wanted.subject_type AND meter.subject_id = wanted.subject_id
    AND meter.tenant_id IS NOT DISTINCT FROM wanted.tenant_id AND meter.dimension = wanted.dimension
    AND meter."window" = wanted."window" AND meter.task = wanted.task AND meter.model_class = wanted.model_class
    AND NOT meter.retired AND window_start <= %s ORDER BY window_start DESC LIMIT 1
) meter ON true
"""

OPEN = """
INSERT INTO metering_usagemeter (tenant_id, subject_type, subject_id, dimension, "window", task, model_class, timezone,
    week_start, window_start, window_end, counted_at, used, held, overrun, unenforced, uncovered, highest_limit)
SELECT new.*, 0, 0, 0, 0, 0, 0 FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[]) AS new
ON CONFLICT (subject_type, subject_id, tenant_id, dimension, "window", task, model_class, window_start)
    WHERE NOT retired DO NOTHING
"""


class Opened(NamedTuple):
    """A meter and its window."""

    meter_id: int
    start: datetime
    end: datetime
    counted_at: datetime
    """What was used in the window before then is on the meter; calls since then are, where each has a line on it."""


class Wanted(Struct):
    """A meter that has to be opened, or looked at again, and what the lines on it say."""

    counts_since: datetime
    limit: int
    release_on_expiry: bool

    def add(self, line: HoldLine) -> None:
        """Another line on the same meter."""
        self.counts_since = min(self.counts_since, line.counts_since)
        self.limit = max(self.limit, line.limit)
        self.release_on_expiry = self.release_on_expiry and line.release_on_expiry


class WindowCache:
    """The current meter of each key that this process has met; bounded, and right by construction:
    an entry counts only while the database's clock is inside its window."""

    def __init__(self) -> None:
        self._opened: dict[MeterKey, Opened] = {}
        self.meters: dict[int, Meter] = {}
        """The meters met lately, as they were last seen: their counters are a guess."""
        self._clock: tuple[datetime, float] | None = None
        self.openings = Openings()

    def learn(self, meters: Mapping[int, Meter]) -> None:
        """Remember these meters as they are now."""
        if len(self.meters) > MAX_CACHED:
            self.meters.clear()
        self.meters.update(meters)

    def set_clock(self, moment: datetime) -> None:
        """The database said that it is this late."""
        self._clock = moment, monotonic()

    def clock(self) -> datetime | None:
        """About how late the database would say it is; None before it was asked."""
        if self._clock is None:
            return None
        moment, said_at = self._clock
        return moment + timedelta(seconds=monotonic() - said_at)

    def find(
        self, lines: Iterable[HoldLine], moment: datetime
    ) -> tuple[dict[MeterKey, int], dict[MeterKey, Wanted]]:
        """The meters known to be open at `moment` and to count what these lines need, and the keys that have none."""
        found: dict[MeterKey, int] = {}
        missing: dict[MeterKey, Wanted] = {}
        for line in lines:
            key = line.meter
            if key in found:
                continue
            opened = self._opened.get(key)
            if (
                opened is not None
                and opened.start <= moment < opened.end
                and line.counts_since <= opened.counted_at
            ):
                found[key] = opened.meter_id
                missing.pop(key, None)
            elif key in missing:
                missing[key].add(line)
            else:
                missing[key] = Wanted(line.counts_since, line.limit, line.release_on_expiry)
        return found, missing

    def clear(self) -> None:
        self._opened.clear()
        self.meters.clear()

    async def open(self, wire: Wire, wanted: Mapping[MeterKey, Wanted], moment: datetime) -> list[Late]:
        """Find the meters of these keys, or insert them in a transaction of their own. Those that are answered must
        look back first; then they can be found. Who only finds waits for nobody who counts a meter.

        Raises psycopg.Error; the connection is then of no more use.
        """
        # Two keys of one subject differ at most in their calendar, while a tenant's time zone changes: one wins.
        keys = list({subject_of(key): key for key in wanted}.values())
        latest = await self._latest(wire, keys, moment)
        closed = [key for key in keys if _is_closed(key, latest, moment)]
        if closed:
            locks = array(sorted([lock_of(key) for key in closed]))
            await wire.exchange([("BEGIN", ()), (LOCK_OPENINGS, (locks,))])
            latest.update(await self._latest(wire, closed, moment))
            closed = [key for key in closed if _is_closed(key, latest, moment)]
            await self._insert(wire, closed, wanted, latest, moment)
            latest.update(await self._latest(wire, closed, moment))
            await wire.exchange([("COMMIT", ())])
        late = {key for key in keys if latest[key].counted_at < wanted[key].counts_since}
        if len(self._opened) + len(latest) > MAX_CACHED:
            self._opened.clear()
        self._opened.update((key, opened) for key, opened in latest.items() if key not in late)
        return [_late(key, latest[key], wanted[key], is_new=key in closed) for key in late]

    async def _latest(self, wire: Wire, keys: list[MeterKey], moment: datetime) -> dict[MeterKey, Opened]:
        subjects = (
            text_array([key.subject_type for key in keys]),
            text_array([key.subject_id for key in keys]),
            optional_array([key.tenant_id for key in keys]),
            text_array([key.dimension for key in keys]),
            text_array([key.window for key in keys]),
            text_array([key.task for key in keys]),
            text_array([key.model_class for key in keys]),
        )
        [rows] = await wire.exchange([(LATEST, (*subjects, moment.isoformat().encode()))])
        return {
            keys[place - 1]: Opened(id_, shared(start), shared(end or FOREVER), counted_at)
            for place, id_, start, end, counted_at in rows
        }

    async def _insert(
        self,
        wire: Wire,
        keys: list[MeterKey],
        wanted: Mapping[MeterKey, Wanted],
        latest: dict[MeterKey, Opened],
        moment: datetime,
    ) -> None:
        starts, ends, counted = [], [], []
        for key in keys:
            start, end = window_bounds(key.window, moment, timezone=key.timezone, week_start=key.week_start)
            start = max(start, latest[key].end) if key in latest else start
            starts.append(start)
            ends.append(end)
            counted.append(ALWAYS if _looks_back(key, start, wanted[key], moment) else moment)
        columns = (
            optional_array([key.tenant_id for key in keys]),
            text_array([key.subject_type for key in keys]),
            text_array([key.subject_id for key in keys]),
            text_array([key.dimension for key in keys]),
            text_array([key.window for key in keys]),
            text_array([key.task for key in keys]),
            text_array([key.model_class for key in keys]),
            text_array([key.timezone for key in keys]),
            array([key.week_start for key in keys]),
            array(starts),
            array(ends),
            array(counted),
        )
        await wire.exchange([(OPEN, columns)])


def _is_closed(key: MeterKey, latest: Mapping[MeterKey, Opened], moment: datetime) -> bool:
    """Whether its last window, if there was any, is over."""
    return key not in latest or latest[key].end <= moment


def _looks_back(key: MeterKey, start: datetime, wanted: Wanted, moment: datetime) -> bool:
    """Whether there may have been calls of the window that had no line on the meter."""
    if key.dimension is Dimension.CONCURRENCY:
        return wanted.counts_since > moment - LONGEST_CALL
    return may_have_past(key, start, wanted.counts_since)


def _late(key: MeterKey, opened: Opened, wanted: Wanted, *, is_new: bool) -> Late:
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
