"""The statements of a foreseen batch: they check what its decisions rest on, and lock in ascending order of id."""

LOCK_ENDING = (
    "SELECT id FROM metering_usagereservation WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
)

LOCK_CHANGING = (
    "SELECT id FROM metering_usagemeter WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
"""An UPDATE ... FROM locks in whatever order its plan has; these lock in order of id."""

FORESEEN_ENDS = """
WITH ended AS (
    UPDATE metering_usagereservation held SET state = new.state, end_digest = new.end_digest,
        ended_at = clock_timestamp()
    FROM unnest(%s::uuid[], %s::int[], %s::smallint[], %s::bigint[]) AS new (id, version, state, end_digest)
    WHERE held.id = new.id AND held.version = new.version AND held.state = 0
    RETURNING held.id
)
SELECT 1 / (count(*) = %s::bigint)::int FROM ended
"""
"""Fails (22012) unless every hold is as it was foreseen."""

FORESEEN_NEW = """
SELECT 1 / (count(*) = 0)::int FROM metering_usagereservation WHERE id = ANY(%s::uuid[])
"""
"""Fails (22012) where a reserve came before. Its insert would fail too, but first it would wait, with the meters
locked, for whoever is ending the reservation just now, and he for the meters."""

FORESEEN_METERS = """
WITH changed AS (
    UPDATE metering_usagemeter meter SET used = meter.used + new.used, held = meter.held + new.held,
        highest_limit = greatest(meter.highest_limit, new.highest_limit)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[])
        AS new (id, used, held, highest_limit, most, is_open)
    WHERE meter.id = new.id AND meter.used + meter.held <= new.most
    AND CASE meter."window" WHEN 'none' THEN meter.held + new.held ELSE meter.used + new.used END < meter.alert_at
    AND (meter.rearms_at IS NULL OR clock_timestamp() < meter.rearms_at)
    AND (new.highest_limit = 0 OR meter.thresholds = '' OR new.highest_limit = meter.watched_limit)
    AND (NOT new.is_open OR (clock_timestamp() >= meter.window_start
        AND (meter.window_end IS NULL OR clock_timestamp() < meter.window_end)))
    RETURNING meter.id, meter.used, meter.held
)
SELECT array_agg(id), array_agg(used), array_agg(held), 1 / (count(*) = %s::bigint)::int FROM changed
"""
"""Fails (22012) unless every meter has the room, and is of the window, that was foreseen, and no alert is due."""
