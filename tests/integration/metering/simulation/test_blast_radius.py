"""What a change would do before it is made: whom it concerns, who is above it, and what it would have denied."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from metering.errors import InvalidRequest
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.ledger.partitions import create_statements
from metering.models import AuditEvent, Budget, PolicyDecision, PolicyRule, Tenant
from metering.policy.edit.target import find_target
from metering.simulation import both_ways
from metering.simulation.blast_radius import BlastRadius, blast_radius, radius_facts
from metering.simulation.change import Change, budget_change, off_change, plan_change, rule_change, suspension
from metering.simulation.use_by_subject import Counted, use_by_subject
from metering.types import Dimension, Scope, SubjectType
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    make_token,
    reference_data,
)
from tests.served import serve_model

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)
TODAY = NOW.replace(hour=9)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    with connection.cursor() as cursor:
        for statement in create_statements(NOW.date().replace(day=1)):
            cursor.execute(statement)  # in the test's transaction: gone when it ends
    reference_data()


@pytest.fixture
def token_id() -> Any:
    return make_token().id


def calls(at: datetime, times: int, **facts: Any) -> None:
    for number in range(times):
        AttemptFactory(at=at + number * MINUTE, cost_nano_usd=1_000_000_000, **facts)


def requests_a_day(amount: int, *, tenant: str | None = "alder", **facts: Any) -> Change:
    return budget_change(
        target=find_target(tenant=tenant),
        dimension="requests",
        window="day",
        amount=str(amount),
        now=NOW,
        **facts,
    )


def look(change: Change, **facts: Any) -> BlastRadius:
    """With time for everything, however busy the machine is."""
    return blast_radius(change, now=NOW, **{"within_s": 300.0, **facts})


def denied(radius: BlastRadius) -> tuple[int, int]:
    return radius.denied.calls, radius.denied.cost_nano_usd // 1_000_000_000


class TestABudget:
    def test_would_have_denied_what_is_beyond_it_in_each_window(self, token_id: Any) -> None:
        calls(TODAY - DAY, 5, token_id=token_id)
        calls(TODAY, 4, token_id=token_id)
        radius = look(requests_a_day(3))
        assert (radius.calls.calls, denied(radius)) == (9, (3, 3))

    def test_leaves_nothing_of_itself(self, token_id: Any) -> None:
        look(requests_a_day(3))
        assert not Budget.objects.exists()
        assert not AuditEvent.objects.filter(action="budget.set").exists()

    def test_names_who_is_above_it_already_by_the_meter(self, token_id: Any) -> None:
        budget = BudgetFactory(amount=100)
        MeterFactory(budget=budget, at=NOW, used=40)
        radius = look(requests_a_day(40))
        assert [(above.name, above.used, above.limit) for above in radius.above.found] == [("alder", 40, 40)]
        assert not look(requests_a_day(41)).above.found

    def test_names_who_is_above_it_already_by_the_log_where_nothing_was_limited_before(
        self, token_id: Any
    ) -> None:
        make_token(birch())
        ann = UserFactory(email="ann@alder.example")
        calls(TODAY, 3, user_id=ann.pk, token_id=token_id)
        calls(TODAY - DAY, 9, user_id=UserFactory().pk, token_id=token_id)
        change = budget_change(
            target=find_target(plan="PRO"),
            dimension="requests",
            window="day",
            amount="3",
            per="user",
            now=NOW,
        )
        assert [above.name for above in look(change).above.found] == ["ann@alder.example"]

    def test_of_a_tag_is_about_the_calls_that_have_it(self, token_id: Any) -> None:
        calls(TODAY, 3, token_id=token_id, tags=["cost-centre=7", "project=apollo"])
        calls(TODAY, 4, token_id=token_id, tags=["project=gemini"])
        change = budget_change(
            target=find_target(tenant="alder", tag="project=apollo"),
            dimension="requests",
            window="day",
            amount="1",
            now=NOW,
        )
        radius = look(change)
        assert (radius.calls.calls, radius.denied.calls) == (3, 2)
        assert [(above.name, above.used) for above in radius.above.found] == [("project=apollo", 3)]

    def test_of_a_month_is_as_full_at_the_beginning_as_it_was(self, token_id: Any) -> None:
        calls(NOW.replace(day=2), 4, token_id=token_id)
        calls(TODAY, 2, token_id=token_id)
        change = budget_change(
            target=find_target(tenant="alder"), dimension="requests", window="month", amount="5", now=NOW
        )
        radius = look(change)
        assert (radius.calls.calls, radius.denied.calls, radius.windows_unknown) == (2, 1, False)

    def test_that_is_raised_lets_pass_what_it_would_deny(self, token_id: Any) -> None:
        BudgetFactory(amount=1)
        calls(TODAY, 3, token_id=token_id)
        radius = look(requests_a_day(2))
        assert (radius.denied.calls, radius.let_pass.calls) == (0, 1)

    def test_that_is_switched_off_lets_pass_what_it_would_deny_and_says_what_it_did_deny(
        self, token_id: Any
    ) -> None:
        budget = BudgetFactory(amount=1)
        calls(TODAY, 3, token_id=token_id)
        denial = {
            "verdict": "denied",
            "mode": "enforce",
            "first_at": NOW,
            "last_at": NOW,
            "rule_id": budget.pk,
        }
        PolicyDecision.objects.create(minute=TODAY, tenant_id=alder().pk, task="LLM0_CHAT", count=7, **denial)
        radius = look(off_change(budget, now=NOW))
        assert (radius.denied.calls, radius.let_pass.calls, radius.denied_then) == (0, 2, 7)
        assert Budget.objects.get().is_active

    def test_is_not_blamed_for_what_another_limit_denies(self, token_id: Any) -> None:
        BudgetFactory(dimension="tokens", amount=1)
        calls(TODAY, 3, token_id=token_id)
        assert look(requests_a_day(10)).denied.calls == 0

    def test_of_a_person_concerns_that_ones_calls_only(self, token_id: Any) -> None:
        ann = UserFactory(email="ann@alder.example")
        calls(TODAY, 2, user_id=ann.pk, token_id=token_id)
        calls(TODAY, 5, user_id=UserFactory().pk, token_id=token_id)
        change = budget_change(
            target=find_target(tenant="alder", user=ann.email),
            dimension="requests",
            window="day",
            amount="1",
            now=NOW,
        )
        radius = look(change)
        assert (radius.calls.calls, radius.denied.calls, radius.affected.people) == (2, 1, 1)

    def test_of_a_tag_concerns_the_calls_that_carry_it(self, token_id: Any) -> None:
        calls(TODAY, 3, token_id=token_id, tags=["project=apollo"])
        calls(TODAY, 4, token_id=token_id)
        change = budget_change(
            target=find_target(tenant="alder", tag="project=apollo"),
            dimension="requests",
            window="day",
            amount="2",
            now=NOW,
        )
        radius = look(change)
        assert (radius.calls.calls, radius.denied.calls) == (3, 1)
        assert [above.name for above in radius.above.found] == ["project=apollo"]

    def test_of_a_plan_concerns_its_tenants(self, token_id: Any) -> None:
        make_token(birch(), plan="BASIC")
        calls(TODAY, 3, token_id=token_id)
        calls(TODAY, 3, tenant_id=birch().pk)
        change = budget_change(
            target=find_target(plan="PRO"), dimension="requests", window="day", amount="1", now=NOW
        )
        radius = look(change)
        assert (radius.affected.tenant_names, radius.affected.tokens) == (("alder",), 1)
        assert (radius.calls.calls, radius.denied.calls) == (3, 2)

    def test_that_makes_no_sense_is_refused_as_at_every_door(self) -> None:
        alder()
        with pytest.raises(InvalidRequest):
            look(requests_a_day(-1))

    @pytest.mark.parametrize(
        ("tenant", "amount", "asks"), [(None, 0, True), (None, 1, False), ("alder", 0, False)]
    )
    def test_of_zero_for_the_gateway_asks_twice(self, tenant: str | None, amount: int, asks: bool) -> None:
        alder()
        assert look(requests_a_day(amount, tenant=tenant)).asks_twice is asks


class TestARule:
    def test_would_have_denied_what_it_forbids(self, token_id: Any) -> None:
        calls(TODAY, 2, token_id=token_id, input_tokens=500)
        calls(TODAY, 1, token_id=token_id, input_tokens=50)
        change = rule_change(target=find_target(tenant="alder"), key="max_tokens_in", value=100, now=NOW)
        assert look(change).denied.calls == 2
        assert not PolicyRule.objects.exists()

    def test_that_takes_the_place_of_a_tighter_one_lets_pass(self, token_id: Any) -> None:
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_in", value=100)
        calls(TODAY, 2, token_id=token_id, input_tokens=500)
        change = rule_change(target=find_target(tenant="alder"), key="max_tokens_in", value=1_000, now=NOW)
        radius = look(change)
        assert (radius.denied.calls, radius.let_pass.calls) == (0, 2)

    def test_without_a_condition_about_use_asks_nothing_of_budgets(self, token_id: Any) -> None:
        BudgetFactory(dimension="cost", window="month", amount=1)
        calls(TODAY, 2, token_id=token_id, input_tokens=500)
        change = rule_change(target=find_target(tenant="alder"), key="max_tokens_in", value=100, now=NOW)
        assert look(change).windows_unknown is False
        when = {"usage": {"budget": "cost/month", "from_percent": 50}}
        assert look(
            rule_change(
                target=find_target(tenant="alder"), key="max_tokens_in", value=100, now=NOW, when=when
            )
        ).windows_unknown

    def test_about_output_says_how_many_answers_it_would_have_cut(self, token_id: Any) -> None:
        serve_model()
        calls(TODAY, 2, token_id=token_id, output_tokens=20)
        change = rule_change(target=find_target(tenant="alder"), key="max_tokens_out", value=10, now=NOW)
        radius = look(change)
        assert radius.denied.calls == 0
        assert radius.shortened.calls == 2

    def test_of_zero_for_the_gateway_asks_twice(self) -> None:
        assert look(rule_change(target=find_target(), key="max_concurrent", value=0, now=NOW)).asks_twice


class TestAnotherPlan:
    def test_would_have_denied_what_it_does_not_contain(self, token_id: Any) -> None:
        make_plan("SMALL", classes=("BASE_S",))
        calls(TODAY, 2, token_id=token_id, model_class="ADVANCED")
        calls(TODAY, 1, token_id=token_id)
        assert look(plan_change(tenant=alder(), plan="SMALL")).denied.calls == 2

    def test_names_whom_its_budgets_would_stop_at_once(self, token_id: Any) -> None:
        make_plan("SMALL")
        BudgetFactory(scope="plan", scope_id="SMALL", amount=2)
        calls(TODAY, 3, token_id=token_id)
        radius = look(plan_change(tenant=alder(), plan="SMALL"))
        assert [above.name for above in radius.above.found] == ["alder"]
        assert radius.denied.calls == 1


class TestASuspension:
    def test_refuses_every_call_of_the_tenant(self, token_id: Any) -> None:
        UserFactory()
        calls(TODAY, 3, token_id=token_id)
        calls(TODAY, 3, tenant_id=birch().pk)
        radius = look(suspension(alder()))
        assert (radius.affected.people, radius.affected.tokens, denied(radius)) == (1, 1, (3, 3))

    def test_of_a_tenant_that_is_suspended_concerns_nobody_more(self, token_id: Any) -> None:
        set_tenant_status(tenant=alder(), status=Tenant.Status.SUSPENDED, actor="a test", now=NOW)
        assert look(suspension(alder())).affected.tokens == 0


class TestASample:
    def test_for_a_budget_is_of_the_newest_calls_and_says_so(
        self, token_id: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(both_ways, "MOST_LINES", 4)
        calls(TODAY - DAY, 5, token_id=token_id)
        calls(TODAY, 3, token_id=token_id)
        radius = look(requests_a_day(2))
        assert (radius.sampled, radius.calls.calls, radius.of_calls) == (True, 4, 8)
        assert radius.asked_since < radius.since

    def test_for_a_budget_begins_with_what_was_used_of_its_first_window(
        self, token_id: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(both_ways, "MOST_LINES", 2)
        calls(TODAY, 5, token_id=token_id)
        radius = look(requests_a_day(4))
        assert (radius.calls.calls, radius.denied.calls) == (2, 1)

    def test_for_a_rule_is_spread_over_all_the_days_and_weighed_by_their_calls(
        self, token_id: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(both_ways, "MOST_ATTEMPTS", both_ways.STRETCHES)
        for day in range(6):  # two of three are long
            calls(TODAY - day * DAY, 20, token_id=token_id, input_tokens=500)
            calls(TODAY - day * DAY + timedelta(hours=4), 10, token_id=token_id, input_tokens=5)
        radius = look(
            rule_change(target=find_target(tenant="alder"), key="max_tokens_in", value=100, now=NOW)
        )
        assert (radius.sampled, radius.of_calls) == (True, 180)
        assert radius.calls.calls < 20
        assert (radius.since, radius.until) == (radius.asked_since, radius.asked_until)
        assert radius.estimate is not None
        assert radius.estimate.denied.calls == 120

    @pytest.mark.parametrize("kind", ["budget", "rule"])
    def test_ends_when_there_is_no_time_left(self, token_id: Any, kind: str) -> None:
        calls(TODAY, 3, token_id=token_id)
        rule = rule_change(target=find_target(tenant="alder"), key="max_tokens_in", value=1, now=NOW)
        radius = look(rule if kind == "rule" else requests_a_day(2), within_s=0)
        assert (radius.sampled, radius.calls.calls, radius.of_calls) == (True, 0, 3)


@pytest.mark.parametrize("per", SubjectType)
def test_whosever_use_a_budget_counts_can_be_told_by_the_log(token_id: Any, per: SubjectType) -> None:
    calls(TODAY, 1, token_id=token_id, tags=["project=apollo"])
    counted = Counted(per, Dimension.REQUESTS)
    assert list(use_by_subject(counted, tenants=None, since=NOW - DAY, until=NOW).values()) == [1]


def test_facts_are_in_dollars_and_names(token_id: Any) -> None:
    calls(TODAY, 3, token_id=token_id)
    facts = radius_facts(look(requests_a_day(2)))
    assert (facts["denied"], facts["denied_cost_usd"], facts["tenant_names"]) == (1, "1", ["alder"])


def test_a_change_of_several_rows_concerns_every_limit(token_id: Any) -> None:
    calls(TODAY, 3, token_id=token_id, input_tokens=500)

    def both() -> None:
        requests_a_day(1).apply()  # type: ignore[misc]
        RuleFactory(key="max_tokens_in", value=100)

    radius = look(Change(scope=Scope.TENANT, tenant=alder(), apply=both))
    assert radius.denied.calls == 3
