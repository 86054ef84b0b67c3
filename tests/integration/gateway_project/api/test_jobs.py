"""The list of one's own jobs, and what one of them tells."""

import pytest

from metering.models import ATIToken, TaskJob
from metering.types import Task
from tests.factories.jobs import make_job
from tests.integration.gateway_project.api.people import call, code_of, person

pytestmark = pytest.mark.django_db


def test_the_list_can_be_of_one_status_and_of_one_task() -> None:
    ann = person()
    token = ATIToken.objects.get(pk=ann.signup_token_id)
    drawn = make_job(token, ann)
    failed = make_job(token, ann, status=TaskJob.Status.FAILED, task=Task.DRAFTING.value)

    def listed(query: str) -> list[str]:
        return [job["id"] for job in call("GET", f"jobs{query}", who=ann).json()["results"]]

    assert listed("") == [str(failed.pk), str(drawn.pk)]
    assert listed("?status=succeeded") == listed("?task=diagrams") == [str(drawn.pk)]
    assert listed("?status=failed&task=drafting") == [str(failed.pk)]
    assert listed("?status=failed&task=diagrams") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("status=done", "status: 'done' is none of queued, running, succeeded, failed, cancelled."),
        ("task=LLM2_DRAFT", "task: 'LLM2_DRAFT' is none of diagrams, drafting, prior-art."),
    ],
)
def test_a_word_that_no_job_has_is_refused(query: str, message: str) -> None:
    answer = call("GET", f"jobs?{query}", who=person())
    assert code_of(answer) == (400, "invalid_request")
    assert answer.json()["error"]["message"] == message


def test_a_listener_who_has_heard_nothing_yet_may_say_so() -> None:
    ann = person()
    job = make_job(ATIToken.objects.get(pk=ann.signup_token_id), ann)
    answers = [call("GET", f"jobs/{job.pk}/events", who=ann, last_event_id=last) for last in ("", "0", "x")]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
