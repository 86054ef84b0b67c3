"""Which meter counts now: windows are opened when first needed, there is no reset job.

Invariant: the windows of one budget and subject never overlap. A tenant that moves to another time
zone keeps the open window to its end; the next one begins there and ends by the new calendar.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic

from metering.ledger.commands import MeterKey
from metering.ledger.digests import digest64
from metering.ledger.postgres.literals import array, optional_array, text_array
from metering.ledger.postgres.read import shared
from metering.ledger.postgres.wire import Wire
from metering.ledger.records import Meter
from metering.ledger.windows import window_bounds

MAX_CACHED = 200_000
FOREVER = datetime.max.replace(tzinfo=UTC)

LOCK_OPENINGS = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) key ORDER BY key"

LATEST = """
SELECT place, meter.id, meter.window_start, meter.window_end
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[]) WITH ORDINALITY
    AS wanted (budget_id, subject_type, subject_id, tenant_id, place)
JOIN LATERAL (
    SELECT id, window_start, window_end FROM metering_usagemeter
    WHERE budget_id = wanted.budget_id AND subject_type = wanted.subject_type AND subject_id = wanted.subject_id
    AND tenant_id IS NOT DISTINCT FROM wanted.tenant_id AND window_start <= %s ORDER BY window_start DESC LIMIT 1
) meter ON true
"""

OPEN = """
INSERT INTO metering_usagemeter (budget_id, tenant_id, subject_type, subject_id, dimension, "window", timezone,
    week_start, window_start, window_end, used, held, overrun, unenforced, uncovered, highest_limit)
SELECT new.*, 0, 0, 0, 0, 0, 0 FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::smallint[], %s::timestamptz[], %s::timestamptz[]) AS new
ON CONFLICT (budget_id, subject_type, subject_id, tenant_id, window_start) DO NOTHING
"""

Opened = tuple[int, datetime, datetime]
"""Meter id, start and end of its window."""


class WindowCache:
    """The current meter of each key that this process has met; bounded, and right by construction:
    an entry counts only while the database's clock is inside its window."""

    def __init__(self) -> None:
        self._opened: dict[MeterKey, Opened] = {}
        self.meters: dict[int, Meter] = {}
        """The meters met lately, as they were last seen: their counters are a guess."""
        self._clock: tuple[datetime, float] | None = None

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

    def find(self, keys: Iterable[MeterKey], moment: datetime) -> tuple[dict[MeterKey, int], list[MeterKey]]:
        """The meters known to be open at `moment`, and the keys that have none."""
        found: dict[MeterKey, int] = {}
        missing: list[MeterKey] = []
        for key in keys:
            if key in found:
                continue
            opened = self._opened.get(key)
            if opened is not None and opened[1] <= moment < opened[2]:
                found[key] = opened[0]
            else:
                missing.append(key)
        return found, missing

    def clear(self) -> None:
        self._opened.clear()
        self.meters.clear()

    async def open(self, wire: Wire, keys: Iterable[MeterKey], moment: datetime) -> None:
        """Find or insert the meters of these keys, in a transaction of their own.

        Raises psycopg.Error; the connection is then of no more use.
        """
        # Two keys of one subject differ at most in their calendar, while a tenant's time zone changes: one wins.
        wanted = list({_subject(key): key for key in keys}.values())
        locks = array(sorted([digest64(repr(_subject(key)).encode()) for key in wanted]))
        await wire.exchange([("BEGIN", ()), (LOCK_OPENINGS, (locks,))])
        latest = await self._latest(wire, wanted, moment)
        closed = [key for key in wanted if key not in latest or latest[key][2] <= moment]
        if closed:
            await self._insert(wire, closed, latest, moment)
            latest.update(await self._latest(wire, closed, moment))
        await wire.exchange([("COMMIT", ())])
        if len(self._opened) + len(latest) > MAX_CACHED:
            self._opened.clear()
        self._opened.update(latest)

    async def _latest(self, wire: Wire, keys: list[MeterKey], moment: datetime) -> dict[MeterKey, Opened]:
        subjects = (
            array([key.budget_id for key in keys]),
            text_array([key.subject_type for key in keys]),
            text_array([key.subject_id for key in keys]),
            optional_array([key.tenant_id for key in keys]),
        )
        [rows] = await wire.exchange([(LATEST, (*subjects, moment.isoformat().encode()))])
        return {
            keys[place - 1]: (id_, shared(start), shared(end or FOREVER)) for place, id_, start, end in rows
        }

    async def _insert(
        self, wire: Wire, keys: list[MeterKey], latest: dict[MeterKey, Opened], moment: datetime
    ) -> None:
        starts, ends = [], []
        for key in keys:
            start, end = window_bounds(key.window, moment, timezone=key.timezone, week_start=key.week_start)
            starts.append(max(start, latest[key][2]) if key in latest else start)
            ends.append(end)
        columns = (
            array([key.budget_id for key in keys]),
            optional_array([key.tenant_id for key in keys]),
            text_array([key.subject_type for key in keys]),
            text_array([key.subject_id for key in keys]),
            text_array([key.dimension for key in keys]),
            text_array([key.window for key in keys]),
            text_array([key.timezone for key in keys]),
            array([key.week_start for key in keys]),
            array(starts),
            array(ends),
        )
        await wire.exchange([(OPEN, columns)])


def _subject(key: MeterKey) -> tuple[str, str, str, str]:
    return str(key.budget_id), key.subject_type, key.subject_id, str(key.tenant_id)
