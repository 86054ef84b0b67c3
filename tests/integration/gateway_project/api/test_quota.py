"""Overrides, prepaid credit and requests for quota over the API: who may, what it does, and what is told of it."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from metering.ledger.windows import window_bounds
from metering.models import AuditEvent, Budget, BudgetOverride, Notice, QuotaRequest, Tenant, User
from metering.overview.quota_request import line_of_counter
from metering.policy.effective import effective_policy
from metering.policy.overrides.add import MOST_IN_FORCE
from metering.policy.overrides.counter import counter_of
from metering.policy.values import PolicySubject
from metering.quota_requests import ask as ask_module
from metering.types import Window
from tests.factories import BudgetFactory, MeterFactory, alder, birch
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
USD = 1_000_000_000


@pytest.fixture
def ops(db: Any) -> User:
    return super_admin()


@pytest.fixture
def bea(db: Any) -> User:
    """Alder's administrator."""
    return person(User.Role.TENANT_ADMIN)


@pytest.fixture
def ann(bea: User) -> User:
    """A member."""
    return person(token=bea.signup_token)


@pytest.fixture
def month(bea: User) -> Budget:
    """Alder's $50 a month."""
    return budget(amount=50 * USD)


def budget(**facts: Any) -> Budget:
    values = {"tenant": alder(), "scope": "tenant", "per": "tenant", "dimension": "cost", "window": "month"}
    made: Budget = BudgetFactory(**values | facts)
    return made


def limit_for(who: User, row: Budget, *, days: int = 0) -> int:
    """The budget's limit for a caller, in so many days."""
    assert who.tenant is not None
    assert who.signup_token is not None
    subject = PolicySubject(who.tenant.pk, who.signup_token.plan_tier_id, None, who.pk, who.signup_token.pk)
    [limit] = [each for each in effective_policy(subject, "LLM0_CHAT").limits if each.budget_id == row.pk]
    return limit.limit_at(now() + timedelta(days=days))


def status_of(row: Budget, who: User) -> list[dict[str, Any]]:
    lines = call("GET", "budgets", who=who).json()["results"]
    return [line for line in lines if line["budget"] == str(row.pk)]


class TestOverrides:
    def test_one_raises_the_limit_beside_the_amount_until_its_last_window_ends(
        self, ops: User, bea: User, month: Budget
    ) -> None:
        asked = {"budget": str(month.pk), "amount": "10.5", "windows": 1, "reason": "filing"}
        made = call("POST", "overrides", asked, who=ops)
        assert made.status_code == 201
        _, end = window_bounds(Window.MONTH, now())
        row = BudgetOverride.objects.get()
        assert (row.ends_at, row.amount, row.tenant_id) == (end, 10_500_000_000, alder().pk)
        month.refresh_from_db()
        assert month.amount == 50 * USD
        assert limit_for(bea, month) == 60_500_000_000
        assert limit_for(bea, month, days=32) == 50 * USD
        [status] = status_of(month, bea)
        assert (status["limit"], status["override"], status["remaining"]) == ("60.5", "10.5", "60.5")
        [limit] = [each for each in call("GET", "policy/effective", who=bea).json() if each["is_budget"]]
        assert (limit["value"], limit["override"]) == ("50", "10.5")

        [listed] = call("GET", f"overrides?budget={month.pk}", who=bea).json()["results"]
        assert (listed["amount"], listed["is_in_force"], "made_by" in listed) == ("10.5", True, False)
        removed = call("DELETE", f"overrides/{row.pk}", who=ops).json()
        assert (removed["removed_by"], removed["is_in_force"]) == (ops.email, False)
        assert limit_for(bea, month) == 50 * USD
        assert call("DELETE", f"overrides/{row.pk}", who=ops).status_code == 200
        actions = AuditEvent.objects.filter(object_type="BudgetOverride").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == ["override.added", "override.removed"]
        told = call("GET", "audit", who=bea).json()["results"]
        assert [each["sentence"] for each in told[:2]] == [
            "An operator took back $10.5 more of the month's cost budget of everybody at Alder Research",
            "An operator raised the month's cost budget of everybody at Alder Research by $10.5",
        ]

    def test_of_a_plans_budget_it_is_for_one_person_of_one_tenant_or_for_all_of_it(
        self, ops: User, bea: User, ann: User
    ) -> None:
        assert bea.signup_token is not None
        plan = bea.signup_token.plan_tier_id
        each = budget(tenant=None, scope="plan", scope_id=plan, per="user", window="day", amount=5 * USD)
        bob = person(tenant=birch())
        base = {"budget": str(each.pk), "amount": "1", "windows": 1}
        assert code_of(call("POST", "overrides", base, who=ops)) == (400, "invalid_request")
        one = call("POST", "overrides", {**base, "tenant": "alder", "subject": ann.email}, who=ops)
        assert one.json()["subject_id"] == str(ann.pk)
        assert [limit_for(who, each) for who in (ann, bea, bob)] == [6 * USD, 5 * USD, 5 * USD]
        call("POST", "overrides", {**base, "tenant": "alder", "amount": "2"}, who=ops)
        assert [limit_for(who, each) for who in (ann, bea, bob)] == [8 * USD, 7 * USD, 5 * USD]
        theirs = {**base, "tenant": "alder", "subject": bob.email}
        assert code_of(call("POST", "overrides", theirs, who=ops)) == (404, "not_found")

    @pytest.mark.parametrize(("per", "name"), [("conversation", "talk-7"), ("tag", "project=apollo")])
    def test_of_a_plans_budget_of_each_conversation_or_tag_it_may_be_for_one(
        self, ops: User, bea: User, per: str, name: str
    ) -> None:
        assert bea.signup_token is not None
        plan = bea.signup_token.plan_tier_id
        each = budget(tenant=None, scope="plan", scope_id=plan, per=per, window="day", amount=5 * USD)
        asked = {"budget": str(each.pk), "amount": "1", "windows": 1, "tenant": "alder", "subject": name}
        made = call("POST", "overrides", asked, who=ops)
        assert (made.status_code, made.json()["subject_id"]) == (201, name)
        policy = effective_policy(PolicySubject(alder().pk, plan, None, bea.pk, None), "LLM0_CHAT")
        tags, talk = ((), name) if per == "conversation" else ((name,), None)
        for labels, limit in (((tags, talk), 6 * USD), ((("place=x",), "another"), 5 * USD)):
            [line] = [one for one in policy.for_labels(*labels).limits if one.budget_id == each.pk]
            assert line.limit_at(now()) == limit

    @pytest.mark.parametrize(
        ("change", "param"),
        [
            ({"amount": "0"}, None),
            ({"amount": "x"}, "amount"),
            ({"windows": 0}, "windows"),
            ({"windows": 367}, "windows"),
            ({"tenant": "birch"}, "tenant"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, ops: User, month: Budget, change: dict[str, Any], param: str | None
    ) -> None:
        birch()
        refused = call(
            "POST", "overrides", {"budget": str(month.pk), "amount": "1", "windows": 1} | change, who=ops
        )
        assert code_of(refused) == (400, "invalid_request")
        assert param is None or refused.json()["error"]["param"] == param
        month.is_active = False
        month.save()
        off = call("POST", "overrides", {"budget": str(month.pk), "amount": "1"}, who=ops)
        assert code_of(off) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("old", "new", "window", "ends"),
    [
        ("Asia/Tokyo", "America/Los_Angeles", "day", ("2026-11-20T15:00", "2026-11-21T08:00")),
        ("America/Los_Angeles", "Asia/Tokyo", "day", ("2026-11-21T15:00", "2026-11-22T15:00")),
        ("Europe/Berlin", "America/New_York", "month", ("2026-12-01T05:00", "2027-01-01T05:00")),
    ],
)
def test_an_override_of_a_tenant_that_has_moved_begins_with_the_window_that_is_open(
    old: str, new: str, window: str, ends: tuple[str, str], db: Any
) -> None:
    moment = datetime(2026, 11, 20, 10, tzinfo=UTC)
    row = budget(window=window)
    MeterFactory(budget=row, at=moment, timezone=old)
    Tenant.objects.filter(pk=alder().pk).update(timezone=new)
    counter = counter_of(Budget.objects.get(pk=row.pk), tenant=alder(), subject=None)
    found = [counter.span(windows, moment)[1] for windows in (1, 2)]
    assert found == [datetime.fromisoformat(f"{end}+00:00") for end in ends]


def test_of_a_counter_that_is_asked_about_only_its_own_use_is_shown(db: Any) -> None:
    row = budget(per="agent", amount=100, dimension="tokens")
    for number, name in enumerate(("a", "b", "c")):
        MeterFactory(budget=row, subject_id=name, used=number)
    MeterFactory(budget=budget(dimension="tokens", window="day"), used=99)

    def used(subject: str | None) -> int | None:
        line = line_of_counter(alder(), row, subject, now=now())
        return line.status.used if line is not None else None

    assert [used(subject) for subject in ("b", None, "bb")] == [1, 2, None]


def test_a_top_up_adds_credit_once_for_each_payment_and_touches_nothing_used(ops: User, bea: User) -> None:
    credit = budget(window="total", amount=0)
    paid = {"budget": str(credit.pk), "amount": "100", "reference": "INV-7"}
    assert [call("POST", "top-ups", paid, who=ops).status_code for _ in range(2)] == [201, 200]
    call("POST", "top-ups", {**paid, "reference": "INV-8", "amount": "20"}, who=ops)
    assert code_of(call("POST", "top-ups", {**paid, "amount": "99"}, who=ops)) == (400, "invalid_request")
    another = {**paid, "budget": str(budget(window="total", amount=0, task_id="LLM2_DRAFT").pk)}
    assert code_of(call("POST", "top-ups", another, who=ops)) == (400, "invalid_request")
    [status] = status_of(credit, bea)
    assert (status["limit"], status["override"], status["used"]) == ("120", "120", "0")
    listed = call("GET", "top-ups", who=bea).json()["results"]
    assert [(each["reference"], each["amount"], each["ends_at"]) for each in listed] == [
        ("INV-8", "20", None),
        ("INV-7", "100", None),
    ]
    for other in (budget(), budget(window="total", dimension="requests", amount=5)):
        refused = call("POST", "top-ups", {**paid, "budget": str(other.pk)}, who=ops)
        assert code_of(refused) == (400, "invalid_request")
    assert code_of(call("POST", "top-ups", paid, who=bea)) == (403, "not_permitted")


def test_a_tenant_pays_beforehand_any_number_of_times(ops: User, bea: User) -> None:
    credit = budget(window="total", amount=0)
    facts: Any = {"budget": credit, "tenant": alder(), "amount": USD, "starts_at": now(), "made_by": "ops"}
    BudgetOverride.objects.bulk_create(
        BudgetOverride(kind="top_up", reference=str(number), subject_id=str(alder().pk), **facts)
        for number in range(MOST_IN_FORCE)
    )
    paid = {"budget": str(credit.pk), "amount": "1", "reference": "one more"}
    assert call("POST", "top-ups", paid, who=ops).status_code == 201
    other = {"budget": str(credit.pk), "amount": "2"}
    assert call("POST", "overrides", other, who=ops).status_code == 201
    assert limit_for(bea, credit) == (MOST_IN_FORCE + 3) * USD
    [status] = status_of(credit, bea)
    assert status["override"] == str(MOST_IN_FORCE + 3)
    BudgetOverride.objects.update(kind="override")
    assert code_of(call("POST", "overrides", other, who=ops)) == (400, "invalid_request")


class TestRequests:
    @pytest.fixture
    def asked(self, bea: User, month: Budget) -> dict[str, Any]:
        body = {"budget": str(month.pk), "amount": "15", "reason": "A filing.", "windows": 1}
        made = call("POST", "quota-requests", body, who=bea)
        assert made.status_code == 201
        answer: dict[str, Any] = made.json()
        return answer

    def test_operators_see_use_and_effect_and_approve_for_some_windows(
        self, ops: User, bea: User, month: Budget, asked: dict[str, Any]
    ) -> None:
        [notice] = Notice.objects.all()
        assert (notice.type, notice.audience) == ("quota_request.created", "super_admins")
        one = call("GET", f"quota-requests/{asked['id']}", who=ops).json()
        assert (one["state"], one["status"]["limit"], one["asked_by"]) == ("open", "50", bea.email)
        radius = call("GET", f"quota-requests/{asked['id']}/blast-radius", who=ops).json()
        assert (radius["tenants"], radius["tenant_names"]) == (1, ["alder"])
        assert not BudgetOverride.objects.exists()

        body = {"amount": "12", "answer": "Good luck."}
        done = call("POST", f"quota-requests/{asked['id']}/approve", body, who=ops).json()
        assert (done["state"], done["granted"], done["answer"]) == ("approved", "12", "Good luck.")
        assert limit_for(bea, month) == 62 * USD
        assert BudgetOverride.objects.get().reason == "A filing."
        notice = Notice.objects.get(type="quota_request.decided")
        assert (notice.audience, notice.tenant_id) == ("tenant_admins", alder().pk)
        again = call("POST", f"quota-requests/{asked['id']}/deny", {"answer": "No."}, who=ops)
        assert code_of(again) == (409, "conflict")
        assert limit_for(bea, month) == 62 * USD

    def test_for_good_changes_the_budget_itself(
        self, ops: User, bea: User, month: Budget, asked: dict[str, Any]
    ) -> None:
        done = call("POST", f"quota-requests/{asked['id']}/approve", {"for_good": True}, who=ops).json()
        month.refresh_from_db()
        assert (done["state"], month.amount, BudgetOverride.objects.count()) == ("for_good", 65 * USD, 0)
        assert AuditEvent.objects.filter(action="budget.set", object_id=str(month.pk)).exists()

    def test_a_denial_has_a_sentence(self, ops: User, bea: User, asked: dict[str, Any]) -> None:
        path = f"quota-requests/{asked['id']}/deny"
        assert code_of(call("POST", path, {"answer": " "}, who=ops)) == (400, "invalid_request")
        assert call("POST", path, {"answer": "60 were enough."}, who=ops).json()["state"] == "denied"
        assert call("GET", f"quota-requests/{asked['id']}", who=bea).json()["answer"] == "60 were enough."

    def test_one_is_open_for_each_budget_and_a_bounded_number_for_a_tenant(
        self, bea: User, month: Budget, asked: dict[str, Any]
    ) -> None:
        body = {"budget": str(month.pk), "amount": "1", "reason": "More."}
        assert code_of(call("POST", "quota-requests", body, who=bea)) == (409, "conflict")
        withdrawn = call("POST", f"quota-requests/{asked['id']}/withdraw", who=bea)
        assert withdrawn.json()["state"] == "withdrawn"
        assert call("POST", "quota-requests", body, who=bea).status_code == 201
        for number in range(4):
            other = budget(scope="agent", scope_id=f"agent {number}", per="agent")
            assert (
                call("POST", "quota-requests", {**body, "budget": str(other.pk)}, who=bea).status_code == 201
            )
        sixth = budget(dimension="requests", window="day")
        refused = call("POST", "quota-requests", {**body, "budget": str(sixth.pk)}, who=bea)
        assert code_of(refused) == (400, "invalid_request")

    def test_operators_are_not_told_without_end_of_requests_that_are_taken_back(
        self, bea: User, month: Budget, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ask_module, "MOST_AN_HOUR", 2)
        body = {"budget": str(month.pk), "amount": "1", "reason": "More."}
        call("POST", f"quota-requests/{asked['id']}/withdraw", who=bea)
        again = call("POST", "quota-requests", body, who=bea).json()
        call("POST", f"quota-requests/{again['id']}/withdraw", who=bea)
        assert code_of(call("POST", "quota-requests", body, who=bea)) == (429, "rate_limited")
        assert Notice.objects.filter(type="quota_request.created").count() == 2

    def test_members_ask_for_their_own_and_see_their_own(
        self, ops: User, bea: User, ann: User, month: Budget, asked: dict[str, Any]
    ) -> None:
        own = budget(scope="user", scope_id=str(ann.pk), per="user", window="day")
        others = budget(scope="user", scope_id=str(bea.pk), per="user", window="day")
        tenants = budget(scope="user", scope_id=str(ann.pk), per="user", set_by="tenant")
        shared = budget(tenant=None, scope="global", per="global")
        body = {"amount": "1", "reason": "More."}

        def ask(row: Budget, who: User) -> int:
            status: int = call("POST", "quota-requests", {**body, "budget": str(row.pk)}, who=who).status_code
            return status

        assert [ask(row, ann) for row in (own, others, tenants, shared)] == [201, 403, 403, 404]
        assert [ask(row, bea) for row in (tenants, shared)] == [403, 404]
        assert ask(own, ops) == 403
        pages = [call("GET", "quota-requests?state=open", who=who).json() for who in (ann, bea, ops)]
        assert [len(page["results"]) for page in pages] == [1, 2, 2]
        assert code_of(call("GET", f"quota-requests/{asked['id']}", who=ann)) == (404, "not_found")
        [mine] = call("GET", "quota-requests", who=ann).json()["results"]
        call("POST", f"quota-requests/{mine['id']}/approve", {"windows": None}, who=ops)
        told = Notice.objects.filter(type="quota_request.decided").values_list("audience", "user")
        assert set(told) == {("tenant_admins", None), ("person", ann.pk)}


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_answer_at_once_one_wins_and_the_other_is_told() -> None:
    ops, bea = super_admin(), person(User.Role.TENANT_ADMIN)
    month = budget(amount=50 * USD)
    body = {"budget": str(month.pk), "amount": "15", "reason": "A filing.", "windows": 1}
    asked = call("POST", "quota-requests", body, who=bea).json()
    barrier, answers = Barrier(2), []

    def answer(verb: str, body: dict[str, Any]) -> None:
        barrier.wait()
        answers.append(call("POST", f"quota-requests/{asked['id']}/{verb}", body, who=ops).status_code)
        connection.close()

    rivals = [
        Thread(target=answer, args=("approve", {})),
        Thread(target=answer, args=("deny", {"answer": "No."})),
    ]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sorted(answers) == [200, 409]
    row = QuotaRequest.objects.get()
    assert BudgetOverride.objects.count() == (1 if row.state == "approved" else 0)
    assert Tenant.objects.filter(pk=row.tenant_id).exists()
