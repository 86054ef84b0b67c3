"""Signing in, refreshing, and every way in which a session ends."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils.timezone import now

from metering.identity.sessions.access_token import ACCESS_LIFE
from metering.identity.sessions.open_session import MAX_SESSIONS, SESSION_LIFE, open_session
from metering.identity.sessions.refresh_session import AGAIN, refresh_session
from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, AuditEvent, LoginSession, Tenant, User
from tests.factories import UserFactory, alder, make_token
from tests.integration.gateway_project.api.people import PASSWORD, call, code_of, person

pytestmark = pytest.mark.django_db


def sign_in(user: User, password: str = PASSWORD, **headers: str) -> Any:
    return call("POST", "auth/token", {"email": user.email, "password": password}, **headers)


def refresh(token: str) -> Any:
    return call("POST", "auth/token/refresh", {"refresh": token})


def me(token: str) -> Any:
    return call("GET", "auth/me", who=token)


def half_a_minute_passes() -> None:
    for session in LoginSession.objects.all():
        session.refreshed_at -= AGAIN + timedelta(seconds=1)
        session.save()


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, settings.JWT_SIGNING_KEYS[0], algorithms=["HS256"])
    return claims


class TestSigningIn:
    def test_with_the_right_password(self) -> None:
        user = person(User.Role.TENANT_ADMIN)
        response = sign_in(user)
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        facts = me(response.json()["access"]).json()
        assert (facts["email"], facts["role"], facts["tenant"]) == (user.email, "TENANT_ADMIN", "alder")
        assert facts["plan"] == "PRO"

    def test_the_address_is_not_case_sensitive(self) -> None:
        user = person()
        response = call("POST", "auth/token", {"email": user.email.upper(), "password": PASSWORD})
        assert response.status_code == 200

    def test_with_a_wrong_password_or_an_unknown_address_the_same_is_said(self) -> None:
        wrong = sign_in(person(), "wrong")
        unknown = call("POST", "auth/token", {"email": "nobody@example.com", "password": "wrong"})
        assert code_of(wrong) == code_of(unknown) == (401, "invalid_credential")
        assert wrong.json()["error"]["message"] == unknown.json()["error"]["message"]

    def test_five_wrong_passwords_close_the_door_to_the_right_one_too(self) -> None:
        user = person()
        for _ in range(5):
            sign_in(user, "wrong")
        response = sign_in(user)
        assert code_of(response) == (429, "rate_limited")
        assert response["Retry-After"] == "900"
        assert sign_in(person()).status_code == 200

    def test_the_door_is_closed_for_one_address_only(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = ["127.0.0.1"]
        user = person()
        for _ in range(5):
            sign_in(user, "wrong", x_forwarded_for="198.51.100.1")
        assert sign_in(user, x_forwarded_for="198.51.100.1").status_code == 429
        assert sign_in(user, x_forwarded_for="198.51.100.2").status_code == 200

    def test_from_outside_the_tokens_networks_is_refused(self) -> None:
        token = ATIToken.objects.get(pk=make_token(allowed_networks=["192.0.2.0/24"]).id)
        assert code_of(sign_in(person(token=token))) == (401, "invalid_credential")

    def test_somebody_who_was_deactivated_is_refused(self) -> None:
        user = person()
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert code_of(sign_in(user)) == (401, "invalid_credential")

    def test_a_suspended_tenants_people_are_refused(self) -> None:
        user = person()
        Tenant.objects.update(status="SUSPENDED")
        assert code_of(sign_in(user)) == (403, "tenant_suspended")


class TestAccessTokens:
    def test_they_name_person_tenant_and_ati_token_but_no_role_and_live_shortly(self) -> None:
        user = person()
        claims = claims_of(sign_in(user).json()["access"])
        assert (claims["sub"], claims["tenant_id"]) == (str(user.pk), str(alder().pk))
        assert claims["ati_id"] == str(user.signup_token_id)
        assert claims["exp"] - claims["iat"] == 600
        assert "role" not in claims

    def test_the_role_is_the_databases(self) -> None:
        user = person()
        access = sign_in(user).json()["access"]
        User.objects.update(role="TENANT_ADMIN")
        assert me(access).json()["role"] == "TENANT_ADMIN"

    def test_one_that_has_expired_says_so(self) -> None:
        long_ago = now() - ACCESS_LIFE
        pair = open_session(user=person(), now=long_ago)
        assert code_of(me(pair.access)) == (401, "token_expired")

    def test_a_refresh_token_is_none(self) -> None:
        pair = open_session(user=person(), now=now())
        assert code_of(me(pair.refresh)) == (401, "invalid_credential")
        assert code_of(refresh(pair.access)) == (401, "invalid_credential")

    @pytest.mark.parametrize("algorithm", ["none", "HS512"])
    def test_one_signed_in_another_way_is_refused(self, algorithm: str) -> None:
        claims = claims_of(open_session(user=person(), now=now()).access)
        key = None if algorithm == "none" else settings.JWT_SIGNING_KEYS[0]
        assert code_of(me(jwt.encode(claims, key, algorithm=algorithm))) == (401, "invalid_credential")

    def test_one_signed_with_another_key_is_refused(self) -> None:
        claims = claims_of(open_session(user=person(), now=now()).access)
        assert code_of(me(jwt.encode(claims, "k" * 40, algorithm="HS256"))) == (401, "invalid_credential")

    def test_another_persons_session_is_no_help(self) -> None:
        claims = claims_of(open_session(user=person(), now=now()).access)
        other = person(User.Role.TENANT_ADMIN)
        forged = jwt.encode({**claims, "sub": str(other.pk)}, settings.JWT_SIGNING_KEYS[0], algorithm="HS256")
        assert code_of(me(forged)) == (401, "invalid_credential")


class TestRefreshing:
    def test_gives_another_pair(self) -> None:
        first = sign_in(person()).json()
        second = refresh(first["refresh"]).json()
        assert second["refresh"] != first["refresh"]
        assert me(second["access"]).status_code == 200
        assert refresh(second["refresh"]).status_code == 200

    def test_a_token_shown_again_ends_the_whole_family(self) -> None:
        first = sign_in(person()).json()
        second = refresh(first["refresh"]).json()
        half_a_minute_passes()
        assert code_of(refresh(first["refresh"])) == (401, "invalid_credential")
        assert code_of(refresh(second["refresh"])) == (401, "invalid_credential")
        assert code_of(me(second["access"])) == (401, "invalid_credential")
        assert LoginSession.objects.get().ended_by == "reuse"
        assert AuditEvent.objects.filter(action="session.reuse_detected").count() == 1

    def test_whoever_lost_the_answer_gets_the_same_successor(self) -> None:
        first = sign_in(person()).json()
        lost, again = refresh(first["refresh"]).json(), refresh(first["refresh"]).json()
        assert lost["refresh"] == again["refresh"] != first["refresh"]
        assert me(lost["access"]).status_code == me(again["access"]).status_code == 200
        assert refresh(again["refresh"]).status_code == 200
        assert AuditEvent.objects.filter(action="session.reuse_detected").count() == 0

    def test_no_longer_once_the_successor_was_used(self) -> None:
        first = sign_in(person()).json()
        second = refresh(first["refresh"]).json()
        third = refresh(second["refresh"]).json()
        assert code_of(refresh(first["refresh"])) == (401, "invalid_credential")
        assert code_of(refresh(third["refresh"])) == (401, "invalid_credential")
        assert LoginSession.objects.get().ended_by == "reuse"

    def test_asking_again_and_again_does_not_prolong_the_half_minute(self) -> None:
        first = sign_in(person()).json()
        refresh(first["refresh"])
        assert refresh(first["refresh"]).status_code == 200
        half_a_minute_passes()
        assert code_of(refresh(first["refresh"])) == (401, "invalid_credential")

    def test_a_session_that_was_ended_meanwhile_answers_nothing_again(self) -> None:
        first = sign_in(person()).json()
        second = refresh(first["refresh"]).json()
        call("POST", "auth/logout", who=second["access"])
        assert code_of(refresh(first["refresh"])) == (401, "invalid_credential")
        assert LoginSession.objects.get().ended_by == "logout"

    def test_a_new_password_ends_the_successor_too(self) -> None:
        user = person()
        first = sign_in(user).json()
        refresh(first["refresh"])
        user.set_password("another good password")
        user.save()
        assert code_of(refresh(first["refresh"])) == (401, "invalid_credential")

    def test_other_sessions_of_the_same_person_go_on(self) -> None:
        user = person()
        other, stolen = sign_in(user).json(), sign_in(user).json()
        refresh(stolen["refresh"])
        half_a_minute_passes()
        refresh(stolen["refresh"])
        assert refresh(other["refresh"]).status_code == 200

    def test_a_session_ends_however_often_it_is_refreshed(self) -> None:
        start = now() - SESSION_LIFE + timedelta(minutes=1)
        pair = open_session(user=person(), now=start)
        later = refresh_session(refresh=pair.refresh, now=now())
        end = claims_of(later.refresh)["exp"]
        assert end == int((start + SESSION_LIFE).timestamp())
        assert claims_of(later.access)["exp"] == end

    def test_after_the_ati_token_was_revoked_is_refused(self) -> None:
        user = person()
        pair = sign_in(user).json()
        revoke_token(token=user.signup_token, actor="a test", now=now())
        assert code_of(refresh(pair["refresh"])) == (401, "invalid_credential")
        assert code_of(me(pair["access"])) == (401, "invalid_credential")

    def test_a_new_password_ends_every_session(self) -> None:
        user = person()
        pair = sign_in(user).json()
        user.set_password("another good password")
        user.save()
        assert code_of(refresh(pair["refresh"])) == (401, "invalid_credential")
        assert code_of(me(pair["access"])) == (401, "invalid_credential")

    def test_another_ati_token_needs_a_refresh(self) -> None:
        user = person()
        pair = sign_in(user).json()
        User.objects.update(signup_token=make_token(plan="BASIC").id)
        assert code_of(me(pair["access"])) == (401, "invalid_credential")
        assert me(refresh(pair["refresh"]).json()["access"]).json()["plan"] == "BASIC"


class TestLoggingOut:
    def test_ends_access_and_refresh(self) -> None:
        pair = sign_in(person()).json()
        assert call("POST", "auth/logout", who=pair["access"]).status_code == 204
        assert code_of(me(pair["access"])) == (401, "invalid_credential")
        assert code_of(refresh(pair["refresh"])) == (401, "invalid_credential")

    def test_an_ati_token_has_no_session(self) -> None:
        assert code_of(call("POST", "auth/logout", who=make_token().secret)) == (400, "invalid_request")


def test_one_session_too_many_ends_the_oldest() -> None:
    user = person()
    pairs = [open_session(user=user, now=now()) for _ in range(MAX_SESSIONS + 1)]
    assert code_of(me(pairs[0].access)) == (401, "invalid_credential")
    assert me(pairs[1].access).status_code == 200
    assert LoginSession.objects.count() == MAX_SESSIONS


class TestTheOwnPassword:
    def test_another_one_ends_every_session_and_begins_a_new_one(self) -> None:
        user = person()
        old = sign_in(user).json()
        change = {"current": PASSWORD, "password": "another good password"}
        fresh = call("POST", "auth/password", change, who=old["access"])
        assert fresh.status_code == 200
        assert me(fresh.json()["access"]).status_code == 200
        assert code_of(me(old["access"])) == (401, "invalid_credential")
        assert sign_in(user, "another good password").status_code == 200

    def test_the_current_one_must_be_right_and_the_new_one_good(self) -> None:
        access = sign_in(person()).json()["access"]
        wrong = {"current": "wrong", "password": "another good password"}
        assert code_of(call("POST", "auth/password", wrong, who=access)) == (401, "invalid_credential")
        bad = {"current": PASSWORD, "password": "12345678"}
        assert code_of(call("POST", "auth/password", bad, who=access)) == (400, "invalid_request")
        assert me(access).status_code == 200

    def test_an_ati_token_has_none(self) -> None:
        change = {"current": PASSWORD, "password": "another good password"}
        secret = make_token(user=person()).secret
        assert code_of(call("POST", "auth/password", change, who=secret)) == (403, "not_permitted")


def test_sessions_that_have_expired_are_forgotten_at_the_next_sign_in() -> None:
    user, other = person(), person()
    long_ago = now() - SESSION_LIFE
    for somebody in (user, other):
        open_session(user=somebody, now=long_ago)
    open_session(user=user, now=now())
    assert list(LoginSession.objects.filter(created_at=long_ago).values_list("user", flat=True)) == [other.pk]


def test_somebody_without_an_ati_token_signs_in_and_has_no_plan() -> None:
    user = UserFactory()
    user.set_password(PASSWORD)
    user.save()
    facts = me(sign_in(user).json()["access"]).json()
    assert (facts["plan"], facts["ati_id"]) == (None, None)
