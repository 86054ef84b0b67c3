"""What must be true of the attempts: they are numbered, and the entries are their sum."""

from metering.ledger.audit.invariant import ATTEMPT, ENTRY, Invariant
from metering.ledger.use import IS_USE

SUMS = Invariant(
    "entry_is_its_attempts",
    ENTRY,
    f"""
SELECT reservation_id, 'the sum of its attempts', CASE WHEN sum(entries) = 0 THEN 'attempts without any entry' ELSE
    format('off by input %%s, output %%s, cost %%s, api_calls %%s, files %%s, steps %%s; requests %%s',
        sum(i), sum(o), sum(c), sum(a), sum(f), sum(s), sum(requests)) END
FROM (
    SELECT reservation_id, 1 AS entries, requests, NULL AS is_use, input_tokens AS i, output_tokens AS o,
        cost_nano_usd AS c, api_calls AS a, files AS f, steps AS s
    FROM metering_ledgerentry WHERE kind <> 5
    UNION ALL
    SELECT reservation_id, 0, 0, {IS_USE}, -input_tokens, -output_tokens, -cost_nano_usd, -api_calls, -files, -steps
    FROM metering_usagelog
) both_sides
GROUP BY reservation_id
HAVING sum(entries) = 0 OR sum(i) <> 0 OR sum(o) <> 0 OR sum(c) <> 0 OR sum(a) <> 0 OR sum(f) <> 0 OR sum(s) <> 0
    -- A call whose attempts all failed is no request, but was one before that was decided.
    OR CASE sum(requests) WHEN 0 THEN bool_or(is_use) ELSE bool_or(is_use) IS NULL END
""",  # noqa: S608 - constants of this package
)

BOUND = Invariant(
    "expired_at_its_bound",
    ENTRY,
    """
SELECT entry.id, format('the bound: input %%s output %%s cost %%s api_calls %%s files %%s steps %%s', held.input_tokens,
        held.output_tokens, held.cost_nano_usd, held.api_calls, held.files, held.steps),
    format('input %%s output %%s cost %%s api_calls %%s files %%s steps %%s', entry.input_tokens, entry.output_tokens,
        entry.cost_nano_usd, entry.api_calls, entry.files, entry.steps)
FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE entry.kind = 3 AND (entry.input_tokens, entry.output_tokens, entry.cost_nano_usd, entry.api_calls, entry.files,
    entry.steps) <> (held.input_tokens, held.output_tokens, held.cost_nano_usd, held.api_calls, held.files, held.steps)
""",
)

NUMBERS = Invariant(
    "attempts_numbered",
    ATTEMPT,
    """
SELECT reservation_id, format('attempts 1 to %%s', max(attempt)), format('%%s attempts', count(*))
FROM metering_usagelog GROUP BY reservation_id HAVING count(*) <> max(attempt) OR min(attempt) <> 1
""",
)

IDS = Invariant(
    "attempt_id_derived",
    ATTEMPT,
    """
SELECT id, format('attempt %%s of reservation %%s', attempt, reservation_id), 'another id'
FROM metering_usagelog
WHERE left(id::text, 32) <> left(reservation_id::text, 32)
    OR ('x' || right(id::text, 4))::bit(16) # ('x' || right(reservation_id::text, 4))::bit(16) <> attempt::int::bit(16)
""",
)
