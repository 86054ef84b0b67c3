"""Commands that nothing could carry out are refused at the door, so that none spoils a batch."""

from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.errors import InvalidRequest
from metering.ids import uuid7
from metering.ledger.check import MAX_ATTEMPTS, MAX_LEASE_S, MAX_LINES, check_command
from metering.ledger.commands import Command, Expire, Extend, Release, Settle
from metering.types import MAX_AMOUNT, EstimateReason, Outcome
from tests.support import build
from tests.unit.metering.ledger import kit

LAST_MS = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()) * 1000 + 999
TOKYO = ZoneInfo("Asia/Tokyo")
LONGEST_LINES = tuple(
    kit.line(meter=replace(kit.KEY, subject_id=str(number))) for number in range(MAX_LINES + 1)
)


def on_meter(**facts: object) -> Command:
    return kit.reserve(kit.line(meter=replace(kit.KEY, **facts)))


def for_call(**facts: object) -> Command:
    return replace(kit.reserve(), labels=replace(build.LABELS, **facts))


def enlarged(**facts: object) -> Command:
    return replace(Extend(reservation_id=kit.ID, lease_s=60, lines=(kit.line(),), sequence=1), **facts)


def settled(*attempts: object) -> Command:
    return Settle(reservation_id=kit.ID, attempts=attempts)  # type: ignore[arg-type]


BAD: dict[str, Command] = {
    "an id of version 4": kit.reserve(id_=uuid4()),
    "an id past the year 9999": Expire(reservation_id=uuid7(LAST_MS + 1)),
    "an id of no variant with versions": Expire(reservation_id=UUID(int=uuid7().int & ~(0b11 << 62))),
    "too many lines": kit.reserve(*LONGEST_LINES),
    "one budget twice on a meter": kit.reserve(kit.line(), kit.line()),
    "two amounts on one meter": kit.reserve(kit.line(), kit.line(5, budget_id=uuid4())),
    "a user without an id": on_meter(subject_type="user", subject_id="someone"),
    "a task's name too long": on_meter(task="x" * 33),
    "a class with NUL": on_meter(model_class="a\0"),
    "a negative amount": kit.reserve(kit.line(-1)),
    "an amount too large": kit.reserve(kit.line(MAX_AMOUNT + 1)),
    "a negative limit": kit.reserve(kit.line(1, -1)),
    "a limit too large": kit.reserve(kit.line(1, MAX_AMOUNT + 1)),
    "another tenant's meter": kit.reserve(tenant_id=build.BIRCH),
    "an unknown zone": on_meter(timezone="Europe/Atlantis"),
    "a zone that is a path": on_meter(timezone="../../etc/passwd"),
    "an empty zone": on_meter(timezone=""),
    "an eighth weekday": on_meter(week_start=7),
    "an unknown subject": on_meter(subject_type="household"),
    "a subject too long": on_meter(subject_id="x" * 129),
    "a subject with NUL": on_meter(subject_id="a\0b"),
    "no lease": kit.reserve(lease_s=0),
    "a lease of days": kit.reserve(lease_s=MAX_LEASE_S + 1),
    "a negative bound": kit.reserve(bound=Amounts(steps=-1)),
    "a bound too large": kit.reserve(bound=Amounts(cost_nano_usd=MAX_AMOUNT + 1)),
    "a key without digest": kit.reserve(idempotency_key="key"),
    "a digest without key": kit.reserve(idempotency_digest=1),
    "a digest of 65 bits": kit.reserve(idempotency_key="key", idempotency_digest=2**63),
    "a key too long": kit.reserve(idempotency_key="k" * 256, idempotency_digest=1),
    "a lone surrogate": for_call(trace_id="\ud800"),
    "NUL in the context": for_call(request_id="a\0"),
    "a task too long": for_call(task="x" * 33),
    "a tag too long": for_call(tags=("a=" + "x" * 96,)),
    "a tag with NUL": for_call(tags=("a=1", "b=\0")),
    "eleven tags": for_call(tags=tuple(f"a{number}=1" for number in range(11))),
    "an enlargement without number": enlarged(sequence=0),
    "a negative enlargement": enlarged(lines=(kit.line(-1),)),
    "an enlargement's number too large": enlarged(sequence=2**31),
    "a reason too long": Release(reservation_id=kit.ID, tenant_id=build.ALDER, reason="x" * 501),
    "attempts numbered from 2": settled(build.attempt(2)),
    "attempts with a gap": settled(build.attempt(1), build.attempt(3)),
    "too many attempts": settled(*[build.attempt(number + 1) for number in range(MAX_ATTEMPTS + 1)]),
    "a negative count": settled(build.attempt(output_tokens=-1)),
    "a count too large": settled(build.attempt(cost_nano_usd=MAX_AMOUNT + 1)),
    "a sum too large": settled(*[build.attempt(number, files=MAX_AMOUNT) for number in (1, 2)]),
    "a start without zone": settled(replace(build.attempt(), started_at=datetime(2026, 3, 10))),  # noqa: DTZ001
    "a start whose UTC is no date": settled(replace(build.attempt(), started_at=datetime.min.replace(tzinfo=TOKYO))),
    "a latency too large": settled(replace(build.attempt(), latency_ms=2**31)),
    "a provisional outcome": settled(replace(build.attempt(), outcome=Outcome.PROVISIONAL)),
    "a tier too long": settled(replace(build.attempt(), service_tier="x" * 33)),
    "a tier with NUL": settled(replace(build.attempt(), service_tier="\0")),
    "a reason that is none": settled(replace(build.attempt(), estimated=True, estimate_reason="guessed")),
    "a reason without an estimate": settled(replace(build.attempt(), estimate_reason=EstimateReason.CUT)),
    "a report too long": settled(replace(build.attempt(), reported="x" * 1001)),
    "a report that is no text": settled(replace(build.attempt(), reported="\ud800")),
    "a model too long": settled(replace(build.attempt(), response_model="x" * 129)),
    "adjustment number 0": kit.adjustment(number=0),
    "adjustment number 100": kit.adjustment(number=100),
    "an adjustment too large": kit.adjustment(-MAX_AMOUNT - 1),
    "an adjustment's reason with NUL": replace(kit.adjustment(), reason="\0"),
}  # fmt: skip
GOOD: dict[str, Command] = {
    "the plainest": kit.reserve(),
    "no lines at all": replace(kit.reserve(), lines=()),
    "the most lines": kit.reserve(*LONGEST_LINES[:-1]),
    "the largest amounts": kit.reserve(kit.line(MAX_AMOUNT, MAX_AMOUNT), bound=Amounts(files=MAX_AMOUNT)),
    "a shared meter": replace(on_meter(tenant_id=None), tenant_id=build.BIRCH),
    "hostile text": for_call(trace_id='";\\{}NULL \U0001f4a5\u202e', request_id="'); DROP TABLE"),
    "a renewal": Extend(reservation_id=kit.ID, lease_s=MAX_LEASE_S),
    "an enlargement": enlarged(),
    "no attempts": settled(),
    "an id of the year 9999's last millisecond": Expire(reservation_id=uuid7(LAST_MS)),
    "the largest attempt": settled(build.attempt(cost_nano_usd=MAX_AMOUNT)),
    "the longest marks": settled(
        replace(
            build.attempt(),
            partly_priced=True,
            service_tier="x" * 32,
            estimated=True,
            estimate_reason=EstimateReason.IMPOSSIBLE,
            reported="x" * 1000,
        ),
    ),
    "an estimate for no known reason": settled(replace(build.attempt(), estimated=True)),
    "the last adjustment": kit.adjustment(-MAX_AMOUNT, number=99),
}


@pytest.mark.parametrize("command", BAD.values(), ids=BAD)
def test_a_command_that_nothing_could_carry_out_is_refused(command: Command) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_command(command)
    assert caught.value.param


@pytest.mark.parametrize("command", GOOD.values(), ids=GOOD)
def test_an_odd_but_sound_command_passes(command: Command) -> None:
    check_command(command)
