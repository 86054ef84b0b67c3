"""The parameters of the writing statements: an array for each column, of which the first has no NULL."""

from datetime import UTC
from uuid import UUID

from metering.ids import uuid7
from metering.ledger.books import Books
from metering.ledger.postgres.literals import (
    array,
    nested_int_array,
    optional_array,
    optional_text_array,
    sparse_bool_array,
    sparse_int_array,
    sparse_text_array,
    text_array,
)
from metering.ledger.records import Alert, Entry, Hold

CONTEXT_TEXTS = ("task", "request_id", "request_model", "model_class", "provider_name")
METADATA = ("agent_id", "microdao_id", "channel_id", "conversation_id", "trace_id")
AMOUNTS = ("input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files", "steps")
ATTEMPT_AMOUNTS = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "api_calls",
    "files",
    "steps",
    "cost_nano_usd",
    "latency_ms",
)


def new_holds(holds: list[Hold]) -> tuple[bytes, ...]:
    contexts = [hold.context for hold in holds if hold.context is not None]
    bounds = [hold.bound for hold in holds]
    return (
        array([hold.id for hold in holds]),
        array([hold.tenant_id for hold in holds]),
        array([hold.state for hold in holds]),
        array([hold.version for hold in holds]),
        array([hold.lease_s or 0 for hold in holds]),
        array([hold.body_digest for hold in holds]),
        nested_int_array([hold.meter_ids for hold in holds]),
        nested_int_array([hold.amounts for hold in holds]),
        nested_int_array([hold.unenforced for hold in holds]),
        nested_int_array([hold.flags for hold in holds]),
        *(sparse_int_array([getattr(bound, name) for bound in bounds]) for name in AMOUNTS),
        optional_array([context.team_id for context in contexts]),
        optional_array([context.user_id for context in contexts]),
        optional_array([context.token_id for context in contexts]),
        *(text_array([getattr(context, name) for context in contexts]) for name in CONTEXT_TEXTS),
        *(optional_text_array([getattr(context, name) for context in contexts]) for name in METADATA),
        optional_text_array([hold.idempotency_key for hold in holds]),
        optional_array([hold.idempotency_digest for hold in holds]),
    )


def ended_holds(holds: list[Hold]) -> tuple[bytes, ...]:
    return (
        array([hold.id for hold in holds]),
        array([hold.state for hold in holds]),
        array([hold.provisional for hold in holds]),
        optional_array([hold.end_digest for hold in holds]),
        nested_int_array([hold.unenforced for hold in holds]),
    )


def extended_holds(holds: list[Hold]) -> tuple[bytes, ...]:
    return (
        array([hold.id for hold in holds]),
        array([hold.version for hold in holds]),
        array([hold.lease_s or 0 for hold in holds]),
        nested_int_array([hold.meter_ids for hold in holds]),
        nested_int_array([hold.amounts for hold in holds]),
        nested_int_array([hold.unenforced for hold in holds]),
        nested_int_array([hold.flags for hold in holds]),
        *(sparse_int_array([getattr(hold.bound, name) for hold in holds]) for name in AMOUNTS),
    )


def attempts(books: Books) -> tuple[bytes, ...]:
    logged = books.attempts
    attempts = [row.attempt for row in logged]
    return (
        array([row.id for row in logged]),
        text_array([attempt.response_model for attempt in attempts]),
        text_array([attempt.provider_name for attempt in attempts]),
        text_array([attempt.outcome for attempt in attempts]),
        sparse_text_array([attempt.service_tier for attempt in attempts]),
        sparse_text_array([attempt.estimate_reason for attempt in attempts]),
        sparse_text_array([attempt.reported for attempt in attempts]),
        array([row.reservation_id for row in logged]),
        array([attempt.number for attempt in attempts]),
        *(sparse_int_array([getattr(attempt, name) for attempt in attempts]) for name in ATTEMPT_AMOUNTS),
        array([attempt.estimated for attempt in attempts]),
        # JSON's offsets are whole minutes; a zone's need not be.
        array([attempt.started_at.astimezone(UTC) for attempt in attempts]),
        sparse_bool_array([attempt.partly_priced for attempt in attempts]),
    )


def provisional_attempts(books: Books) -> tuple[bytes, ...]:
    rows = books.provisional_attempts
    return (
        array([row.id for row in rows]),
        array([row.reservation_id for row in rows]),
        text_array([row.outcome for row in rows]),
        array([int(row.charged) for row in rows]),
    )


def entries(books: Books) -> tuple[bytes, ...]:
    entries = books.entries
    totals = [entry.totals for entry in entries]
    return (
        array([entry.id for entry in entries]),
        array([entry.reservation_id for entry in entries]),
        array([entry.tenant_id for entry in entries]),
        array([entry.kind for entry in entries]),
        nested_int_array([entry.meter_ids for entry in entries]),
        nested_int_array([entry.charges for entry in entries]),
        sparse_int_array([total.requests for total in totals]),
        *(sparse_int_array([getattr(total, name) for total in totals]) for name in AMOUNTS),
        optional_text_array([entry.reason for entry in entries]),
    )


def meters(books: Books) -> tuple[bytes, ...]:
    meters = [books.meters[meter_id] for meter_id in sorted(books.changed_meters)]
    return (
        array([meter.id for meter in meters]),
        sparse_int_array([meter.used for meter in meters]),
        sparse_int_array([meter.held for meter in meters]),
        sparse_int_array([meter.overrun for meter in meters]),
        sparse_int_array([meter.unenforced for meter in meters]),
        array([meter.highest_limit for meter in meters]),
    )


def armed_meters(books: Books) -> tuple[bytes, ...]:
    meters = [books.meters[meter_id] for meter_id in sorted(books.watched)]
    return (
        array([meter.id for meter in meters]),
        array([meter.rearms_at for meter in meters]),
        array([meter.alert_at for meter in meters]),
        array([meter.watching for meter in meters]),
    )


def watches(books: Books) -> tuple[bytes, ...]:
    found = [
        (meter_id, UUID(budget_id), watch)
        for meter_id in sorted(books.watched)
        for budget_id, watch in (books.meters[meter_id].watches or {}).items()
    ]
    return (
        array([meter_id for meter_id, _, _ in found]),
        array([budget_id for _, budget_id, _ in found]),
        text_array([watch.thresholds for _, _, watch in found]),
        text_array([watch.alerted for _, _, watch in found]),
        array([watch.rearms_at for _, _, watch in found]),
        array([watch.limit for _, _, watch in found]),
        array([watch.episodes for _, _, watch in found]),
    )


def corrected(entries: list[Entry]) -> tuple[bytes, ...]:
    return (
        array([entry.reservation_id for entry in entries]),
        nested_int_array([entry.meter_ids for entry in entries]),
        array([entry.tenant_id for entry in entries]),
    )


def alerts(alerts: list[Alert]) -> tuple[bytes, ...]:
    return (
        array(sorted([uuid7() for _ in alerts])),
        array([alert.meter_id for alert in alerts]),
        array([UUID(alert.budget_id) for alert in alerts]),
        array([alert.threshold for alert in alerts]),
        array([alert.episode for alert in alerts]),
        array([alert.used for alert in alerts]),
        array([alert.held for alert in alerts]),
        optional_array([alert.requested for alert in alerts]),
        array([alert.limit for alert in alerts]),
    )
