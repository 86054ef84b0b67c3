"""Explore: what it shows is what the summary says, for each who may look, and its address says it all."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from admin_console.wording import usd
from metering.models import SavedView, Team, Tenant, UsageLog, User
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary
from tests.factories import AttemptFactory
from tests.integration.admin_console import rows

pytestmark = pytest.mark.django_db
PAGE = "/admin/explore/"


@pytest.fixture
def alder() -> Tenant:
    return rows.customer("alder")


@pytest.fixture
def birch() -> Tenant:
    return rows.customer("birch")


def call(tenant: Tenant, **facts: Any) -> UsageLog:
    made: UsageLog = AttemptFactory(tenant_id=tenant.pk, cost_nano_usd=1_230_000_000, **facts)
    return made


def admin_of(client: Client, tenant: Tenant) -> Client:
    client.force_login(
        User.objects.create_user(
            f"bea@{tenant.slug}.example", tenant=tenant, role=User.Role.TENANT_ADMIN, is_staff=True
        )
    )
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def csv_rows(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"{PAGE}?format=csv&{query}")
    assert response["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode())))


class TestWhatItShows:
    def test_the_figures_are_the_summarys(self, console: Client, alder: Tenant, birch: Tenant) -> None:
        for tenant in (alder, alder, birch):
            call(tenant)
        text = text_of(console.get(f"{PAGE}?group=tenant"))
        for row in usage_summary(UsageFilter(), by="tenant"):
            assert row["tenant"] in text
            assert usd(row["cost_nano_usd"]) in text
        assert "$3.69" in text

    def test_groups_have_their_parts(self, console: Client, alder: Tenant) -> None:
        call(alder, user_id=User.objects.get(tenant=alder).pk)
        text = text_of(console.get(f"{PAGE}?group=model&subgroup=user"))
        assert 'class="sub"' in text
        assert "ann@alder.example" in text

    @pytest.mark.parametrize("metric", ["requests", "tokens", "latency", "success", "errors", "denials"])
    def test_every_metric_has_a_page(self, console: Client, alder: Tenant, metric: str) -> None:
        call(alder)
        rows.usage(alder)
        assert "<svg" in text_of(console.get(f"{PAGE}?metric={metric}&range=7d"))

    @pytest.mark.parametrize("group", ["feature", "tag", "conversation", "class", "microdao", "token"])
    def test_every_group_has_a_page(self, console: Client, alder: Tenant, group: str) -> None:
        call(alder, tags=["project=apollo"], conversation_id="c")
        assert "$1.23" in text_of(console.get(f"{PAGE}?group={group}&tenant=alder"))

    def test_nothing_is_said_to_be_nothing(self, console: Client) -> None:
        AttemptFactory()
        assert "No calls in this range" in text_of(console.get(f"{PAGE}?agent=nobody"))

    def test_what_cannot_be_shown_is_said(self, console: Client) -> None:
        text = text_of(console.get(f"{PAGE}?tenant=nobody&metric=beauty&metric=denials&group=agent"))
        assert "There is no tenant “nobody”." in text
        assert "Refusals are told apart by" in text

    def test_refusals_lead_to_the_refusals_that_they_count(self, console: Client, alder: Tenant) -> None:
        page = console.get(f"{PAGE}?metric=denials&group=user&range=7d&tenant=alder")
        [figure] = page.context["figures"]
        assert figure.url == "/admin/activity/?range=7d&tenant=alder&status=429"
        assert "status=429" in page.context["chart"].bars[0][0].url

    def test_a_filter_is_added_by_its_name(self, console: Client, alder: Tenant) -> None:
        response = console.get(f"{PAGE}?range=7d&add=team&is=research")
        assert response["location"] == "?range=7d&team=research"


class TestWhoMay:
    def test_a_tenants_admin_sees_the_tenants_alone(
        self, client: Client, alder: Tenant, birch: Tenant
    ) -> None:
        call(alder, request_model="alders-model")
        call(birch, request_model="birchs-model")
        text = text_of(admin_of(client, birch).get(PAGE))
        assert "birchs-model" in text
        assert "alders-model" not in text

    @pytest.mark.parametrize("query", ["tenant=alder", "user=ann@alder.example", "team=alders"])
    def test_another_tenants_names_are_unknown(
        self, client: Client, alder: Tenant, birch: Tenant, query: str
    ) -> None:
        Team.objects.filter(tenant=alder).update(slug="alders")
        call(alder)
        call(birch)
        response = admin_of(client, birch).get(f"{PAGE}?{query}")
        text = text_of(response)
        assert "There is no" in text
        assert "$1.23" not in text
        refused = client.get(f"{PAGE}?format=csv&{query}")
        assert (refused.status_code, refused["content-type"]) == (400, "text/plain; charset=utf-8")
        assert "There is no" in refused.content.decode()

    def test_strangers_come_to_the_login(self, client: Client) -> None:
        assert client.get(PAGE).status_code == 302


class TestCsv:
    def test_it_is_what_the_page_shows_to_the_last_digit(self, console: Client, alder: Tenant) -> None:
        AttemptFactory(tenant_id=alder.pk, cost_nano_usd=1_234_567_891)
        first, total = csv_rows(console)
        assert (first["Model"], first["cost_usd"], first["calls"]) == ("sandbox-small", "1.234567891", "1")
        assert (total["Model"], total["cost_usd"]) == ("total", "1.234567891")

    @pytest.mark.parametrize("query", ["group=beauty", "metric=denials&group=agent", "range=custom&since=x"])
    def test_what_cannot_be_shown_is_refused_in_words(self, console: Client, query: str) -> None:
        response = console.get(f"{PAGE}?format=csv&{query}")
        assert (response.status_code, response["content-type"]) == (400, "text/plain; charset=utf-8")

    def test_a_text_that_a_spreadsheet_would_run_is_quoted(self, console: Client, alder: Tenant) -> None:
        call(alder, conversation_id="=cmd()")
        assert csv_rows(console, "group=conversation")[0]["Conversation"] == "'=cmd()"


class TestSavedViews:
    def test_a_view_is_the_page_under_a_name(self, console: Client, operator: User) -> None:
        response = console.post(f"{PAGE}?range=7d&group=user", {"name": "By people"})
        assert response["location"] == "?range=7d&group=user"
        view = SavedView.objects.get(user=operator)
        assert (view.name, view.query) == ("By people", "range=7d&group=user")
        assert 'href="?range=7d&amp;group=user" aria-current="page">By people' in text_of(
            console.get(response["location"].replace("?", f"{PAGE}?"))
        )

    def test_a_view_of_the_same_name_takes_its_place(self, console: Client, operator: User) -> None:
        for days in ("7d", "today"):
            console.post(f"{PAGE}?range={days}", {"name": "Mine"})
        assert SavedView.objects.get(user=operator).query == "range=today"

    def test_one_deletes_ones_own_only(self, console: Client, operator: User, alder: Tenant) -> None:
        ann = User.objects.get(tenant=alder)
        theirs = SavedView.objects.create(user=ann, name="Ann's", query="")
        mine = SavedView.objects.create(user=operator, name="Mine", query="")
        for view in (theirs, mine):
            console.post(PAGE, {"forget": str(view.pk)})
        assert list(SavedView.objects.all()) == [theirs]
        assert "Ann&#x27;s" not in text_of(console.get(PAGE))

    def test_there_are_at_most_twenty(self, console: Client, operator: User) -> None:
        for number in range(21):
            console.post(PAGE, {"name": f"View {number}"})
        assert SavedView.objects.filter(user=operator).count() == 20

    @pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\nb"])
    def test_a_view_needs_a_name(self, console: Client, name: str) -> None:
        console.post(PAGE, {"name": name})
        assert not SavedView.objects.exists()


def test_more_groups_take_no_more_queries(
    console: Client, alder: Tenant, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        call(alder, request_model=f"m{number}", at=now() - timedelta(days=number))
    with django_assert_max_num_queries(55):
        console.get(f"{PAGE}?group=model&subgroup=user&tenant=alder")


class TestWhatCouldCostLess:
    PAGE = "/admin/explore/savings/"

    def test_a_cheaper_class_is_a_sentence_with_dollars_and_a_link(
        self, console: Client, alder: Tenant
    ) -> None:
        # sandbox-small of BASE_M: $0.50 and $2 for a million tokens
        call(alder, model_class="PRO_L", input_tokens=1_000_000, output_tokens=0)
        text = text_of(console.get(self.PAGE))
        assert "$0.73 less" in text
        assert (
            "1 call of class PRO_L cost $1.23. With sandbox-small of class BASE_M as many tokens cost $0.50."
            in text
        )
        assert "/admin/explore/?group=user&amp;class=PRO_L" in text

    def test_what_caches_saved_is_told_apart(self, console: Client, alder: Tenant) -> None:
        call(alder, input_tokens=1_000_000, cached_input_tokens=250_000)
        AttemptFactory(tenant_id=alder.pk, outcome="cached", list_cost_nano_usd=70_000_000, cost_nano_usd=0)
        text = text_of(console.get(self.PAGE))
        assert "$0.10 saved" in text
        assert "$0.07 saved" in text

    def test_another_plan_is_tried_for_a_tenant(self, console: Client, alder: Tenant) -> None:
        rows.usage(alder)
        text = text_of(console.get(f"{self.PAGE}?tenant=alder&range=7d&plan=PRO"))
        assert "On the plan PRO the last" in text
        assert "of 1 call and" in text

    def test_an_unknown_plan_is_said(self, console: Client, alder: Tenant) -> None:
        assert "There is no plan" in text_of(console.get(f"{self.PAGE}?tenant=alder&plan=NONE"))

    def test_another_tenants_savings_are_not_seen(self, client: Client, alder: Tenant, birch: Tenant) -> None:
        call(alder, model_class="PRO_L")
        assert "Nothing found" in text_of(admin_of(client, birch).get(f"{self.PAGE}?tenant=alder"))
