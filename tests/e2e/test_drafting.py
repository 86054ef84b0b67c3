"""The drafting task over HTTP, with the sandbox as vendor: each LLM call is a row of the usage log."""

import json
import threading
import time
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils.timezone import now
from docx import Document

from adapters.drafting.docx_file import MEDIA_TYPE
from metering.models import TaskDraft, UsageLog, UsageReservation
from tests.e2e.raw import Reply, ask
from tests.e2e.server import Server
from tests.factories import BudgetFactory, RuleFactory, alder, birch, make_token
from tests.unit.adapters.drafting.drafting import ALL, MACHINE

pytestmark = pytest.mark.slow
DISCLOSURE = {"disclosure": MACHINE}


def send(server: Server, method: str, path: str, token: str, body: Any = None, **headers: str) -> Reply:
    told = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(
        server, method, f"/api/{path}", None if body is None else json.dumps(body).encode(), dict(told)
    )


def draft(server: Server, token: str, **fields: Any) -> dict[str, Any]:
    answer = send(server, "POST", "drafting", token, fields or DISCLOSURE)
    assert answer.status == 200, answer.body
    told: dict[str, Any] = answer.json
    return told


def events_of(answer: Reply) -> list[tuple[str, dict[str, Any]]]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in answer.body.decode().split("\n\n") if block.startswith("event: ")]
    return [(block.split("\n")[0][7:], json.loads(block.partition("\ndata: ")[2])) for block in blocks]


def texts(result: dict[str, Any]) -> dict[str, str]:
    return {section["code"]: section["text"] for section in result["sections"]}


def test_a_draft_comes_whole_with_what_it_used(server: Server, token: str) -> None:
    result = draft(server, token)
    assert [section["code"] for section in result["sections"]] == ALL
    rows = UsageLog.objects.filter(task="LLM2_DRAFT")
    assert rows.count() == result["usage"]["llm_calls"] == len(ALL)
    assert sum(row.input_tokens for row in rows) == result["usage"]["input_tokens"]
    assert sum(row.output_tokens for row in rows) == result["usage"]["output_tokens"]
    assert UsageReservation.objects.get(pk=result["id"]).state == 1


@pytest.mark.parametrize("form", ["application/json", "text/event-stream", "text/markdown"])
def test_a_form_may_be_asked_for_with_a_character_set(server: Server, token: str, form: str) -> None:
    body = DISCLOSURE | {"sections": ["title"]}
    answer = send(server, "POST", "drafting", token, body, accept=f"{form}; charset=utf-8")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, form)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=10, Respond-Async; x=1"])
def test_a_job_may_be_preferred_in_any_case_beside_other_things(
    server: Server, token: str, prefer: str
) -> None:
    answer = send(server, "POST", "drafting", token, DISCLOSURE, prefer=prefer)
    assert (answer.status, answer.json["status"]) == (202, "queued")


def test_events_come_with_the_usage_so_far_and_the_same_result(server: Server, token: str) -> None:
    events = events_of(send(server, "POST", "drafting", token, DISCLOSURE, accept="text/event-stream"))
    assert events[0][0] == "draft_started"
    assert events[-1][0] == "result"
    result = events[-1][1]
    for code, text in texts(result).items():
        deltas = [facts["text"] for name, facts in events if name == "delta" and facts["code"] == code]
        assert "".join(deltas) == text
    calls = [facts["usage"]["llm_calls"] for name, facts in events if name == "section_finished"]
    assert calls == list(range(1, 9))
    assert texts(result) == texts(draft(server, token))


def test_an_error_in_the_middle_is_an_event_and_the_draft_goes_on_without_paying_again(
    server: Server, token: str
) -> None:
    RuleFactory(scope="plan", scope_id="PRO", key="agent_max_steps", value=3)
    half = draft(server, token)
    assert list(texts(half)) == ["title", "field", "claims"]
    rest = draft(server, token, draft_id=half["draft_id"])
    assert UsageLog.objects.count() == 6
    whole = draft(server, token, draft_id=rest["draft_id"])
    assert (list(texts(whole)), UsageLog.objects.count()) == (ALL, len(ALL))
    again = draft(server, token, draft_id=rest["draft_id"])
    assert (texts(again), again["usage"]["llm_calls"], UsageLog.objects.count()) == (
        texts(whole),
        0,
        len(ALL),
    )


def test_a_budget_that_is_used_up_keeps_what_is_finished(server: Server, token: str) -> None:
    budget = BudgetFactory(dimension="steps", amount=3)
    refused = send(server, "POST", "drafting", token, DISCLOSURE)
    assert refused.told == (429, "budget_exceeded")
    (kept,) = TaskDraft.objects.all()
    assert f"draft_id {kept.pk}" in refused.error["message"]
    assert UsageLog.objects.count() == 3
    budget.delete()
    deadline = time.monotonic() + 20
    while (answer := send(server, "POST", "drafting", token, {"draft_id": str(kept.pk)})).status == 429:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (list(texts(answer.json)), UsageLog.objects.count()) == (ALL, len(ALL))


def test_a_broken_stream_keeps_what_is_finished(server: Server, token: str) -> None:
    body = {"disclosure": f"{MACHINE} sandbox:cut=185"}
    events = events_of(send(server, "POST", "drafting", token, body, accept="text/event-stream"))
    name, error = events[-1]
    assert (name, error["code"]) == ("error", "vendor_error")
    finished = [facts["code"] for name, facts in events if name == "section_finished"]
    assert finished
    kept = send(server, "GET", f"drafting/{events[0][1]['draft_id']}", token).json
    assert set(texts(kept)) == set(finished)
    assert events[0][1]["draft_id"] in error["message"]


def test_one_section_is_written_anew(server: Server, token: str) -> None:
    first = draft(server, token)
    second = draft(server, token, draft_id=first["draft_id"], sections=["abstract"])
    assert second["usage"]["llm_calls"] == 1
    assert UsageLog.objects.count() == len(ALL) + 1


def test_a_kept_draft_is_shown_as_json_markdown_and_docx_and_deleted(server: Server, token: str) -> None:
    result = draft(server, token)
    path = f"drafting/{result['draft_id']}"
    kept = send(server, "GET", path, token)
    assert (kept.json["sections"], kept.json["findings"]) == (result["sections"], result["findings"])
    told = {"authorization": f"Bearer {token}", "accept": MEDIA_TYPE}
    file = ask(server, "GET", result["docx_url"], headers=told)
    assert file.headers["content-type"] == MEDIA_TYPE
    assert file.headers["content-disposition"].endswith('.docx"')
    assert Document(BytesIO(file.body)).paragraphs[0].text == texts(result)["title"]
    markdown = send(
        server, "POST", "drafting", token, {"draft_id": result["draft_id"]}, accept="text/markdown"
    )
    assert markdown.body.decode() == result["markdown"]
    assert send(server, "GET", path, token, accept="text/markdown").body == markdown.body
    assert send(server, "DELETE", path, token).status == 204
    assert not TaskDraft.objects.exists()
    for answer in (
        send(server, "GET", path, token),
        send(server, "GET", f"{path}/docx", token),
        send(server, "DELETE", path, token),
        send(server, "POST", "drafting", token, {"draft_id": result["draft_id"]}),
    ):
        assert answer.told == (404, "not_found")


def test_a_draft_is_its_owners_alone_until_it_expires(server: Server, token: str) -> None:
    draft_id = draft(server, token, **DISCLOSURE, sections=["title"])["draft_id"]
    person = make_token(alder(), name="other").secret
    stranger = make_token(birch()).secret
    for other in (person, stranger):
        assert send(server, "GET", f"drafting/{draft_id}", other).status == 404
        assert send(server, "GET", f"drafting/{draft_id}/docx", other).status == 404
        assert send(server, "DELETE", f"drafting/{draft_id}", other).status == 404
        assert send(server, "POST", "drafting", other, {"draft_id": draft_id}).told == (404, "not_found")
    TaskDraft.objects.update(expires_at=now() - timedelta(seconds=1))
    assert send(server, "GET", f"drafting/{draft_id}", token).status == 404
    assert send(server, "POST", "drafting", token, {"draft_id": draft_id}).told == (404, "not_found")
    assert UsageLog.objects.count() == 1


def test_the_second_of_two_requests_on_one_draft_is_refused_and_nothing_is_paid_twice(
    server: Server, token: str
) -> None:
    RuleFactory(scope="plan", scope_id="PRO", key="agent_max_steps", value=1)
    slow = f"{MACHINE} sandbox:slow=0.7"
    draft_id = draft(server, token, disclosure=slow)["draft_id"]
    answers: list[Reply] = []

    def go_on() -> None:
        answers.append(send(server, "POST", "drafting", token, {"draft_id": draft_id}))

    threads = [threading.Thread(target=go_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert refused.error["code"] == "conflict"
    assert UsageLog.objects.count() == 2
    assert list(texts(send(server, "GET", f"drafting/{draft_id}", token).json)) == ["title", "claims"]
    assert send(server, "POST", "drafting", token, {"draft_id": draft_id}).status == 200


def test_a_draft_that_is_deleted_while_it_is_written_stays_deleted(server: Server, token: str) -> None:
    slow = {"disclosure": f"{MACHINE} sandbox:slow=0.7", "sections": ["title", "field"]}
    answers: list[Reply] = []
    thread = threading.Thread(target=lambda: answers.append(send(server, "POST", "drafting", token, slow)))
    thread.start()
    while not (rows := list(TaskDraft.objects.all())):
        assert thread.is_alive()
    assert send(server, "DELETE", f"drafting/{rows[0].pk}", token).status == 204
    thread.join()
    assert answers[0].told == (404, "not_found")
    assert not TaskDraft.objects.exists()
    assert UsageLog.objects.count() == 1


class TestRefusals:
    @pytest.mark.parametrize("accept", ["text/event-stream", "text/markdown"])
    def test_it_is_json_and_says_so_whatever_form_is_asked_for(
        self, server: Server, token: str, accept: str
    ) -> None:
        answer = send(server, "POST", "drafting", token, {}, accept=accept)
        assert (answer.error["param"], answer.headers["content-type"]) == ("disclosure", "application/json")

    @pytest.mark.parametrize("path", ["drafting", "claims/check"])
    def test_without_the_task(self, server: Server, path: str) -> None:
        chats = make_token(allowed_tasks=["LLM0_CHAT"]).secret
        body = DISCLOSURE if path == "drafting" else {"claims": "A pump."}
        assert send(server, "POST", path, chats, body).told == (403, "task_not_allowed")
        assert not UsageReservation.objects.exists()

    def test_more_input_than_the_rule_allows(self, server: Server, token: str) -> None:
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_in", value=1_000)
        long = {"disclosure": f"{MACHINE} {'The pump is red. ' * 1_000}"}
        assert send(server, "POST", "drafting", token, long).told == (413, "input_too_large")
        prior_art = DISCLOSURE | {"prior_art": ["A kettle with a float. " * 500]}
        assert send(server, "POST", "drafting", token, prior_art).told == (413, "input_too_large")
        assert not TaskDraft.objects.exists()
        assert not UsageLog.objects.exists()

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({}, "disclosure"),
            ({"disclosure": "A pump.", "sections": ["intro"]}, "sections[0]"),
            ({"disclosure": "A pump.", "more": 1}, "more"),
            ({"draft_id": "7"}, "draft_id"),
        ],
    )
    def test_what_cannot_be_read(self, server: Server, token: str, body: Any, param: str) -> None:
        answer = send(server, "POST", "drafting", token, body)
        assert (answer.status, answer.error["param"]) == (400, param)

    def test_half_a_character(self, server: Server, token: str) -> None:
        answer = send(server, "POST", "drafting", token, {"disclosure": "A pump \ud800."})
        assert answer.status == 400

    def test_a_draft_that_is_not_the_callers_is_refused_before_there_is_a_job(
        self, server: Server, token: str
    ) -> None:
        birchs = draft(server, make_token(birch()).secret, **DISCLOSURE, sections=["title"])["draft_id"]
        body = {"task": "drafting", "input": {"draft_id": birchs}}
        assert send(server, "POST", "jobs", token, body).told == (404, "not_found")
        assert send(server, "GET", "jobs", token).json["results"] == []


class TestClaimsCheck:
    def test_places_in_the_abstract_are_those_of_the_text_that_was_sent(
        self, server: Server, token: str
    ) -> None:
        abstract = "\n  " + "word " * 160
        found = send(
            server, "POST", "claims/check", token, {"claims": "1. A pump.", "abstract": abstract}
        ).json["findings"][0]
        assert (found["code"], abstract[found["start"] : found["end"]]) == ("abstract_length", found["text"])

    def test_it_finds_what_is_wrong(self, server: Server, token: str) -> None:
        body = {"claims": "1. A pump having the valve.\n2. The pump of claim 9.", "jurisdiction": "EP"}
        found = send(server, "POST", "claims/check", token, body).json["findings"]
        assert [
            (finding["code"], finding["claim"]) for finding in found if finding["severity"] == "error"
        ] == [
            ("antecedent_missing", 1),
            ("dependency_missing", 2),
        ]
        assert set(found[0]) == {"code", "severity", "claim", "start", "end", "text", "message", "suggestion"}

    def test_it_counts_as_one_request_and_costs_nothing_else(self, server: Server, token: str) -> None:
        assert send(server, "POST", "claims/check", token, {"claims": ["A pump."]}).json == {"findings": []}
        (row,) = UsageLog.objects.all()
        (hold,) = UsageReservation.objects.all()
        assert (row.task, row.provider_name, row.response_model) == ("LLM2_DRAFT", "gateway", "claim-checker")
        assert (row.input_tokens, row.output_tokens, row.cost_nano_usd, row.api_calls, row.steps) == (
            0,
            0,
            0,
            0,
            0,
        )
        assert hold.state == 1

    @pytest.mark.parametrize(
        "body", [{}, {"claims": 7}, {"claims": [7]}, {"claims": " "}, {"claims": "A.", "jurisdiction": "JP"}]
    )
    def test_what_cannot_be_read_is_refused_and_counts_nothing(
        self, server: Server, token: str, body: Any
    ) -> None:
        assert send(server, "POST", "claims/check", token, body).status == 400
        assert not UsageLog.objects.exists()
