"""From the id of a request to the decision about it: each of the first thousand of a row, and the flood of others."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from metering.decisions.decision import EnforcementDecision, Verdict
from metering.decisions.find import about_request
from metering.decisions.forget import KEEP, forget_decisions
from metering.decisions.log import MAX_REQUESTS, DecisionLog
from metering.decisions.write import MOST_REQUESTS, Key
from metering.ids import uuid7
from metering.models import DecisionRequest, PolicyDecision
from metering.policy.values import PolicySubject
from metering.types import EnforcementMode

TENANT, TOKEN = uuid.uuid4(), uuid.uuid4()


def deny(decisions: DecisionLog, request_id: str, *, rule: str = "tenant requests/minute") -> None:
    at = datetime.now(UTC)
    subject = PolicySubject(TENANT, "PRO", None, None, TOKEN)
    key = Key(
        at.replace(second=0, microsecond=0),
        TENANT,
        None,
        TOKEN,
        "LLM0_CHAT",
        "denied",
        "rate_limited",
        rule,
        None,
    )
    decision = EnforcementDecision(
        verdict=Verdict.DENIED,
        at=at,
        subject=subject,
        task="LLM0_CHAT",
        model="m",
        mode=EnforcementMode.ENFORCE,
    )
    decisions.note(key, lambda: decision, at=at, request_id=request_id)


def found(request_id: str) -> list[PolicyDecision]:
    return list(about_request(PolicyDecision.objects.all(), request_id))


async def test_each_of_several_requests_of_a_row_is_found_over_several_writes(
    decisions: DecisionLog, rows: Any
) -> None:
    names = [f"call-{number}" for number in range(30)]
    for name in names:
        deny(decisions, name)
        if name.endswith("0"):
            await decisions.flush()
    await decisions.flush()
    assert [len(await rows(partial(found, name))) for name in names] == [1] * 30
    assert await rows(partial(found, "call-30")) == []


async def test_of_a_flood_so_many_are_kept_and_the_others_lead_to_the_flood(
    decisions: DecisionLog, rows: Any
) -> None:
    deny(decisions, "another", rule="plan requests/day")
    for _ in range(2):
        for number in range(MOST_REQUESTS):
            deny(decisions, f"flood-{number}")
        await decisions.flush()
    late = str(uuid7())
    deny(decisions, late)
    await decisions.flush()
    kept = await rows(lambda: DecisionRequest.objects.count())
    assert kept <= 2 * MOST_REQUESTS + 1, "a minute may have ended meanwhile"
    assert {row.rule for row in await rows(partial(found, late))} == {"tenant requests/minute"}
    assert await rows(partial(found, str(uuid.uuid4()))) == [], "an id that tells no moment"
    old = int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000)
    assert await rows(partial(found, str(uuid7(old)))) == [], "another moment's"


async def test_ids_that_wait_for_the_database_are_bounded(decisions: DecisionLog) -> None:
    for number in range(MAX_REQUESTS + 5_000):
        deny(decisions, f"call-{number}", rule=f"rule {number // 900}")
    assert decisions._requests == MAX_REQUESTS
    assert sum(len(item.digests) for item in decisions._gathered.values()) == MAX_REQUESTS
    decisions._gathered.clear()


async def test_they_are_forgotten_with_their_decisions(decisions: DecisionLog, rows: Any) -> None:
    deny(decisions, "call-1")
    await decisions.flush()
    assert await rows(partial(forget_decisions, datetime.now(UTC) + KEEP + timedelta(minutes=1))) == 1
    assert not await rows(lambda: DecisionRequest.objects.exists())
