"""Each limit of a task is hit exactly at its value."""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from fixtures.search_services.reply import Reply
from tests.faults.rows import query
from tests.faults.tasks import texts
from tests.faults.tasks.deployment import TaskDeployment
from tests.vendors.call_log import SeenCall

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
LONG = texts.DISCLOSURE * 12
MISTAKES = "sandbox:mistake=9 "


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def at_once(asks: list[Callable[[], httpx2.Response]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=ask) for ask in asks]
    for thread in threads:
        thread.start()
    return threads


def test_a_search_makes_max_api_calls_and_no_more(tasks: TaskDeployment) -> None:
    ann = tasks.caller("CALLS")
    answer = ann.post("/api/prior-art", texts.prior_art())
    assert answer.status_code == 200
    assert len(tasks.search.asked) == answer.json()["usage"]["api_calls"] == 3
    assert "failed" not in {source["status"] for source in answer.json()["sources"].values()}


def test_second_attempts_count_towards_max_api_calls(tasks: TaskDeployment) -> None:
    ann = tasks.caller("CALLS")
    for name in ("openalex", "uspto"):
        tasks.search.always[name] = Reply(status=500, json={})
    answer = ann.post("/api/prior-art", texts.prior_art())
    assert error_of(answer) == (502, "vendor_error")
    assert answer.headers["x-should-retry"] == "false", "the plan is paid for"
    assert len(tasks.search.asked) == 3
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_a_search_returns_retrieval_top_k_results_and_refuses_one_more(tasks: TaskDeployment) -> None:
    ann = tasks.caller("TOP_K")
    answer = ann.post("/api/prior-art", {"disclosure": texts.DISCLOSURE, "top_k": 4})
    assert len(answer.json()["results"]) == 4
    assert len(ann.post("/api/prior-art", {"disclosure": texts.DISCLOSURE}).json()["results"]) == 4
    refused = ann.post("/api/prior-art", {"disclosure": texts.DISCLOSURE, "top_k": 5})
    assert error_of(refused) == (400, "invalid_request")
    assert "retrieval_top_k" in refused.json()["error"]["message"]
    assert "4" in refused.json()["error"]["message"]


@pytest.mark.parametrize("task", texts.ASKED)
def test_a_task_makes_agent_max_steps_calls_and_no_more(tasks: TaskDeployment, task: str) -> None:
    ann = tasks.caller("STEPS")
    more = {"sections": ["title", "field", "background", "abstract"]} if task == "drafting" else {}
    lying = "" if task == "drafting" else MISTAKES
    answer = ann.post(f"/api/{task}", texts.ASKED[task](lying + texts.DISCLOSURE, **more))
    assert len(tasks.vendor.log.calls) == 3
    assert [row["steps"] for row in tasks.rows(ann.tenant)] == [1] * 3
    if task == "drafting":
        assert answer.status_code == 200
        assert [section["code"] for section in answer.json()["sections"]] == ["title", "field", "background"]
        assert "abstract" in " ".join(answer.json()["warnings"])
    else:
        assert error_of(answer) == (502, "vendor_error")


def test_diagrams_make_max_steps_calls_and_no_more(tasks: TaskDeployment) -> None:
    ann = tasks.caller("MAX_STEPS")
    answer = ann.post("/api/diagrams", texts.diagrams(count=4))
    assert len(tasks.vendor.log.calls) == 3
    assert len(answer.json()["diagrams"]) == 2
    assert len(answer.json()["warnings"]) == 2


def test_an_input_of_max_tokens_in_passes_and_one_more_does_not(tasks: TaskDeployment) -> None:
    ann = tasks.caller("TOKENS_IN")
    fits, too_long = 1, 40_000
    while too_long - fits > 1:
        words = (fits + too_long) // 2
        answer = ann.post("/api/jobs", {"task": "diagrams", "input": texts.diagrams("valve " * words)})
        if answer.status_code == 202:
            ann.post(f"/api/jobs/{answer.json()['id']}/cancel")
            fits = words
        else:
            assert error_of(answer) == (413, "input_too_large")
            assert answer.json()["error"]["param"] is None, "its messages are none of the caller's fields"
            message = answer.json()["error"]["message"]
            too_long = words
    assert fits > 1000
    assert "more than the plan's limit of 3,000." in message
    assert message.split()[5] in ("3,001", "3,002", "3,003", "3,004"), "the step from one word to two"


def test_a_draft_is_cut_to_max_tokens_in_and_says_so(tasks: TaskDeployment) -> None:
    ann = tasks.caller("TOKENS_IN")
    too_much = ann.post("/api/drafting", texts.drafting(prior_art=[LONG * 4]))
    assert error_of(too_much) == (413, "input_too_large")
    answer = ann.post("/api/drafting", texts.drafting(prior_art=[LONG * 2, LONG[: len(LONG) // 2]]))
    assert answer.status_code == 200, answer.text
    assert any("3,000" in warning for warning in answer.json()["warnings"])


def test_no_call_is_allowed_more_output_than_max_tokens_out(tasks: TaskDeployment) -> None:
    ann = tasks.caller("TOKENS_OUT")
    for task, content in texts.ASKED.items():
        ann.post(f"/api/{task}", content())
    limits = Counter(limit_of(call) for call in tasks.vendor.log.calls)
    assert max(limits) == 300
    assert all(row["output_tokens"] <= 300 for row in tasks.rows(ann.tenant))


def limit_of(call: SeenCall) -> int:
    return int(call.body.get("max_tokens") or call.body["max_completion_tokens"])


def test_a_request_draws_diagram_files_per_req_files_and_one_more_is_refused(tasks: TaskDeployment) -> None:
    ann = tasks.caller("FILES")
    answer = ann.post("/api/diagrams", texts.diagrams(count=2))
    assert len(answer.json()["diagrams"]) == answer.json()["usage"]["files"] == 2
    refused = ann.post("/api/diagrams", texts.diagrams(count=3))
    assert error_of(refused) == (400, "invalid_request")
    assert "diagram_files_per_req" in refused.json()["error"]["message"]


@pytest.mark.parametrize(("task", "places"), [("prior-art", 3), ("drafting", 2), ("diagrams", 5)])
def test_one_operation_more_than_a_tenant_may_have_at_once_is_refused(
    tasks: TaskDeployment, task: str, places: int
) -> None:
    ann = tasks.caller("DEFAULTS")
    tasks.vendor.hold()
    content = texts.ASKED[task]()
    gateways = [ann.at(tasks.gateways.urls[number % 2]) for number in range(places)]
    threads = at_once([lambda one=one: one.post(f"/api/{task}", content) for one in gateways])
    tasks.until(lambda: tasks.vendor.log.at_once == places)
    for url in tasks.gateways.urls:
        assert error_of(ann.at(url).post(f"/api/{task}", content)) == (429, "concurrency_exceeded")
    tasks.vendor.open()
    for thread in threads:
        thread.join(60)
    assert ann.post(f"/api/{task}", content).status_code == 200


def test_a_budget_of_search_calls_is_spent_to_the_last(tasks: TaskDeployment) -> None:
    ann = tasks.caller("CALLS_BUDGET")
    answers = [ann.post("/api/prior-art", texts.prior_art()) for _ in range(3)]
    assert len(tasks.search.asked) == 7
    assert [answer.status_code for answer in answers][-1] == 429
    assert_budget(answers[-1], "api_calls", 7)
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


def test_a_budget_of_files_is_spent_to_the_last(tasks: TaskDeployment) -> None:
    ann = tasks.caller("FILES_BUDGET")
    first = ann.post("/api/diagrams", texts.diagrams(count=2))
    second = ann.post("/api/diagrams", texts.diagrams(count=2))
    assert (len(first.json()["diagrams"]), len(second.json()["diagrams"])) == (2, 1)
    assert_budget(ann.post("/api/diagrams", texts.diagrams()), "files", 3)
    assert sum(row["files"] for row in tasks.rows(ann.tenant)) == 3


def test_a_budget_of_steps_is_spent_to_the_last(tasks: TaskDeployment) -> None:
    ann = tasks.caller("STEPS_BUDGET")
    answers = [ann.post("/api/diagrams", texts.diagrams()) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert_budget(answers[-1], "steps", 5)
    assert len(tasks.vendor.log.calls) == 5


def assert_budget(answer: httpx2.Response, dimension: str, limit: int) -> None:
    assert error_of(answer) == (429, "budget_exceeded"), answer.text
    usage: dict[str, Any] = answer.json()["error"]["usage"]
    assert (usage["dimension"], usage["limit"], usage["current"]) == (dimension, limit, limit)


def test_failing_vendors_and_services_leave_a_ledger_that_equals_theirs(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    tasks.search.script["openalex"] += [Reply(status=500, json={}), Reply(status=200, raw=b"{", json={})]
    tasks.search.script["uspto"] += [Reply(status=503, json={}), Reply(status=404, json={})]
    assert ann.post("/api/prior-art", texts.prior_art()).status_code == 200
    for directive in ("error=503", "error=429", "cut=2"):
        for task, content in texts.ASKED.items():
            answer = ann.post(f"/api/{task}", content(f"sandbox:{directive} {texts.DISCLOSURE}"))
            assert answer.status_code in (429, 502), (directive, task)
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)


@pytest.mark.parametrize("task", texts.ASKED)
def test_a_caller_who_leaves_is_charged_for_what_the_vendor_got(tasks: TaskDeployment, task: str) -> None:
    ann = tasks.caller("CANCEL")
    tasks.vendor.hold()
    request = ann.client.build_request(
        "POST",
        f"{ann.url}/api/{task}",
        json=texts.ASKED[task](),
        headers={"authorization": f"Bearer {ann.token}"},
    )
    lines = [f"POST /api/{task} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
    with socket.create_connection((request.url.host, request.url.port or 80)) as impatient:
        impatient.sendall("\r\n".join([*lines, "", ""]).encode() + request.read())
        tasks.until(lambda: tasks.vendor.log.at_once == 1)
    tasks.vendor.open()
    tasks.until(lambda: tasks.vendor.log.at_once == 0)
    tasks.assert_the_ledger_equals_the_fakes(ann.tenant)
    assert len(tasks.rows(ann.tenant)) >= 1


def test_a_job_whose_vendor_cannot_be_reached_costs_nothing(tasks: TaskDeployment) -> None:
    ann = tasks.caller("GONE")
    job = ann.ended(ann.begin("diagrams", texts.diagrams()))
    assert (job["status"], job["error"]["code"]) == ("failed", "vendor_error")
    assert job["usage"]["llm_calls"] == job["usage"]["output_tokens"] == 0
    assert tasks.rows(ann.tenant) == []
    noted = "SELECT count(*) FROM metering_taskjobattempt WHERE job_id = %s"
    assert query(tasks.database, noted, (job["id"],)) == [(0,)]
