"""For migration 0021: meters of one subject, dimension and window become one. Nothing that was written is changed.

1. Each meter learns what it counts from its budget or rule; one whose budget is gone retires.
2. Of meters that count the same and whose windows overlap, the first that is open stays and the others retire: their entries stay
   theirs, and what they alone counted is found in the usage log when the one that stays is counted again.
3. Meters that are open and may have missed something are due to be counted again.

Rows of months that were dropped cannot be looked up: there the meter that stays takes over what a retired one had more.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

LEARN = """
UPDATE metering_usagemeter meter SET task = coalesce(known.task, ''), model_class = coalesce(known.class, ''),
    subject_type = CASE WHEN known.per IN ('team', 'user', 'token') THEN known.per ELSE meter.subject_type END,
    subject_id = CASE WHEN known.per IN ('team', 'user', 'token') AND meter.subject_type = 'tenant' THEN ''
        ELSE meter.subject_id END
FROM (
    SELECT id, task_id AS task, model_class AS class, per FROM metering_budget
    UNION ALL SELECT id, task_id, NULL, NULL FROM metering_policyrule
) known WHERE known.id = meter.budget_id
"""
GONE = """
UPDATE metering_usagemeter meter SET retired = true
WHERE NOT EXISTS (SELECT FROM metering_budget WHERE id = meter.budget_id)
    AND NOT EXISTS (SELECT FROM metering_policyrule WHERE id = meter.budget_id)
"""
IN_ORDER = """
SELECT subject_type, subject_id, dimension, "window", task, model_class, tenant_id, id, window_start, window_end
FROM metering_usagemeter WHERE NOT retired
ORDER BY subject_type, subject_id, dimension, "window", task, model_class, tenant_id, window_start, id
"""
KEY_LENGTH = 7
RETIRE = "UPDATE metering_usagemeter SET retired = true WHERE id = ANY(%s)"
OF_DROPPED_MONTHS = """
WITH dropped AS (
    SELECT balance.meter_id, sum(balance.charged) AS charged FROM metering_closingbalance balance
    JOIN metering_ledgerperiod period USING (month) WHERE period.state = 'dropped' GROUP BY balance.meter_id
), missing AS (
    SELECT max(other.charged) - coalesce((SELECT charged FROM dropped WHERE meter_id = %(kept)s), 0) AS amount
    FROM dropped other WHERE other.meter_id = ANY(%(retired)s)
), entered AS (
    INSERT INTO metering_openingentry (meter_id, amount, past_limit, of_dropped, recorded_at)
    SELECT %(kept)s, amount, amount, true, now() FROM missing WHERE amount > 0 RETURNING amount
)
UPDATE metering_usagemeter SET used = used + amount, unenforced = unenforced + amount FROM entered WHERE id = %(kept)s
"""
MARK_COUNTED = "UPDATE metering_usagemeter SET counted_at = now()"
COUNT_AGAIN = """
UPDATE metering_usagemeter SET opened_late = true, counted_at = '1970-01-01 00:00:00+00'
WHERE NOT retired AND (window_end IS NULL OR window_end > now()) AND (id = ANY(%s) OR EXISTS (
    SELECT FROM metering_budget WHERE id = budget_id AND created_at + interval '15 seconds' > window_start))
"""
QUEUE = """
INSERT INTO metering_meterrecount (meter_id, due_at)
SELECT id, now() FROM metering_usagemeter WHERE opened_late AND NOT retired
"""


def make_one(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(LEARN)
        cursor.execute(GONE)
        cursor.execute(IN_ORDER)
        merged = list(_overlapping(cursor.fetchall(), datetime.now(UTC)))
        cursor.execute(RETIRE, [[id_ for _, retired in merged for id_ in retired]])
        for kept, retired in merged:
            cursor.execute(OF_DROPPED_MONTHS, {"kept": kept, "retired": retired})
        cursor.execute(MARK_COUNTED)
        cursor.execute(COUNT_AGAIN, [[kept for kept, _ in merged]])
        cursor.execute(QUEUE)


def _overlapping(rows: list[tuple[Any, ...]], now: datetime) -> Iterator[tuple[int, list[int]]]:
    """Each meter that stays although others overlap with it, and those. What is open stays before what is over."""
    for _, group in groupby(rows, key=lambda row: row[:KEY_LENGTH]):
        kept: list[tuple[int, datetime, datetime | None, list[int]]] = []
        facts = [row[KEY_LENGTH:] for row in group]
        for id_, start, end in sorted(facts, key=lambda fact: fact[2] is not None and fact[2] <= now):
            for _, other_start, other_end, retired in kept:
                if (other_end is None or start < other_end) and (end is None or other_start < end):
                    retired.append(id_)
                    break
            else:
                kept.append((id_, start, end, []))
        yield from ((id_, retired) for id_, _, _, retired in kept if retired)
