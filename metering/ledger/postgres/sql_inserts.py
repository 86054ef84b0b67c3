"""The statements that add rows. What a row shares with its reservation is copied from it there."""

from metering.amounts import COLUMNS, TOKEN_PARTS, WRITE_PARTS
from metering.labels import LABELS
from metering.ledger.postgres import columns
from metering.ledger.postgres.table import insert, replaced

_INSERT_HOLDS = insert(
    "metering_usagereservation",
    columns.NEW_HOLD,
    also={
        "provisional": "false",
        "created_at": "moment",
        "lease_expires_at": "moment + new.lease_s * interval '1 second'",
        "ended_at": "CASE WHEN new.state <> 0 THEN moment END",
    },
    beside="clock_timestamp() moment, ",
)

INSERT_HOLDS = f"{_INSERT_HOLDS} ORDER BY new.id"

INSERT_NEW_HOLDS = f"""{_INSERT_HOLDS}
WHERE (SELECT metering_expect(count(*) = 0, 'new reservations')
    FROM metering_usagereservation WHERE id = ANY($1)) ORDER BY new.id
"""  # noqa: S608 - constants of these files
"""Fails (40001) where a reserve came before. Its insert would fail too, but first it would wait, with the meters
locked, for whoever is ending the reservation just now, and he for the meters."""

OF_ITS_HOLD = {name: f"held.{name}" for name in ("tenant_id", *LABELS)}
"""What an attempt has from its reservation."""
OF_ITS_OWN = ("provider_name", "request_model")
"""What it has of its own, once it is known."""
JOIN_HOLD = "JOIN metering_usagereservation held ON held.id = new.reservation_id"
KNOWN_LATER = tuple(each for each in columns.ATTEMPT if each.name not in ("id", "reservation_id", "attempt"))

REPLACE_PROVISIONAL = f"""
ON CONFLICT (id) DO UPDATE SET {replaced(KNOWN_LATER)}, recorded_at = excluded.recorded_at
WHERE metering_usagelog.outcome = 'provisional'
"""

INSERT_FIRST_ATTEMPTS = insert(
    "metering_usagelog",
    columns.ATTEMPT,
    also={name: text for name, text in OF_ITS_HOLD.items() if name not in OF_ITS_OWN}
    | {"recorded_at": "clock_timestamp()"},
    unnested=len(columns.ATTEMPT_TEXTS),
    join=JOIN_HOLD,
)
"""Of calls that are ended for the first time: no provisional attempt stands in their place."""

INSERT_ATTEMPTS = f"{INSERT_FIRST_ATTEMPTS} {REPLACE_PROVISIONAL}"

_PROVISIONAL = insert(
    "metering_usagelog",
    columns.PROVISIONAL,
    also=OF_ITS_HOLD
    | {name: f"held.{name} * new.charged" for name in COLUMNS}
    | dict.fromkeys((*TOKEN_PARTS, *WRITE_PARTS, "latency_ms"), "0")
    | dict.fromkeys(("response_model", "service_tier", "reported", "fee_units"), "''")
    | {
        "attempt": "1",
        "estimated": "new.charged = 1",
        "estimate_reason": "CASE new.charged WHEN 1 THEN 'unanswered' ELSE '' END",
        "partly_priced": "false",
        "own_key": "false",
        "started_at": "held.created_at",
        "recorded_at": "clock_timestamp()",
    },
    join=JOIN_HOLD,
)

INSERT_PROVISIONAL = f"{_PROVISIONAL} {REPLACE_PROVISIONAL}"

INSERT_ENTRIES = insert("metering_ledgerentry", columns.ENTRY, also={"recorded_at": "clock_timestamp()"})

FACTS_OF_METER = (
    "tenant_id", "subject_type", "subject_id", "dimension", "window", "window_start", "window_end", "timezone"
)  # fmt: skip
_ALERTS = insert(
    "metering_quotaalert",
    columns.ALERT,
    also={name: f'meter."{name}"' for name in FACTS_OF_METER} | {"raised_at": "clock_timestamp()"},
    join="JOIN metering_usagemeter meter ON meter.id = new.meter_id",
)

INSERT_ALERTS = f"{_ALERTS} ON CONFLICT (meter_id, budget_id, threshold, episode) DO NOTHING"
