import pytest
from django.utils.timezone import now

from metering.errors import InvalidRequest, NotFound
from metering.models import AuditEvent, Budget
from metering.policy.edit.set_budget import BudgetSet, parse_amount, set_budget
from metering.policy.edit.target import PolicyTarget, find_target
from metering.types import MAX_AMOUNT, Scope
from tests.factories import (
    ProviderFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    make_token,
    reference_data,
)

pytestmark = pytest.mark.django_db


def set_for(target: PolicyTarget, *, dimension: str = "cost", amount: str = "10", **facts) -> BudgetSet:
    return set_budget(
        target=target, dimension=dimension, window="day", amount=amount, actor="a test", now=now(), **facts
    )


class TestTheSameAgain:
    def test_another_amount_changes_the_same_budget(self) -> None:
        target = PolicyTarget(scope=Scope.TENANT, tenant=alder())
        first, again = set_for(target), set_for(target, amount="12.5", soft=True)
        assert (first.created, again.created) == (True, False)
        assert Budget.objects.get().pk == first.budget.pk == again.budget.pk
        assert (again.budget.amount, again.budget.hard) == (12_500_000_000, False)

    def test_the_same_amount_leaves_no_second_trace(self) -> None:
        target = PolicyTarget(scope=Scope.GLOBAL)
        set_for(target)
        set_for(target)
        [event] = AuditEvent.objects.filter(action="budget.set")
        assert event.facts["before"] is None
        assert event.facts["after"] == {"amount": 10**10, "hard": True, "is_active": True}

    def test_an_inactive_budget_is_active_again(self) -> None:
        target = PolicyTarget(scope=Scope.GLOBAL)
        set_for(target)
        Budget.objects.update(is_active=False)
        assert set_for(target).budget.is_active

    def test_other_tenants_tasks_classes_and_dimensions_have_budgets_of_their_own(self) -> None:
        reference_data()
        for tenant in (alder(), birch()):
            target = PolicyTarget(scope=Scope.TENANT, tenant=tenant)
            set_for(target)
            set_for(target, task="LLM0_CHAT")
            set_for(target, model_class="PRO_M")
            set_for(target, dimension="requests")
        assert Budget.objects.count() == 8


class TestTheManner:
    def test_is_the_usual_one_unless_it_is_said(self) -> None:
        budget = set_for(PolicyTarget(scope=Scope.GLOBAL)).budget
        assert (budget.mode, budget.enforce_percent, budget.thresholds) == ("enforce", 100, [80, 95, 100])

    def test_is_what_was_said(self) -> None:
        target = PolicyTarget(scope=Scope.GLOBAL)
        budget = set_for(target, mode="observe", enforce_percent=25, thresholds=[50]).budget
        assert (budget.mode, budget.enforce_percent, budget.thresholds) == ("observe", 25, [50])

    def test_stays_when_only_the_amount_is_changed(self) -> None:
        target = PolicyTarget(scope=Scope.GLOBAL)
        set_for(target, mode="warn", enforce_percent=25, thresholds=[])
        budget = set_for(target, amount="11").budget
        assert (budget.mode, budget.enforce_percent, budget.thresholds) == ("warn", 25, [])

    @pytest.mark.parametrize(
        ("facts", "sentence"),
        [
            ({"mode": "loose"}, "observe, warn, enforce"),
            ({"enforce_percent": 101}, "from 0 to 100"),
            ({"thresholds": [0]}, "percentages from 1 to"),
            ({"thresholds": [80] * 99}, "at most"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, facts: dict[str, object], sentence: str) -> None:
        with pytest.raises(InvalidRequest, match=sentence):
            set_for(PolicyTarget(scope=Scope.GLOBAL), **facts)


class TestTargets:
    def test_the_flags_say_whose_use_is_counted(self) -> None:
        tenant, provider = alder(), ProviderFactory()
        team, user, token = TeamFactory(), UserFactory(), make_token()
        found = {
            (target.scope.value, target.scope_id): target.per.value
            for target in (
                find_target(),
                find_target(provider=provider.name),
                find_target(tenant="alder"),
                find_target(tenant="alder", team=team.slug),
                find_target(tenant="alder", user=user.email),
                find_target(tenant="alder", token=token.prefix),
                find_target(tenant="alder", agent="agent:7"),
                find_target(tenant="alder", tag=" project = apollo"),
                find_target(tenant="alder", conversation="talk:7"),
            )
        }
        assert found == {
            ("global", ""): "global",
            ("provider", "sandbox"): "provider",
            ("tenant", ""): "tenant",
            ("team", str(team.pk)): "team",
            ("user", str(user.pk)): "user",
            ("token", str(token.id)): "token",
            ("agent", "agent:7"): "agent",
            ("tag", "project=apollo"): "tag",
            ("conversation", "talk:7"): "conversation",
        }
        assert find_target(tenant="alder", agent="x").tenant == tenant

    @pytest.mark.parametrize(
        "words",
        [
            {"tenant": "alder", "provider": "sandbox"},
            {"tenant": "alder", "team": "a", "user": "b"},
            {"agent": "nobody's"},
            {"tag": "project=apollo"},
            {"tenant": "alder", "tag": "project"},
            {"conversation": "talk:7"},
            {"tenant": "alder", "conversation": "talk\n7"},
            {"tenant": "alder", "tag": "a=b", "agent": "c"},
        ],
    )
    def test_words_that_contradict_each_other_are_refused(self, words: dict[str, str]) -> None:
        alder()
        with pytest.raises(InvalidRequest):
            find_target(**words)

    def test_another_tenant_s_team_user_and_token_are_not_found(self) -> None:
        birch()
        words = {
            "team": str(TeamFactory().pk),
            "user": str(UserFactory().pk),
            "token": str(make_token(alder()).id),
            "provider": "unknown",
        }
        for name, value in words.items():
            with pytest.raises(NotFound):
                find_target(tenant=None if name == "provider" else "birch", **{name: value})


class TestAmounts:
    @pytest.mark.parametrize(
        ("dimension", "text", "units"),
        [
            ("cost", "0.000000001", 1),
            ("cost", "1e2", 10**11),
            ("cost", "4611686018.427387904", MAX_AMOUNT),
            ("tokens", str(MAX_AMOUNT), MAX_AMOUNT),
            ("requests", "0", 0),
        ],
    )
    def test_amounts_are_exact(self, dimension: str, text: str, units: int) -> None:
        assert parse_amount(dimension, text) == units

    @pytest.mark.parametrize(
        ("dimension", "text"),
        [
            ("cost", "0.0000000001"),
            ("cost", "4611686018.427387905"),
            ("cost", "-1"),
            ("cost", "NaN"),
            ("cost", "1e999999"),
            ("requests", "1.5"),
            ("tokens", str(MAX_AMOUNT + 1)),
            ("tokens", "many"),
        ],
    )
    def test_what_cannot_be_kept_exactly_is_refused(self, dimension: str, text: str) -> None:
        with pytest.raises(InvalidRequest):
            parse_amount(dimension, text)

    def test_unknown_words_are_refused(self) -> None:
        target = PolicyTarget(scope=Scope.GLOBAL)
        with pytest.raises(InvalidRequest, match="'concurrency' is not a dimension"):
            set_for(target, dimension="concurrency")
        with pytest.raises(NotFound, match="LLM9"):
            set_for(target, task="LLM9")
