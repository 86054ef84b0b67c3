from datetime import timedelta

import pytest
from django.utils.timezone import now

from metering.errors import InvalidCredential, TenantSuspended, TokenExpired
from metering.identity.authenticate import authenticate
from metering.identity.find import find_token
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import rotate_token
from metering.identity.tokens.secret import new_secret
from metering.models import ATIToken, Tenant
from tests.factories import ModelFactory, TeamFactory, UserFactory, alder, birch, make_token

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_live_token_says_who_is_asking() -> None:
    tenant = alder(timezone="Europe/Berlin", week_start=6, enforcement_mode="warn")
    team, user = TeamFactory(tenant=tenant), UserFactory(tenant=tenant)
    ModelFactory(name="sandbox-small")
    issued = make_token(
        tenant,
        plan="BASIC",
        team=team,
        user=user,
        allowed_tasks=["LLM0_CHAT"],
        allowed_models=["sandbox-small"],
        allowed_networks=["192.0.2.0/24"],
    )
    caller = authenticate(secret=issued.secret, now=now())
    assert (caller.tenant_id, caller.tenant_slug, caller.timezone) == (tenant.pk, "alder", "Europe/Berlin")
    assert (caller.week_start, caller.enforcement_mode) == (6, "warn")
    assert (caller.token_id, caller.plan_code) == (issued.id, "BASIC")
    assert (caller.team_id, caller.user_id) == (team.pk, user.pk)
    assert (caller.allowed_tasks, caller.allowed_models) == ({"LLM0_CHAT"}, {"sandbox-small"})
    assert caller.allowed_networks == ("192.0.2.0/24",)
    assert caller.valid_until is None


def test_it_is_one_query(django_assert_num_queries) -> None:
    issued = make_token(user=UserFactory())
    with django_assert_num_queries(1):
        authenticate(secret=issued.secret, now=now())


def test_nonsense_asks_no_database(django_assert_num_queries) -> None:
    with django_assert_num_queries(0), pytest.raises(InvalidCredential, match="begins with 'ati_'"):
        authenticate(secret="sk-something", now=now())


def test_each_tenant_s_token_leads_to_that_tenant() -> None:
    alders, birchs = make_token(alder()), make_token(birch())
    assert authenticate(secret=alders.secret, now=now()).tenant_slug == "alder"
    assert authenticate(secret=birchs.secret, now=now()).tenant_slug == "birch"


def test_an_unknown_secret_is_refused_and_not_repeated() -> None:
    make_token()
    secret = new_secret()
    with pytest.raises(InvalidCredential) as refused:
        authenticate(secret=secret, now=now())
    assert secret not in str(refused.value)


def test_a_revoked_token_is_refused_even_after_its_end() -> None:
    issued = make_token(expires_at=now() + HOUR)
    revoke_token(token=find_token(reference=str(issued.id)), actor="a test", now=now())
    with pytest.raises(InvalidCredential, match="revoked") as refused:
        authenticate(secret=issued.secret, now=now() + 2 * HOUR)
    assert refused.value.code == "invalid_credential"


def test_a_token_ends_at_its_very_moment() -> None:
    end = now() + HOUR
    issued = make_token(expires_at=end)
    assert authenticate(secret=issued.secret, now=end - timedelta(microseconds=1)).valid_until == end
    with pytest.raises(TokenExpired, match="expired at"):
        authenticate(secret=issued.secret, now=end)


@pytest.mark.parametrize("status", [Tenant.Status.SUSPENDED, Tenant.Status.CLOSED])
def test_a_tenant_that_is_not_active_is_refused(status: Tenant.Status) -> None:
    issued = make_token()
    set_tenant_status(tenant=alder(), status=status, actor="a test", now=now())
    with pytest.raises(TenantSuspended, match=status.lower()):
        authenticate(secret=issued.secret, now=now())


def test_a_deactivated_user_s_token_is_refused() -> None:
    user = UserFactory()
    issued = make_token(user=user)
    user.is_active = False
    user.save()
    with pytest.raises(InvalidCredential, match="deactivated"):
        authenticate(secret=issued.secret, now=now())


class TestRotation:
    def test_both_secrets_work_for_the_grace_period_and_the_id_stays(self) -> None:
        old, moment = make_token(), now()
        new = rotate_token(token=find_token(reference=old.prefix), grace=HOUR, actor="a test", now=moment)
        assert new.id == old.id
        assert authenticate(secret=new.secret, now=moment + 2 * HOUR).valid_until is None
        assert authenticate(secret=old.secret, now=moment).valid_until == moment + HOUR
        with pytest.raises(TokenExpired, match="replaced by a newer one"):
            authenticate(secret=old.secret, now=moment + HOUR)

    def test_a_second_rotation_ends_the_oldest_secret_at_once(self) -> None:
        first = make_token()
        row = ATIToken.objects.get(pk=first.id)
        second = rotate_token(token=row, grace=HOUR, actor="a test", now=now())
        rotate_token(token=row, grace=HOUR, actor="a test", now=now())
        with pytest.raises(InvalidCredential, match="unknown"):
            authenticate(secret=first.secret, now=now())
        assert authenticate(secret=second.secret, now=now()).token_id == first.id

    def test_a_token_s_own_end_is_not_moved_by_a_grace_period(self) -> None:
        moment = now()
        old = make_token(expires_at=moment + HOUR)
        rotate_token(token=find_token(reference=old.prefix), grace=5 * HOUR, actor="a test", now=moment)
        assert authenticate(secret=old.secret, now=moment).valid_until == moment + HOUR

    def test_revoking_ends_both_secrets(self) -> None:
        old = make_token()
        row = ATIToken.objects.get(pk=old.id)
        new = rotate_token(token=row, grace=HOUR, actor="a test", now=now())
        revoke_token(token=row, actor="a test", now=now())
        for secret in (old.secret, new.secret):
            with pytest.raises(InvalidCredential, match="revoked"):
                authenticate(secret=secret, now=now())
