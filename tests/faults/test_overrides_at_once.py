"""Three processes race over the moment at which an override ends, and while it is heard of and taken back."""

import random
from datetime import datetime, timedelta

import psycopg
import pytest

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Raise
from metering.ledger.results import Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.faults.workers import Story, job, run_together
from tests.support.build import line, meter_key, reserve

PROCESSES, CALLS = 3, 150
BASE, ADDED = 40, 25
EDGE_IN_S = 8.0
"""Until the override ends. Calls come for as long from when the processes are ready, so on both sides of that."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_each_side_of_the_last_moment_has_its_own_limit_to_the_unit(database: str) -> None:
    key, dice = meter_key(Dimension.REQUESTS, Window.MONTH, subject_id="shared"), random.Random(11)
    ledger = LedgerWriter(database)
    await ledger.start()
    assert isinstance(await ledger.submit(reserve(line(key, 1, BASE))), Granted)
    await ledger.close()
    with psycopg.connect(database, autocommit=True) as connection:  # its window ends soon
        cursor = connection.execute(
            "UPDATE metering_usagemeter SET window_end = clock_timestamp() + %s RETURNING window_end",
            [timedelta(seconds=EDGE_IN_S)],
        )
        [(edge,)] = cursor.fetchall()

    def story(place: int) -> Story:
        # The first have not heard of the override yet, and the last that it was taken back.
        knows = CALLS // 10 <= place < CALLS - CALLS // 10
        raises = (Raise(amount=ADDED, until=edge),) if knows else ()
        return [
            place * EDGE_IN_S / CALLS + dice.random() / 10,
            reserve(line(key, 1, BASE, raises=raises)),
        ]

    jobs = [
        job(database, [story(place) for place in range(CALLS)], in_flight=CALLS) for _ in range(PROCESSES)
    ]
    workers = await run_together(jobs, within_s=90)

    limits: dict[datetime, set[int]] = {}
    for worker in workers:
        for event in worker.answers("Granted"):
            [balance] = event[5]["balances"]
            assert balance["used"] + balance["held"] <= balance["limit"]
            limits.setdefault(datetime.fromisoformat(balance["resets_at"]), set()).add(balance["limit"])
        for event in worker.answers("Denied"):
            [denial] = event[5]["denials"]
            assert denial["used"] + denial["held"] >= denial["limit"]
            limits.setdefault(datetime.fromisoformat(denial["resets_at"]), set()).add(denial["limit"])
    with psycopg.connect(database, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT window_end, used + held, highest_limit FROM metering_usagemeter ORDER BY window_start"
        ).fetchall()
    (first_end, taken, highest), *later = rows
    assert first_end == edge
    assert taken <= highest <= BASE + ADDED
    if BASE + ADDED in limits.get(edge, ()):
        assert highest == BASE + ADDED
    assert later
    assert all(taken <= highest == BASE for _, taken, highest in later)
    assert later[0][1] == BASE, "the window after it was not filled"
    assert {limit for end, found in limits.items() if end != edge for limit in found} == {BASE}
    # Only the window that was cut short for this test is off the calendar.
    assert {each.invariant for each in verify_ledger(database)} <= {"windows_tile"}
