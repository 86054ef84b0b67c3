"""Settle, release and expire: how a hold ends, exactly once, and how an expired one is trued up.

What ends within its hold does not depend on any counter, so it is decided before the meters are locked
(ADR 7). What does depend on them raises MetersNeeded, before anything is changed, and is asked again.
"""

from uuid import UUID

from metering.ids import derived_id
from metering.ledger.books import (
    RELEASE_ON_EXPIRY,
    Books,
    Entry,
    Hold,
    LoggedAttempt,
    Meter,
    Posting,
    ProvisionalAttempt,
    Totals,
)
from metering.ledger.commands import Attempt, Bound, CallContext, Expire, Release, Settle
from metering.ledger.digests import command_digest
from metering.ledger.engine.hold import ENDED_REASON, LARGEST_SUM
from metering.ledger.results import Ended, Reason, Refused, Result
from metering.types import Dimension, EntryKind, Outcome, ReservationState

HELD, SETTLED = ReservationState.HELD, ReservationState.SETTLED
RELEASED, EXPIRED = ReservationState.RELEASED, ReservationState.EXPIRED
TERMINAL_ENTRY, TRUE_UP_ENTRY = 0, 1
NOTHING_USED_DIGEST = 0
"""`end_digest` of an expired hold that was trued up by a release."""


def settle(command: Settle, books: Books) -> Result:
    """Charge what was really used: on a held reservation, or once on one that expired."""
    hold = books.holds.get(command.reservation_id)
    if hold is None:
        return Refused(reservation_id=command.reservation_id, reason=Reason.NOT_FOUND, state=None)
    digest = command_digest(command)
    if hold.end_digest == digest:
        return Ended(reservation_id=hold.id, state=hold.state, replayed=True)
    if hold.state != HELD and not hold.provisional:
        return Refused(reservation_id=hold.id, reason=ENDED_REASON[hold.state], state=hold.state)
    totals = totals_of(command.attempts)
    charges = [_charge_of(books.kind_of(meter_id), totals, command.attempts) for meter_id in hold.meter_ids]
    if hold.state == HELD:
        result = _end(hold, SETTLED, EntryKind.SETTLE, charges, totals, books)
        if hold.idempotency_key is not None and isinstance(result, Ended) and not _spent(command.attempts):
            hold.idempotency_key = None  # the caller may try again under the same key
    else:
        result = _true_up(hold, charges, totals, books)
        if not command.attempts and isinstance(result, Ended):
            _nothing_was_sent(hold, books)
    if isinstance(result, Ended):
        hold.end_digest = digest
        books.attempts.extend(
            [LoggedAttempt(derived_id(hold.id, item.number), hold.id, item) for item in command.attempts]
        )
    return result


def release(command: Release, books: Books) -> Result:
    """End a hold that spent nothing; take a provisional charge back; leave a tombstone for an unknown id."""
    reservation_id = command.reservation_id
    hold = books.holds.get(reservation_id)
    if hold is None:
        return _bury(command, books)
    if hold.tenant_id != command.tenant_id:
        return Refused(reservation_id=reservation_id, reason=Reason.WRONG_TENANT, state=hold.state)
    if hold.state == RELEASED or (hold.state == EXPIRED and hold.end_digest == NOTHING_USED_DIGEST):
        return Ended(reservation_id=reservation_id, state=hold.state, replayed=True)
    charges = [0] * len(hold.meter_ids)
    if hold.state == HELD:
        hold.idempotency_key = None
        return _end(
            hold, RELEASED, EntryKind.RELEASE, charges, Totals(), books, reason=command.reason or None
        )
    if not hold.provisional:
        return Refused(reservation_id=reservation_id, reason=ENDED_REASON[hold.state], state=hold.state)
    result = _true_up(hold, charges, Totals(), books, reason=command.reason or None)
    if isinstance(result, Ended):
        hold.end_digest = NOTHING_USED_DIGEST
        _nothing_was_sent(hold, books)
    return result


def expire(command: Expire, books: Books) -> Result:
    """Charge the hold provisionally once its lease has run out on the database's clock."""
    reservation_id = command.reservation_id
    hold = books.holds.get(reservation_id)
    if hold is None:
        return Refused(reservation_id=reservation_id, reason=Reason.NOT_FOUND, state=None)
    if hold.state == EXPIRED:
        return Ended(reservation_id=reservation_id, state=EXPIRED, replayed=True)
    if hold.state != HELD:
        return Refused(reservation_id=reservation_id, reason=ENDED_REASON[hold.state], state=hold.state)
    if hold.lease_expires_at is None or hold.lease_expires_at > books.now:
        return Refused(reservation_id=reservation_id, reason=Reason.LEASE_RUNNING, state=HELD)
    bound = hold.bound
    totals = Totals(
        requests=1,
        input_tokens=bound.input_tokens,
        output_tokens=bound.output_tokens,
        cost_nano_usd=bound.cost_nano_usd,
        api_calls=bound.api_calls,
        files=bound.files,
        steps=bound.steps,
    )
    result = _end(hold, EXPIRED, EntryKind.EXPIRE, provisional_charges(hold, books), totals, books)
    hold.provisional = True
    first_attempt = derived_id(hold.id, 1)
    books.provisional_attempts.append(
        ProvisionalAttempt(first_attempt, hold.id, Outcome.PROVISIONAL, charged=True)
    )
    return result


def provisional_charges(hold: Hold, books: Books) -> list[int]:
    """What an expired hold is charged until the truth is known: all of it, where the budget does not say release."""
    return [
        0
        if flags & RELEASE_ON_EXPIRY or books.kind_of(meter_id).dimension == Dimension.CONCURRENCY
        else amount
        for meter_id, amount, flags in zip(hold.meter_ids, hold.amounts, hold.flags, strict=True)
    ]


def totals_of(attempts: tuple[Attempt, ...]) -> Totals:
    """The sum of the attempts; however many there are, they are one request."""
    if len(attempts) == 1:
        only = attempts[0]
        return Totals(
            1,
            only.input_tokens,
            only.output_tokens,
            only.cost_nano_usd,
            only.api_calls,
            only.files,
            only.steps,
        )
    return Totals(
        requests=1 if attempts else 0,
        input_tokens=sum(item.input_tokens for item in attempts),
        output_tokens=sum(item.output_tokens for item in attempts),
        cost_nano_usd=sum(item.cost_nano_usd for item in attempts),
        api_calls=sum(item.api_calls for item in attempts),
        files=sum(item.files for item in attempts),
        steps=sum(item.steps for item in attempts),
    )


def _spent(attempts: tuple[Attempt, ...]) -> bool:
    """Whether anything was bought: an answer, or anything that costs."""
    return any(
        item.outcome != Outcome.ERROR
        or item.input_tokens
        or item.output_tokens
        or item.cost_nano_usd
        or item.api_calls
        or item.files
        for item in attempts
    )


def _charge_of(meter: Meter, totals: Totals, attempts: tuple[Attempt, ...]) -> int:
    """What the attempts cost this meter: a provider's meter counts only that provider's."""
    if meter.subject_type == "provider":
        totals = totals_of(tuple(item for item in attempts if item.provider_name == meter.subject_id))
    return totals.of(meter.dimension)


def _end(
    hold: Hold,
    state: ReservationState,
    kind: EntryKind,
    charges: list[int],
    totals: Totals,
    books: Books,
    *,
    reason: str | None = None,
) -> Result:
    lines = list(zip(hold.meter_ids, charges, hold.amounts, strict=True))
    for meter_id, charge, amount in lines:
        if charge > amount and not has_room_for(books.counters_of(meter_id), charge - amount):
            return Refused(reservation_id=hold.id, reason=Reason.OUT_OF_RANGE, state=hold.state)
    for place, (meter_id, charge, amount) in enumerate(lines):
        back = _give_back(hold, place, amount - charge) if hold.unenforced[place] else 0
        books.post(Posting(meter_id, charge, -amount, charge - amount if charge > amount else 0, -back))
    hold.state = state
    books.updated.append(hold)
    _write(derived_id(hold.id, TERMINAL_ENTRY), hold, kind, charges, totals, books, reason)
    return Ended(reservation_id=hold.id, state=state, meter_ids=tuple(hold.meter_ids), charges=tuple(charges))


def _true_up(
    hold: Hold, charges: list[int], totals: Totals, books: Books, *, reason: str | None = None
) -> Result:
    """Replace the provisional charge by the truth, as one signed entry; what is charged on top is overrun."""
    if hold.id in books.sealed:
        return Refused(reservation_id=hold.id, reason=Reason.PERIOD_SEALED, state=hold.state)
    before = provisional_charges(hold, books)
    changes = [charge - charged for charge, charged in zip(charges, before, strict=True)]
    for meter_id, change in zip(hold.meter_ids, changes, strict=True):
        if change > 0 and not has_room_for(books.counters_of(meter_id), change):
            return Refused(reservation_id=hold.id, reason=Reason.OUT_OF_RANGE, state=hold.state)
    for place, (meter_id, change) in enumerate(zip(hold.meter_ids, changes, strict=True)):
        back = _give_back(hold, place, -change)
        books.post(Posting(meter_id, change, 0, max(0, change), -back))
    hold.provisional = False
    books.updated.append(hold)
    bound = hold.bound
    difference = Totals(
        requests=totals.requests - 1,
        input_tokens=totals.input_tokens - bound.input_tokens,
        output_tokens=totals.output_tokens - bound.output_tokens,
        cost_nano_usd=totals.cost_nano_usd - bound.cost_nano_usd,
        api_calls=totals.api_calls - bound.api_calls,
        files=totals.files - bound.files,
        steps=totals.steps - bound.steps,
    )
    _write(derived_id(hold.id, TRUE_UP_ENTRY), hold, EntryKind.TRUE_UP, changes, difference, books, reason)
    return Ended(
        reservation_id=hold.id, state=EXPIRED, meter_ids=tuple(hold.meter_ids), charges=tuple(changes)
    )


def has_room_for(meter: Meter, excess: int) -> bool:
    """Whether bigint can count this much beyond the hold, and what others hold may still be charged after it:
    an expiry, which never goes beyond its hold, can therefore never be refused."""
    return meter.used + meter.held + excess <= LARGEST_SUM and meter.overrun + excess <= LARGEST_SUM


def _give_back(hold: Hold, place: int, slack: int) -> int:
    """What was held and not used first takes back what had gone past the limit; how much of it."""
    back = min(hold.unenforced[place], max(0, slack))
    hold.unenforced[place] -= back
    return back


def _write(
    entry_id: UUID,
    hold: Hold,
    kind: EntryKind,
    charges: list[int],
    totals: Totals,
    books: Books,
    reason: str | None,
) -> None:
    books.entries.append(
        Entry(entry_id, hold.id, hold.tenant_id, kind, list(hold.meter_ids), charges, totals, reason)
    )


def _nothing_was_sent(hold: Hold, books: Books) -> None:
    books.provisional_attempts.append(
        ProvisionalAttempt(derived_id(hold.id, 1), hold.id, Outcome.CANCELLED, charged=False)
    )


def _bury(command: Release, books: Books) -> Result:
    """Leave a tombstone (version 0), so that the reserve that may still arrive is refused."""
    hold = Hold(
        id=command.reservation_id,
        tenant_id=command.tenant_id,
        state=RELEASED,
        version=0,
        provisional=False,
        lease_expires_at=None,
        body_digest=0,
        end_digest=None,
        meter_ids=[],
        amounts=[],
        unenforced=[],
        flags=[],
        bound=Bound(),
        provider_name="",
        context=CallContext(request_id="", task=""),
        lease_s=0,
    )
    books.holds[hold.id] = hold
    books.inserted.append(hold)
    _write(
        derived_id(hold.id, TERMINAL_ENTRY),
        hold,
        EntryKind.RELEASE,
        [],
        Totals(),
        books,
        command.reason or None,
    )
    return Ended(reservation_id=hold.id, state=RELEASED)
