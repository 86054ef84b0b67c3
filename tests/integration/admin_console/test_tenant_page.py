"""The page of a tenant: what it shows, for whom, and what can be done from it."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags
from django.utils.timezone import now

from admin_console.blast_radius import lines_of_radius
from admin_console.tenant.forms import MOST_CHOICES
from metering.models import ATIToken, AuditEvent, PolicyDecision, PolicyRule, Team, Tenant, User
from metering.policy.edit.target import find_target
from metering.reports.buckets import Bucket
from metering.reports.spend import spent
from metering.simulation.blast_radius import blast_radius
from metering.simulation.both_ways import Estimate
from metering.simulation.change import budget_change
from metering.simulation.replay import Tally
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    MeterFactory,
    ModelFactory,
    RuleFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    make_token,
)
from tests.integration.admin_console import rows

pytestmark = pytest.mark.django_db
ALDER = "/admin/tenants/alder/"


@pytest.fixture
def token(db: Any) -> ATIToken:
    return ATIToken.objects.get(pk=make_token(name="alder-app").id)


def admin_of(client: Client, tenant: Tenant) -> Client:
    made = make_token(tenant, name=f"{tenant.slug}-people")
    user = UserFactory(
        tenant=tenant,
        email=f"bea@{tenant.slug}.example",
        role=User.Role.TENANT_ADMIN,
        is_staff=True,
        signup_token_id=made.id,
    )
    client.force_login(user)
    return client


@pytest.mark.parametrize(("who", "query"), [("operator", "?tenant=alder"), ("admin", "")])
def test_it_leads_to_the_tenants_other_pages(client: Client, who: str, query: str) -> None:
    if who == "admin":
        admin_of(client, alder())
    else:
        alder()
        client.force_login(rows.super_admin())
    links = dict(client.get(ALDER).context["more_links"])
    assert links["Statements"] == f"/admin/statements/{query}"
    assert {client.get(url).status_code for url in links.values()} == {200}


def text_of(client: Client, url: str, **form: Any) -> str:
    response = client.post(url, form, follow=True) if form else client.get(url)
    assert response.status_code == 200, response
    return str(response.content.decode())


class TestWhatItShows:
    def test_the_spend_of_today_and_this_month_as_reports_tell_it(
        self, console: Client, token: ATIToken
    ) -> None:
        AttemptFactory(token_id=token.pk, cost_nano_usd=1_234_000_000)
        BudgetFactory(dimension="cost", window="day", amount=5_000_000_000)
        response = console.get(ALDER)
        today, month = (figure for figure in response.context["figures"] if figure.name.startswith("spent"))
        cost = spent(Bucket.DAY, tenant=alder(), now=now()).cost_nano_usd
        assert cost == 1_234_000_000
        assert (today.value, today.exact, today.beside) == ("$1.23", "$1.234", "of $5.00")
        assert month.exact == "$1.234"

    def test_budgets_as_bars_the_fullest_first(self, console: Client, token: ATIToken) -> None:
        for window, used in (("day", 10), ("week", 90)):
            MeterFactory(budget=BudgetFactory(window=window), used=used)
        lines = console.get(ALDER).context["budgets"].lines
        assert [(line.what, line.used, line.limit, line.tag) for line in lines] == [
            ("calls a week", "90", "100", "over 80 %"),
            ("calls a day", "10", "100", ""),
        ]

    def test_limits_in_force_with_who_sets_them(self, console: Client, token: ATIToken) -> None:
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=4_096)
        RuleFactory(key="max_tokens_out", value=8_000)
        [line] = [each for each in console.get(ALDER).context["limits"].lines if each.title == "Tokens out"]
        assert (line.value, line.set_by, line.in_place_of) == (
            "8,000 tokens",
            "alder",
            "plan PRO: 4,096 tokens",
        )
        assert line.change_url == "/admin/tenants/alder/limit/?key=max_tokens_out"

    def test_limits_of_one_team(self, console: Client, token: ATIToken) -> None:
        team = TeamFactory(slug="research")
        RuleFactory(scope="team", scope_id=str(team.pk), key="max_tokens_out", value=500)
        card = console.get(f"{ALDER}?for=team:research").context["limits"]
        assert [line.value for line in card.lines if line.title == "Tokens out"] == ["500 tokens"]
        assert console.get(f"{ALDER}?for=team:nobody").context["limits"].problem

    def test_limits_of_a_plan_are_for_who_is_on_it(self, console: Client, token: ATIToken) -> None:
        make_plan("SECRET")
        RuleFactory(scope="plan", scope_id="SECRET", key="max_tokens_out", value=4_321)
        assert console.get(f"{ALDER}?for=plan:SECRET").context["limits"].lines
        admin = admin_of(console, alder())
        for code in ("SECRET", "NEVER"):
            card = admin.get(f"/admin/tenant/?for=plan:{code}").context["limits"]
            assert (card.lines, card.problem) == ((), f"The tenant 'alder' is not on a plan '{code}'.")
        assert admin.get("/admin/tenant/?for=plan:PRO").context["limits"].lines
        assert 'value="SECRET"' not in text_of(admin, "/admin/tokens/")

    def test_names_and_never_ids(self, console: Client) -> None:
        rows.usage(rows.customer("alder"))
        shown = strip_tags(text_of(console, ALDER))
        assert "ann@alder.example" in shown
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7", shown)
        assert "nano" not in shown

    def test_what_stood_in_the_way_today(self, console: Client) -> None:
        rows.usage(rows.customer("alder"))
        denials = console.get(ALDER).context["denials"]
        assert (denials.calls, denials.lines[0].what) == (3, "tenant cost/month")

    def test_denials_are_read_in_one_query_since_calls_are_refused_meanwhile(
        self, console: Client, token: ATIToken
    ) -> None:
        moment = now()
        alike = {
            "tenant_id": alder().pk, "task": "LLM0_CHAT", "verdict": "denied", "code": "rate_limited",
            "rule": "tenant requests/minute", "mode": "enforce", "first_at": moment,
        }  # fmt: skip
        for number, words in enumerate(("earlier", "latest")):
            minute = moment + timedelta(seconds=number)
            PolicyDecision.objects.create(
                minute=minute, last_at=minute, message=words, count=number + 1, **alike
            )
        with CaptureQueriesContext(connection) as queries:
            denials = console.get(ALDER).context["denials"]
        assert [(line.what, line.how_often.partition(" ")[0]) for line in denials.lines] == [("latest", "3")]
        reading = [
            query for query in queries if "policydecision" in query["sql"] and "last_at" in query["sql"]
        ]
        assert len(reading) == 1

    def test_what_was_changed_in_sentences_and_by_whom_only_to_operators(
        self, console: Client, token: ATIToken
    ) -> None:
        text_of(console, f"{ALDER}limit/", key="max_tokens_out", value="8k", save="1")
        [newest, *_] = console.get(ALDER).context["changes"]
        assert newest.sentence.startswith("ops@example.com ")
        console.logout()
        [newest, *_] = admin_of(console, alder()).get("/admin/tenant/").context["changes"][1:]
        assert newest.sentence.startswith("An operator ")

    def test_a_tenant_without_anything_says_what_it_lacks(self, console: Client) -> None:
        alder()
        text = text_of(console, ALDER)
        assert "No token yet" in text
        assert "Not known yet" in text

    def test_with_queries_that_do_not_grow_with_the_rows(self, console: Client, token: ATIToken) -> None:
        def fill() -> None:
            for _ in range(4):
                made, user = make_token(), UserFactory()
                AttemptFactory(token_id=made.id, user_id=user.pk, team_id=TeamFactory().pk)
                MeterFactory(budget=BudgetFactory(scope="user", scope_id=str(user.pk)), used=50)

        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                console.get(ALDER)
            return len(found)

        fill()
        few = queries()
        fill()
        assert queries() == few
        assert few <= 75


class TestForWhom:
    def test_an_administrator_sees_the_own_tenants(self, client: Client, token: ATIToken) -> None:
        response = admin_of(client, alder()).get("/admin/tenant/")
        assert response.context["tenant"] == alder()
        assert "plan" not in response.context["links"]
        assert all(not line.change_url for line in response.context["limits"].lines)

    @pytest.mark.parametrize(
        "page", ["", "issue-token/", "tokens/{prefix}/rotate/", "tokens/{prefix}/revoke/"]
    )
    def test_another_tenants_is_not_there(self, client: Client, token: ATIToken, page: str) -> None:
        other = admin_of(client, birch())
        url = ALDER + page.format(prefix=token.prefix)
        assert other.get(url).status_code == 404
        assert other.post(url, {"name": "x", "plan": "PRO", "grace": "0"}).status_code == 404
        assert ATIToken.objects.get(pk=token.pk).revoked_at is None

    def test_another_tenants_token_is_not_there_on_the_own_page(
        self, client: Client, token: ATIToken
    ) -> None:
        url = f"/admin/tenants/birch/tokens/{token.prefix}/revoke/"
        assert admin_of(client, birch()).post(url, {}).status_code == 404

    @pytest.mark.parametrize("page", ["status/", "plan/", "limit/"])
    def test_what_operators_do_is_closed_to_tenants(self, client: Client, token: ATIToken, page: str) -> None:
        assert admin_of(client, alder()).get(ALDER + page).status_code == 302

    def test_nobody_is_found_by_an_unknown_name(self, console: Client) -> None:
        assert console.get("/admin/tenants/yew/").status_code == 404


class TestTokens:
    def test_a_new_one_is_shown_once_withlines_of_radius_that_are_ready(self, console: Client) -> None:
        make_plan()
        ModelFactory(name="gpt-5-mini")
        alder()
        form = {"name": "app", "plan": "PRO", "ends": ""}
        text = text_of(console, f"{ALDER}issue-token/", **form)
        token = ATIToken.objects.get(name="app")
        assert f'<pre tabindex="0" id="secret">{token.prefix}' in text
        assert "curl http://testserver/v1/chat/completions" in text
        assert "gpt-5-mini" in text
        assert 'data-page="/admin/tenants/alder/"' in text
        assert 'id="secret"' not in text_of(console, ALDER)

    def test_a_new_one_ends_with_a_day_of_the_tenants_calendar(self, console: Client) -> None:
        make_plan()
        alder(timezone="Europe/Berlin")
        day = (now() + timedelta(days=40)).date()
        text_of(console, f"{ALDER}issue-token/", name="app", plan="PRO", ends="date", ends_on=day.isoformat())
        end = ATIToken.objects.get(name="app").expires_at
        assert end is not None
        assert end.hour in (22, 23)

    def test_the_person_and_team_of_the_address_are_offered_wherever_they_stand(
        self, console: Client
    ) -> None:
        make_plan()
        tenant, names = alder(), [f"a{number:04}" for number in range(MOST_CHOICES)]
        Team.objects.bulk_create([Team(tenant=tenant, slug=name, name=name) for name in [*names, "zoo"]])
        User.objects.bulk_create(
            [User(tenant=tenant, email=f"{name}@alder.example") for name in [*names, "zoe"]]
        )
        chosen = {"user": "zoe@alder.example", "team": "zoo"}
        card = console.get(f"{ALDER}?for=team:zoo").context["limits"]
        assert "team:zoo" in [choice.value for choice in card.select.choices]
        filled = console.get(f"{ALDER}issue-token/", chosen).context["form"]
        assert {name: filled.fields[name].choices[-1][0] for name in chosen} == chosen
        text_of(console, f"{ALDER}issue-token/", name="late", plan="PRO", **chosen)
        token = ATIToken.objects.select_related("user", "team").get(name="late")
        assert token.user is not None
        assert token.team is not None
        assert (token.user.email, token.team.slug) == ("zoe@alder.example", "zoo")

    def test_a_day_at_the_end_of_all_calendars_is_refused_at_its_field(self, console: Client) -> None:
        make_plan()
        alder()
        form = {"name": "app", "plan": "PRO", "ends": "date", "ends_on": "9999-12-31"}
        refused = console.post(f"{ALDER}issue-token/", form)
        assert "before the year 9000" in refused.context["form"].errors["ends_on"][0]

    def test_an_administrator_passes_on_the_own_plan_only(self, client: Client) -> None:
        make_plan("ENTERPRISE")
        admin = admin_of(client, alder())
        refused = admin.post(f"{ALDER}issue-token/", {"name": "wide", "plan": "ENTERPRISE"})
        assert "plan" in refused.context["form"].errors
        text_of(admin, f"{ALDER}issue-token/", name="own", plan="PRO")
        assert not ATIToken.objects.filter(name="wide").exists()
        assert ATIToken.objects.get(name="own").plan_tier_id == "PRO"

    def test_a_rotated_one_has_a_new_secret(self, console: Client, token: ATIToken) -> None:
        text = text_of(console, f"{ALDER}tokens/{token.prefix}/rotate/", grace="0")
        changed = ATIToken.objects.get(pk=token.pk)
        assert changed.prefix != token.prefix
        assert f'id="secret">{changed.prefix}' in text

    def test_a_revoked_one_is_gone_for_good(self, console: Client, token: ATIToken) -> None:
        url = f"{ALDER}tokens/{token.prefix}/revoke/"
        assert "cannot be undone" in text_of(console, url)
        assert ATIToken.objects.get(pk=token.pk).revoked_at is None
        assert "is revoked." in text_of(console, url, sure="1")
        assert ATIToken.objects.get(pk=token.pk).revoked_at is not None


class TestSuspending:
    def test_says_first_who_is_refused(self, console: Client, token: ATIToken) -> None:
        UserFactory()
        AttemptFactory(token_id=token.pk, cost_nano_usd=2_000_000_000)
        text = text_of(console, f"{ALDER}status/")
        assert "1 person and 1 token are refused from now on." in text
        assert "1 call, $2.00" in text
        assert alder().status == "ACTIVE"

    def test_and_activating_again(self, console: Client, token: ATIToken) -> None:
        assert "is suspended" in text_of(console, f"{ALDER}status/", save="1")
        assert alder().status == "SUSPENDED"
        assert "is active" in text_of(console, f"{ALDER}status/", save="1")
        assert alder().status == "ACTIVE"
        assert AuditEvent.objects.filter(action="tenant.status_changed").count() == 2


class TestWhatABoxSays:
    def said(self, **facts: Any) -> dict[str, str]:
        change = budget_change(
            target=find_target(tenant="alder"), dimension="requests", window="day", amount="1", now=now()
        )
        radius = replace(blast_radius(change, now=now(), within_s=300), **facts)
        return dict(lines_of_radius(radius))

    def test_of_all_calls_what_was_counted(self, token: ATIToken) -> None:
        for _ in range(3):
            AttemptFactory(token_id=token.pk, cost_nano_usd=1_000_000_000)
        said = self.said()
        assert said["Last 7 days: refused more"] == "2 calls, $2.00"
        assert said["Above it already"] == "1: alder"

    def test_of_a_sample_an_estimate_that_is_called_one(self, token: ATIToken) -> None:
        AttemptFactory(token_id=token.pk)
        half = Estimate(denied=Tally(calls=310, cost_nano_usd=41_000_000_000))
        said = self.said(sampled=True, estimate=half, denied=Tally(calls=3, cost_nano_usd=1))
        assert said["Last 7 days: refused more"] == "about 310 calls, $41.00"

    def test_of_no_call_that_nobody_knows(self, token: ATIToken) -> None:
        said = self.said(sampled=True, calls=Tally(), denied=Tally())
        assert said["Last 7 days: refused more"] == "not known: there was no time to look"


class TestAnotherPlan:
    def test_is_previewed_and_then_assigned(self, console: Client, token: ATIToken) -> None:
        make_plan("SMALL", classes=("BASE_S",))
        AttemptFactory(token_id=token.pk, model_class="ADVANCED")
        previewed = console.post(f"{ALDER}plan/", {"plan": "SMALL", "preview": "1"})
        assert dict(previewed.context["preview"].blast.lines)["Last 7 days: refused more"] == "1 call, <$0.01"
        assert ATIToken.objects.get(pk=token.pk).plan_tier_id == "PRO"
        assert "Move Alder Research to Small" in previewed.content.decode()
        assert "1 token of Alder Research moved to Small." in text_of(
            console, f"{ALDER}plan/", plan="SMALL", save="1"
        )
        assert ATIToken.objects.get(pk=token.pk).plan_tier_id == "SMALL"


class TestALimit:
    def test_shows_the_value_after_the_edit_before_it_is_made(self, console: Client, token: ATIToken) -> None:
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=4_096)
        form = {"key": "max_tokens_out", "value": "8k", "task": "LLM2_DRAFT"}
        previewed = console.post(f"{ALDER}limit/", {**form, "preview": "1"})
        lines = [(line.value, line.after) for line in previewed.context["limits"]]
        assert lines == [("4,096 tokens", "4,096 tokens or 8,000 tokens")]
        assert not PolicyRule.objects.filter(tenant=alder()).exists()
        text = text_of(console, f"{ALDER}limit/", **form, save="1")
        assert "Alder Research: tokens out of drafting 8,000 tokens from the next call on." in text
        assert PolicyRule.objects.get(tenant=alder()).value == 8_000

    def test_that_makes_no_sense_is_refused_at_its_field(self, console: Client, token: ATIToken) -> None:
        response = console.post(f"{ALDER}limit/", {"key": "max_tokens_out", "value": "0", "preview": "1"})
        [sentence] = response.context["form"].errors["value"]
        assert sentence.startswith("max_tokens_out must be a whole number of tokens from 1")
