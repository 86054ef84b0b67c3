"""A month's statement: what the reports and the ledger say, once and for good; what comes later is on the next one."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils.timezone import now as right_now

from metering.alerts.address import address_alerts
from metering.alerts.deliver import deliver_due
from metering.alerts.email import EmailChannel
from metering.errors import InvalidRequest
from metering.models import (
    AuditEvent,
    BillingProfile,
    LedgerEntry,
    LedgerPeriod,
    Notice,
    Statement,
    Tenant,
    User,
)
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import Counter, counter_of
from metering.policy.overrides.remove import remove_override
from metering.policy.overrides.top_up import top_up
from metering.statements.budget_table import budget_table
from metering.statements.change_profile import change_profile
from metering.statements.csv_file import statement_csv
from metering.statements.document import document_of
from metering.statements.figures import BudgetLine, Figures, digest_of, figures_of
from metering.statements.issue import issue_statement
from metering.statements.issue_due import issue_due
from metering.statements.months import bounds_of, month_after, month_before
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary
from tests.factories import BudgetFactory, MeterFactory, TeamFactory, TenantFactory, UserFactory, alder, birch
from tests.mail import mail_server_in_use
from tests.support.ended_calls import corrected, expired, settled, trued_up

pytestmark = pytest.mark.django_db
MONTH = right_now().date().replace(day=1)
BEFORE, NEXT = month_before(MONTH), month_after(MONTH)
BY = {"actor": "test"}
HOUR, MILLISECOND = timedelta(hours=1), timedelta(milliseconds=1)


@pytest.fixture
def tenant() -> Tenant:
    row = alder()
    Tenant.objects.filter(pk=row.pk).update(
        timezone="Europe/Berlin", created_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    row.refresh_from_db()
    return row


def ends(tenant: Tenant, month: date = MONTH) -> datetime:
    return bounds_of(tenant, month)[1]


def issued(tenant: Tenant, month: date = MONTH) -> tuple[Statement, Figures]:
    statement = issue_statement(tenant=tenant, month=month, now=ends(tenant, month) + 2 * HOUR, **BY)
    return statement, figures_of(statement.figures)


def in_ledger(tenant: Tenant) -> int:
    total = LedgerEntry.objects.for_tenant(tenant).aggregate(total=Sum("cost_nano_usd"))["total"]
    return int(total or 0)


def charged(tenant: Tenant, by: str) -> dict[str, int]:
    start, end = bounds_of(tenant, MONTH)
    rows = usage_summary(UsageFilter(tenant=tenant, since=start, until=end), by=by)
    return {row[by] or "": row["cost_nano_usd"] for row in rows}


class TestFigures:
    def test_they_are_those_of_the_reports_and_the_ledger_to_the_last_digit(self, tenant: Tenant) -> None:
        start, end = bounds_of(tenant, MONTH)
        team, user = TeamFactory(tenant=tenant), UserFactory(tenant=tenant)
        who = {"team_id": team.pk, "user_id": user.pk}
        failed = {"outcome": "error", "cost_nano_usd": 0, "input_tokens": 0, "output_tokens": 0}
        settled(tenant, start, {"cost_nano_usd": 123_456_789_013, **who})
        settled(tenant, start + HOUR, failed, {"cost_nano_usd": 7, "request_model": "sandbox-large"})
        call = settled(tenant, end - MILLISECOND, {"cost_nano_usd": 1, "task": "LLM2_DRAFT", **who})
        corrected(tenant, call, by=-1_000_000_001, recorded_at=right_now(), reason="a gift")
        expired(tenant, start + 2 * HOUR, cost=99)
        settled(tenant, start - MILLISECOND, {"cost_nano_usd": 10**12})
        settled(birch(), start, {"cost_nano_usd": 10**12})
        _, figures = issued(tenant)

        def stated(groups: Any) -> list[int]:
            return sorted(group.sums.charged_nano_usd for group in groups)

        assert stated(figures.by_task) == sorted(charged(tenant, "task").values())
        assert stated(figures.by_model) == sorted(charged(tenant, "model").values())
        assert stated(figures.by_team) == sorted(charged(tenant, "team").values())
        assert stated(figures.by_user) == sorted(charged(tenant, "user").values())
        assert figures.usage.charged_nano_usd == figures.total_nano_usd == in_ledger(tenant) - 10**12
        summary = list(usage_summary(UsageFilter(tenant=tenant, since=start, until=end), by="tenant"))
        assert [(row["requests"], row["input_tokens"], row["output_tokens"]) for row in summary] == [
            (figures.usage.requests, figures.usage.input_tokens, figures.usage.output_tokens)
        ]
        assert user.email in {group.name for group in figures.by_user}

    def test_vendor_cost_markup_and_discount_stand_apart_and_add_up(self, tenant: Tenant) -> None:
        at = ends(tenant) - HOUR
        settled(tenant, at, {"cost_nano_usd": 1_200, "list_cost_nano_usd": 1_000})
        settled(tenant, at, {"cost_nano_usd": 900, "list_cost_nano_usd": 1_001})
        settled(tenant, at, {"cost_nano_usd": 50})
        settled(tenant, at, {"cost_nano_usd": 0, "list_cost_nano_usd": 5_000, "outcome": "cached"})
        settled(tenant, at, {"cost_nano_usd": 0, "list_cost_nano_usd": 7_000, "own_key": True})
        call = settled(tenant, at, {"cost_nano_usd": 0})
        corrected(tenant, call, by=-3, recorded_at=at, reason="")
        usage = issued(tenant)[1].usage
        told = (
            usage.vendor_nano_usd,
            usage.markup_nano_usd,
            usage.discount_nano_usd,
            usage.corrected_nano_usd,
        )
        assert told == (2_051, 200, -101, -3)
        assert usage.charged_nano_usd == sum(told) == 2_147

    def test_a_budget_says_its_limit_what_the_month_used_and_what_is_left(self, tenant: Tenant) -> None:
        budget = BudgetFactory(tenant=tenant, scope="tenant", window="month", dimension="cost", amount=1_000)
        MeterFactory(budget=budget, at=ends(tenant) - HOUR, timezone=tenant.timezone, used=400)
        MeterFactory(budget=budget, at=ends(tenant) + HOUR, timezone=tenant.timezone, used=1)
        BudgetFactory(tenant=tenant, scope="tenant", window="day", dimension="requests", amount=5)
        [line] = issued(tenant)[1].budgets
        assert (line.whom, line.limit, line.used, line.left) == (tenant.name, 1_000, 400, 600)

    def test_budgets_of_cost_are_written_with_as_many_decimals(self) -> None:
        facts = {"whom": "Alder", "task": "", "dimension": "cost", "window": "month", "is_hard": True}
        lines = (
            BudgetLine(**facts, limit=5 * 10**9, used=1_500_000_001, left=3_499_999_999),
            BudgetLine(**facts, limit=2 * 10**9, used=0, left=2 * 10**9),
        )
        assert [row[3:] for row in budget_table(lines).rows] == [
            ("5.000000000", "1.500000001", "3.499999999"),
            ("2.000000000", "0.000000000", "2.000000000"),
        ]

    def test_counters_of_whatever_calls_name_leave_the_place_to_budgets(self, tenant: Tenant) -> None:
        each = BudgetFactory(tenant=tenant, scope="tenant", per="conversation", window="total")
        MeterFactory(budget=each, subject_id="talk-1", used=1)
        BudgetFactory(
            tenant=tenant, scope="conversation", scope_id="talk-2", per="conversation", window="total"
        )
        assert [line.whom for line in issued(tenant)[1].budgets] == ["talk-2"]

    def test_overrides_are_those_that_were_in_force_at_its_end(self, tenant: Tenant) -> None:
        budget = BudgetFactory(tenant=tenant, scope="tenant", window="month", dimension="cost", amount=1_000)
        counter, end = counter_of(budget, tenant=tenant, subject=None), ends(tenant)
        removed = add_override(counter=counter, amount=50, now=end - HOUR, **BY)
        remove_override(override=removed, now=end + MILLISECOND, **BY)
        early = add_override(counter=counter, amount=700, now=end - 2 * HOUR, **BY)
        remove_override(override=early, now=end - HOUR, **BY)
        add_override(counter=counter, amount=9_000, now=end + MILLISECOND, **BY)
        [line] = issued(tenant)[1].budgets
        assert line.limit == 1_050


class TestForGood:
    def test_what_was_paid_beforehand_is_listed_and_not_charged(self, tenant: Tenant) -> None:
        budget = BudgetFactory(tenant=tenant, dimension="cost", window="total", amount=10**9)
        counter = Counter(budget=budget, tenant=tenant, subject_id=None)
        paid = {"counter": counter, "actor": "ops", "now": right_now()}
        top_up(amount=5 * 10**9, reference="INV-1", reason="November", **paid)
        taken_back = top_up(amount=7 * 10**9, reference="INV-2", **paid).override
        remove_override(override=taken_back, actor="ops", now=right_now())
        _, figures = issued(tenant)
        assert [(each.reference, each.nano_usd) for each in figures.top_ups.shown] == [("INV-1", 5 * 10**9)]
        assert (figures.top_ups.count, figures.top_ups.nano_usd) == (1, 5 * 10**9)
        assert figures.total_nano_usd == in_ledger(tenant) == 0
        [table] = [each for each in document_of(figures, digest="").tables if each.title == "Prepaid credit"]
        assert [row[1:] for row in table.rows] == [("INV-1", "November", "5.000000000")]
        assert "top_up,INV-1,November" in statement_csv(figures)

    def test_credit_that_is_taken_back_later_is_below_zero_on_the_statement_of_that_month(
        self, tenant: Tenant
    ) -> None:
        budget = BudgetFactory(tenant=tenant, dimension="cost", window="total", amount=10**9)
        counter = Counter(budget=budget, tenant=tenant, subject_id=None)
        paid = {"counter": counter, "actor": "ops", "now": ends(tenant) - HOUR}
        top_up(amount=5 * 10**9, reference="INV-1", **paid)
        refunded = top_up(amount=7 * 10**9, reference="INV-2", reason="March", **paid).override
        first = issued(tenant)[1]
        remove_override(override=refunded, actor="ops", now=ends(tenant) + HOUR)
        second = issued(tenant, NEXT)[1]
        assert (first.top_ups.nano_usd, second.top_ups.nano_usd) == (12 * 10**9, -7 * 10**9)
        [line] = second.top_ups.shown
        assert (line.reference, line.reason, line.nano_usd) == ("INV-2", "taken back: March", -7 * 10**9)
        assert line.paid_at == ends(tenant) + HOUR
        assert "top_up_taken_back,INV-2,taken back: March" in statement_csv(second)
        assert issued(tenant, month_after(NEXT))[1].top_ups.count == 0

    def test_a_statement_is_not_changed_by_anybody(self, tenant: Tenant) -> None:
        statement, _ = issued(tenant)
        for change in ("UPDATE metering_statement SET figures = ''", "DELETE FROM metering_statement"):
            with pytest.raises(IntegrityError, match="stays as it was"), transaction.atomic():
                connection.cursor().execute(change)
        assert digest_of(Statement.objects.get().figures) == statement.digest

    def test_asked_for_again_it_is_the_same_whatever_happened_since(self, tenant: Tenant) -> None:
        call = settled(tenant, ends(tenant) - HOUR, {"cost_nano_usd": 10})
        first, _ = issued(tenant)
        corrected(tenant, call, by=5, recorded_at=right_now(), reason="")
        assert issued(tenant)[0] == first
        assert AuditEvent.objects.filter(action="statement.issued").count() == 1

    def test_each_tenants_are_numbered_without_a_gap(self, tenant: Tenant) -> None:
        names = [issued(tenant)[0].name, issued(birch())[0].name, issued(tenant, NEXT)[0].name]
        assert names == ["alder-0001", "birch-0001", "alder-0002"]

    def test_a_month_that_runs_and_one_before_the_first_have_none(self, tenant: Tenant) -> None:
        with pytest.raises(InvalidRequest, match="not over"):
            issue_statement(tenant=tenant, month=MONTH, now=ends(tenant) - MILLISECOND, **BY)
        issued(tenant, NEXT)
        with pytest.raises(InvalidRequest, match="begin with"):
            issued(tenant)

    def test_a_month_whose_rows_were_dropped_has_none(self, tenant: Tenant) -> None:
        LedgerPeriod.objects.update_or_create(month=MONTH, defaults={"state": "dropped"})
        with pytest.raises(InvalidRequest, match="no longer kept"):
            issued(tenant)

    def test_one_before_the_tenant_was_made_has_none(self, tenant: Tenant) -> None:
        with pytest.raises(InvalidRequest, match="made after"):
            issued(tenant, date(2019, 12, 1))


class TestLater:
    def test_what_comes_after_a_statement_is_once_on_the_next_and_all_add_up_to_the_ledger(
        self, tenant: Tenant
    ) -> None:
        at = ends(tenant) - HOUR
        credited, unknown = settled(tenant, at, {"cost_nano_usd": 1_000}), expired(tenant, at, cost=700)
        corrected(tenant, credited, by=-1, recorded_at=right_now(), reason="before")
        first = issued(tenant)[1]
        corrected(
            tenant, credited, by=-400, recorded_at=right_now(), reason="the vendor took it back", number=1
        )
        trued_up(unknown, cost=650, recorded_at=right_now())
        settled(tenant, at, {"cost_nano_usd": 30}, recorded_at=right_now())
        settled(tenant, ends(tenant), {"cost_nano_usd": 5})
        second = issued(tenant, NEXT)[1]
        corrected(tenant, credited, by=9, recorded_at=right_now(), reason="", number=2)
        third = issued(tenant, month_after(NEXT))[1]
        assert [each.nano_usd for each in second.earlier.shown] == [-400, -50, 30]
        assert {each.month for each in second.earlier.shown} == {MONTH}
        assert [each.nano_usd for each in first.corrections.shown] == [-1]
        assert (first.total_nano_usd, second.total_nano_usd, third.total_nano_usd) == (1_699, -415, 9)
        assert first.total_nano_usd + second.total_nano_usd + third.total_nano_usd == in_ledger(tenant)

    def test_a_month_that_was_missed_is_issued_first(self, tenant: Tenant) -> None:
        issued(tenant)
        issued(tenant, month_after(NEXT))
        assert [row.month for row in Statement.objects.order_by("number")] == [MONTH, NEXT, month_after(NEXT)]

    def test_a_tenant_that_moves_to_another_zone_is_billed_for_every_hour_once(self, tenant: Tenant) -> None:
        settled(tenant, ends(tenant) + HOUR, {"cost_nano_usd": 8})
        issued(tenant)
        Tenant.objects.filter(pk=tenant.pk).update(timezone="America/Los_Angeles")
        tenant.refresh_from_db()
        assert issued(tenant, NEXT)[1].total_nano_usd == 8


class TestDue:
    def test_each_tenant_has_the_last_months_once_an_hour_after_it_ended_where_it_is(
        self, tenant: Tenant
    ) -> None:
        Tenant.objects.exclude(pk=tenant.pk).delete()
        end = ends(tenant)
        assert issue_due(now=end + HOUR - MILLISECOND) == 1  # of the month before
        assert issue_due(now=end + HOUR) == 1
        assert issue_due(now=end + 2 * HOUR) == 0
        assert Statement.objects.filter(month=MONTH).count() == 1

    def test_a_tenant_whose_statement_cannot_be_written_holds_up_nobody_else(self, tenant: Tenant) -> None:
        Tenant.objects.exclude(pk=tenant.pk).delete()
        for number in range(3):
            TenantFactory(slug=f"t{number}", created_at=tenant.created_at)
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE metering_statement ADD CONSTRAINT broken CHECK (tenant_id <> '{tenant.pk}')"
            )
        assert issue_due(now=ends(tenant) + 2 * HOUR) == 3
        assert not Statement.objects.filter(tenant=tenant).exists()

    def test_a_closed_tenant_has_one_more_for_what_was_used_or_corrected_since(self, tenant: Tenant) -> None:
        call = settled(tenant, ends(tenant) - HOUR, {"cost_nano_usd": 10})
        Tenant.objects.update(status=Tenant.Status.CLOSED)
        due = [ends(tenant, month) + 2 * HOUR for month in (MONTH, NEXT, month_after(NEXT))]
        assert [issue_due(now=moment) for moment in due] == [1, 0, 0]
        corrected(tenant, call, by=-4, recorded_at=right_now(), reason="")
        assert issue_due(now=due[1]) == 1
        assert figures_of(Statement.objects.get(month=NEXT).figures).total_nano_usd == -4
        assert issue_due(now=due[2]) == 0

    def test_administrators_are_told_once_one_person_instead_or_nobody(self, tenant: Tenant) -> None:
        issued(tenant)
        person = UserFactory(tenant=tenant)
        change_profile(
            tenant=tenant, changes={"statements_to": "person", "recipient": person}, now=right_now(), **BY
        )
        issued(tenant, NEXT)
        change_profile(tenant=tenant, changes={"statements_to": "nobody"}, now=right_now(), **BY)
        issued(tenant, month_after(NEXT))
        issued(tenant)
        told = Notice.objects.filter(type="statement.ready").order_by("id").values_list("audience", "user_id")
        assert list(told) == [("tenant_admins", None), ("person", person.pk)]

    def test_in_place_of_one_person_who_was_switched_off_the_administrators_are_told(
        self, tenant: Tenant
    ) -> None:
        person = UserFactory(tenant=tenant)
        change_profile(
            tenant=tenant, changes={"statements_to": "person", "recipient": person}, now=right_now(), **BY
        )
        User.objects.filter(pk=person.pk).update(is_active=False)
        issued(tenant)
        told = Notice.objects.filter(type="statement.ready").values_list("audience", "user_id")
        assert list(told) == [("tenant_admins", None)]

    def test_a_stranger_gets_no_statement(self, tenant: Tenant) -> None:
        with pytest.raises(InvalidRequest, match="people of the tenant"):
            change_profile(
                tenant=tenant,
                changes={"statements_to": "person", "recipient": UserFactory(tenant=birch())},
                now=right_now(),
                **BY,
            )
        assert not BillingProfile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_workers_that_issue_at_once_make_one_statement() -> None:
    tenant = alder()
    settled(tenant, ends(tenant) - HOUR, {"cost_nano_usd": 5})
    start = Barrier(4)

    def issue(_: int) -> str:
        start.wait()
        try:
            return issued(tenant)[0].name
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert set(workers.map(issue, range(4))) == {"alder-0001"}
    assert Statement.objects.count() == 1
    assert Notice.objects.filter(type="statement.ready").count() == 1


def test_the_command_shows_what_was_issued(tenant: Tenant) -> None:
    settled(tenant, ends(tenant, BEFORE) - HOUR, {"cost_nano_usd": 1_000_000_001})
    said = StringIO()
    for _ in range(2):
        said = StringIO()
        call_command(
            "make_statement", "--tenant", tenant.slug, "--month", f"{BEFORE:%Y-%m}", "--json", stdout=said
        )
    told = json.loads(said.getvalue())
    assert (told["number"], told["total_usd"]) == ("alder-0001", "1.000000001")
    assert told["figures"]["usage"]["charged_nano_usd"] == 1_000_000_001


def test_each_administrator_gets_one_mail_that_leads_to_the_statement(tenant: Tenant, settings: Any) -> None:
    settings.PUBLIC_URL = "https://gateway.example"
    UserFactory(tenant=tenant, role=User.Role.TENANT_ADMIN, email="bea@alder.example")
    settled(tenant, ends(tenant) - HOUR, {"cost_nano_usd": 5_004_999_999})
    with mail_server_in_use(settings) as server:
        statement = issued(tenant)[0]
        issued(tenant)
        later = ends(tenant) + 3 * HOUR
        for _ in range(2):
            address_alerts(now=later)
            deliver_due(channels={"email": EmailChannel}, clock=lambda: later)
    [mail] = server.mails
    assert (mail["To"], mail["Subject"]) == ("bea@alder.example", f"Statement of {MONTH:%B %Y}: $5.00")
    assert (
        f"https://gateway.example/admin/statements/{statement.pk}/" in next(mail.iter_parts()).get_content()
    )
