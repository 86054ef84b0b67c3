from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from metering.identity.find import find_token
from metering.identity.tokens.revoke_token import revoke_token
from metering.ids import uuid7
from metering.models import Tenant
from metering.usage.budget_status import budget_status
from metering.usage.subjects import Subjects
from tests.factories import (
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    TeamFactory,
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
        BudgetFactory(scope="plan", scope_id="PRO")
        rule = RuleFactory(scope="plan", scope_id="PRO")
        for tenant in (alder(), birch()):
            make_token(tenant)
            own = BudgetFactory(tenant=tenant)
            MeterFactory(budget=own, used=10)
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
        assert sorted(shared) == ["global", "provider"]
        assert all(row["tenant"] == "alder" for row in status(alder(), with_shared=False))
        assert all(row["tenant"] for row in status(with_shared=False))


def test_the_number_of_queries_does_not_grow_with_budgets_and_meters(django_assert_num_queries) -> None:
    make_token(alder())
    for window in ("hour", "day", "week", "month"):
        MeterFactory(budget=BudgetFactory(window=window), used=1)
    tenant = alder()
    with django_assert_num_queries(5):  # plans, those in use, budgets, rules, meters
        assert len(status(tenant)) == 4


def test_percent_and_what_remains() -> None:
    MeterFactory(budget=BudgetFactory(dimension="tokens", amount=300), used=100, held=50)
    MeterFactory(budget=BudgetFactory(dimension="requests", amount=0))
    concurrency_meter(RuleFactory(value=4), alder(), held=3)
    rows = {row["dimension"]: (row["percent"], row["remaining"]) for row in status(alder())}
    assert rows == {"tokens": (33.3, 150), "requests": (100.0, 0), "concurrency": (75.0, 1)}


@pytest.mark.parametrize(("scope", "name"), [("tag", "project=apollo"), ("conversation", str(uuid7()))])
def test_a_tags_or_conversations_budget_and_its_limit_on_calls_at_once_have_rows_by_its_name(
    scope: str, name: str
) -> None:
    make_token(alder())
    apollo = {"scope": scope, "scope_id": name}
    MeterFactory(budget=BudgetFactory(**apollo, amount=10), used=4)
    BudgetFactory(scope=scope, scope_id="another", amount=10)
    concurrency_meter(RuleFactory(**apollo, key="max_concurrent", value=3), alder(), held=2)
    RuleFactory(**apollo, key="max_concurrent", value=2, conditions={"hours": "00:00-24:00"})
    rows = [
        (row["scope_id"], row["dimension"], row["limit"], row["used"], row["held"]) for row in status(alder())
    ]
    assert sorted(rows) == sorted(
        [
            (name, "concurrency", 2, 0, 2),
            (name, "requests", 10, 4, 0),
            ("another", "requests", 10, 0, 0),
        ]
    )


def test_rows_can_be_read_on_from_any_of_them() -> None:
    make_token(alder())
    for tenant in (alder(), birch()):
        agents = BudgetFactory(tenant=tenant, scope="agent", scope_id="\u00e9:Z")
        MeterFactory(budget=agents, used=1)
    users = BudgetFactory(scope="plan", scope_id="PRO", per="user")
    for name in ("b", "B", "a", "\u00e4", "Z"):
        MeterFactory(budget=users, tenant_id=alder().pk, subject_id=name)
    BudgetFactory(scope="plan", scope_id="PRO", window="week")
    BudgetFactory(scope="global")
    whole = list(budget_status(now=now()))
    assert len(whole) == 9
    assert [row.key for row in whole] == sorted(row.key for row in whole)
    for place, row in enumerate(whole, start=1):
        assert list(budget_status(now=now(), after=row.key)) == whole[place:]


def test_of_what_calls_name_only_the_fullest_are_read_where_so_many_are_enough() -> None:
    talks = BudgetFactory(per="conversation", window="total", amount=100)
    for name, used in (("a", 5), ("b", 90), ("c", 60)):
        MeterFactory(budget=talks, subject_id=name, used=used)
    agent = MeterFactory(budget=BudgetFactory(scope="agent", scope_id="a", window="total"), used=1)
    users = BudgetFactory(per="user", window="total")
    for name in ("x", "y", "z"):
        MeterFactory(budget=users, subject_id=name)
    found = [row.key.subject_id for row in budget_status(now=now(), tenant=alder(), most_told=2)]
    assert sorted(found) == sorted(["b", "c", agent.subject_id, "x", "y", "z"])


def test_limits_can_be_picked() -> None:
    day, _ = BudgetFactory(window="day"), BudgetFactory(window="total")
    rows = budget_status(now=now(), tenant=alder(), where=lambda limit: limit.window == "day")
    assert [row.limit.id for row in rows] == [day.pk]


class TestOfOneCaller:
    """What a member is shown: the tenant's, its own and its teams'."""

    @staticmethod
    def of(**facts: object) -> list[tuple[str, str, int]]:
        subjects = Subjects(tenant_id=alder().pk, plan="PRO", **facts)
        rows = budget_status(now=now(), tenant=alder(), with_shared=False, of=subjects)
        return sorted((row.limit.scope.value, row.key.subject_type, row.used) for row in rows)

    def test_a_person_sees_the_tenant_s_its_own_and_its_teams_budgets(self) -> None:
        make_token(alder())
        me, other = UserFactory(), UserFactory()
        mine, theirs = TeamFactory(), TeamFactory()
        MeterFactory(budget=BudgetFactory(), used=1)
        for used, person in ((2, me), (3, other)):
            MeterFactory(budget=BudgetFactory(scope="user", scope_id=str(person.pk)), used=used)
        for used, team in ((4, mine), (5, theirs)):
            MeterFactory(budget=BudgetFactory(scope="team", scope_id=str(team.pk)), used=used)
        MeterFactory(budget=BudgetFactory(scope="agent", scope_id="a"), used=6)
        found = self.of(user_id=me.pk, team_ids=frozenset({mine.pk}))
        assert found == [
            ("agent", "agent", 6),
            ("team", "team", 4),
            ("tenant", "tenant", 1),
            ("user", "user", 2),
        ]

    def test_of_a_plan_s_budget_per_user_everybody_sees_the_own_meter_also_before_it_counts(self) -> None:
        make_token(alder())
        budget = BudgetFactory(scope="plan", scope_id="PRO", per="user")
        me, other = UserFactory(), UserFactory()
        MeterFactory(budget=budget, tenant_id=alder().pk, subject_id=str(other.pk), used=9)
        assert self.of(user_id=me.pk) == [("plan", "user", 0)]
        MeterFactory(budget=budget, tenant_id=alder().pk, subject_id=str(me.pk), used=1)
        assert self.of(user_id=me.pk) == [("plan", "user", 1)]

    def test_a_token_without_a_user_is_counted_as_one(self) -> None:
        token = make_token(alder())
        BudgetFactory(scope="plan", scope_id="PRO", per="user")
        assert self.of(token_id=token.id) == [("plan", "user", 0)]

    def test_another_plan_s_and_shared_budgets_are_not_shown(self) -> None:
        make_token(alder())
        make_token(alder(), plan="BASIC")
        BudgetFactory(scope="plan", scope_id="BASIC")
        MeterFactory(budget=BudgetFactory(scope="global"), used=9)
        BudgetFactory(scope="plan", scope_id="PRO", per="agent")
        BudgetFactory(scope="plan", scope_id="PRO", per="conversation")
        assert self.of() == []

    def test_the_calls_in_flight_of_the_tenant_are_shown(self) -> None:
        make_token(alder())
        concurrency_meter(RuleFactory(scope="plan", scope_id="PRO"), alder(), held=2)
        assert self.of() == [("plan", "tenant", 0)]
