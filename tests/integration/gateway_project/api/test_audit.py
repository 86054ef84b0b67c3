"""The audit trail: who did what when, with names instead of ids, to whoever may know."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from metering.audit_trail.entries import entries_of
from metering.audit_trail.read_trail import TrailFilter, trail_page
from metering.catalog.provider_keys.set_key import set_provider_key
from metering.identity.people.change_user import change_user
from metering.identity.people.create_team import create_team
from metering.identity.people.join_team import join_team
from metering.identity.people.rename_team import rename_team
from metering.identity.people.set_password import set_password
from metering.identity.tenants.assign_plan import assign_plan
from metering.identity.tenants.change_tenant import TenantChanges, change_tenant
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.identity.tokens.change_token import change_token
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import rotate_token
from metering.models import ATIToken, AuditEvent, PolicyRule, Team, Tenant, User
from metering.policy.edit.may_edit import Editor
from metering.policy.edit.set_budget import set_budget
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.switch_off import switch_off
from metering.policy.edit.target import PolicyTarget, find_target
from metering.types import Scope
from tests.factories import ProviderFactory, TeamFactory, UserFactory, alder, birch, make_plan, make_token
from tests.integration.gateway_project.api.people import bearer, call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
OPS = "ops@example.com"


@pytest.fixture
def bea(db: Any) -> User:
    """Alder's administrator."""
    user = person(User.Role.TENANT_ADMIN)
    User.objects.filter(pk=user.pk).update(name="Bea", email="bea@alder.example")
    user.refresh_from_db()
    return user


@pytest.fixture
def red(bea: User) -> Team:
    return TeamFactory(slug="red", name="Red")


def said(tenant: Tenant | None = None) -> str:
    """The last sentence of the trail."""
    events, _ = trail_page(TrailFilter(tenant=tenant), limit=1)
    return entries_of(events, tenant=tenant, zone=UTC)[0].sentence


def changed(tenant: Tenant | None = None) -> list[tuple[str, str, str]]:
    """What became different with the last event."""
    events, _ = trail_page(TrailFilter(tenant=tenant), limit=1)
    [entry] = entries_of(events, tenant=tenant, zone=UTC)
    return [(each.field, each.before, each.after) for each in entry.changes]


class TestSentences:
    def test_a_rule_is_raised(self, bea: User, red: Team) -> None:
        for value in (2000, 8000):
            set_rule(
                target=find_target(tenant="alder", team="red"),
                key="max_tokens_out",
                value=value,
                actor=bea.email,
                now=now(),
                editor=Editor(tenant=red.tenant),
            )
        assert said(alder()) == "Bea raised max_tokens_out of team red from 2,000 to 8,000"
        assert changed() == [("value", "2,000", "8,000")]

    def test_a_budget_is_set_lowered_and_lifted(self, bea: User) -> None:
        target = find_target(tenant="alder", user=bea.email)
        sentences = []
        for amount in ("5", "2.50"):
            done = set_budget(
                target=target, dimension="cost", window="day", amount=amount, actor=bea.email, now=now()
            )
            sentences.append(said())
        switch_off(row=done.budget, actor=bea.email, now=now())
        assert [*sentences, said()] == [
            "Bea set a budget of $5 a day for bea@alder.example",
            "Bea lowered the day's cost budget of bea@alder.example from $5 to $2.5",
            "Bea lifted the budget of $2.5 a day for bea@alder.example",
        ]

    def test_a_rule_that_an_earlier_version_noted_is_named_by_its_row(self, bea: User, red: Team) -> None:
        rule = PolicyRule.objects.create(
            scope="team", tenant=red.tenant, scope_id=str(red.pk), key="max_tokens_out", value=9
        )
        AuditEvent.objects.create(
            action="rule.switched_off",
            actor=bea.email,
            tenant_id=red.tenant_id,
            object_type="PolicyRule",
            object_id=str(rule.pk),
        )
        assert said() == "Bea lifted max_tokens_out of team red"

    def test_tokens_are_called_by_name_and_prefix(self, bea: User, red: Team) -> None:
        issued = make_token(name="CI", team=red)
        token = ATIToken.objects.get(pk=issued.id)
        named = f"the token {issued.prefix} (CI)"
        assert said() == f"a test issued {named} on plan PRO"
        assert ("team", "-", "team red") in changed()
        change_token(token=token, changes={"allowed_tasks": ["LLM0_CHAT"]}, actor=bea.email, now=now())
        assert (said(), changed()) == (f"Bea changed {named}", [("allowed tasks", "all", "LLM0_CHAT")])
        rotate_token(
            token=token, grace=timedelta(0), actor=bea.email, now=datetime(2026, 11, 26, 14, 32, tzinfo=UTC)
        )
        token.refresh_from_db()
        events = AuditEvent.objects.filter(action="token.rotated")
        [entry] = entries_of(events, tenant=None, zone=UTC)
        assert entry.sentence == (
            f"Bea gave the token {token.prefix} (CI) a new secret; the old one works until Thu 26 Nov 2026, 14:32"
        )
        revoke_token(token=token, actor=bea.email, now=now())
        assert said() == f"Bea revoked the token {token.prefix} (CI)"

    def test_people_are_called_by_their_addresses(self, bea: User, red: Team) -> None:
        ann = UserFactory(email="ann@alder.example", password="!")
        told = []
        join_team(team=red, user=ann, actor=bea.email, now=now())
        told.append(said())
        change_user(user=ann, changes={"role": User.Role.TENANT_ADMIN}, actor=bea.email, now=now())
        told.append(said())
        change_user(user=ann, changes={"is_active": False}, actor=bea.email, now=now())
        told.append(said())
        set_password(user=bea, password="correct horse battery two", actor=bea.email, now=now())
        told.append(said())
        assert told == [
            "Bea added ann@alder.example to team red",
            "Bea made ann@alder.example an administrator",
            "Bea deactivated ann@alder.example",
            "Bea changed the own password",
        ]

    def test_teams_tenants_and_plans(self, bea: User) -> None:
        team = create_team(tenant=alder(), slug="blue", name="Blue", actor=bea.email, now=now())
        assert said() == "Bea made team blue"
        rename_team(team=team, name="Sky", actor=bea.email, now=now())
        assert (said(), changed()) == ("Bea renamed team blue", [("name", "Blue", "Sky")])
        make_plan("BASIC")
        assign_plan(tenant=alder(), plan_code="BASIC", actor=OPS, now=now())
        assert said() == f"{OPS} moved 1 token of Alder Research from plan PRO to plan BASIC"
        set_tenant_status(tenant=alder(), status=Tenant.Status.SUSPENDED, actor=OPS, now=now())
        assert said() == f"{OPS} suspended Alder Research"

    def test_a_tenant_that_is_moved_from_several_plans_is_told_so_once(self, bea: User) -> None:
        make_token(plan="BASIC")
        make_plan("MAX")
        assign_plan(tenant=alder(), plan_code="MAX", actor=OPS, now=now())
        assert said() == f"{OPS} moved 2 tokens of Alder Research from plan BASIC, PRO to plan MAX"
        assert changed() == []

    def test_a_vendors_key_is_told_by_its_end(self, bea: User) -> None:
        provider = ProviderFactory(name="acme")
        for key in ("sk-0123456789-abcd", "sk-0123456789-wxyz"):
            set_provider_key(provider=provider, tenant=alder(), key=key, actor=bea.email, now=now())
        assert said() == "Bea replaced the key “default” for acme, which ends with wxyz"
        assert changed() == [("ends with", "abcd", "wxyz")]

    def test_an_event_without_words_of_its_own_is_told_by_its_name(self, bea: User) -> None:
        AuditEvent.objects.create(
            action="savedview.added",
            actor=bea.email,
            object_type="SavedView",
            object_id="x",
            facts={"values": {"name": "Last week"}},
        )
        assert said() == "Bea added the saved view Last week"


class TestWhoIsNamed:
    def test_a_tenant_learns_that_it_was_an_operator_and_not_which(self, bea: User) -> None:
        ops = super_admin()
        create_team(tenant=alder(), slug="blue", name="Blue", actor=ops.email, now=now())
        create_team(tenant=alder(), slug="green", name="Green", actor="manage.py import", now=now())
        text = call("GET", "audit?noun=team", who=bea).content.decode()
        assert ops.email not in text
        assert "manage.py" not in text
        assert text.count('"sentence":"An operator made team') == 2
        assert ops.email in call("GET", "audit?noun=team", who=ops).content.decode()

    def test_a_markup_is_told_to_operators_alone(self, bea: User) -> None:
        changes: TenantChanges = {"markup_percent": Decimal(12), "name": "Alder Labs"}
        change_tenant(tenant=alder(), changes=changes, actor=OPS, now=now())
        assert changed(alder()) == [("name", "Alder Research", "Alder Labs")]
        assert ("markup percent", "0.000", "12") in changed()

    def test_a_tenant_finds_no_operator_by_address(self, bea: User) -> None:
        ops = super_admin()
        create_team(tenant=alder(), slug="blue", name="Blue", actor=ops.email, now=now())
        assert call("GET", f"audit?person={ops.email}", who=bea).json()["results"] == []
        found = call("GET", "audit?person=operator&noun=team", who=bea).json()["results"]
        assert [(row["actor"], row["target"]) for row in found] == [("operator", "team blue")]


class TestFilters:
    def test_by_person_noun_and_time_in_the_tenants_zone(self, bea: User) -> None:
        Tenant.objects.filter(slug="alder").update(timezone="Asia/Tokyo")
        late = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)  # the 27th in Tokyo
        create_team(tenant=alder(), slug="blue", name="Blue", actor=bea.email, now=late)
        create_team(tenant=alder(), slug="green", name="Green", actor="ann@alder.example", now=late)
        on_27th = "since=2026-11-27&until=2026-11-28"
        for query, found in (
            (f"{on_27th}&noun=team", ["team green", "team blue"]),
            (f"{on_27th}&noun=team&person={bea.email}", ["team blue"]),
            ("since=2026-11-26&until=2026-11-27&noun=team", []),
            (f"{on_27th}&noun=token", []),
        ):
            rows = call("GET", f"audit?{query}", who=bea).json()["results"]
            assert [row["target"] for row in rows] == found, query

    def test_an_unknown_noun_is_refused(self, bea: User) -> None:
        assert code_of(call("GET", "audit?noun=cheese", who=bea)) == (400, "invalid_request")

    @pytest.mark.parametrize("moment", ["2026-01-01T00:00:00", "yesterday"])
    def test_a_cursor_that_is_not_ours_is_refused(self, bea: User, moment: str) -> None:
        cursor = urlsafe_b64encode(f'["{moment}","{bea.pk}"]'.encode()).decode()
        assert code_of(call("GET", f"audit?cursor={cursor}", who=bea)) == (404, "not_found")

    def test_pages_hold_still_while_events_of_one_moment_are_added(self, bea: User) -> None:
        moment = now()
        for number in range(5):
            create_team(tenant=alder(), slug=f"t{number}", name="T", actor=bea.email, now=moment)
        page = call("GET", "audit?noun=team&limit=2", who=bea).json()
        create_team(tenant=alder(), slug="late", name="T", actor=bea.email, now=now())
        seen = [row["target"] for row in page["results"]]
        while page["next"]:
            page = call("GET", page["next"].partition("/api/")[2], who=bea).json()
            seen += [row["target"] for row in page["results"]]
        assert seen == [f"team t{number}" for number in (4, 3, 2, 1, 0)]

    def test_words_are_searched_for_in_what_is_told_and_the_oldest_may_come_first(self, bea: User) -> None:
        for slug in ("red-one", "blue", "red-two"):
            create_team(tenant=alder(), slug=slug, name="T", actor=bea.email, now=now())
        rows = call("GET", "audit?q=RED+team&sort=when", who=bea).json()["results"]
        assert [row["target"] for row in rows] == ["team red-one", "team red-two"]
        exported = call("GET", "audit/export?q=red+team&sort=when", who=bea)
        assert exported.status_code == 200

    def test_a_search_goes_on_from_its_last_row(self, bea: User) -> None:
        for number in range(4):
            create_team(tenant=alder(), slug=f"red{number}", name="T", actor=bea.email, now=now())
            create_team(tenant=alder(), slug=f"blue{number}", name="T", actor=bea.email, now=now())
        seen, url = [], "audit?q=red&limit=3"
        while url:
            page = call("GET", url, who=bea).json()
            seen += [row["target"] for row in page["results"]]
            url = (page["next"] or "").partition("/api/")[2]
        assert seen == [f"team red{number}" for number in (3, 2, 1, 0)]

    def test_an_order_that_there_is_not_is_refused(self, bea: User) -> None:
        assert code_of(call("GET", "audit?sort=name", who=bea)) == (400, "invalid_request")


def test_another_tenants_events_are_not_there(bea: User) -> None:
    theirs = UserFactory(tenant=birch(), email="eve@birch.example")
    create_team(tenant=birch(), slug="secret", name="Secret", actor=theirs.email, now=now())
    assert "secret" not in call("GET", "audit", who=bea).content.decode()
    assert code_of(call("GET", "audit?tenant=birch", who=bea)) == (404, "not_found")


def test_a_page_takes_as_many_queries_however_long_it_is(
    bea: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        team = create_team(tenant=alder(), slug=f"t{number}", name="T", actor=bea.email, now=now())
        set_rule(
            target=PolicyTarget(scope=Scope.TEAM, tenant=alder(), scope_id=str(team.pk)),
            key="max_tokens_out",
            value=9,
            actor=bea.email,
            now=now(),
        )
    credential = bearer(bea)
    with django_assert_max_num_queries(12):
        assert len(call("GET", "audit", who=credential).json()["results"]) == 50
