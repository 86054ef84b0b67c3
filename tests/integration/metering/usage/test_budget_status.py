from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from metering.identity.find import find_token
from metering.identity.revoke_token import revoke_token
from metering.models import Tenant
from metering.usage.budget_status import budget_status
from tests.factories import (
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    UserFactory,
    alder,
    birch,
    concurrency_meter,
    make_plan,
    make_token,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def status(tenant: Tenant | None = None, *, at: datetime | None = None, with_shared: bool = True):
    rows = budget_status(now=at or now(), tenant=tenant, with_shared=with_shared)
    return [row.as_json() for row in rows]


def test_a_row_shows_what_the_meter_has_with_cost_in_dollars() -> None:
    budget = BudgetFactory(dimension="cost", window="month", amount=10_500_000_000)
    MeterFactory(budget=budget, used=2_000_000_001, held=300, overrun=4, unenforced=5)
    [row] = status(alder())
    assert (row["budget"], row["scope"], row["scope_id"]) == (str(budget.pk), "tenant", "alder")
    assert (row["dimension"], row["unit"], row["window"], row["hard"]) == ("cost", "usd", "month", True)
    amounts = [row[name] for name in ("limit", "used", "held", "overrun", "unenforced")]
    assert amounts == ["10.5", "2.000000001", "0.0000003", "0.000000004", "0.000000005"]


def test_counts_are_numbers() -> None:
    MeterFactory(budget=BudgetFactory(dimension="tokens", amount=100), used=7)
    [row] = status(alder())
    assert (row["limit"], row["used"], row["unit"]) == (100, 7, "tokens")


def test_only_the_window_that_is_open_is_shown_and_says_when_it_resets() -> None:
    moment = datetime(2026, 3, 10, 12, tzinfo=UTC)
    budget = BudgetFactory()
    for days, used in ((-1, 11), (0, 22), (1, 33)):
        MeterFactory(budget=budget, at=moment + days * DAY, used=used)
    [row] = status(alder(), at=moment)
    assert (row["used"], row["reset_at"]) == (22, datetime(2026, 3, 11, tzinfo=UTC))


def test_a_window_ends_for_its_own_meter_at_its_very_end() -> None:
    midnight = datetime(2026, 3, 11, tzinfo=UTC)
    MeterFactory(budget=BudgetFactory(), at=midnight - DAY / 2, used=9)
    [row] = status(alder(), at=midnight)
    assert row["used"] == 0


def test_a_budget_without_a_meter_has_an_empty_row_in_the_tenant_s_calendar() -> None:
    alder(timezone="Europe/Berlin")
    BudgetFactory(window="day")
    BudgetFactory(window="total")
    rows = {row["window"]: row for row in status(alder(), at=datetime(2026, 7, 1, 12, tzinfo=UTC))}
    assert (rows["day"]["used"], rows["day"]["reset_at"]) == (0, datetime(2026, 7, 1, 22, tzinfo=UTC))
    assert rows["total"]["reset_at"] is None


def test_a_plan_s_budget_applies_to_the_tenants_on_the_plan() -> None:
    make_token(alder(), plan="PRO")
    make_token(birch(), plan="BASIC")
    BudgetFactory(scope="plan", scope_id="PRO")
    [row] = status(alder())
    assert (row["scope"], row["scope_id"], row["tenant"], row["used"]) == ("plan", "PRO", "alder", 0)
    assert status(birch()) == []
    assert [row["tenant"] for row in status()] == ["alder"]


def test_a_plan_whose_last_token_was_revoked_applies_no_more() -> None:
    token = make_token(alder())
    MeterFactory(budget=BudgetFactory(scope="plan", scope_id="PRO"), tenant_id=alder().pk, used=3)
    assert len(status(alder())) == 1
    revoke_token(token=find_token(reference=token.prefix), actor="a test", now=now())
    assert status(alder()) == status() == []


def test_a_plan_s_budget_per_user_has_a_row_for_each_user_that_used_something() -> None:
    make_token(alder())
    budget = BudgetFactory(scope="plan", scope_id="PRO", per="user")
    assert status(alder()) == []
    users = [UserFactory(), UserFactory()]
    for used, user in enumerate(users, start=1):
        MeterFactory(budget=budget, tenant_id=alder().pk, subject_id=str(user.pk), used=used)
    rows = {row["subject_id"]: (row["subject_type"], row["used"]) for row in status(alder())}
    assert rows == {str(users[0].pk): ("user", 1), str(users[1].pk): ("user", 2)}


def test_concurrency_rules_are_shown_with_the_calls_in_flight() -> None:
    make_token(alder())
    rule = RuleFactory(scope="plan", scope_id="PRO", value=3)
    concurrency_meter(rule, alder(), held=2)
    [row] = status(alder())
    assert (row["dimension"], row["unit"], row["window"], row["reset_at"]) == (
        "concurrency",
        "calls",
        "none",
        None,
    )
    assert (row["budget"], row["limit"], row["held"]) == (str(rule.pk), 3, 2)


def test_inactive_budgets_and_rules_are_not_shown() -> None:
    MeterFactory(budget=BudgetFactory(is_active=False), used=1)
    concurrency_meter(RuleFactory(is_active=False), alder(), held=1)
    assert status(alder()) == status() == []


class TestTenantsNeverSeeEachOther:
    @pytest.fixture(autouse=True)
    def _both_use_everything(self) -> None:
        make_plan("PRO")
        shared_plan = BudgetFactory(scope="plan", scope_id="PRO")
        rule = RuleFactory(scope="plan", scope_id="PRO")
        for tenant in (alder(), birch()):
            make_token(tenant)
            own = BudgetFactory(tenant=tenant)
            MeterFactory(budget=own, used=10)
            MeterFactory(budget=shared_plan, tenant_id=tenant.pk, used=20)
            agents = BudgetFactory(tenant=tenant, scope="agent", scope_id="agent:1")
            MeterFactory(budget=agents, used=30)
            concurrency_meter(rule, tenant, held=1)

    def test_each_sees_its_own_rows_only(self) -> None:
        for tenant in (alder(), birch()):
            rows = status(tenant)
            assert len(rows) == 4
            assert {row["tenant"] for row in rows} == {tenant.slug}

    def test_the_operator_sees_both(self) -> None:
        rows = status()
        assert [len([row for row in rows if row["tenant"] == slug]) for slug in ("alder", "birch")] == [4, 4]

    def test_what_all_used_together_is_shown_only_to_those_who_may_see_it(self) -> None:
        MeterFactory(budget=BudgetFactory(scope="global"), used=99)
        BudgetFactory(scope="provider", scope_id="sandbox")
        shared = [row["scope"] for row in status(alder()) if row["tenant"] is None]
        assert shared == ["global", "provider"]
        assert all(row["tenant"] == "alder" for row in status(alder(), with_shared=False))
        assert all(row["tenant"] for row in status(with_shared=False))


def test_the_number_of_queries_does_not_grow_with_budgets_and_meters(django_assert_num_queries) -> None:
    make_token(alder())
    for window in ("hour", "day", "week", "month"):
        MeterFactory(budget=BudgetFactory(window=window), used=1)
    tenant = alder()
    with django_assert_num_queries(4):  # plans, budgets, rules, meters
        assert len(status(tenant)) == 4
