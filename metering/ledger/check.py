"""Commands that can never be carried out are refused before they are queued, so that none poisons a batch."""

from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from uuid import UUID

from metering.amounts import AMOUNTS, TOKEN_PARTS, WRITE_PARTS, Amounts, values_of
from metering.errors import InvalidRequest
from metering.ids import first_id_at, is_uuid7
from metering.labels import LABELS, Labels
from metering.ledger.commands import (
    Adjust,
    Attempt,
    Command,
    Extend,
    HoldLine,
    MeterKey,
    Release,
    Reserve,
    Settle,
)
from metering.ledger.records import LARGEST_SUM
from metering.tags import MAX_TAG, MAX_TAGS
from metering.thresholds import VALID_THRESHOLDS, are_valid
from metering.time_zones import is_time_zone
from metering.types import MAX_AMOUNT, EstimateReason, Outcome, SubjectType

MAX_LINES = 128
MAX_LEASE_S = 86_400
MAX_ADJUSTMENTS = 99
MAX_ENLARGEMENTS = 2**31 - 1
LAST_WEEKDAY = 6
LAST_ID = first_id_at(datetime.max.replace(tzinfo=UTC)).int | (1 << 80) - 1
"""The year 9999 ends: what is later fits an id, but no date."""
SUBJECT_TYPES = frozenset(SubjectType)
IDENTIFIED = frozenset((SubjectType.TEAM, SubjectType.USER, SubjectType.TOKEN))
TEXT_LABELS = tuple(
    [(name, label.length) for name, label in LABELS.items() if not (label.is_uuid or label.is_list)]
)
_texts_of = attrgetter(*[name for name, _ in TEXT_LABELS])
MAX_ATTEMPTS = 1000
MAX_LATENCY_MS = 2**31 - 1
FIRST_YEAR, LAST_YEAR = 1, 9999
"""In these, UTC may have no such date."""
PROVISIONAL = Outcome.PROVISIONAL
REASONS = frozenset(EstimateReason)
MAX_REPORTED = 1_000
_counts_of = attrgetter(*AMOUNTS, *TOKEN_PARTS, *WRITE_PARTS)


def check_command(command: Command) -> None:
    """Raise InvalidRequest, with a sentence, for a command that no state of the ledger could accept."""
    if not is_uuid7(command.reservation_id) or command.reservation_id.int > LAST_ID:
        raise InvalidRequest("A reservation's id must be a UUID of version 7.", param="reservation_id")
    match command:
        case Reserve():
            _check_lines(command.lines, command.tenant_id)
            _check_lease(command.lease_s)
            _check_bound(command.bound)
            _check_labels(command.labels)
            if command.idempotency_key is not None:
                check_text(command.idempotency_key, "idempotency_key", 255)
            if (command.idempotency_key is None) != (command.idempotency_digest is None):
                raise InvalidRequest(
                    "An idempotency key and its digest come together.", param="idempotency_key"
                )
            if not -LARGEST_SUM - 1 <= (command.idempotency_digest or 0) <= LARGEST_SUM:
                raise InvalidRequest("A digest has 64 bits.", param="idempotency_digest")
        case Settle():
            check_attempts(command.attempts)
        case Extend():
            if command.lines and not 1 <= command.sequence <= MAX_ENLARGEMENTS:
                raise InvalidRequest("An enlargement is numbered, from 1.", param="sequence")
            _check_lines(command.lines, None)
            _check_lease(command.lease_s)
            _check_bound(command.bound)
        case Release():
            check_text(command.reason, "reason", 500)
        case Adjust():
            check_text(command.reason, "reason", 500)
            if not 1 <= command.number <= MAX_ADJUSTMENTS:
                raise InvalidRequest(f"An adjustment's number is 1 to {MAX_ADJUSTMENTS}.", param="number")
            for name, amount in zip(AMOUNTS, values_of(command), strict=True):
                if abs(amount) > MAX_AMOUNT:
                    raise InvalidRequest(f"{name} is out of range.", param=name)


def _check_lines(lines: tuple[HoldLine, ...], tenant_id: UUID | None) -> None:
    if len(lines) > MAX_LINES:
        raise InvalidRequest(f"A reservation has at most {MAX_LINES} lines.", param="lines")
    for line in lines:
        if not (0 <= line.amount <= MAX_AMOUNT and 0 <= line.limit <= MAX_AMOUNT):
            raise InvalidRequest("Amounts and limits are 0 to 2^62.", param="lines")
        if line.raises and not all(0 <= each.amount <= MAX_AMOUNT for each in line.raises):
            raise InvalidRequest("A limit is raised by 0 to 2^62.", param="lines")
        if line.thresholds:
            _check_thresholds(line.thresholds)
    keys = tuple([line.meter for line in lines])
    if _check_meters(keys, tenant_id):
        _check_shared(lines)


@lru_cache(maxsize=16_384)
def _check_meters(keys: tuple[MeterKey, ...], tenant_id: UUID | None) -> bool:
    """Return whether some meter is named twice. Remembered, because the same ones are named again and again.

    Raises InvalidRequest for another tenant's meter; without a tenant they may be any tenant's.
    """
    for key in keys:
        _check_meter(key)
        if tenant_id is not None and key.tenant_id not in (tenant_id, None):
            raise InvalidRequest("A line names another tenant's meter.", param="lines")
    return len(set(keys)) != len(keys)


def _check_shared(lines: tuple[HoldLine, ...]) -> None:
    """Raise InvalidRequest where limits on one meter are of one budget, or hold several amounts."""
    amounts: dict[MeterKey, int] = {}
    for line in lines:
        if amounts.setdefault(line.meter, line.amount) != line.amount:
            raise InvalidRequest("Two lines hold different amounts on the same meter.", param="lines")
    if len({(line.meter, line.budget_id) for line in lines}) != len(lines):
        raise InvalidRequest("Two lines bring the same budget's limit to the same meter.", param="lines")


@lru_cache(maxsize=1024)
def _check_thresholds(text: str) -> None:
    words = text.split(",")
    percentages = [int(word) for word in words if word.isdecimal() and len(word) <= 4]
    is_ascending = len(percentages) == len(words) and percentages == sorted(set(percentages))
    if not (is_ascending and are_valid(percentages)):
        raise InvalidRequest(f"Thresholds are {VALID_THRESHOLDS}, ascending.", param="lines")


def _check_meter(key: MeterKey) -> None:
    check_text(key.subject_id, "subject_id", 128)
    check_text(key.task, "task", 32)
    check_text(key.model_class, "model_class", 16)
    if key.subject_type not in SUBJECT_TYPES:
        raise InvalidRequest(f"{key.subject_type!r} is no subject type.", param="subject_type")
    if key.subject_type in IDENTIFIED and key.subject_id and not _is_uuid(key.subject_id):
        raise InvalidRequest(f"A {key.subject_type} is named by its id.", param="subject_id")
    if not is_time_zone(key.timezone):
        raise InvalidRequest(f"{key.timezone!r} is no time zone.", param="timezone")
    if not 0 <= key.week_start <= LAST_WEEKDAY:
        raise InvalidRequest("A week starts on day 0 (Monday) to 6.", param="week_start")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _check_lease(lease_s: int) -> None:
    if not 1 <= lease_s <= MAX_LEASE_S:
        raise InvalidRequest(f"A lease lasts 1 to {MAX_LEASE_S} seconds.", param="lease_s")


def _check_bound(bound: Amounts) -> None:
    amounts = values_of(bound)
    if min(amounts) < 0 or max(amounts) > MAX_AMOUNT:
        raise InvalidRequest("The bound's amounts are 0 to 2^62.", param="bound")


def _check_labels(labels: Labels) -> None:
    for text, (name, length) in zip(_texts_of(labels), TEXT_LABELS, strict=True):
        if text:
            check_text(text, name, length)
    if labels.tags:
        if len(labels.tags) > MAX_TAGS:
            raise InvalidRequest(f"A reservation has at most {MAX_TAGS} tags.", param="tags")
        for tag in labels.tags:
            check_text(tag, "tags", MAX_TAG)


def check_attempts(attempts: tuple[Attempt, ...]) -> None:
    """Raise InvalidRequest for attempts that the usage log could not hold: misnumbered, out of range, or not text."""
    if len(attempts) > MAX_ATTEMPTS:
        raise InvalidRequest(f"A reservation has at most {MAX_ATTEMPTS} attempts.", param="attempts")
    for expected, attempt in enumerate(attempts, start=1):
        if attempt.number != expected:
            raise InvalidRequest("Attempts are numbered from 1 without gaps.", param="attempts")
        amounts = _counts_of(attempt)
        if min(amounts) < 0 or max(amounts) > MAX_AMOUNT:
            raise InvalidRequest("An attempt's amounts are 0 to 2^62.", param="attempts")
        if attempt.outcome is PROVISIONAL:
            raise InvalidRequest("Only an expiry writes a provisional attempt.", param="outcome")
        if not 0 <= attempt.latency_ms <= MAX_LATENCY_MS:
            raise InvalidRequest("An attempt's latency_ms is out of range.", param="latency_ms")
        check_text(attempt.provider_name, "provider_name", 64)
        check_text(attempt.response_model, "response_model", 128)
        if attempt.request_model:
            check_text(attempt.request_model, "request_model", 128)
        if attempt.service_tier or attempt.estimate_reason or attempt.reported or attempt.fee_units:
            _check_marks(attempt)
        for cost in (attempt.list_cost_nano_usd, attempt.vendor_cost_nano_usd):
            if cost is not None and not 0 <= cost <= MAX_AMOUNT:
                raise InvalidRequest("An attempt's costs are 0 to 2^62.", param="attempts")
        if attempt.started_at.tzinfo is None:
            raise InvalidRequest("An attempt's started_at needs a time zone.", param="started_at")
        if not FIRST_YEAR < attempt.started_at.year < LAST_YEAR:
            raise InvalidRequest("An attempt's started_at is out of range.", param="started_at")
    if len(attempts) > 1 and any(
        sum(amounts) > LARGEST_SUM for amounts in zip(*map(_counts_of, attempts), strict=True)
    ):
        raise InvalidRequest("The attempts' sum is out of range.", param="attempts")


def _check_marks(attempt: Attempt) -> None:
    check_text(attempt.service_tier, "service_tier", 32)
    check_text(attempt.reported, "reported", MAX_REPORTED)
    check_text(attempt.fee_units, "fee_units", 200)
    if attempt.estimate_reason not in REASONS:
        raise InvalidRequest("That is no reason for an estimate.", param="estimate_reason")
    if attempt.estimate_reason and not attempt.estimated:
        raise InvalidRequest("What has a reason to be estimated is estimated.", param="estimate_reason")


def check_text(text: str, name: str, limit: int) -> None:
    """Raise InvalidRequest for a text that PostgreSQL cannot store, or of more than `limit` characters."""
    if len(text) > limit or "\0" in text or not (text.isascii() or _is_encodable(text)):
        raise InvalidRequest(f"{name} is at most {limit} characters of valid text without NUL.", param=name)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
