"""People, teams and invitations, as a tenant's administrators and operators work with them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from metering.models import AuditEvent, Invitation, Membership, PasswordReset, Team, User
from metering.tasks import deliver_alerts
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary
from tests.factories import AttemptFactory, UserFactory, birch, make_invitation
from tests.integration.admin_console import rows
from tests.integration.admin_console.people_of_alder import Alder, alders_people, browser_of, told
from tests.mail import MailServer, mail_server_in_use, text_of

pytestmark = pytest.mark.django_db
PEOPLE, PERSON, INVITE, INVITATIONS = (
    "/admin/people/",
    "/admin/people/person/",
    "/admin/people/invite/",
    "/admin/people/invitations/",
)
PASSWORD = "violet-Hammer-9"
MOST_QUERIES = 14


@pytest.fixture
def alder() -> Alder:
    return alders_people()


@pytest.fixture
def admin(alder: Alder) -> Client:
    return browser_of(alder.admin)


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.INVITATION_URL = "https://gateway.example/admin/invitation/"
    with mail_server_in_use(settings) as server:
        yield server


def do(client: Client, verb: str, user: User, **form: str) -> list[str]:
    """The sentences that the page then says."""
    return told(client.post(f"{PERSON}?user={user.email}", {"verb": verb, **form}))


class TestTheList:
    def test_says_of_each_person_what_the_api_says_it_spent_this_month(
        self, alder: Alder, admin: Client
    ) -> None:
        AttemptFactory(tenant_id=alder.tenant.pk, user_id=alder.member.pk, cost_nano_usd=1_234_567_890)
        last_month = now().replace(day=1, hour=0, minute=0) - timedelta(days=1)
        AttemptFactory(tenant_id=alder.tenant.pk, user_id=alder.member.pk, at=last_month)
        first = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        [row] = usage_summary(UsageFilter(tenant=alder.tenant, since=first), by="user")
        page = admin.get(PEOPLE).content.decode()
        assert f"${row['cost_usd']}" in page
        assert "$1.23" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=ann", ["ann"]),
            ("q=ALDER.example&sort=-person", ["bea", "ann"]),
            ("role=TENANT_ADMIN", ["bea"]),
            ("team=patents", ["ann"]),
            ("state=deactivated", []),
            ("sort=role", ["bea", "ann"]),
        ],
    )
    def test_is_searched_filtered_and_sorted_by_its_address(
        self, admin: Client, query: str, found: list[str]
    ) -> None:
        table = admin.get(f"{PEOPLE}?{query}").context["table"]
        assert [row.cells[0].text.partition("@")[0] for row in table.rows] == found

    def test_takes_no_more_queries_for_more_people(self, alder: Alder, admin: Client) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as seen:
                assert admin.get(PEOPLE).status_code == 200
            return len(seen)

        before = queries()
        for _ in range(5):
            Membership.objects.create(team=alder.team, user=UserFactory(signup_token=alder.token))
        assert queries() == before <= MOST_QUERIES

    def test_is_about_a_tenant_that_an_operator_chooses(self, alder: Alder) -> None:
        operator = browser_of(rows.super_admin())
        assert "Of which tenant?" in operator.get(PEOPLE).content.decode()
        page = operator.get(f"{PEOPLE}?tenant=alder").content.decode()
        assert "/admin/people/person/?tenant=alder&amp;user=ann@alder.example" in page


class TestAPerson:
    def test_becomes_an_administrator_and_a_member_again(self, alder: Alder, admin: Client) -> None:
        assert do(admin, "make_admin", alder.member) == [
            "ann@alder.example is an administrator of Alder Research."
        ]
        alder.member.refresh_from_db()
        assert alder.member.role == User.Role.TENANT_ADMIN
        do(admin, "make_member", alder.member)
        events = AuditEvent.objects.filter(action="user.changed", tenant_id=alder.tenant.pk)
        assert [(event.actor, event.facts["role"]) for event in events.order_by("id")] == [
            (alder.admin.email, ["MEMBER", "TENANT_ADMIN"]),
            (alder.admin.email, ["TENANT_ADMIN", "MEMBER"]),
        ]

    def test_is_out_at_once_when_deactivated_and_in_again(self, alder: Alder, admin: Client) -> None:
        member = browser_of(alder.member)
        assert member.get("/admin/profile/").status_code == 200
        do(admin, "deactivate", alder.member)
        assert member.get("/admin/profile/").status_code == 302
        do(admin, "activate", alder.member)
        assert member.get("/admin/profile/").status_code == 200

    @pytest.mark.parametrize("verb", ["make_member", "deactivate"])
    def test_changes_not_its_own_role_or_standing(self, alder: Alder, admin: Client, verb: str) -> None:
        [sentence] = do(admin, verb, alder.admin)
        assert sentence.startswith("Somebody else has to change your")
        alder.admin.refresh_from_db()
        assert (alder.admin.role, alder.admin.is_active) == (User.Role.TENANT_ADMIN, True)

    def test_beyond_the_administrators_own_token_is_only_restricted(
        self, alder: Alder, admin: Client
    ) -> None:
        alder.admin.signup_token = None
        alder.admin.save()
        assert do(admin, "make_admin", alder.member) == ["Your account has no plan to pass on."]
        assert "deactivated" in do(admin, "deactivate", alder.member)[0]

    def test_goes_into_a_team_and_out_of_it(self, alder: Alder, admin: Client) -> None:
        assert do(admin, "join", alder.admin, team="patents") == ["bea@alder.example is in the team Patents."]
        assert Membership.objects.filter(user=alder.admin, team=alder.team).exists()
        do(admin, "leave", alder.admin, team="patents")
        assert not Membership.objects.filter(user=alder.admin).exists()

    def test_gets_a_mail_for_another_password(self, alder: Alder, admin: Client) -> None:
        assert "on its way to ann@alder.example" in do(admin, "mail", alder.member)[0]
        assert PasswordReset.objects.get().email == alder.member.email

    def test_is_said_to_wait_for_a_mail_where_there_is_no_mail_server(
        self, alder: Alder, admin: Client, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "metering.alerts.no_mail_server.NoMailBackend"
        assert "waits: the gateway has no mail server" in do(admin, "mail", alder.member)[0]

    def test_is_shown_without_an_id(self, alder: Alder, admin: Client) -> None:
        page = admin.get(f"{PERSON}?user={alder.member.email}").content.decode()
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", page)


class TestInvitations:
    def test_from_the_form_to_somebody_who_is_signed_in(
        self, alder: Alder, admin: Client, server: MailServer
    ) -> None:
        form = {"email": "Nora@Alder.example", "name": "Nora", "role": "MEMBER", "team": "patents"}
        response = admin.post(INVITE, form)
        assert response["Location"] == INVITATIONS
        assert "on its way" in told(response)[0]
        deliver_alerts()
        link = re.search(r"/admin/invitation/\?token=\S+", text_of(server.mails[-1]))
        assert link is not None
        nora = Client()
        page = nora.get(link[0]).content.decode()
        assert "Alder Research" in page
        assert "bea@alder.example" in page
        token = link[0].partition("=")[2]
        answer = nora.post(
            "/admin/invitation/", {"token": token, "name": "Nora", "password": PASSWORD, "again": PASSWORD}
        )
        assert answer["Location"] == "/admin/"
        assert nora.get("/admin/profile/").status_code == 200
        user = User.objects.get(email="nora@alder.example")
        assert (user.signup_token, user.role) == (alder.token, User.Role.MEMBER)
        assert Membership.objects.filter(user=user, team=alder.team).exists()
        assert "accepted" in admin.get(INVITATIONS).content.decode()

    def test_a_link_that_is_used_up_says_so_and_asks_for_nothing(self) -> None:
        page = Client().get("/admin/invitation/?token=inv_nothing").content.decode()
        assert "Ask to be invited again" in page
        assert 'type="password"' not in page

    def test_two_passwords_that_differ_are_told_and_the_link_works_on(
        self, alder: Alder, admin: Client, server: MailServer
    ) -> None:
        admin.post(INVITE, {"email": "nora@alder.example", "role": "MEMBER"})
        deliver_alerts()
        found = re.search(r"inv_[\w-]{43}", text_of(server.mails[-1]))
        assert found is not None
        form = {"token": found[0], "password": PASSWORD, "again": "another"}
        assert "differ" in Client().post("/admin/invitation/", form).content.decode()
        assert Client().post("/admin/invitation/", {**form, "again": PASSWORD}).status_code == 302

    def test_what_is_refused_stands_at_its_field(self, alder: Alder, admin: Client) -> None:
        form = {"email": alder.member.email, "role": "MEMBER"}
        errors = admin.post(INVITE, form).context["form"].errors
        assert errors["email"] == ["There is already a user with this email."]

    def test_is_sent_again_and_withdrawn(self, alder: Alder, admin: Client) -> None:
        invitation = make_invitation(alder.token, "nora@alder.example")
        assert (
            "Another mail" in told(admin.post(INVITATIONS, {"email": invitation.email, "verb": "resend"}))[0]
        )
        assert (
            "withdrawn" in told(admin.post(INVITATIONS, {"email": invitation.email, "verb": "withdraw"}))[0]
        )
        row = Invitation.objects.get()
        assert (len(row.asked_at), row.is_open) == (2, False)

    def test_by_an_operator_is_on_the_tenants_token_for_people(self, alder: Alder) -> None:
        operator = browser_of(rows.super_admin())
        response = operator.post(f"{INVITE}?tenant=alder", {"email": "x@example.com", "role": "TENANT_ADMIN"})
        assert response["Location"] == f"{INVITATIONS}?tenant=alder"
        assert Invitation.objects.get().token == alder.token


class TestTeams:
    def test_one_is_created_renamed_and_filled(self, alder: Alder, admin: Client) -> None:
        response = admin.post("/admin/teams/", {"name": "Research", "slug": "research"})
        assert response["Location"] == "/admin/teams/team/?team=research"
        page = "/admin/teams/team/?team=research"
        admin.post(page, {"verb": "rename", "name": "Basic research"})
        admin.post(page, {"verb": "join", "user": alder.member.email})
        team = Team.objects.get(slug="research")
        assert (team.name, [person.email for person in team.members.all()]) == (
            "Basic research",
            [alder.member.email],
        )
        admin.post(page, {"verb": "leave", "user": alder.member.email})
        assert not team.members.exists()
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
            "team.created", "team.renamed", "team.joined", "team.left",
        }  # fmt: skip

    def test_a_slug_that_is_taken_is_told_at_its_field(self, alder: Alder, admin: Client) -> None:
        response = admin.post("/admin/teams/", {"name": "Patents", "slug": "patents"})
        assert list(response.context["form"].errors) == ["slug"]

    def test_somebody_of_another_tenant_is_not_put_in(self, alder: Alder, admin: Client) -> None:
        stranger = UserFactory(tenant=birch())
        page = "/admin/teams/team/?team=patents"
        assert "no user" in told(admin.post(page, {"verb": "join", "user": stranger.email}))[0]
        assert not Membership.objects.filter(user=stranger).exists()


def test_a_member_changes_the_own_name_and_sees_the_own_plan(alder: Alder) -> None:
    member = browser_of(alder.member)
    assert told(member.post("/admin/profile/", {"name": "Ann Alder"})) == ["You are called Ann Alder."]
    page = member.get("/admin/profile/").content.decode()
    assert "Ann Alder" in page
    assert alder.token.plan_tier_id in page
