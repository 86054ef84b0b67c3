"""What groups give at each sign-in, and take: roles, teams, and the place itself."""

from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.identity.people.change_user import change_user
from metering.models import (
    ATIToken,
    AuditEvent,
    EmailDomain,
    ExternalIdentity,
    GroupMapping,
    Membership,
    Team,
    Tenant,
    User,
)
from tests.factories import TeamFactory, UserFactory, birch, make_invitation, make_token
from tests.integration.gateway_project.api.people import PASSWORD, call
from tests.integration.gateway_project.oidc.conftest import sentence_of, sign_in
from tests.support.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db
ADMIN, MEMBER, SUPER = User.Role.TENANT_ADMIN, User.Role.MEMBER, User.Role.SUPER_ADMIN


@pytest.fixture(autouse=True)
def mappings(tenant: Tenant) -> Team:
    """`staff` are members, `leads` administrators in the team of patents, `ops` super admins."""
    team: Team = TeamFactory(tenant=tenant, slug="patents")
    GroupMapping.objects.create(group="staff", tenant=tenant)
    GroupMapping.objects.create(group="leads", tenant=tenant, role=ADMIN, team=team)
    GroupMapping.objects.create(group="ops", role=SUPER)
    return team


def come(provider: IdentityProvider, *groups: str, **claims: Any) -> Any:
    provider.person |= {"groups": list(groups), **claims}
    return sign_in(Client(), provider)


def refused(provider: IdentityProvider, *groups: str, **claims: Any) -> str:
    answer = come(provider, *groups, **claims)
    assert answer.status_code == 403
    return sentence_of(answer)


def ann() -> User:
    return User.objects.get(email="ann@alder.example")


def teams_of(user: User) -> list[str]:
    return list(Membership.objects.filter(user=user).values_list("team__slug", flat=True))


class TestAPersonOfATenant:
    def test_has_the_highest_role_and_the_teams_of_all_groups(self, provider: IdentityProvider) -> None:
        come(provider, "staff", "leads", "unknown")
        assert (ann().role, teams_of(ann())) == (ADMIN, ["patents"])

    def test_loses_with_a_group_what_it_gave_and_gets_it_back_with_it(
        self, provider: IdentityProvider
    ) -> None:
        for groups, role, teams in (
            (["staff", "leads"], ADMIN, ["patents"]),
            (["staff"], MEMBER, []),
            (["leads"], ADMIN, ["patents"]),
        ):
            come(provider, *groups)
            assert (ann().role, teams_of(ann())) == (role, teams)
        assert {"user.changed", "team.joined", "team.left"} <= set(
            AuditEvent.objects.filter(actor="single sign-on").values_list("action", flat=True)
        )

    def test_keeps_what_was_given_by_hand(self, provider: IdentityProvider, mappings: Team) -> None:
        user = UserFactory(email="ann@alder.example", role=ADMIN)
        Membership.objects.create(user=user, team=mappings)
        come(provider, "staff", "leads")
        come(provider, "staff")
        assert (ann().role, teams_of(ann())) == (ADMIN, ["patents"])

    def test_gets_the_plan_of_the_token_that_a_group_names(
        self, provider: IdentityProvider, tenant: Tenant
    ) -> None:
        come(provider, "staff")
        token = ATIToken.objects.get(pk=make_token(tenant, name="leads").id)
        GroupMapping.objects.filter(group="leads").update(token=token)
        come(provider, "leads")
        assert ann().signup_token == token

    def test_whom_no_group_places_any_longer_is_out_until_one_does(self, provider: IdentityProvider) -> None:
        come(provider, "leads")
        assert "any longer" in refused(provider, "unknown")
        assert (ann().is_active, ann().role, teams_of(ann())) == (False, MEMBER, [])
        assert come(provider, "staff").status_code == 302
        assert (ann().is_active, ann().role) == (True, MEMBER)

    def test_that_was_deactivated_by_hand_stays_out_whatever_the_groups(
        self, provider: IdentityProvider
    ) -> None:
        come(provider, "staff")
        refused(provider)
        for is_active in (True, False):
            change_user(user=ann(), changes={"is_active": is_active}, actor="ops", now=now())
        assert "deactivated" in refused(provider, "leads")
        assert (ann().is_active, ann().role) == (False, MEMBER)

    def test_of_a_suspended_tenant_stays_out(self, provider: IdentityProvider) -> None:
        come(provider, "staff")
        Tenant.objects.update(status=Tenant.Status.SUSPENDED)
        assert "suspended" in refused(provider, "staff")

    def test_is_kept_to_the_networks_of_the_token_behind(self, provider: IdentityProvider) -> None:
        ATIToken.objects.update(allowed_networks=["192.0.2.0/24"])
        assert "another network" in refused(provider, "staff")


class TestAnAddress:
    def test_that_is_not_verified_is_linked_with_nobody_and_makes_nobody(
        self, provider: IdentityProvider
    ) -> None:
        for claims in ({"email_verified": False}, {"email_verified": None}, {"email": ""}):
            assert "verified" in refused(provider, "staff", **claims)
        UserFactory(email="ann@alder.example", role=ADMIN)
        assert "verified" in refused(provider, "staff", email="ann@alder.example", email_verified=False)
        assert not ExternalIdentity.objects.exists()

    def test_that_is_verified_is_linked_with_who_is_known_by_it(self, provider: IdentityProvider) -> None:
        user = UserFactory(email="ann@alder.example")
        assert come(provider).status_code == 302
        assert ExternalIdentity.objects.get().user == user
        assert AuditEvent.objects.filter(action="user.linked").count() == 1

    def test_takes_the_account_from_whoever_signed_up_with_it_first(
        self, provider: IdentityProvider, tenant: Tenant
    ) -> None:
        secret = make_token(tenant, name="open", signups_allowed=1).secret
        given = {"ati_token": secret, "email": "ann@alder.example", "password": PASSWORD}
        pair = call("POST", "auth/signup", given).json()
        their_token = make_token(tenant, name="theirs", user=ann())
        browser = Client()
        browser.force_login(ann())
        assert come(provider, "staff").status_code == 302
        wrong = call("POST", "auth/token", {"email": "ann@alder.example", "password": PASSWORD})
        again = call("POST", "auth/token/refresh", {"refresh": pair["refresh"]})
        assert (wrong.status_code, again.status_code) == (401, 401)
        assert call("GET", "auth/me", who=pair["access"]).status_code == 401
        assert browser.get("/admin/profile/").status_code == 302
        assert ATIToken.objects.get(pk=their_token.id).revoked_at is not None
        facts = AuditEvent.objects.get(action="user.linked").facts
        taken = (facts["password_removed"], facts["sessions_ended"], facts["tokens_revoked"])
        assert taken == (True, 1, 1)

    def test_keeps_the_tokens_of_an_account_whose_address_an_invitation_has_proven(
        self, provider: IdentityProvider, tenant: Tenant
    ) -> None:
        person = UserFactory(email="ann@alder.example", tenant=tenant)
        token = make_token(tenant, name="theirs", user=person)
        make_invitation(make_token(tenant, name="usual"), person.email, user=person, accepted_at=now())
        assert come(provider, "staff").status_code == 302
        assert ATIToken.objects.get(pk=token.id).revoked_at is None

    def test_of_another_tenants_account_is_not_linked_where_the_groups_lead_elsewhere(
        self, provider: IdentityProvider
    ) -> None:
        UserFactory(email="ann@alder.example", tenant=birch())
        for groups in (["staff"], ["ops"]):
            assert "another tenant" in refused(provider, *groups)
        assert not ExternalIdentity.objects.exists()

    def test_that_somebody_else_has_now_opens_nobodys_account(self, provider: IdentityProvider) -> None:
        come(provider, "staff")
        assert "another sign-in" in refused(provider, "staff", sub="ann-2")

    def test_of_a_tenants_domain_makes_a_member_of_it(
        self, provider: IdentityProvider, tenant: Tenant
    ) -> None:
        assert "has a place here" in refused(provider)
        EmailDomain.objects.create(domain="alder.example", tenant=tenant)
        assert come(provider).status_code == 302
        assert (ann().tenant, ann().role) == (tenant, MEMBER)
        EmailDomain.objects.all().delete()
        refused(provider)
        assert not ann().is_active


def test_groups_of_two_tenants_make_nobody_and_the_own_counts_for_who_is_there(
    provider: IdentityProvider, tenant: Tenant
) -> None:
    GroupMapping.objects.create(group="birches", tenant=birch(), role=ADMIN)
    assert "more than one tenant" in refused(provider, "staff", "birches")
    come(provider, "staff")
    assert come(provider, "staff", "birches").status_code == 302
    assert (ann().tenant, ann().role) == (tenant, MEMBER)
    refused(provider, "birches")
    assert (ann().tenant, ann().role, ann().is_active) == (tenant, MEMBER, False)


def test_who_is_unlinked_loses_what_groups_gave_and_keeps_what_was_given_by_hand(
    provider: IdentityProvider, tenant: Tenant
) -> None:
    come(provider, "leads")
    own: Team = TeamFactory(tenant=tenant, slug="own")
    Membership.objects.create(user=ann(), team=own)
    ops = User.objects.create_superuser("ops@example.com", PASSWORD)
    console = Client()
    console.force_login(ops)
    page = "/admin/metering/externalidentity/"
    for deleted in ("in the list", "on its page"):
        come(provider, "leads")
        pk = str(ExternalIdentity.objects.get().pk)
        if deleted == "in the list":
            console.post(page, {"action": "delete_selected", "_selected_action": pk, "post": "yes"})
        else:
            console.post(f"{page}{pk}/delete/", {"post": "yes"})
        assert not ExternalIdentity.objects.exists()
        assert (ann().role, teams_of(ann())) == (MEMBER, ["own"])
    assert AuditEvent.objects.filter(action="user.unlinked", actor=ops.email).count() == 2


class TestASuperAdmin:
    def test_is_one_by_a_group_that_is_mapped_so_and_only_as_long(self, provider: IdentityProvider) -> None:
        assert come(provider, "ops").status_code == 302
        assert (ann().role, ann().tenant, ann().is_staff) == (SUPER, None, True)
        assert "super admins" in refused(provider, "staff")
        assert not ann().is_active
        assert come(provider, "ops").status_code == 302
        assert ann().is_active

    def test_who_has_a_password_is_not_linked_without_such_a_group(self, provider: IdentityProvider) -> None:
        user = User.objects.create_superuser("ann@alder.example", "violet-Hammer-9")
        assert "with a password" in refused(provider, "staff", "leads")
        assert not ExternalIdentity.objects.exists()
        come(provider, "ops")
        refused(provider, "staff")
        user.refresh_from_db()
        assert user.is_active

    def test_is_not_made_of_a_tenants_person(self, provider: IdentityProvider, tenant: Tenant) -> None:
        come(provider, "staff")
        come(provider, "staff", "ops")
        assert (ann().role, ann().tenant) == (MEMBER, tenant)
