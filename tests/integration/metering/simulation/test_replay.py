"""The log of a period, judged by other rules: who would have been denied, by what, and what it would have cost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from metering.errors import InvalidRequest
from metering.ledger.partitions import create_statements
from metering.models import ATIToken, UsageLog
from metering.policy.source import read_policy_source
from metering.simulation import logged
from metering.simulation.replay import Replayed, replay
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    ModelFactory,
    ProviderFactory,
    RuleFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    make_token,
    reference_data,
)
from tests.factories.ledger import id_at
from tests.served import serve_model

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    with connection.cursor() as cursor:
        for statement in create_statements(MONDAY.date().replace(day=1)):
            cursor.execute(statement)  # in the test's transaction: gone when it ends
    reference_data()


@pytest.fixture
def token_id() -> Any:
    return make_token().id


def call(at: datetime, **facts: Any) -> None:
    AttemptFactory(at=at, cost_nano_usd=1_000, **facts)


def replayed(**facts: Any) -> Replayed:
    values: dict[str, Any] = {"since": MONDAY, "until": MONDAY + WEEK, **facts}
    return replay(source=read_policy_source(), **values)


@pytest.mark.parametrize("last_digit", [0, 2], ids=["in the order of their ids", "in another order"])
def test_a_call_that_another_model_served_in_the_end_is_judged_as_a_call_of_that_one(
    token_id: Any, last_digit: int
) -> None:
    longer = ModelFactory(name="longer", context_tokens=200_000, provider=ProviderFactory(name="other"))
    reservation_id = UUID(int=id_at(MONDAY).int & ~0xF | last_digit)
    of_call = {"token_id": token_id, "reservation_id": reservation_id}
    shorter = ModelFactory(name="shorter", context_tokens=32_000)
    nothing = {"input_tokens": 0, "output_tokens": 0, "cost_nano_usd": 0, "outcome": "error"}
    AttemptFactory(at=MONDAY, request_model=shorter.name, **of_call, **nothing)
    served = {"request_model": longer.name, "provider_name": "other", "input_tokens": 150_000}
    call(MONDAY, attempt=2, **of_call, **served)
    result = replayed()
    assert (result.total.calls, result.denied.calls) == (1, 0)


def test_calls_that_were_answered_from_the_cache_use_nothing_of_a_budget_then_as_now(token_id: Any) -> None:
    call(MONDAY, token_id=token_id)
    cached = {"cost_nano_usd": 0, "outcome": "cached", "list_cost_nano_usd": 1_000}
    for minutes in range(1, 4):
        AttemptFactory(at=MONDAY + minutes * MINUTE, token_id=token_id, **cached)
    call(MONDAY + 5 * MINUTE, token_id=token_id)
    BudgetFactory(dimension="requests", amount=2)
    result = replayed()
    assert (result.total.calls, result.denied.calls) == (2, 0)


def reasons(result: Replayed) -> dict[tuple[str, str], int]:
    return {reason: tally.calls for reason, tally in result.by_rule.items()}


def test_a_smaller_budget_would_have_denied_the_calls_beyond_it_in_each_window(token_id: Any) -> None:
    BudgetFactory(dimension="requests", window="day", amount=3)
    for day in range(2):
        for number in range(5):
            call(MONDAY + timedelta(days=day) + number * MINUTE, token_id=token_id)
    result = replayed()
    assert (result.total.calls, result.denied.calls) == (10, 4)
    assert reasons(result) == {("tenant requests/day", "budget_exceeded"): 4}
    assert (result.total.cost_nano_usd, result.cost_after_nano_usd) == (10_000, 6_000)


def test_what_a_vendor_failed_at_needs_room_for_a_request_and_uses_none(token_id: Any) -> None:
    BudgetFactory(dimension="requests", window="day", amount=1)
    failed = {"outcome": "error", "input_tokens": 0, "output_tokens": 0, "cost_nano_usd": 0}
    for number in range(3):
        AttemptFactory(at=MONDAY + number * MINUTE, token_id=token_id, **failed)
    assert replayed().denied.calls == 0
    call(MONDAY + 4 * MINUTE, token_id=token_id)
    AttemptFactory(at=MONDAY + 5 * MINUTE, token_id=token_id, **failed)
    assert replayed().denied.calls == 1


def test_a_step_that_a_vendor_failed_at_needs_room_and_is_none(token_id: Any) -> None:
    BudgetFactory(dimension="steps", window="day", amount=1)
    failed = {"outcome": "error", "input_tokens": 0, "output_tokens": 0, "cost_nano_usd": 0}
    AttemptFactory(at=MONDAY, token_id=token_id, **failed)
    call(MONDAY + MINUTE, token_id=token_id, steps=1)
    assert replayed().denied.calls == 0
    AttemptFactory(at=MONDAY + 2 * MINUTE, token_id=token_id, **failed)
    assert reasons(replayed()) == {("tenant steps/day", "budget_exceeded"): 1}


def test_the_budget_that_is_named_is_the_one_that_stays_full_longest(token_id: Any) -> None:
    for window in ("month", "total"):
        BudgetFactory(dimension="requests", window=window, amount=1)
    for number in range(2):
        call(MONDAY + number * MINUTE, token_id=token_id)
    assert reasons(replayed()) == {("tenant requests/total", "budget_exceeded"): 1}


def test_a_week_that_ends_after_its_month_is_named_before_it(token_id: Any) -> None:
    for window in ("month", "week"):
        BudgetFactory(dimension="requests", window=window, amount=1)
    tuesday = datetime(2026, 3, 31, 9, tzinfo=UTC)
    for number in range(2):
        call(tuesday + number * MINUTE, token_id=token_id)
    assert reasons(replayed(since=tuesday, until=tuesday + timedelta(hours=1))) == {
        ("tenant requests/week", "budget_exceeded"): 1
    }


def test_windows_are_those_of_the_tenants_calendar(token_id: Any) -> None:
    type(alder()).objects.filter(slug="alder").update(timezone="Asia/Tokyo")
    BudgetFactory(dimension="requests", window="day", amount=1)
    call(datetime(2026, 3, 2, 14, 59, tzinfo=UTC), token_id=token_id)
    call(datetime(2026, 3, 2, 15, 0, tzinfo=UTC), token_id=token_id)  # midnight in Tokyo
    assert replayed().denied.calls == 0


def test_a_budget_is_as_full_at_the_periods_beginning_as_it_was(token_id: Any) -> None:
    BudgetFactory(dimension="requests", window="month", amount=3)
    for day in range(3):
        call(MONDAY.replace(day=1) + timedelta(hours=day), token_id=token_id)
    friday = MONDAY + timedelta(days=4)
    call(friday + MINUTE, token_id=token_id)
    result = replayed(since=friday)
    assert (result.total.calls, result.denied.calls) == (1, 1)


def test_what_was_denied_is_not_charged_and_leaves_room_for_smaller_calls(token_id: Any) -> None:
    BudgetFactory(dimension="tokens", window="day", amount=150)
    for number, tokens in enumerate((100, 100, 40)):
        call(MONDAY + number * MINUTE, token_id=token_id, input_tokens=tokens, output_tokens=0)
    assert replayed().denied.calls == 1


def test_attempts_of_one_reservation_are_one_call(token_id: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logged, "PAGE", 2)
    BudgetFactory(dimension="requests", window="day", amount=2)
    for number in range(3):
        first = AttemptFactory(at=MONDAY + number * MINUTE, token_id=token_id)
        for attempt in (2, 3):
            AttemptFactory(
                at=MONDAY + number * MINUTE,
                reservation_id=first.reservation_id,
                attempt=attempt,
                token_id=token_id,
            )
    result = replayed()
    assert (result.total.calls, result.denied.calls) == (3, 1)
    assert UsageLog.objects.count() == 9


def test_everybody_on_another_plan(token_id: Any) -> None:
    make_plan("SMALL", classes=("BASE_S",))
    RuleFactory(scope="plan", scope_id="SMALL", key="max_tokens_in", value=90)
    call(MONDAY, token_id=token_id, input_tokens=50)
    call(MONDAY + MINUTE, token_id=token_id, input_tokens=100)
    call(MONDAY + 2 * MINUTE, token_id=token_id, model_class="ADVANCED", input_tokens=50)
    assert replayed().denied.calls == 0
    assert reasons(replayed(plan="SMALL")) == {
        ("plan max_tokens_in", "input_too_large"): 1,
        ("plan SMALL", "model_not_allowed"): 1,
    }


def test_a_token_serves_no_task_but_its_own(token_id: Any) -> None:
    ATIToken.objects.update(allowed_tasks=["LLM2_DRAFT"])
    call(MONDAY, token_id=token_id)
    assert reasons(replayed()) == {("token", "task_not_allowed"): 1}


def test_a_token_serves_no_model_but_its_own_on_another_plan_too(token_id: Any) -> None:
    make_plan("SMALL", classes=("BASE_S",))
    ATIToken.objects.update(allowed_models=["sandbox-small"])
    call(MONDAY, token_id=token_id)
    call(MONDAY + MINUTE, token_id=token_id, request_model="other")
    assert reasons(replayed()) == {("token", "model_not_allowed"): 1}
    assert reasons(replayed(plan="SMALL")) == {("token", "model_not_allowed"): 1}


def test_at_another_time_other_rules_hold(token_id: Any) -> None:
    RuleFactory(key="max_tokens_in", value=10, conditions={"hours": "18:00-24:00"})
    call(MONDAY, token_id=token_id, input_tokens=50)
    assert replayed().denied.calls == 0
    assert replayed(shift=timedelta(hours=10)).denied.calls == 1


def test_a_usage_condition_follows_the_replayed_use(token_id: Any) -> None:
    BudgetFactory(dimension="requests", window="day", amount=10)
    RuleFactory(
        key="max_tokens_in", value=10, conditions={"usage": {"budget": "requests/day", "from_percent": 50}}
    )
    for number in range(8):
        call(MONDAY + number * MINUTE, token_id=token_id, input_tokens=50)
    assert reasons(replayed()) == {("tenant max_tokens_in", "input_too_large"): 3}


def test_calls_that_overlap_too_much_would_have_been_denied(token_id: Any) -> None:
    RuleFactory(key="max_concurrent", value=2)
    for second in (0, 1, 2, 11):
        call(MONDAY + timedelta(seconds=second), token_id=token_id, latency_ms=10_000)
    assert reasons(replayed()) == {("tenant max_concurrent", "concurrency_exceeded"): 1}


def test_a_rate_refills_as_the_log_goes_on(token_id: Any) -> None:
    RuleFactory(key="requests_per_minute", value=2)
    for second in (0, 1, 2, 32, 33):
        call(MONDAY + timedelta(seconds=second), token_id=token_id)
    assert reasons(replayed()) == {("tenant requests/minute", "rate_limited"): 2}


def test_a_rate_that_is_tried_would_have_denied_as_its_bucket_refills(token_id: Any) -> None:
    RuleFactory(key="requests_per_minute", value=2, mode="observe")
    for second in (0, 0, 0, 30, 30):
        call(MONDAY + timedelta(seconds=second), token_id=token_id)
    result = replayed()
    assert result.denied.calls == 0
    assert {reason: tally.calls for reason, tally in result.would_deny.items()} == {
        ("tenant requests/minute", "rate_limited"): 2
    }


def test_a_smaller_output_limit_saves_what_the_rest_cost(token_id: Any) -> None:
    serve_model()  # at $1 per million tokens: 1,000 nano-USD each
    RuleFactory(key="max_tokens_out", value=20)
    AttemptFactory(at=MONDAY, token_id=token_id, input_tokens=100, output_tokens=50, cost_nano_usd=150_000)
    result = replayed()
    assert (result.denied.calls, result.shortened.calls) == (0, 1)
    assert result.cost_after_nano_usd == 120_000


def test_what_is_not_enforced_denies_nothing_but_is_counted(token_id: Any) -> None:
    BudgetFactory(dimension="requests", window="day", amount=1, mode="observe")
    for number in range(3):
        call(MONDAY + number * MINUTE, token_id=token_id)
    result = replayed()
    assert result.denied.calls == 0
    assert {reason: tally.calls for reason, tally in result.would_deny.items()} == {
        ("tenant requests/day", "budget_exceeded"): 2
    }


def test_each_user_and_team_has_meters_of_its_own(token_id: Any) -> None:
    team, users = TeamFactory(), [UserFactory(), UserFactory()]
    BudgetFactory(scope="plan", scope_id="PRO", per="user", dimension="requests", window="day", amount=2)
    BudgetFactory(scope="team", scope_id=str(team.pk), dimension="requests", window="week", amount=3)
    for number in range(6):
        call(MONDAY + number * MINUTE, token_id=token_id, user_id=users[number % 2].pk, team_id=team.pk)
    assert reasons(replayed()) == {
        ("team requests/week", "budget_exceeded"): 3,
    }


def test_a_tags_budget_and_rule_are_asked_of_the_calls_that_had_it(token_id: Any) -> None:
    for minute, tags in enumerate([["project=apollo"], ["cost-centre=7", "project=apollo"], [], ["place=x"]]):
        call(MONDAY + minute * MINUTE, token_id=token_id, tags=tags, input_tokens=20)
    BudgetFactory(scope="tag", scope_id="project=apollo", amount=1)
    assert reasons(replayed()) == {("tag project=apollo requests/day", "budget_exceeded"): 1}
    RuleFactory(scope="tag", scope_id="place=x", key="max_tokens_in", value=5)
    assert reasons(replayed())["tag place=x max_tokens_in", "input_too_large"] == 1
    RuleFactory(key="required_tags", value="project")
    assert reasons(replayed())["tenant required_tags", "tag_required"] == 2


def test_a_conversations_budget_and_rule_are_asked_of_the_calls_that_were_in_it(token_id: Any) -> None:
    for minute, name in enumerate(["one", "two", "one", None, "three"]):
        call(MONDAY + minute * MINUTE, token_id=token_id, conversation_id=name, input_tokens=20)
    BudgetFactory(scope="plan", scope_id="PRO", per="conversation", amount=1)
    assert reasons(replayed()) == {("plan requests/day", "budget_exceeded"): 1}
    RuleFactory(scope="conversation", scope_id="three", key="max_tokens_in", value=5)
    assert reasons(replayed())["conversation max_tokens_in", "input_too_large"] == 1


def test_each_tag_of_a_plans_budget_has_a_meter_of_its_own(token_id: Any) -> None:
    for minute, tags in enumerate([["project=apollo"], ["project=gemini"], ["place=x", "project=gemini"]]):
        call(MONDAY + minute * MINUTE, token_id=token_id, tags=tags)
    BudgetFactory(scope="plan", scope_id="PRO", per="tag", amount=1)
    assert reasons(replayed()) == {("plan requests/day of tag project=gemini", "budget_exceeded"): 1}


def test_only_the_tenant_that_is_asked_for_is_read_and_unknown_tokens_are_told(token_id: Any) -> None:
    call(MONDAY, token_id=token_id)
    call(MONDAY, token_id=None)
    call(MONDAY, tenant_id=birch().pk, token_id=token_id)
    assert replayed().total.calls == 3
    mine = replayed(tenant=alder())
    assert (mine.total.calls, mine.unknown) == (2, 1)


def test_a_bound_on_calls_stops_early_and_says_so(token_id: Any) -> None:
    for number in range(4):
        call(MONDAY + number * MINUTE, token_id=token_id)
    result = replayed(most_calls=3)
    assert (result.total.calls, result.stopped_early) == (3, True)


def test_progress_ends_at_the_end(token_id: Any) -> None:
    call(MONDAY, token_id=token_id)
    told: list[tuple[float, int]] = []
    replayed(progress=lambda share, calls: told.append((share, calls)))
    assert told[-1] == (1.0, 1)


@pytest.mark.parametrize("facts", [{"until": MONDAY}, {"plan": "NO-SUCH-PLAN"}])
def test_an_empty_period_and_an_unknown_plan_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        replayed(**facts)
