"""The lines that a report adds up: vendor attempts, and what was corrected by hand.

Together they are the ledger's entries: settlements, expiries and true-ups are the sums of their attempts
(`entry_is_its_attempts` of the audit), and corrections are entries without one. A correction is where its
reservation's first attempt is: in the same month, for the same user, task and model.
"""

from metering.amounts import COLUMNS, TOKEN_PARTS, WRITE_PARTS
from metering.labels import LABELS, Label
from metering.ledger.use import IS_USE, first_attempt_of

GROUPED = {name: label for name, label in LABELS.items() if label.groups}
"""The labels by which a report can add usage up."""
_TOKENS = [name for name in COLUMNS if name.endswith("_tokens")]
_REST = [name for name in COLUMNS if name not in (*_TOKENS, "cost_nano_usd", "steps")]
COUNTED = (*_TOKENS, *TOKEN_PARTS, *_REST)
"""The amounts that reports show beside the cost, in their order. Steps are told of by the tasks that take them."""


_PRICED = {
    **dict.fromkeys(WRITE_PARTS, "0"),
    **dict.fromkeys(("list_cost_nano_usd", "vendor_cost_nano_usd"), "NULL::bigint"),
    **dict.fromkeys(("service_tier", "fee_units"), "''"),
    "started_at": "NULL::timestamptz",
}
"""What an attempt is priced again by → what a correction has instead."""
_TOLD = {"outcome": "''", "latency_ms": "NULL::int"}
"""How an attempt went → what a correction has instead."""


def _either(name: str, label: Label) -> str:
    """A correction's label: its call's, from the log or, before there is an attempt, from the reservation."""
    last = ", '{}'" if label.is_list else "" if label.is_optional else ", ''"
    return f"coalesce(log.{name}, held.{name}{last}) AS {name}"


LINES = f"""(
SELECT log.id, log.tenant_id, {", ".join(f"log.{name}" for name in GROUPED)}, 1 AS attempts, 0 AS corrections,
    log.estimated, log.partly_priced, log.own_key, log.outcome = 'provisional' AS provisional,
    log.outcome = 'cached' AS cached,
    CASE WHEN {IS_USE} THEN log.reservation_id END AS request, 0 AS corrected_requests,
    {", ".join(f"log.{name}" for name in (*COLUMNS, *TOKEN_PARTS, *_PRICED, *_TOLD))}
FROM metering_usagelog log
UNION ALL
SELECT entry.id, entry.tenant_id, {", ".join(_either(name, label) for name, label in GROUPED.items())}, 0, 1,
    false, false, false, false, false, NULL, entry.requests,
    {", ".join(f"entry.{name}" for name in COLUMNS)}, {", ".join("0" for _ in TOKEN_PARTS)},
    {", ".join([*_PRICED.values(), *_TOLD.values()])}
FROM metering_ledgerentry entry
LEFT JOIN metering_usagelog log ON log.id = {first_attempt_of("entry.reservation_id")}
LEFT JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE entry.kind = 5
) line"""  # noqa: S608 - constants of this package
MOMENT = "metering_moment(line.id)"
"""When the line's reservation was made."""
