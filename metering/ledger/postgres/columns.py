"""The columns of the rows that a batch writes. A row that is looked up by id has its id first."""

from datetime import UTC

from metering.amounts import AMOUNTS, COLUMNS, TOKEN_PARTS, WRITE_PARTS
from metering.labels import LABELS, Label
from metering.ledger.postgres.table import (
    AMOUNT,
    FLAG,
    ID,
    INTEGER,
    MOMENT,
    NUMBER,
    NUMBERS,
    OPTIONAL_ID,
    OPTIONAL_NUMBER,
    OPTIONAL_TEXT,
    OTHER_MODEL,
    RARE_FLAG,
    RARE_TEXT,
    SMALL,
    SMALLS,
    TEXT,
    TEXTS,
    Column,
    Columns,
    Kind,
    column,
)


def _amounts(names: tuple[str, ...], path: str = "") -> tuple[Column, ...]:
    return tuple([column(name, AMOUNT, path + name) for name in names])


def _kind_of(label: Label) -> Kind:
    if label.is_list:
        return TEXTS
    if label.is_uuid:
        return OPTIONAL_ID
    return OPTIONAL_TEXT if label.is_optional else TEXT


LEASE = column("lease_s", INTEGER, is_stored=False)
LINES = Columns(
    (
        column("meter_ids", NUMBERS),
        column("amounts", NUMBERS),
        column("unenforced", NUMBERS),
        column("flags", SMALLS),
    )
)
BOUND = _amounts(COLUMNS, "bound.")

NEW_HOLD = Columns(
    (
        column("id", ID),
        column("tenant_id", ID),
        column("state", SMALL),
        column("version", INTEGER),
        LEASE,
        column("body_digest", NUMBER),
        *LINES,
        *BOUND,
        *[column(name, _kind_of(label), f"labels.{name}") for name, label in LABELS.items()],
        column("idempotency_key", OPTIONAL_TEXT),
        column("idempotency_digest", OPTIONAL_NUMBER),
    )
)
ENDED_HOLD = Columns(
    (
        column("id", ID),
        column("state", SMALL),
        column("provisional", FLAG),
        column("end_digest", OPTIONAL_NUMBER),
        column("unenforced", NUMBERS),
    )
)
MOVED_HOLD = Columns(
    (
        column("id", ID, "reservation_id"),
        column("provider_name", TEXT, "attempt.provider_name"),
        column("request_model", OTHER_MODEL, "attempt.request_model"),
    )
)
"""A call that another vendor than the first one served, by its last attempt."""
EXTENDED_HOLD = Columns((column("id", ID), column("version", INTEGER), LEASE, *LINES, *BOUND))

ATTEMPT_TEXTS = Columns(
    (
        column("id", ID),
        column("response_model", TEXT, "attempt.response_model"),
        column("provider_name", TEXT, "attempt.provider_name"),
        column("outcome", TEXT, "attempt.outcome"),
        column("service_tier", RARE_TEXT, "attempt.service_tier"),
        column("estimate_reason", RARE_TEXT, "attempt.estimate_reason"),
        column("reported", RARE_TEXT, "attempt.reported"),
        column("fee_units", RARE_TEXT, "attempt.fee_units"),
        column("request_model", OTHER_MODEL, "attempt.request_model"),
    )
)
"""A call may have many attempts, so their texts are unnested."""
ATTEMPT = Columns(
    (
        *ATTEMPT_TEXTS,
        column("reservation_id", ID),
        column("attempt", SMALL, "attempt.number"),
        *_amounts((*COLUMNS, *TOKEN_PARTS), "attempt."),
        column("latency_ms", INTEGER, "attempt.latency_ms"),
        column("estimated", FLAG, "attempt.estimated"),
        # JSON's offsets are whole minutes; a zone's need not be.
        column("started_at", MOMENT, lambda row: row.attempt.started_at.astimezone(UTC)),
        column("partly_priced", RARE_FLAG, "attempt.partly_priced"),
        column("own_key", RARE_FLAG, "attempt.own_key"),
        *_amounts(WRITE_PARTS, "attempt."),
        column("list_cost_nano_usd", OPTIONAL_NUMBER, "attempt.list_cost_nano_usd"),
        column("vendor_cost_nano_usd", OPTIONAL_NUMBER, "attempt.vendor_cost_nano_usd"),
    )
)
PROVISIONAL = Columns(
    (
        column("id", ID),
        column("reservation_id", ID),
        column("outcome", TEXT),
        column("charged", INTEGER, lambda row: int(row.charged), is_stored=False),
    )
)
ENTRY = Columns(
    (
        column("id", ID),
        column("reservation_id", ID),
        column("tenant_id", ID),
        column("kind", SMALL),
        column("meter_ids", NUMBERS),
        column("charges", NUMBERS),
        *_amounts(AMOUNTS, "amounts."),
        column("reason", OPTIONAL_TEXT),
    )
)
CORRECTED = Columns(
    (
        column("id", ID, "reservation_id"),
        column("meter_ids", NUMBERS),
        column("tenant_id", ID),
    )
)
"""Entries whose meters are to be counted again."""

SUBJECT_COLUMNS = ("subject_type", "subject_id", "tenant_id", "dimension", "window", "task", "model_class")


def _subject(path: str = "") -> tuple[Column, ...]:
    return tuple(
        [column(name, OPTIONAL_ID if name == "tenant_id" else TEXT, path + name) for name in SUBJECT_COLUMNS]
    )


SUBJECT = Columns(_subject())
"""Of a meter's key all but its calendar."""
NEW_METER = Columns(
    (
        *_subject("key."),
        column("timezone", TEXT, "key.timezone"),
        column("week_start", SMALL, "key.week_start"),
        column("window_start", MOMENT),
        column("window_end", MOMENT),
        column("counted_at", MOMENT),
    )
)
METER = Columns(
    (
        column("id", NUMBER),
        *_amounts(("used", "held", "overrun", "unenforced", "uncovered")),
        column("highest_limit", NUMBER),
    )
)
ARMED_METER = Columns(
    (
        column("id", NUMBER),
        column("rearms_at", MOMENT),
        column("alert_at", NUMBER),
        column("watching", NUMBER),
    )
)
WATCH = Columns(
    (
        column("meter_id", NUMBER),
        column("budget_id", ID),
        column("thresholds", TEXT, "watch.thresholds"),
        column("alerted", TEXT, "watch.alerted"),
        column("rearms_at", MOMENT, "watch.rearms_at"),
        column("limit", NUMBER, "watch.limit"),
        column("episodes", INTEGER, "watch.episodes"),
    )
)
ALERT = Columns(
    (
        column("id", ID),
        column("meter_id", NUMBER, "alert.meter_id"),
        column("budget_id", ID, "alert.budget_id"),
        column("threshold", SMALL, "alert.threshold"),
        column("episode", INTEGER, "alert.episode"),
        column("used", NUMBER, "alert.used"),
        column("held", NUMBER, "alert.held"),
        column("requested", OPTIONAL_NUMBER, "alert.requested"),
        column("limit", NUMBER, "alert.limit"),
    )
)
EXPECTED_END = Columns(
    (
        column("id", ID),
        column("version", INTEGER, is_stored=False),
        column("state", SMALL),
        column("end_digest", OPTIONAL_NUMBER),
        column("meters", INTEGER, lambda hold: len(hold.meter_ids), is_stored=False),
    )
)
"""A hold that an optimistic batch ends. Its version and the number of its meters have to be found as they are."""
METER_CHANGE = Columns(
    (
        column("id", NUMBER),
        column("used", NUMBER),
        column("held", NUMBER),
        column("highest_limit", NUMBER),
        column("most", NUMBER),
        column("watching", NUMBER),
        column("is_open", FLAG),
    )
)
