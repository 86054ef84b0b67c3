"""The books after an outage, held against the vendor's log."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from metering.ledger.commands import Attempt, Command, Release, Settle
from metering.ledger.results import Ended
from metering.ledger.writer import LedgerWriter
from metering.types import Outcome
from tests.faults.callers import Told
from tests.faults.deployment import Deployment, billed
from tests.faults.load import assert_settled_is_what_was_billed
from tests.faults.outages.world import World
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import until

WITHIN_S = 60
HELD = "SELECT count(*) FROM metering_usagereservation WHERE state = 0"
ATTEMPTS = """
SELECT log.id::text, log.outcome = 'provisional', log.reservation_id, log.tenant_id, log.request_id
FROM metering_usagelog log JOIN metering_tenant tenant ON tenant.id = log.tenant_id WHERE tenant.slug = %s
"""
METER = """
SELECT meter.used, meter.held, meter.highest_limit, meter.unenforced, meter.overrun, meter.uncovered
FROM metering_usagemeter meter JOIN metering_tenant tenant ON tenant.id = meter.tenant_id
WHERE tenant.slug = %s AND meter.dimension = 'requests'
"""


HELD_IN_VAIN = """
SELECT count(*) FROM metering_usagereservation held JOIN metering_tenant tenant ON tenant.id = held.tenant_id
WHERE tenant.slug = %s AND held.state IN (2, 3) AND cardinality(held.meter_ids) > 0
"""


class Billed(NamedTuple):
    """What came of one outage."""

    calls: int
    """At the vendor, of every tenant so far."""
    provisional: int
    """Of the tenant: their end was known to nobody, so that they were charged as held, until a person looked."""
    slack: int
    """What was held in vain."""
    passed: int
    """Requests past the limit."""
    uncovered: int


async def assert_ledger_is_the_bill(world: World, slug: str, told: Sequence[Told]) -> Billed:
    """1. Everything ends by itself: no hold is left, and every call at the vendor has its row.
    2. What is settled is what the vendor billed. What nobody knew the end of is flagged, and no less. Whoever was
       answered has a row.
    3. Once these are resolved by the vendor's log, the sums are equal, and nothing is there twice.
    4. `uncovered` is what passed the limit, each booked call counted beside what was held then: so it may be more by
       what was held in vain, by calls whose process was killed or whose hold was let go again.
    5. `verify_ledger` is clean, and no spool has anything left, damaged or refused.
    """
    deployment = world.deployment
    log = {call["attempt_id"]: call for call in deployment.vendor.log()["calls"]}
    await until(lambda: _is_quiet(world) and log.keys() <= deployment.rows().keys(), within_s=WITHIN_S)
    attempts = query(deployment.database, ATTEMPTS, (slug,))
    provisional = [row for row in attempts if row[1]]
    rows = {
        id_: row
        for id_, row in deployment.rows().items()
        if id_ in log or row["outcome"] != Outcome.CANCELLED  # resolved: it never came to the vendor
    }
    assert_settled_is_what_was_billed(rows, log, {row[0] for row in provisional})
    assert {each.request_id for each in told if each.whole} <= {row[4] for row in attempts}
    await _resolve(deployment, provisional, log)
    _assert_sums_are_equal(deployment, log)
    assert len({row[4] for row in attempts}) == len(attempts), "a call is there twice"
    meters = query(deployment.database, METER, (slug,))
    used, held, limit, unenforced, overrun, uncovered = meters[0] if meters else (0,) * 6
    passed = max(0, used - limit)
    assert (held, unenforced) == (0, 0)
    assert passed <= uncovered + overrun
    [(slack,)] = query(deployment.database, HELD_IN_VAIN, (slug,))
    assert uncovered <= passed + slack, (used, limit, uncovered, slack)
    assert slack or overrun or uncovered == passed
    assert_the_ledger_balances(deployment.database)
    return Billed(len(log), len(provisional), slack, passed, uncovered)


def _is_quiet(world: World) -> bool:
    return query(world.deployment.database, HELD) == [(0,)] and not any(map(_says_something, files_of(world)))


def files_of(world: World) -> list[Path]:
    return list(world.spools.iterdir())


def _says_something(path: Path) -> bool:
    """Whether there is a record in it, or it is kept for a person to look at."""
    try:
        return path.suffix in (".refused", ".damaged") or bool(path.read_bytes()[16:32].strip(b"\0"))
    except FileNotFoundError:
        return False  # it has just been replaced


async def _resolve(deployment: Deployment, provisional: list[tuple[Any, ...]], log: dict[str, Any]) -> None:
    """As an operator does who has the vendor's log."""
    ledger = LedgerWriter(deployment.database)
    await ledger.start()
    try:
        for attempt_id, _, reservation_id, tenant_id, _ in provisional:
            call = log.get(attempt_id)
            command: Command = Release(reservation_id=reservation_id, tenant_id=tenant_id)
            if call is not None and call["usage"]:
                command = Settle(reservation_id=reservation_id, attempts=(_attempt(call),))
            assert isinstance(await ledger.submit(command), Ended), UUID(attempt_id)
    finally:
        await ledger.close()


def _attempt(call: dict[str, Any]) -> Attempt:
    return Attempt(
        number=1,
        provider_name="fake",
        response_model="fake-small",
        started_at=datetime.fromtimestamp(call["started_at"], UTC),
        latency_ms=0,
        steps=1,
        **billed(call),
    )


def _assert_sums_are_equal(deployment: Deployment, log: dict[str, Any]) -> None:
    names = ("input_tokens", "output_tokens", "cost_nano_usd")
    [row] = query(
        deployment.database, f"SELECT {', '.join(f'sum({n})::bigint' for n in names)} FROM metering_usagelog"
    )
    bills = [billed(call) for call in log.values() if call["usage"]]
    assert [amount or 0 for amount in row] == [sum(bill[name] for bill in bills) for name in names]
