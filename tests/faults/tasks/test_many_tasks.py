"""A hundred tasks at once, half of them as routes and half as jobs, over two gateways and two workers."""

import threading
import time

import pytest

from gateway_project.jobs.tasks import MAX_AT_ONCE
from metering.orm import DATABASE_THREADS
from tests.faults.rows import deadlocks, query
from tests.faults.tasks import texts
from tests.faults.tasks.deployment import THREADS, TaskDeployment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TASKS = 100
WITHIN_S = 240.0
PROCESSES = 4
KEPT = 2 + 1 + DATABASE_THREADS
"""Connections that a process keeps: of the ledger, of the listener for changes, of the ORM's threads."""


def connections(tasks: TaskDeployment) -> tuple[int, int]:
    """Open to the deployment's database, and those of them that are at work."""
    statement = (
        "SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    [(found, busy)] = query(tasks.database, statement)
    return int(found), int(busy)


def test_a_hundred_mixed_tasks_all_end_and_leave_nothing(tasks: TaskDeployment) -> None:
    ann = tasks.caller("HUNDRED")
    names = list(texts.ASKED)
    work = [(names[number % 3], number % 4 < 2, number % 2) for number in range(TASKS)]
    statuses: list[int] = []
    jobs: list[str] = []

    def ask(task: str, is_job: bool, place: int) -> None:
        caller = ann.at(tasks.gateways.urls[place])
        content = texts.ASKED[task]()
        if is_job:
            jobs.append(caller.begin(task, content))
        else:
            statuses.append(caller.post(f"/api/{task}", content).status_code)

    broken_before = deadlocks(tasks.database)
    tasks.vendor.hold()
    begun_s = time.monotonic()
    threads = [threading.Thread(target=ask, args=one) for one in work]
    for thread in threads:
        thread.start()
    tasks.until(lambda: tasks.vendor.log.at_once >= TASKS // 2 + 2 * MAX_AT_ONCE)
    tasks.vendor.open()
    for thread in threads:
        thread.join(WITHIN_S)
    ended = [ann.ended(job_id, within_s=WITHIN_S) for job_id in jobs]
    assert time.monotonic() - begun_s < WITHIN_S

    assert statuses == [200] * (TASKS // 2)
    assert [(job["status"], job["error"]) for job in ended] == [("succeeded", None)] * (TASKS // 2)
    assert len(tasks.search.asked) <= 4 * sum(task == "prior-art" for task, _, _ in work)
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)
    assert deadlocks(tasks.database) == broken_before
    tasks.until(lambda: connections(tasks)[1] == 0)
    tasks.until(lambda: connections(tasks)[0] <= PROCESSES * KEPT)


def test_jobs_leave_places_for_the_timetable(tasks: TaskDeployment) -> None:
    ann = tasks.caller("HUNDRED")
    old = ann.begin("diagrams", texts.diagrams())
    ann.ended(old)
    tasks.vendor.hold()
    jobs = [ann.begin("diagrams", texts.diagrams()) for _ in range(2 * THREADS + 4)]
    tasks.until(lambda: tasks.vendor.log.at_once >= 2 * MAX_AT_ONCE)
    at_once = tasks.vendor.log.at_once
    statement = "UPDATE metering_taskjob SET expires_at = now() - interval '1 second' WHERE id = %s"
    query(tasks.database, statement, (old,))
    tasks.send("gateway.forget_jobs")
    there = "SELECT count(*) FROM metering_taskjob WHERE id = %s"
    tasks.until(lambda: query(tasks.database, there, (old,)) == [(0,)])
    assert tasks.vendor.log.at_once == at_once
    tasks.vendor.open()
    assert {ann.ended(job_id)["status"] for job_id in jobs} == {"succeeded"}
