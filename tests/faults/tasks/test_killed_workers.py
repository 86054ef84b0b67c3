"""Workers that are killed, frozen, or asked to end in the middle of a job."""

import os
import random
import signal
import time

import pytest

from tests.faults.gateways import has_ended
from tests.faults.rows import query
from tests.faults.tasks import texts
from tests.faults.tasks.deployment import LEASE_S, TaskDeployment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SLOWLY = "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql"


def kill_all(tasks: TaskDeployment) -> None:
    for pid in list(tasks.workers):
        tasks.end_worker(pid, signal.SIGKILL)


def runs_of(tasks: TaskDeployment, job_id: str) -> int:
    [(runs,)] = query(tasks.database, "SELECT runs FROM metering_taskjob WHERE id = %s", (job_id,))
    return int(runs)


def test_jobs_whose_worker_was_killed_in_a_model_call_are_done_by_another(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.vendor.hold()
    jobs = [ann.begin(task, content()) for task, content in texts.ASKED.items()]
    tasks.until(lambda: tasks.vendor.log.at_once == 3)
    kill_all(tasks)
    in_flight = {call.attempt_id for call in tasks.vendor.log.calls}
    tasks.start_worker()
    tasks.vendor.open()
    assert [ann.ended(job_id)["status"] for job_id in jobs] == ["succeeded"] * 3
    assert [runs_of(tasks, job_id) for job_id in jobs] == [2] * 3
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)
    lost = [row for row in tasks.rows(ann.tenant) if row["estimated"]]
    assert {str(row["id"]) for row in lost} == in_flight
    assert {row["outcome"] for row in lost} == {"cancelled"}
    assert all(row["output_tokens"] > 0 < row["cost_nano_usd"] for row in lost)


def test_a_job_whose_worker_was_killed_in_a_search_is_charged_for_each_search(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.search.delay_s = lambda: 1.0
    job_id = ann.begin("prior-art", texts.prior_art())
    tasks.until(lambda: tasks.search.count("openalex") > 1)
    kill_all(tasks)
    tasks.search.delay_s = lambda: 0.0
    searched = len(tasks.search.asked)
    tasks.start_worker()
    job = ann.ended(job_id)
    assert job["status"] == "succeeded"
    assert job["usage"]["api_calls"] >= len(tasks.search.asked) > searched
    assert not any(row["estimated"] for row in tasks.rows(ann.tenant)), "the plan's call had ended"
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_a_draft_goes_on_after_the_sections_that_were_finished(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    job_id = ann.begin("drafting", texts.drafting(sections=["title", "field", "abstract"]))
    tasks.until(lambda: len(tasks.vendor.log.calls) >= 2)
    kill_all(tasks)
    tasks.start_worker()
    job = ann.ended(job_id)
    assert job["status"] == "succeeded"
    assert [section["code"] for section in job["result"]["sections"]] == ["title", "field", "abstract"]
    asked = [call.body["response_format"]["json_schema"]["name"] for call in tasks.vendor.log.calls]
    assert asked.count("draft_title") == 1
    assert len(asked) <= 4
    assert sum(row["estimated"] for row in tasks.rows(ann.tenant)) <= 1, "what had ended is charged as it was"
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_kills_at_any_moment_leave_a_ledger_that_equals_the_fakes(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    chance = random.Random(12)
    tasks.search.delay_s = lambda: 0.05
    slowly = "sandbox:slow=0.2 " + texts.DISCLOSURE
    jobs = [ann.begin(task, content(slowly)) for task, content in texts.ASKED.items() for _ in range(2)]
    for _ in range(2):
        time.sleep(chance.uniform(0.2, 1.5))
        kill_all(tasks)
        tasks.start_worker()
        time.sleep(3)
    ended = [ann.ended(job_id) for job_id in jobs]
    for job in ended:
        assert job["status"] == "succeeded" or job["error"]["code"] == "job_lost"
    assert "succeeded" in {job["status"] for job in ended}
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_a_frozen_worker_that_goes_on_sends_nothing_more_and_changes_nothing(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.end_worker(tasks.workers[0])
    [frozen] = tasks.workers
    tasks.vendor.hold()
    jobs = [ann.begin("prior-art", texts.prior_art()), ann.begin("drafting", texts.drafting())]
    tasks.until(lambda: tasks.vendor.log.at_once == 2)
    os.kill(frozen, signal.SIGSTOP)
    tasks.start_worker()
    tasks.until(lambda: tasks.vendor.log.at_once == 4)
    tasks.vendor.open()
    ended = [ann.ended(job_id) for job_id in jobs]
    assert [job["status"] for job in ended] == ["succeeded"] * 2
    sent = len(tasks.vendor.log.calls), len(tasks.search.asked)
    os.kill(frozen, signal.SIGCONT)
    time.sleep(2)
    assert (len(tasks.vendor.log.calls), len(tasks.search.asked)) == sent
    assert [ann.job(job_id) for job_id in jobs] == ended
    assert [runs_of(tasks, job_id) for job_id in jobs] == [2, 2]
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_a_database_that_is_slow_to_renew_leases_costs_a_worker_no_job(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.vendor.hold()
    job_id = ann.begin("diagrams", texts.diagrams())
    tasks.until(lambda: tasks.vendor.log.at_once == 1)
    query(tasks.database, f"{SLOWLY} AS $$ BEGIN PERFORM pg_sleep({LEASE_S / 3}); RETURN NEW; END $$")
    query(
        tasks.database,
        "CREATE TRIGGER slowly BEFORE UPDATE OF leased_until ON metering_taskjob "
        "FOR EACH ROW EXECUTE FUNCTION slowly()",
    )
    time.sleep(1.5 * LEASE_S)
    query(tasks.database, "DROP FUNCTION slowly CASCADE")
    tasks.vendor.open()
    assert ann.ended(job_id)["status"] == "succeeded"
    assert runs_of(tasks, job_id) == 1
    assert len(tasks.vendor.log.calls) == 1


def test_a_job_whose_worker_was_lost_when_all_was_done_is_not_done_again(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    job_id = ann.begin("diagrams", texts.diagrams())
    before = ann.ended(job_id)
    query(
        tasks.database,
        "UPDATE metering_taskjob SET status = 'running', leased_until = now(), ended_at = NULL WHERE id = %s",
        (job_id,),
    )
    assert ann.job(job_id)["result"] is None
    after = ann.ended(job_id)
    assert (after["status"], after["result"], after["usage"]) == (
        "succeeded",
        before["result"],
        before["usage"],
    )
    assert len(tasks.vendor.log.calls) == 1


def test_a_worker_that_is_asked_to_end_ends_its_job_first(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    job_id = ann.begin("diagrams", texts.diagrams("sandbox:slow=2 " + texts.DISCLOSURE))
    tasks.until(lambda: tasks.vendor.log.at_once == 1)
    for pid in list(tasks.workers):
        os.kill(pid, signal.SIGTERM)
    assert ann.ended(job_id)["status"] == "succeeded"
    assert len(tasks.vendor.log.calls) == 1
    tasks.until(lambda: all(has_ended(pid) for pid in tasks.workers))


def test_a_worker_that_is_asked_to_end_gives_a_long_job_back(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.vendor.hold()
    job_id = ann.begin("diagrams", texts.diagrams())
    tasks.until(lambda: tasks.vendor.log.at_once == 1)
    for pid in list(tasks.workers):
        os.kill(pid, signal.SIGTERM)
    tasks.until(lambda: all(has_ended(pid) for pid in tasks.workers))
    assert ann.job(job_id)["status"] == "queued"
    assert runs_of(tasks, job_id) == 0
    tasks.vendor.open()
    tasks.start_worker()
    assert ann.ended(job_id)["status"] == "succeeded"
    assert [row["estimated"] for row in tasks.rows(ann.tenant)] == [True, False]


def test_a_job_whose_message_was_lost_is_found(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    kill_all(tasks)
    job_id = ann.begin("diagrams", texts.diagrams())
    tasks.sends_nothing_on()
    tasks.start_worker()
    assert ann.ended(job_id)["status"] == "succeeded"


def test_a_job_that_is_asked_for_while_the_broker_is_away_is_done_later(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.redis.stop()
    begun_s = time.monotonic()
    job_id = ann.begin("diagrams", texts.diagrams())
    assert time.monotonic() - begun_s < 10
    tasks.redis.start()
    assert ann.ended(job_id)["status"] == "succeeded"
