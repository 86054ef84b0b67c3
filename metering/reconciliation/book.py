"""Books what a vendor's report shows as corrections of the ledger: what had been estimated, and another price.

1. What a day and model differ by is divided among those whose calls they were, by what their calls cost.
2. Of each one's part that is taken which was booked for the same reason already: the same report again books nothing,
   and after a run that was interrupted the next one books what that one left.
3. The rest is put on their dearest calls, as few as can bear it: no call is ever charged less than nothing.
4. Each part is one `Adjust` of the ledger, under the next free number of its call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from msgspec import Struct

from metering.amounts import Amounts, total
from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.ids import derived_id, family_of
from metering.ledger.check import MAX_ADJUSTMENTS
from metering.ledger.commands import Adjust, Command
from metering.ledger.results import Refused, Result
from metering.models import LedgerEntry, Provider
from metering.reconciliation.causes import BookedFor, Cause
from metering.reconciliation.compare import Compared, Comparison
from metering.reconciliation.hosts import Group, Host, groups_of
from metering.reconciliation.model_names import ModelNames
from metering.reconciliation.read_ledger import Part
from metering.reconciliation.spread import spread
from metering.types import EntryKind

AT_ONCE = 200
"""Corrections that are sent to the ledger together."""
ROUNDED_NANO_USD = 100
"""A correction's markup is rounded to a nano-dollar; before the markup that is less than this."""
MOST_CORRECTIONS = 50_000
"""Of one run; another run goes on."""
SubmitAll = Callable[[Sequence[Command]], Sequence[Result]]
"""Sends commands to the ledger and waits for all answers."""
_LOCK, _UNLOCK = (
    f"SELECT {name}(hashtextextended('metering.reconcile ' || %s, 0))"
    for name in ("pg_try_advisory_lock", "pg_advisory_unlock")
)


class Booked(Struct, kw_only=True):
    """What one run has booked; amounts in nano-USD."""

    corrections: int = 0
    charged_nano_usd: int = 0
    """What was added to charges, with markups."""
    left_nano_usd: int = 0
    """What found no call to be put on, before markups."""
    refused: dict[str, int] = {}
    """Corrections that the ledger refused, by its reason."""


class _Wanted(Struct, frozen=True, kw_only=True):
    cell: Compared
    reason: BookedFor
    amounts: Amounts
    """In all, before markups."""


def book(
    *,
    comparison: Comparison,
    provider: str,
    zone: str,
    names: ModelNames,
    submit: SubmitAll,
    actor: str,
    now: datetime,
) -> Booked:
    """Raises InvalidRequest while another process books for the provider, and what `submit` raises."""
    done = Booked(refused={})
    with _alone(provider):
        try:
            for wanted in _wanted(comparison):
                if done.corrections >= MOST_CORRECTIONS:
                    break
                _book_one(done, wanted, provider, zone, names, submit)
        finally:  # what was booked is in the trail, whatever has stopped it
            if done.corrections:
                _record(done, provider, comparison, actor, now)
    return done


def _wanted(comparison: Comparison) -> Iterator[_Wanted]:
    for cell in comparison.cells:
        for reason, target in targets_of(cell).items():
            already = cell.ledger.booked.get(reason.value, Part())
            booked = Amounts(
                input_tokens=already.tokens.input,
                output_tokens=already.tokens.output,
                cost_nano_usd=already.cost_nano_usd,
            )
            if not _is_done(target - booked, already.calls):
                yield _Wanted(cell=cell, reason=reason, amounts=target)


def _is_done(left: Amounts, corrections: int) -> bool:
    """Whether nothing is left but what the markup of each correction was rounded by."""
    has_tokens = left.input_tokens or left.output_tokens
    return not has_tokens and abs(left.cost_nano_usd) <= corrections * ROUNDED_NANO_USD


def targets_of(cell: Compared) -> dict[BookedFor, Amounts]:
    """What is to be booked of a cell in all, before markups."""
    usage = cell.causes.get(Cause.ESTIMATED, 0) + cell.causes.get(Cause.CUT, 0)
    input_tokens = output_tokens = 0
    if usage and cell.usage_nano_usd and cell.vendor.tokens is not None:
        difference = cell.vendor.tokens - cell.ledger.metered.tokens
        input_tokens = difference.input * usage // cell.usage_nano_usd
        output_tokens = difference.output * usage // cell.usage_nano_usd
    return {
        BookedFor.USAGE: Amounts(input_tokens=input_tokens, output_tokens=output_tokens, cost_nano_usd=usage),
        BookedFor.PRICE: Amounts(cost_nano_usd=cell.causes.get(Cause.PRICED_OTHERWISE, 0)),
    }


def _book_one(
    done: Booked, wanted: _Wanted, provider: str, zone: str, names: ModelNames, submit: SubmitAll
) -> None:
    """Book one cell for one reason (steps 1 to 4 above), and count in `done` what became of it."""
    cell = wanted.cell
    ours = [name for name in {*names.physical_of, cell.model} if names.of_ours(name) == cell.model]
    groups = groups_of(
        provider=provider,
        day=cell.day,
        zone=zone,
        models=ours if cell.model else (),
        reason=wanted.reason,
        amount_nano_usd=wanted.amounts.cost_nano_usd,
    )
    weights = [max(group.list_nano_usd, 0) for group in groups]
    if not any(weights):
        weights = [1] * len(groups)
    if not groups:
        done.left_nano_usd += wanted.amounts.cost_nano_usd
        return
    parts = [
        Amounts(input_tokens=of_input, output_tokens=of_output, cost_nano_usd=cost)
        for cost, of_input, of_output in zip(
            spread(wanted.amounts.cost_nano_usd, weights),
            spread(wanted.amounts.input_tokens, weights),
            spread(wanted.amounts.output_tokens, weights),
            strict=True,
        )
    ]
    commands = (
        command
        for group, part in zip(groups, parts, strict=True)
        for command in _on_hosts(done, group, part, wanted.reason)
    )
    while batch := list(islice(commands, AT_ONCE)):
        for command, answer in zip(batch, submit(batch), strict=True):
            if isinstance(answer, Refused):
                reason = answer.reason.value
                done.refused[reason] = done.refused.get(reason, 0) + 1
            else:
                done.corrections += 1
                done.charged_nano_usd += command.cost_nano_usd


def _on_hosts(done: Booked, group: Group, part: Amounts, reason: BookedFor) -> Iterator[Adjust]:
    """The part of a group on as few of its calls as can bear it, the dearest first."""
    left = part - group.booked
    if _is_done(left, group.corrections):
        return
    for host in group.hosts:
        if left == Amounts():
            return
        past = _entries_of(host.reservation_id)
        number = _next_number(host.reservation_id, past)
        if number is None or not past:
            continue
        has = total(tuple(entry.amounts for entry in past))
        bears = Amounts(
            input_tokens=max(left.input_tokens, -max(has.input_tokens, 0)),
            output_tokens=max(left.output_tokens, -max(has.output_tokens, 0)),
            cost_nano_usd=_bearable(left.cost_nano_usd, has.cost_nano_usd, host),
        )
        if bears == Amounts():
            continue
        charge = max(_with_markup(bears.cost_nano_usd, host), -has.cost_nano_usd)
        if not (charge or bears.input_tokens or bears.output_tokens):
            continue
        left -= bears
        yield Adjust(
            reservation_id=host.reservation_id,
            number=number,
            reason=reason.value,
            input_tokens=bears.input_tokens,
            output_tokens=bears.output_tokens,
            cost_nano_usd=charge,
        )
    done.left_nano_usd += left.cost_nano_usd


def _bearable(wanted: int, charged: int, host: Host) -> int:
    """How much of a list amount a call can bear that is charged so much: all that is above zero, and of what is below
    as much as it is charged."""
    if wanted >= 0:
        return wanted
    listed = charged if not host.charged_nano_usd else charged * host.list_nano_usd // host.charged_nano_usd
    return max(wanted, -max(listed, 0))


def _with_markup(listed: int, host: Host) -> int:
    """Rounded to the nearest nano-dollar, so that many corrections do not drift."""
    if not host.list_nano_usd or host.list_nano_usd == host.charged_nano_usd:
        return listed
    sign = -1 if listed < 0 else 1
    return sign * ((abs(listed) * host.charged_nano_usd * 2 + host.list_nano_usd) // (2 * host.list_nano_usd))


def _entries_of(reservation_id: UUID) -> list[LedgerEntry]:
    low, high = family_of(reservation_id)
    return list(LedgerEntry.objects.filter(id__gte=low, id__lte=high, reservation_id=reservation_id))


def _next_number(reservation_id: UUID, past: Sequence[LedgerEntry]) -> int | None:
    """Return the number of the next correction; None: the call has as many as a call may have."""
    taken = {entry.pk for entry in past if entry.kind == EntryKind.ADJUST}
    free = (n for n in range(1, MAX_ADJUSTMENTS + 1) if derived_id(reservation_id, n + 1) not in taken)
    return next(free, None)


def _record(done: Booked, provider: str, comparison: Comparison, actor: str, now: datetime) -> None:
    days = [cell.day for cell in comparison.cells]
    with transaction.atomic():
        record_change(
            action="usage.reconciled",
            actor=actor,
            target=Provider.objects.get(pk=provider),
            now=now,
            facts={
                "since": _iso(min(days)),
                "until": _iso(max(days)),
                "corrections": done.corrections,
                "charged_nano_usd": done.charged_nano_usd,
                "refused": done.refused,
            },
        )


def _iso(day: date) -> str:
    return day.isoformat()


@contextmanager
def _alone(provider: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [provider])
        [is_ours] = cursor.fetchone()
        if not is_ours:
            raise InvalidRequest(
                f"Another process books a report of {provider}; run it again when that has ended.",
                param="provider",
            )
        try:
            yield
        finally:
            cursor.execute(_UNLOCK, [provider])
