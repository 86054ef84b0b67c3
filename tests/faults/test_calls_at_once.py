"""A limit on calls in flight holds across processes: the vendor never sees more than that at once."""

import pytest

from metering.types import Dimension
from tests.faults.rows import assert_the_ledger_balances, meter_row
from tests.faults.vendor import counting_vendor
from tests.faults.worker import VENDOR
from tests.faults.workers import Story, job, run_together
from tests.support.build import line, meter_key, release, reserve, settle

PROCESSES = 4
TASKS = 150
AT_ONCE = 5
ARRIVING_S = 1.5
ANSWERS_AFTER_S = 0.3
"""So long that as many calls as may are in at once on a busy machine as well."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_the_vendor_never_sees_more_than_the_limit_at_once(database: str) -> None:
    key = meter_key(Dimension.CONCURRENCY, subject_id="calls in flight")
    requests = meter_key(Dimension.REQUESTS, subject_id="requests")

    def story(number: int) -> Story:
        hold = reserve(line(requests, 1, 10**6), line(key, 1, AT_ONCE))
        # What ends without having been sent frees its place as well.
        end = release(hold.reservation_id) if number % 5 == 0 else settle(hold.reservation_id, 0)
        arrives_after_s = ARRIVING_S * number / TASKS
        return [arrives_after_s, hold, end] if number % 5 == 0 else [arrives_after_s, hold, VENDOR, end]

    async with counting_vendor(answers_after_s=ANSWERS_AFTER_S) as vendor:
        jobs = [
            job(
                database, [story(number) for number in range(TASKS)], vendor_port=vendor.port, in_flight=TASKS
            )
            for _ in range(PROCESSES)
        ]
        workers = await run_together(jobs, within_s=60)

    granted = sum(len(worker.answers("Granted")) for worker in workers)
    denied = sum(len(worker.answers("Denied")) for worker in workers)
    assert vendor.most_at_once == AT_ONCE, "the race was for nothing, or lost"
    assert granted >= AT_ONCE
    assert denied > 0
    assert granted + denied == PROCESSES * TASKS
    row = meter_row(database, key)
    assert (row.used, row.held, row.highest_limit) == (0, 0, AT_ONCE)
    assert meter_row(database, requests).used == vendor.calls
    assert_the_ledger_balances(database)
