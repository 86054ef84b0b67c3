"""Each verb of identity: what it does, what it refuses, and the trace that it leaves."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.utils.timezone import now

from metering.audit import record_change
from metering.errors import InvalidRequest, NotFound
from metering.identity.find import find_team, find_tenant, find_token, find_user
from metering.identity.people.create_team import create_team
from metering.identity.people.create_user import create_user
from metering.identity.people.join_team import join_team
from metering.identity.tenants.assign_plan import assign_plan
from metering.identity.tenants.create_tenant import create_tenant
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.identity.tokens.issue_token import issue_token
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import rotate_token
from metering.identity.tokens.secret import digest_of
from metering.identity.tokens.touch_tokens import touch_tokens
from metering.models import ATIToken, AuditEvent, Tenant, User
from tests.factories import TeamFactory, UserFactory, alder, birch, make_plan, make_token

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


class TestTenants:
    def test_a_new_tenant_is_active_and_leaves_a_trace(self) -> None:
        tenant, created = create_tenant(slug="oak", name="Oak", actor="me@example.com", now=now())
        assert (created, tenant.status, tenant.timezone) == (True, "ACTIVE", "UTC")
        [event] = events("tenant.created")
        assert (event.actor, event.tenant_id, event.object_id) == (
            "me@example.com",
            tenant.pk,
            str(tenant.pk),
        )

    def test_the_same_facts_again_change_nothing(self) -> None:
        first, _ = create_tenant(slug="oak", name="Oak", actor="a test", now=now())
        again, created = create_tenant(slug="oak", name="Oak", actor="a test", now=now())
        assert (again, created) == (first, False)
        assert len(events("tenant.created")) == 1

    def test_another_tenant_of_the_same_slug_is_refused(self) -> None:
        create_tenant(slug="oak", name="Oak", actor="a test", now=now())
        with pytest.raises(InvalidRequest, match="already another tenant 'oak'"):
            create_tenant(slug="oak", name="Other", actor="a test", now=now())

    @pytest.mark.parametrize(
        ("facts", "param"),
        [({"slug": "no spaces"}, "slug"), ({"name": ""}, "name"), ({"timezone": "Mars/Olympus"}, "timezone")],
    )
    def test_a_malformed_value_is_refused_by_name(self, facts: dict[str, str], param: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            create_tenant(**{"slug": "oak", "name": "Oak", **facts}, actor="a test", now=now())
        assert refused.value.param == param

    def test_closed_is_for_good(self) -> None:
        set_tenant_status(tenant=alder(), status=Tenant.Status.CLOSED, actor="a test", now=now())
        with pytest.raises(InvalidRequest, match="closed for good"):
            set_tenant_status(tenant=alder(), status=Tenant.Status.ACTIVE, actor="a test", now=now())
        assert [event.facts for event in events("tenant.status_changed")] == [
            {"before": "ACTIVE", "after": "CLOSED"}
        ]


class TestPeople:
    def test_admins_may_use_the_console_and_members_may_not(self) -> None:
        roles = {
            role: create_user(
                email=f"{role}@Example.com",
                role=role,
                tenant=None if role == User.Role.SUPER_ADMIN else alder(),
                password_hash=make_password("a long enough password"),
                actor="a test",
                now=now(),
            )
            for role in User.Role
        }
        assert [roles[role].is_staff for role in User.Role] == [True, True, False]
        assert [roles[role].is_superuser for role in User.Role] == [True, False, False]
        assert roles[User.Role.MEMBER].email == "member@example.com"

    def test_a_role_that_does_not_fit_the_tenant_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="belongs to no tenant"):
            create_user(
                email="x@example.com", role=User.Role.SUPER_ADMIN, tenant=alder(), actor="a test", now=now()
            )
        with pytest.raises(InvalidRequest, match="everybody else to one"):
            create_user(email="x@example.com", role=User.Role.MEMBER, actor="a test", now=now())

    def test_an_address_is_taken_once_whatever_its_case(self) -> None:
        UserFactory(email="ann@example.com")
        with pytest.raises(InvalidRequest) as refused:
            create_user(
                email="Ann@Example.com", role=User.Role.MEMBER, tenant=birch(), actor="a test", now=now()
            )
        assert refused.value.param == "email"

    def test_nobody_joins_another_tenant_s_team(self) -> None:
        team = create_team(tenant=alder(), slug="search", name="Search", actor="a test", now=now())
        with pytest.raises(InvalidRequest, match="own tenant"):
            join_team(team=team, user=UserFactory(tenant=birch()), actor="a test", now=now())

    def test_joining_twice_is_joining_once(self) -> None:
        team, user = TeamFactory(), UserFactory()
        first = join_team(team=team, user=user, actor="a test", now=now())
        assert join_team(team=team, user=user, actor="a test", now=now()) == first
        assert len(events("team.joined")) == 1


class TestTokens:
    def test_the_secret_is_nowhere_in_the_database(self) -> None:
        issued = make_token(name="demo")
        row = ATIToken.objects.get(pk=issued.id)
        assert bytes(row.digest) == digest_of(issued.secret)
        [event] = events("token.issued")
        stored = f"{ATIToken.objects.filter(pk=row.pk).values()} {event.facts}"
        assert issued.secret not in stored
        assert issued.secret[-30:] not in stored
        assert row.digest.hex() not in str(event.facts)

    @pytest.mark.parametrize(
        ("facts", "param"),
        [
            ({"expires_at": now() - HOUR}, "expires_at"),
            ({"allowed_tasks": ["LLM9_DANCE"]}, "allowed_tasks"),
            ({"allowed_networks": ["192.0.2.1/24"]}, "allowed_networks"),
            ({"signups_allowed": -1}, "signups_allowed"),
        ],
    )
    def test_a_token_that_makes_no_sense_is_not_issued(self, facts: dict[str, object], param: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            make_token(**facts)
        assert refused.value.param == param
        assert not ATIToken.objects.exists()

    def test_a_token_is_not_bound_to_another_tenant_s_team_or_user(self) -> None:
        with pytest.raises(InvalidRequest, match="team belongs to another tenant"):
            make_token(alder(), team=TeamFactory(tenant=birch()))
        with pytest.raises(InvalidRequest, match="user belongs to another tenant"):
            make_token(alder(), user=UserFactory(tenant=birch()))

    def test_an_unknown_plan_is_refused_with_those_there_are(self) -> None:
        make_plan("BASIC")
        with pytest.raises(NotFound, match="Plans: BASIC"):
            issue_token(tenant=alder(), plan_code="GOLD", actor="a test", now=now())

    def test_revoking_again_keeps_the_first_moment(self) -> None:
        row, moment = find_token(reference=make_token().prefix), now()
        revoke_token(token=row, actor="a test", now=moment)
        assert revoke_token(token=row, actor="a test", now=moment + HOUR).revoked_at == moment
        assert len(events("token.revoked")) == 1

    def test_a_token_that_is_over_is_not_rotated(self) -> None:
        row = find_token(reference=make_token(expires_at=now() + HOUR).prefix)
        with pytest.raises(InvalidRequest, match="expired"):
            rotate_token(token=row, grace=HOUR, actor="a test", now=now() + 2 * HOUR)
        with pytest.raises(InvalidRequest, match="0 to 30 days"):
            rotate_token(token=row, grace=timedelta(days=31), actor="a test", now=now())
        revoke_token(token=row, actor="a test", now=now())
        with pytest.raises(InvalidRequest, match="revoked"):
            rotate_token(token=row, grace=HOUR, actor="a test", now=now())

    def test_a_busy_token_is_touched_once_a_minute(self) -> None:
        issued, moment = make_token(), now()
        seen = []
        for seconds in (0, 30, 61):
            touch_tokens(token_ids=[issued.id], now=moment + timedelta(seconds=seconds))
            seen.append(ATIToken.objects.get(pk=issued.id).last_used_at)
        assert seen == [moment, moment, moment + timedelta(seconds=61)]


class TestAssignPlan:
    def test_live_tokens_move_and_dead_ones_and_other_tenants_do_not(self) -> None:
        moment = now()
        live, ending = make_token(), make_token(expires_at=moment + HOUR)
        over, others = make_token(expires_at=moment + HOUR / 2), make_token(birch())
        revoked = make_token()
        revoke_token(token=find_token(reference=revoked.prefix), actor="a test", now=moment)
        make_plan("BASIC")
        later = moment + HOUR * 3 / 4
        assert assign_plan(tenant=alder(), plan_code="BASIC", actor="a test", now=later) == 2
        plans = dict(ATIToken.objects.values_list("id", "plan_tier_id"))
        assert {plans[live.id], plans[ending.id]} == {"BASIC"}
        assert {plans[over.id], plans[revoked.id], plans[others.id]} == {"PRO"}

    def test_again_changes_nothing_and_leaves_no_trace(self) -> None:
        make_token()
        assert assign_plan(tenant=alder(), plan_code="PRO", actor="a test", now=now()) == 0
        assert events("tenant.plan_assigned") == []

    def test_an_unknown_plan_is_refused(self) -> None:
        with pytest.raises(NotFound):
            assign_plan(tenant=alder(), plan_code="GOLD", actor="a test", now=now())


class TestFinding:
    def test_what_is_another_tenant_s_is_not_found(self) -> None:
        team, user, token = TeamFactory(), UserFactory(), make_token()
        assert find_team(tenant=alder(), reference=team.slug) == team
        assert find_user(tenant=alder(), reference=str(user.pk)) == user
        assert find_token(tenant=alder(), reference=token.prefix).pk == token.id
        for find, reference in (
            (find_team, team.slug),
            (find_team, str(team.pk)),
            (find_user, user.email),
            (find_user, str(user.pk)),
            (find_token, token.prefix),
            (find_token, str(token.id)),
        ):
            with pytest.raises(NotFound):
                find(tenant=birch(), reference=reference)

    def test_an_unknown_tenant_is_named(self) -> None:
        with pytest.raises(NotFound, match="'nobody'"):
            find_tenant("nobody")


@pytest.mark.django_db(transaction=True)
def test_a_change_outside_a_transaction_leaves_no_trace_of_its_own() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        record_change(action="x", actor="a test", target=alder(), now=now())
