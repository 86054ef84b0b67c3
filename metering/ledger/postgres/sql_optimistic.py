"""The statements of an optimistic batch. They check what its decisions rest on, and lock in ascending order of id.

`$1` are the ids of the rows that come first.
"""

from metering.ledger.postgres import columns
from metering.ledger.postgres.sql_inserts import INSERT_ENTRIES, INSERT_FIRST_ATTEMPTS
from metering.ledger.postgres.table import assigned, rows

END_HOLDS = f"""
WITH locked AS MATERIALIZED (
    SELECT id FROM metering_usagereservation WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE
), ended AS (
    UPDATE metering_usagereservation held SET {assigned(columns.EXPECTED_END[1:])}, ended_at = clock_timestamp()
    FROM {rows(columns.EXPECTED_END)}
    WHERE (SELECT count(*) FROM locked) > 0 AND held.id = new.id AND held.version = new.version AND held.state < 1
        AND cardinality(held.meter_ids) = new.meters
    RETURNING held.id
), logged AS ({INSERT_FIRST_ATTEMPTS}), entered AS ({INSERT_ENTRIES})
SELECT metering_expect(count(*) = cardinality($1), 'holds') FROM ended
"""  # noqa: S608 - constants of these files
"""Ends holds, with their attempts and entries. Fails (40001) unless every hold is as it was remembered.

An UPDATE ... FROM locks in whatever order its plan has, so they are locked before, in order of id. `state < 1` means
held, and keeps the planner from walking the partial index of all that are held (`state = 0`) for each of these. A
meter that was opened meanwhile has been added to the hold, so the number of meters is compared too."""

LOCK_METERS = "SELECT id FROM metering_usagemeter WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
"""A statement of its own: meters are hot, and what comes after a wait for a lock shall see them as they are then."""

CHANGE_METERS = f"""
WITH changed AS (
    UPDATE metering_usagemeter meter SET used = meter.used + new.used, held = meter.held + new.held,
        highest_limit = greatest(meter.highest_limit, new.highest_limit)
    FROM {rows(columns.METER_CHANGE)}
    WHERE meter.id = new.id AND meter.used + meter.held <= new.most
    AND CASE meter."window" WHEN 'none' THEN meter.held + new.held ELSE meter.used + new.used END < meter.alert_at
    AND (meter.rearms_at IS NULL OR clock_timestamp() < meter.rearms_at)
    AND (NOT new.is_open OR (meter.watching = new.watching AND clock_timestamp() >= meter.window_start
        AND (meter.window_end IS NULL OR clock_timestamp() < meter.window_end)))
    RETURNING meter.id, meter.used, meter.held
)
SELECT array_agg(id), array_agg(used), array_agg(held), metering_expect(count(*) = cardinality($1), 'meters')
FROM changed
"""  # noqa: S608 - constants of this file
"""Fails (40001) unless every meter has the room, and is of the window, that was expected, and no alert is due."""
