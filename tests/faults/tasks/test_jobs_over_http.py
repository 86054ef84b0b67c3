"""Jobs as their owner meets them over HTTP."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.rows import query
from tests.faults.tasks import texts
from tests.faults.tasks.deployment import TaskDeployment
from tests.support.task_caller import TaskCaller

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
OF_A_RUN = ("id", "draft_id", "docx_url", "usage")
"""What differs between two runs of the same work."""


def same(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in OF_A_RUN}


@pytest.mark.parametrize("task", texts.ASKED)
def test_a_job_ends_with_what_its_route_answers(tasks: TaskDeployment, task: str) -> None:
    ann = tasks.caller()
    content = texts.ASKED[task]()
    answer = ann.post(f"/api/{task}", content)
    assert answer.status_code == 200, answer.text

    posted = ann.post("/api/jobs", {"task": task, "input": content})
    assert posted.status_code == 202
    job = posted.json()
    assert (job["task"], job["status"], job["progress"]) == (task, "queued", 0)
    assert posted.headers["location"] == job["url"] == f"/api/jobs/{job['id']}"

    ended = ann.ended(job["id"])
    assert (ended["status"], ended["progress"], ended["error"]) == ("succeeded", 100, None)
    assert same(ended["result"]) == same(answer.json())
    assert ended["usage"] == ended["result"]["usage"]
    assert {name: ended["usage"][name] for name in ("llm_calls", "api_calls", "files", "steps")} == {
        name: answer.json()["usage"][name] for name in ("llm_calls", "api_calls", "files", "steps")
    }
    assert ann.get(f"/api/jobs/{job['id']}/result").json() == ended["result"]
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


@pytest.mark.parametrize("task", texts.ASKED)
def test_a_route_that_prefers_so_answers_with_a_job(tasks: TaskDeployment, task: str) -> None:
    ann = tasks.caller()
    answer = ann.post(f"/api/{task}", texts.ASKED[task](), prefer="respond-async")
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    assert ann.ended(answer.json()["id"])["status"] == "succeeded"


def test_tags_are_those_of_every_call_of_a_route_and_of_a_job(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    checked = ann.post("/api/claims/check", {"claims": "1. A pump."}, x_gateway_tags="project=check")
    assert checked.status_code == 200, checked.text
    job = ann.begin("diagrams", texts.diagrams(), x_gateway_tags="project=apollo, cost-centre=7")
    assert ann.ended(job)["status"] == "succeeded"
    bad = ann.post("/api/jobs", {"task": "diagrams", "input": texts.diagrams()}, x_gateway_tags="project")
    assert (bad.status_code, bad.json()["error"]["param"]) == (400, "x-gateway-tags")

    statement = (
        "SELECT DISTINCT log.tags FROM metering_usagelog log JOIN metering_tenant ON metering_tenant.id = tenant_id "
        "WHERE slug = %s ORDER BY 1"
    )
    rows = query(tasks.database, statement, (ann.tenant,))
    assert rows == [(["cost-centre=7", "project=apollo"],), (["project=check"],)]


def test_events_are_told_again_from_any_place_without_loss_or_repetition(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    path = f"/api/jobs/{ann.begin('drafting', texts.drafting())}/events"
    live = ann.events(path)
    again = ann.at(tasks.gateways.urls[1]).events(path)
    assert live == again
    assert [event.number for event in live] == list(range(1, len(live) + 1))
    assert live[0].name == "draft_started"
    assert live[-1].name == "succeeded"
    for place in range(len(live)):
        assert ann.events(path, after=place, most=3) == live[place : place + 3]
    assert ann.events(path, after=len(live)) == []


def test_a_listener_who_comes_back_in_the_middle_misses_nothing(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    job_id = ann.begin("drafting", texts.drafting("sandbox:gap=0.01 " + texts.DISCLOSURE))
    heard = ann.events(f"/api/jobs/{job_id}/events", most=3)
    heard += ann.events(f"/api/jobs/{job_id}/events", after=heard[-1].number, most=2)
    heard += ann.events(f"/api/jobs/{job_id}/events", after=heard[-1].number)
    assert [event.number for event in heard] == list(range(1, len(heard) + 1))
    assert heard[-1].name == "succeeded"
    told = "".join(event.data["text"] for event in heard if event.name == "delta")
    result = ann.job(job_id)["result"]
    assert told == "".join(section["text"] for section in sorted_as_written(result))


def sorted_as_written(result: dict[str, Any]) -> list[dict[str, Any]]:
    order = ["title", "abstract"]
    return sorted(result["sections"], key=lambda section: order.index(section["code"]))


def test_a_queued_job_that_is_cancelled_costs_nothing(tasks: TaskDeployment) -> None:
    ann = tasks.caller("ONE")
    tasks.vendor.hold()
    first = ann.begin("diagrams", texts.diagrams())
    tasks.until(lambda: tasks.vendor.log.at_once == 1)
    second = ann.begin("diagrams", texts.diagrams())
    assert ann.post(f"/api/jobs/{second}/cancel").status_code == 200
    assert ann.ended(second)["status"] == "cancelled"
    tasks.vendor.open()
    assert ann.ended(first)["status"] == "succeeded"
    assert ann.job(second)["usage"]["llm_calls"] == 0
    assert len(tasks.vendor.log.calls) == 1


@pytest.mark.parametrize("task", texts.ASKED)
def test_a_running_job_that_is_cancelled_stops_in_its_first_call_and_is_charged_for_it(
    tasks: TaskDeployment, task: str
) -> None:
    ann = tasks.caller()
    tasks.vendor.hold()
    job_id = ann.begin(task, texts.ASKED[task]())
    tasks.until(lambda: tasks.vendor.log.at_once == 1)
    assert ann.post(f"/api/jobs/{job_id}/cancel").status_code == 200
    tasks.until(lambda: tasks.vendor.log.at_once == 0)
    job = ann.ended(job_id)
    assert (job["status"], job["result"]) == ("cancelled", None)
    tasks.until(lambda: tasks.held() == 0)
    [row] = tasks.rows(ann.tenant)
    assert (row["outcome"], row["estimated"]) == ("cancelled", True)
    job = ann.job(job_id)
    assert job["usage"]["llm_calls"] == 1
    assert job["usage"]["output_tokens"] == row["output_tokens"] > 0
    assert ann.events(f"/api/jobs/{job_id}/events")[-1].name == "cancelled"


def test_a_job_that_is_cancelled_between_calls_sends_no_other(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.search.delay_s = lambda: 1.0
    job_id = ann.begin("prior-art", texts.prior_art())
    tasks.until(lambda: len(tasks.search.asked) > 0)
    assert ann.job(job_id)["progress"] == 10
    ann.post(f"/api/jobs/{job_id}/cancel")
    asked = len(tasks.search.asked)
    assert ann.ended(job_id)["status"] == "cancelled"
    assert len(tasks.search.asked) <= asked + 1
    assert len(tasks.vendor.log.calls) == 1
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_a_job_that_has_ended_can_be_deleted_and_another_one_cannot(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.vendor.hold()
    job_id = ann.begin("diagrams", texts.diagrams())
    refused = ann.delete(f"/api/jobs/{job_id}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    tasks.vendor.open()
    ann.ended(job_id)
    assert ann.delete(f"/api/jobs/{job_id}").status_code == 204
    assert ann.get(f"/api/jobs/{job_id}").status_code == 404
    assert ann.get(f"/api/jobs/{job_id}/events").status_code == 404
    for table in ("taskjobevent", "taskjobattempt"):
        assert query(
            tasks.database, f"SELECT count(*) FROM metering_{table} WHERE job_id = %s", (job_id,)
        ) == [(0,)]


def test_an_idempotency_key_makes_one_job_of_two_requests(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    key = str(uuid4())
    first = ann.begin("diagrams", texts.diagrams(), idempotency_key=key)
    assert ann.begin("diagrams", texts.diagrams(), idempotency_key=key) == first
    other = ann.post(
        "/api/jobs",
        {"task": "diagrams", "input": texts.diagrams(kind="state")},
        idempotency_key=key,
    )
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")
    ann.ended(first)
    assert ann.begin("diagrams", texts.diagrams(), idempotency_key=key) == first
    assert len(tasks.vendor.log.calls) == 1


def test_a_key_of_a_job_is_not_answered_at_once_and_the_other_way_round(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    for first, second in (("respond-async", ""), ("", "respond-async")):
        key = str(uuid4())
        answer = ann.post("/api/diagrams", texts.diagrams(), idempotency_key=key, prefer=first)
        assert answer.status_code in (200, 202), answer.text
        other = ann.post("/api/diagrams", texts.diagrams(), idempotency_key=key, prefer=second)
        assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")
        if first:
            job_id = answer.json()["id"]
            assert job_id in other.json()["error"]["message"]
            ann.ended(job_id)
    assert len(tasks.vendor.log.calls) == 2


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"task": "prior-art", "input": {}}, "query"),
        ({"task": "prior-art", "input": {"query": "x", "top_k": 1000}}, "top_k"),
        ({"task": "prior-art", "input": {"query": "x", "colour": 1}}, "colour"),
        ({"task": "drafting", "input": {"disclosure": ""}}, "disclosure"),
        ({"task": "diagrams", "input": {"description": "x", "count": 99}}, "count"),
        ({"task": "chat", "input": {}}, "task"),
        ({"task": "diagrams"}, "input"),
        ({"task": "diagrams", "input": {}, "more": 1}, "more"),
    ],
)
def test_bad_input_is_refused_before_there_is_a_job(
    nobody: TaskCaller, body: dict[str, Any], param: str
) -> None:
    answer = nobody.post("/api/jobs", body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
    assert nobody.get("/api/jobs").json()["results"] == []


def test_a_task_that_the_plan_has_not_is_refused_before_there_is_a_job(tasks: TaskDeployment) -> None:
    ann = tasks.caller("CHAT_ONLY")
    for task, content in texts.ASKED.items():
        for answer in (
            ann.post("/api/jobs", {"task": task, "input": content()}),
            ann.post(f"/api/{task}", content()),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "task_not_allowed")
    assert ann.get("/api/jobs").json()["results"] == []


@pytest.mark.parametrize("is_same_tenant", [True, False])
def test_a_job_is_its_owners_alone(tasks: TaskDeployment, is_same_tenant: bool) -> None:
    ann = tasks.caller()
    bob = tasks.caller(tenant=ann.tenant) if is_same_tenant else tasks.caller()
    job_id = ann.begin("drafting", texts.drafting())
    draft_id = ann.ended(job_id)["result"]["draft_id"]
    missing = bob.get(f"/api/jobs/{uuid4()}").json()["error"]
    for answer in (
        bob.get(f"/api/jobs/{job_id}"),
        bob.get(f"/api/jobs/{job_id}/events"),
        bob.get(f"/api/jobs/{job_id}/result"),
        bob.post(f"/api/jobs/{job_id}/cancel"),
        bob.delete(f"/api/jobs/{job_id}"),
        bob.get(f"/api/drafting/{draft_id}"),
        bob.get(f"/api/drafting/{draft_id}/docx"),
        bob.delete(f"/api/drafting/{draft_id}"),
        bob.post("/api/drafting", {"draft_id": draft_id, "sections": ["title"]}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert bob.get(f"/api/jobs/{job_id}").json()["error"]["message"] == missing["message"].replace(
        missing["message"].split()[-1], f"{job_id}."
    )
    assert bob.get("/api/jobs").json()["results"] == []
    assert [job["id"] for job in ann.get("/api/jobs").json()["results"]] == [job_id]


def test_the_list_begins_with_the_newest_job(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    begun = [ann.begin("diagrams", texts.diagrams()) for _ in range(3)]
    shown = ann.get("/api/jobs").json()["results"]
    assert [job["id"] for job in shown] == begun[::-1]
    assert "result" not in shown[0]
    for job_id in begun:
        ann.ended(job_id)


@pytest.mark.parametrize(
    ("plan", "task", "places"),
    [
        ("DEFAULTS", "prior-art", 3),
        ("DEFAULTS", "drafting", 2),
        ("DEFAULTS", "diagrams", 5),
        ("ONE", "diagrams", 1),
    ],
)
def test_a_job_that_finds_no_place_waits_and_goes_on(
    tasks: TaskDeployment, plan: str, task: str, places: int
) -> None:
    ann = tasks.caller(plan)
    tasks.vendor.hold()
    jobs = [ann.begin(task, texts.ASKED[task]()) for _ in range(places + 1)]
    tasks.until(lambda: tasks.vendor.log.at_once == places)
    time.sleep(0.5)
    assert tasks.vendor.log.at_once == places
    waiting = ["queued", *["running"] * places]
    tasks.until(lambda: sorted(ann.job(job_id)["status"] for job_id in jobs) == waiting)
    tasks.vendor.open()
    assert {ann.ended(job_id)["status"] for job_id in jobs} == {"succeeded"}


def test_a_revoked_tokens_job_fails_and_says_so(tasks: TaskDeployment) -> None:
    ann = tasks.caller("ONE")
    tasks.vendor.hold()
    first = ann.begin("diagrams", texts.diagrams())
    tasks.until(lambda: tasks.vendor.log.at_once == 1)
    bob = tasks.caller("ONE", tenant=ann.tenant)
    second = bob.begin("diagrams", texts.diagrams())
    [(token_id,)] = query(tasks.database, "SELECT token_id FROM metering_taskjob WHERE id = %s", (second,))
    tasks.gateways.manage("revoke_token", str(token_id))
    tasks.vendor.open()
    assert ann.ended(first)["status"] == "succeeded"

    def status() -> str:
        [(found,)] = query(tasks.database, "SELECT status FROM metering_taskjob WHERE id = %s", (second,))
        return str(found)

    tasks.until(lambda: status() == "failed")
    [(code,)] = query(
        tasks.database, "SELECT error ->> 'code' FROM metering_taskjob WHERE id = %s", (second,)
    )
    assert code == "invalid_credential"
    assert len(tasks.vendor.log.calls) == 1
