"""From an invitation to a user who has signed in, through a real mail server."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from gateway_project import env
from metering.errors import MeteringError
from metering.identity.invitations.accept import accept_invitation, read_invitation
from metering.identity.invitations.bounds import MOST_FOR_ONE_MAILBOX, MOST_OF_A_TENANT
from metering.identity.invitations.forget import forget_invitations
from metering.models import AlertDelivery, ATIToken, AuditEvent, Invitation, Membership, Tenant, User
from metering.tasks import deliver_alerts
from tests.factories import TeamFactory, birch, make_invitation, make_token
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin
from tests.mail import MailServer, html_of, mail_server_in_use, text_of

pytestmark = pytest.mark.django_db
PASSWORD = "violet-Hammer-9"
SECRET = re.compile(r"inv_[\w-]{43}")


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server_in_use(settings) as server:
        yield server


@pytest.fixture
def admin() -> User:
    token = ATIToken.objects.get(pk=make_token(name="the administrators'").id)
    return person(User.Role.TENANT_ADMIN, token=token)


def invite(admin: User, email: str = "new@example.com", **facts: Any) -> Any:
    return call("POST", "invitations", {"email": email, **facts}, who=admin)


def verb(admin: User, name: str) -> Any:
    return call("POST", f"invitations/{Invitation.objects.get().pk}/{name}", who=admin)


def accept(secret: str, password: str = PASSWORD, **facts: Any) -> Any:
    return call("POST", "auth/invitation", {"token": secret, "password": password, **facts})


def mailed_secret(server: MailServer) -> str:
    """What the newest mail says."""
    deliver_alerts()
    found = SECRET.search(text_of(server.mails[-1]))
    assert found is not None
    return found[0]


class TestTheWay:
    def test_the_mails_link_makes_a_user_on_the_plan_of_who_invited(
        self, server: MailServer, admin: User
    ) -> None:
        assert invite(admin, name="Nora").status_code == 201
        answer = accept(mailed_secret(server))
        assert answer.status_code == 201
        user = User.objects.get(email="new@example.com")
        assert (user.role, user.name, user.tenant) == (User.Role.MEMBER, "Nora", admin.tenant)
        assert user.signup_token == admin.signup_token
        me = call("GET", "auth/me", authorization=f"Bearer {answer.json()['access']}")
        assert me.status_code == 200

    def test_an_administrator_in_a_team_comes_as_one(self, server: MailServer, admin: User) -> None:
        team = TeamFactory(tenant=admin.tenant, slug="patents")
        invite(admin, role="TENANT_ADMIN", team="patents")
        accept(mailed_secret(server))
        user = User.objects.get(email="new@example.com")
        assert user.role == User.Role.TENANT_ADMIN
        assert Membership.objects.filter(user=user, team=team).exists()

    def test_the_mail_goes_to_the_invited_alone_with_a_link_and_who_invites(
        self, server: MailServer, admin: User, settings: Any
    ) -> None:
        settings.INVITATION_URL = "https://gateway.example/admin/invitation/"
        invite(admin)
        secret = mailed_secret(server)
        [mail] = server.mails
        assert mail["To"] == "new@example.com"
        for text in (text_of(mail), html_of(mail)):
            assert f"https://gateway.example/admin/invitation/?token={secret}" in text
            assert admin.email in text

    def test_without_a_mail_server_it_waits_for_one(self, admin: User, settings: Any) -> None:
        for name, value in env.email("EMAIL_URL", "").items():
            setattr(settings, name, value)
        invite(admin)
        assert deliver_alerts() == 0
        assert AlertDelivery.objects.get().state == "no_server"
        assert Invitation.objects.get().digest is None

    def test_what_is_kept_opens_nothing(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        stored = str([list(model.objects.values()) for model in (Invitation, AlertDelivery, AuditEvent)])
        assert secret not in stored
        assert secret not in invite(admin, "other@example.com").content.decode()

    def test_every_step_is_in_the_audit_trail_of_the_tenant(self, server: MailServer, admin: User) -> None:
        invite(admin)
        verb(admin, "resend")
        accept(mailed_secret(server))
        actions = AuditEvent.objects.filter(tenant_id=admin.tenant_id, object_type="Invitation")
        assert list(actions.order_by("id").values_list("action", "actor")) == [
            ("invitation.sent", admin.email),
            ("invitation.sent_again", admin.email),
            ("invitation.accepted", "new@example.com"),
        ]


class TestALinkOpensNothing:
    def refused(self, secret: str) -> bool:
        answer = accept(secret)
        assert not User.objects.filter(email="new@example.com", password=PASSWORD).exists()
        return answer.status_code == 400 and answer.json()["error"]["param"] == "token"

    def test_twice(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        assert accept(secret).status_code == 201
        assert self.refused(secret)

    def test_after_a_week(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        Invitation.objects.update(expires_at=now())
        assert self.refused(secret)

    def test_once_it_is_withdrawn(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        assert verb(admin, "withdraw").json()["state"] == "withdrawn"
        assert self.refused(secret)

    def test_once_another_mail_was_asked_for(self, server: MailServer, admin: User) -> None:
        invite(admin)
        first = mailed_secret(server)
        assert verb(admin, "resend").json()["mails"] == 2
        assert self.refused(first)
        assert accept(mailed_secret(server)).status_code == 201

    @pytest.mark.parametrize("secret", ["nonsense", "inv_" + "x" * 43, ""])
    def test_that_was_guessed(self, admin: User, secret: str) -> None:
        invite(admin)
        assert accept(secret).status_code == 400

    def test_once_the_token_behind_it_was_revoked(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        ATIToken.objects.update(revoked_at=now())
        assert code_of(accept(secret)) == (403, "not_permitted")

    def test_while_the_tenant_is_suspended(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        Tenant.objects.update(status="SUSPENDED")
        assert code_of(accept(secret)) == (403, "tenant_suspended")

    def test_from_another_network_than_the_tokens(self, server: MailServer, admin: User) -> None:
        invite(admin)
        secret = mailed_secret(server)
        ATIToken.objects.update(allowed_networks=["192.0.2.0/24"])
        assert accept(secret).status_code in {401, 403}
        assert not User.objects.filter(email="new@example.com").exists()

    def test_with_a_bad_password_and_then_still_with_a_good_one(
        self, server: MailServer, admin: User
    ) -> None:
        invite(admin)
        secret = mailed_secret(server)
        assert accept(secret, "short").status_code == 400
        assert accept(secret).status_code == 201

    def test_of_a_mail_that_was_not_sent_yet_when_it_was_withdrawn(
        self, server: MailServer, admin: User
    ) -> None:
        invite(admin)
        verb(admin, "withdraw")
        assert deliver_alerts() == 0
        assert server.mails == []


class TestRefused:
    def test_to_members(self) -> None:
        assert invite(person()).status_code == 403

    def test_for_somebody_who_is_a_user(self, admin: User) -> None:
        answer = invite(admin, admin.email)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "email")

    def test_for_somebody_who_is_invited(self, admin: User) -> None:
        assert invite(admin).status_code == 201
        answer = invite(admin, "New@Example.com")
        assert answer.status_code == 400
        assert "invited already" in answer.json()["error"]["message"]

    def test_as_a_super_admin(self, admin: User) -> None:
        assert invite(admin, role="SUPER_ADMIN").status_code == 400

    def test_on_a_token_beyond_the_own(self, admin: User) -> None:
        wide = ATIToken.objects.get(pk=make_token(name="wide").id)
        ATIToken.objects.filter(pk=admin.signup_token_id).update(allowed_tasks=["LLM0_CHAT"])
        assert code_of(invite(admin, token=wide.prefix)) == (403, "not_permitted")

    def test_on_another_tenants_token_or_team(self, admin: User) -> None:
        token = ATIToken.objects.get(pk=make_token(birch()).id)
        assert invite(admin, token=token.prefix).status_code == 404
        assert invite(admin, team=str(TeamFactory(tenant=birch()).pk)).status_code == 404

    def test_on_a_token_that_has_ended(self, admin: User) -> None:
        ended = make_token(name="ended")
        ATIToken.objects.filter(pk=ended.id).update(revoked_at=now())
        assert invite(admin, token=ended.prefix).json()["error"]["param"] == "token"

    def test_for_what_has_ended(self, server: MailServer, admin: User) -> None:
        invite(admin)
        accept(mailed_secret(server))
        assert verb(admin, "resend").status_code == 400
        assert verb(admin, "withdraw").status_code == 400

    def test_by_an_operator_for_a_tenant_without_a_token_with_how_to_go_on(self) -> None:
        birch()
        answer = call("POST", "invitations", {"email": "x@example.com", "tenant": "birch"}, who=super_admin())
        assert answer.status_code == 400
        assert "Issue one first" in answer.json()["error"]["message"]


def test_an_operator_invites_on_the_tenants_newest_token_with_sign_ups(admin: User) -> None:
    wanted = make_token(name="for people", signups_allowed=3)
    make_token(name="for programs")
    answer = call("POST", "invitations", {"email": "x@example.com", "tenant": "alder"}, who=super_admin())
    assert answer.json()["token"] == str(wanted.id)


class TestBounds:
    def test_a_tenant_sends_so_many_in_an_hour(self, admin: User) -> None:
        assert admin.signup_token is not None
        for number in range(MOST_OF_A_TENANT):
            make_invitation(admin.signup_token, f"p{number}@example.com")
        answer = invite(admin)
        assert code_of(answer) == (429, "rate_limited")
        assert 0 < int(answer["Retry-After"]) <= 3600

    def test_of_an_hour_ago_none_counts(self, admin: User) -> None:
        assert admin.signup_token is not None
        for number in range(MOST_OF_A_TENANT):
            earlier = now() - timedelta(minutes=61)
            make_invitation(admin.signup_token, f"p{number}@example.com", now=earlier)
        assert invite(admin).status_code == 201

    def test_a_mailbox_gets_so_many_in_an_hour_whoever_sends_them(self, admin: User) -> None:
        invite(admin)
        for _ in range(MOST_FOR_ONE_MAILBOX - 1):
            assert verb(admin, "resend").status_code == 200
        assert verb(admin, "resend").status_code == 429

    def test_what_ended_long_ago_is_forgotten(self, admin: User) -> None:
        invite(admin)
        assert forget_invitations(now() + timedelta(days=96)) == 0
        assert forget_invitations(now() + timedelta(days=98)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_comes_in(server: MailServer, admin: User) -> None:
    invite(admin)
    invitation = read_invitation(mailed_secret(server), now=now())
    outcomes: list[str] = []

    def use() -> None:
        try:
            accept_invitation(invitation=invitation, password=PASSWORD, now=now())
            outcomes.append("in")
        except MeteringError as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    both = [threading.Thread(target=use) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(outcomes) == ["InvalidRequest", "in"]
    assert User.objects.filter(email="new@example.com").count() == 1
