"""An idempotency key belongs to one reservation of its tenant, from the hold on and until it is released."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Expire, Reserve, Settle
from metering.ledger.free_keys import free_keys
from metering.ledger.results import Denied, Granted, Reason, Refused, Result
from metering.ledger.writer import LedgerWriter
from metering.types import Outcome
from tests.integration.metering.ledger import stored
from tests.support import build

METER = build.meter_key()


def keyed(body: int = 1, amount: int = 1) -> Reserve:
    """A new reservation under the one key."""
    return build.reserve(build.line(METER, amount), idempotency_key="key", idempotency_digest=body)


def refusal(result: Result) -> tuple[Reason, object]:
    assert isinstance(result, Refused), result
    return result.reason, result.other_id


async def test_a_second_call_with_the_key_is_told_of_the_first_in_progress(ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)

    answer = await ledger.submit(keyed())

    assert refusal(answer) == (Reason.KEY_IN_PROGRESS, first.reservation_id)


async def test_another_body_under_the_key_is_refused(ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)

    answer = await ledger.submit(keyed(body=2))

    assert refusal(answer) == (Reason.KEY_OTHER_BODY, first.reservation_id)


async def test_the_first_call_sent_again_is_known_by_its_id(ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)

    answer = await ledger.submit(first)

    assert isinstance(answer, Granted)
    assert answer.replayed


@pytest.mark.parametrize("body", [1, 2])
async def test_a_settled_call_keeps_its_key(body: int, ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)
    await ledger.submit(build.settle(first.reservation_id, 1))

    reason, other_id = refusal(await ledger.submit(keyed(body=body)))

    assert reason is (Reason.KEY_ENDED if body == 1 else Reason.KEY_OTHER_BODY)
    assert other_id == first.reservation_id


async def test_an_expired_call_keeps_its_key(ledger: LedgerWriter, database: psycopg.Connection) -> None:
    first = keyed()
    await ledger.submit(first)
    stored.run_out(database, first.reservation_id)
    await ledger.submit(Expire(reservation_id=first.reservation_id))

    assert refusal(await ledger.submit(keyed())) == (Reason.KEY_ENDED, first.reservation_id)


async def test_a_release_frees_the_key(ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)
    await ledger.submit(build.release(first.reservation_id))

    assert isinstance(await ledger.submit(keyed(body=2)), Granted)


def failed(first: Reserve, **spent: int) -> Settle:
    attempt = build.settle(first.reservation_id, 0).attempts[0]
    return Settle(
        reservation_id=first.reservation_id,
        attempts=(replace(attempt, **{"outcome": Outcome.ERROR, "input_tokens": 0, **spent}),),
    )


async def test_a_settlement_that_spent_nothing_frees_the_key(ledger: LedgerWriter, conninfo: str) -> None:
    first = keyed()
    await ledger.submit(first)
    await ledger.submit(failed(first))

    assert isinstance(await ledger.submit(keyed(body=2)), Granted)
    assert verify_ledger(conninfo) == []


async def test_within_a_batch_too(ledger: LedgerWriter, conninfo: str) -> None:
    first = keyed()
    await ledger.submit(first)

    _, answer = await asyncio.gather(ledger.submit(failed(first)), ledger.submit(keyed()))

    assert isinstance(answer, Granted)
    assert verify_ledger(conninfo) == []


@pytest.mark.parametrize("spent", ["input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files"])
async def test_a_failed_call_that_spent_something_keeps_its_key(spent: str, ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)
    await ledger.submit(failed(first, **{spent: 1}))

    assert refusal(await ledger.submit(keyed())) == (Reason.KEY_ENDED, first.reservation_id)


async def test_an_answer_that_cost_nothing_keeps_its_key(ledger: LedgerWriter) -> None:
    first = keyed()
    await ledger.submit(first)
    await ledger.submit(build.settle(first.reservation_id, 0))

    assert refusal(await ledger.submit(keyed())) == (Reason.KEY_ENDED, first.reservation_id)


async def test_only_what_ended_long_enough_ago_loses_its_key(
    ledger: LedgerWriter, conninfo: str, database: psycopg.Connection
) -> None:
    running = keyed()
    ended = build.reserve(build.line(METER, 1), idempotency_key="other", idempotency_digest=1)
    await ledger.submit(running)
    await ledger.submit(ended)
    await ledger.submit(build.settle(ended.reservation_id, 1))
    now = datetime.now(UTC)

    assert free_keys(conninfo, ended_before=now - timedelta(hours=1)) == 0
    assert free_keys(conninfo, ended_before=now + timedelta(hours=1)) == 1

    assert refusal(await ledger.submit(keyed())) == (Reason.KEY_IN_PROGRESS, running.reservation_id)
    again = build.reserve(build.line(METER, 1), idempotency_key="other", idempotency_digest=2)
    assert isinstance(await ledger.submit(again), Granted)


async def test_a_denied_call_does_not_take_the_key(ledger: LedgerWriter) -> None:
    assert isinstance(await ledger.submit(keyed(amount=101)), Denied)

    assert isinstance(await ledger.submit(keyed(body=2)), Granted)


async def test_tenants_do_not_share_keys(ledger: LedgerWriter) -> None:
    await ledger.submit(keyed())
    birch = build.meter_key(tenant_id=build.BIRCH)
    command = build.reserve(
        build.line(birch), tenant_id=build.BIRCH, idempotency_key="key", idempotency_digest=1
    )

    assert isinstance(await ledger.submit(command), Granted)


async def test_of_many_at_once_one_is_admitted(ledger: LedgerWriter, conninfo: str) -> None:
    """Here and in another process, which cannot see what is not committed."""
    other = LedgerWriter(conninfo)
    await other.start()

    answers = await asyncio.gather(
        *[writer.submit(keyed(body=place % 2)) for place in range(20) for writer in (ledger, other)]
    )

    assert sum(isinstance(answer, Granted) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Refused)} == {
        Reason.KEY_IN_PROGRESS,
        Reason.KEY_OTHER_BODY,
    }
    await other.close()
    assert verify_ledger(conninfo) == []


@pytest.mark.parametrize("end", ["release", "settle"])
async def test_an_end_that_waits_behind_a_reserve_does_not_change_its_answer(
    end: str, ledger: LedgerWriter
) -> None:
    """In one batch as one by one: what came first sees the key in progress."""
    first = keyed()
    await ledger.submit(first)
    id_ = first.reservation_id
    ending = build.release(id_) if end == "release" else build.settle(id_, 1)

    answer, _ = await asyncio.gather(ledger.submit(keyed()), ledger.submit(ending))

    assert refusal(answer) == (Reason.KEY_IN_PROGRESS, id_)


async def test_a_release_that_comes_first_frees_the_key_within_its_batch(
    ledger: LedgerWriter, conninfo: str
) -> None:
    first = keyed()
    await ledger.submit(first)

    _, answer = await asyncio.gather(
        ledger.submit(build.release(first.reservation_id)), ledger.submit(keyed())
    )

    assert isinstance(answer, Granted)
    assert verify_ledger(conninfo) == []
