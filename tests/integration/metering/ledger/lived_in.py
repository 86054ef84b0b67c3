"""A ledger in which everything has happened once: the ground on which corruption is planted."""

from typing import Any
from uuid import UUID

import psycopg

from metering.ids import derived_id, uuid7
from metering.ledger.commands import Expire, MeterKey
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Outcome, Window
from tests.integration.metering.ledger import stored
from tests.support import build

Names = dict[str, Any]
"""Meters, reservations and entries by name, as parameters of SQL."""
TOKENS = build.meter_key(Dimension.TOKENS, Window.DAY)
REQUESTS = build.meter_key(Dimension.REQUESTS)
CALLS = build.meter_key(Dimension.CONCURRENCY, Window.NONE)
VENDOR = build.meter_key(Dimension.TOKENS, subject_type="provider", subject_id="sandbox", tenant_id=None)
VENDOR_CALLS = build.meter_key(
    Dimension.REQUESTS, subject_type="provider", subject_id="sandbox", tenant_id=None
)
LINES = (
    build.line(TOKENS, 10, 1000, thresholds="1,2,90"),
    build.line(REQUESTS, 1, 1000),
    build.line(CALLS, 1, 1000, thresholds="1"),
    build.line(VENDOR, 10, 1000),
    build.line(VENDOR_CALLS, 1, 1000),
)


async def live(ledger: LedgerWriter, database: psycopg.Connection, *, all_done: bool = False) -> Names:
    """One reservation for each fate; with `all_done` none that is held or provisional."""
    names: Names = {"alder": build.ALDER, "birch": build.BIRCH}
    for name in (
        *("settled", "released", "retried", "beyond", "trued_up", "late_beyond", "nothing_used"),
        *("two_vendors", "failed", "held", "expired"),
    ):
        names[name] = await held(ledger)
    soft = build.reserve(build.line(TOKENS, 10, 5, enforced=False, thresholds="1,2,90"))
    await ledger.submit(soft)
    names["soft"] = soft.reservation_id
    spared = build.reserve(build.line(VENDOR, 10, 1000, release_on_expiry=True))
    await ledger.submit(spared)
    names["spared"] = spared.reservation_id

    await ledger.submit(build.settle(names["settled"], 6))
    await ledger.submit(build.adjust(names["settled"], 3))
    await ledger.submit(build.release(names["released"]))
    failure = build.attempt(1, outcome=Outcome.ERROR)
    await ledger.submit(build.settle(names["failed"], attempts=(failure,)))
    answer = build.attempt(2, output_tokens=6)
    await ledger.submit(build.settle(names["retried"], attempts=(failure, answer)))
    await ledger.submit(build.settle(names["beyond"], 17))
    await ledger.submit(build.settle(names["soft"], 10))
    both = (build.attempt(1, "elsewhere", output_tokens=3), build.attempt(2, "sandbox", output_tokens=4))
    await ledger.submit(build.settle(names["two_vendors"], attempts=both))
    names["tombstone"] = uuid7()
    await ledger.submit(build.release(names["tombstone"]))
    vanished = [names["trued_up"], names["late_beyond"], names["nothing_used"], names["expired"]]
    vanished.append(names["spared"])
    stored.run_out(database, *vanished)
    for id_ in vanished:
        await ledger.submit(Expire(reservation_id=id_))
    await ledger.submit(build.settle(names["trued_up"], 4))
    await ledger.submit(build.settle(names["late_beyond"], 15))
    await ledger.submit(build.release(names["nothing_used"]))
    if all_done:
        await ledger.submit(build.settle(names["held"], 1))
        await ledger.submit(build.release(names["expired"]))
        await ledger.submit(build.release(names["spared"]))

    names["adjustment"] = derived_id(names["settled"], 2)
    names["true_up"] = derived_id(names["trued_up"], 1)
    names["attempt"] = derived_id(names["settled"], 1)
    names["error"] = derived_id(names["retried"], 1)
    names["stray"] = uuid7()
    meters = {"tokens": TOKENS, "requests": REQUESTS, "calls": CALLS, "vendor": VENDOR}
    for name, meter in (meters | {"vendor_calls": VENDOR_CALLS}).items():
        names[name] = meter_id(database, meter)
    row = database.execute("SELECT id FROM metering_quotaalert WHERE threshold = 90").fetchone()
    assert row is not None
    names["alert"] = row[0]
    return names


async def held(ledger: LedgerWriter) -> UUID:
    command = build.reserve(*LINES)
    await ledger.submit(command)
    return command.reservation_id


def meter_id(database: psycopg.Connection, meter: MeterKey) -> int:
    row = database.execute(
        "SELECT id FROM metering_usagemeter WHERE subject_id = %s AND dimension = %s",
        (meter.subject_id, meter.dimension),
    ).fetchone()
    assert row is not None
    return int(row[0])
