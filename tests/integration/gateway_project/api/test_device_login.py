"""A machine without a browser is signed in by a person at the console: codes, polls, and all that ends it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.errors import InvalidRequest, MeteringError
from metering.identity.devices.codes import LENGTH, LETTERS, new_user_code, plain_user_code, written_user_code
from metering.identity.devices.decide import decide
from metering.identity.devices.forget import forget_device_logins
from metering.identity.devices.poll import approved_login, collect
from metering.identity.devices.start import LIFE, MOST_FROM_ONE_ADDRESS, start_device_login
from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, AuditEvent, DeviceLogin, LoginSession, User
from tests.factories import UserFactory
from tests.integration.gateway_project.api.people import call, code_of, person

pytestmark = pytest.mark.django_db
HERE = "192.0.2.7"


def start(machine: str = "ann's laptop") -> dict[str, Any]:
    response = call("POST", "auth/device", {"machine": machine})
    assert response.status_code == 201, response.content
    assert response["Cache-Control"] == "no-store"
    facts: dict[str, Any] = response.json()
    return facts


def poll(started: dict[str, Any]) -> Any:
    return call("POST", "auth/device/token", {"device_code": started["device_code"]})


def time_passes(seconds: float) -> None:
    for login in DeviceLogin.objects.all():
        shift = timedelta(seconds=seconds)
        login.created_at -= shift
        login.expires_at -= shift
        login.polled_at = login.polled_at and login.polled_at - shift
        login.save()


def approve(started: dict[str, Any], user: User, approved: bool = True) -> None:
    decide(user_code=started["user_code"], user=user, approved=approved, now=now())


class TestTheWay:
    def test_the_machine_gets_a_session_of_the_person_who_approves(self) -> None:
        user = person()
        started = start()
        assert started["verification_uri"] == "http://testserver/admin/device/"
        assert started["verification_uri_complete"].endswith(f"?code={started['user_code']}")
        assert (started["expires_in"], started["interval"]) == (600, 5)
        waiting = poll(started)
        assert code_of(waiting) == (400, "authorization_pending")
        assert waiting["Retry-After"] == "5"
        approve(started, user)
        time_passes(5)
        answer = poll(started)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert call("GET", "auth/me", who=answer.json()["access"]).json()["email"] == user.email
        refreshed = call("POST", "auth/token/refresh", {"refresh": answer.json()["refresh"]})
        assert refreshed.status_code == 200
        assert LoginSession.objects.get(user=user).device == "ann's laptop"

    def test_the_audit_trail_says_who_let_which_machine_in(self) -> None:
        user = person()
        started = start()
        approve(started, user)
        [event] = AuditEvent.objects.filter(action__startswith="device.")
        assert (event.action, event.actor, event.tenant_id) == ("device.approved", user.email, user.tenant_id)
        assert event.facts == {"machine": "ann's laptop", "address": "127.0.0.1"}

    def test_neither_code_is_in_the_database(self) -> None:
        started = start()
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(it)::text FROM metering_devicelogin AS it")
            kept = cursor.fetchone()[0]
        assert started["device_code"] not in kept
        assert started["user_code"] not in kept
        assert plain_user_code(started["user_code"]) not in kept

    def test_the_public_address_is_told_where_one_is_set(self, settings: Any) -> None:
        settings.PUBLIC_URL = "https://gateway.example"
        assert start()["verification_uri"] == "https://gateway.example/admin/device/"


class TestPolling:
    def test_too_soon_is_slowed_down_and_the_wait_grows(self) -> None:
        started = start()
        assert code_of(poll(started)) == (400, "authorization_pending")
        assert code_of(poll(started)) == (400, "slow_down")
        answer = poll(started)
        assert (code_of(answer), answer["Retry-After"]) == ((400, "slow_down"), "15")
        time_passes(14.5)
        assert code_of(poll(started)) == (400, "authorization_pending")

    def test_an_approval_does_not_open_the_door_for_one_who_hurries(self) -> None:
        started = start()
        poll(started)
        approve(started, person())
        assert code_of(poll(started)) == (400, "slow_down")

    def test_what_was_denied_stays_denied(self) -> None:
        started = start()
        approve(started, person(), approved=False)
        for _ in range(2):
            assert code_of(poll(started)) == (400, "access_denied")
        assert AuditEvent.objects.filter(action="device.denied").count() == 1

    @pytest.mark.parametrize("device_code", ["", "x" * 43, "x" * 129])
    def test_a_code_that_was_never_given(self, device_code: str) -> None:
        status, code = code_of(call("POST", "auth/device/token", {"device_code": device_code}))
        assert (status, code) in {(400, "expired_token"), (400, "invalid_request")}

    def test_after_ten_minutes_both_codes_are_worthless(self) -> None:
        started = start()
        time_passes(LIFE.total_seconds())
        assert code_of(poll(started)) == (400, "expired_token")
        with pytest.raises(Exception, match="Nothing waits"):
            approve(started, person())

    def test_an_approval_is_fetched_within_the_ten_minutes(self) -> None:
        started = start()
        approve(started, person())
        time_passes(LIFE.total_seconds())
        assert code_of(poll(started)) == (400, "expired_token")

    def test_a_used_code_that_is_shown_again_ends_the_session(self) -> None:
        started = start()
        approve(started, person())
        access = poll(started).json()["access"]
        assert code_of(poll(started)) == (400, "expired_token")
        assert call("GET", "auth/me", who=access).status_code == 401
        assert LoginSession.objects.get().ended_by == "reuse"


class TestAuthorityIsAskedWhenTheSessionIsFetched:
    def test_of_the_account(self) -> None:
        user, started = person(), start()
        approve(started, user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert code_of(poll(started)) == (401, "invalid_credential")

    def test_of_the_ati_token(self) -> None:
        user, started = person(), start()
        approve(started, user)
        assert user.signup_token is not None
        revoke_token(token=user.signup_token, actor="test", now=now())
        assert poll(started).status_code == 401
        assert not LoginSession.objects.exists()

    def test_of_the_network(self) -> None:
        user, started = person(), start()
        approve(started, user)
        ATIToken.objects.update(allowed_networks=["198.51.100.0/24"])
        assert code_of(poll(started)) == (401, "invalid_credential")

    def test_of_the_password(self) -> None:
        user, started = person(), start()
        approve(started, user)
        user.set_password("another one entirely")
        user.save()
        assert code_of(poll(started)) == (400, "expired_token")

    def test_whoever_may_not_sign_in_may_not_approve(self) -> None:
        user, started = person(), start()
        user.is_active = False
        user.save()
        with pytest.raises(Exception, match="deactivated"):
            approve(started, user)
        assert DeviceLogin.objects.get().state == "pending"


class TestBounds:
    def test_one_address_has_so_many(self) -> None:
        for _ in range(MOST_FROM_ONE_ADDRESS):
            start_device_login(machine="x", address=HERE, now=now())
        headers = {"REMOTE_ADDR": HERE}
        refused = Client().post("/api/auth/device", {"machine": "x"}, "application/json", **headers)  # type: ignore[arg-type]
        assert code_of(refused) == (429, "rate_limited")
        assert 590 <= int(refused["Retry-After"]) <= 601
        start()  # from another address

    def test_an_ipv6_network_is_one_address(self) -> None:
        for host in range(MOST_FROM_ONE_ADDRESS):
            start_device_login(machine="x", address=f"2001:db8::{host + 1:x}", now=now())
        with pytest.raises(Exception, match="Too many"):
            start_device_login(machine="x", address="2001:db8::ffff", now=now())

    def test_all_together_have_so_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from metering.identity.devices import start as starting

        monkeypatch.setattr(starting, "MOST", 3)
        for host in range(3):
            start_device_login(machine="x", address=f"192.0.2.{host}", now=now())
        assert code_of(call("POST", "auth/device", {"machine": "x"})) == (503, "overloaded")

    @pytest.mark.parametrize("machine", ["", "x" * 101, "a\u202eb", "a\x1b[31mb"])
    def test_a_name_shows_as_what_it_is(self, machine: str) -> None:
        assert code_of(call("POST", "auth/device", {"machine": machine})) == (400, "invalid_request")

    def test_old_ones_are_forgotten(self) -> None:
        start()
        time_passes(timedelta(days=1).total_seconds() + 601)
        start()
        assert forget_device_logins(now()) == 1
        assert DeviceLogin.objects.count() == 1


class TestCodes:
    @given(
        st.text(alphabet=LETTERS, min_size=LENGTH, max_size=LENGTH),
        st.sampled_from(["", "-", " ", ".", " - "]),
    )
    def test_are_read_however_they_are_typed(self, letters: str, between: str) -> None:
        assert plain_user_code(f" {letters[:4].lower()}{between}{letters[4:]}\n") == letters
        assert plain_user_code(written_user_code(letters)) == letters

    @given(st.text(max_size=80))
    def test_are_eight_of_our_letters_or_none(self, text: str) -> None:
        plain = plain_user_code(text)
        assert plain is None or (len(plain) == LENGTH and set(plain) <= set(LETTERS))

    def test_have_no_look_alikes_and_are_no_words(self) -> None:
        letters = set("".join(plain_user_code(new_user_code()) or "" for _ in range(300)))
        assert letters == set(LETTERS)
        assert not letters & set("AEIOUY0O1IL2Z5S8B") - set("LZSB")


STEPS = st.lists(
    st.sampled_from(
        ["poll", "poll", "approve", "deny", "wait", "wait", "long wait", "new password", "sign out"]
    ),
    max_size=14,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
def test_whatever_happens_in_whatever_order_a_yes_gives_one_session_and_nothing_else_does(
    steps: list[str],
) -> None:
    """Against a model: who decided first, whether that was in time, and whether the session was fetched."""
    user = UserFactory()
    moment = begun = now()
    started = start_device_login(machine="x", address=None, now=moment)
    decision, fetched, is_stale = "", 0, False
    for step in steps:
        in_time = moment < begun + LIFE
        if step in ("approve", "deny"):
            try:
                decide(user_code=started.user_code, user=user, approved=step == "approve", now=moment)
            except InvalidRequest:
                assert decision or not in_time
            else:
                assert not decision
                assert in_time
                decision, is_stale = step, False
        elif step == "poll":
            answer = _polled(started.device_code, moment)
            expected = {
                "tokens": decision == "approve" and in_time and not is_stale and not fetched,
                "authorization_pending": not decision and in_time,
                "access_denied": decision == "deny" and in_time,
                "expired_token": bool(fetched) or is_stale or not in_time,
                "slow_down": in_time,
            }
            assert expected[answer], answer
            fetched += answer == "tokens"
        elif step == "new password":
            user.set_password(f"{moment}")
            user.save()
            is_stale = True
        elif step == "sign out":
            LoginSession.objects.filter(user=user, ended_at=None).update(ended_at=moment, ended_by="logout")
        moment += timedelta(seconds={"wait": 61, "long wait": 400}.get(step, 1))
    assert fetched <= 1
    assert LoginSession.objects.filter(user=user).count() == fetched


def _polled(device_code: str, moment: datetime) -> str:
    """`tokens`, or the code of the refusal."""
    try:
        collect(login=approved_login(device_code=device_code, now=moment), now=moment)
    except MeteringError as refusal:
        return refusal.code
    return "tokens"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_heard() -> None:
    people, started = [person(), person()], start()
    heard = at_once(
        [
            lambda user=user, yes=yes: _is_heard(started, user, yes)
            for user, yes in zip(people, (True, False), strict=True)
        ]
    )
    assert sorted(heard) == [False, True]
    login = DeviceLogin.objects.get()
    assert (login.state, login.user) == (("approved", people[0]) if heard[0] else ("denied", people[1]))
    assert AuditEvent.objects.filter(action__startswith="device.").count() == 1


def _is_heard(started: dict[str, Any], user: User, yes: bool) -> bool:
    try:
        approve(started, user, yes)
    except InvalidRequest:
        return False
    return True


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each call answers, all begun together in threads of their own."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_fetch_at_once_one_gets_a_session() -> None:
    user, started = person(), start()
    approve(started, user)
    answers = at_once([lambda: poll(started).status_code] * 6)
    assert answers.count(200) == 1
    assert LoginSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_however_many_ask_at_once_one_address_has_so_many() -> None:
    def ask() -> int:
        return int(call("POST", "auth/device", {"machine": "x"}).status_code)

    for _ in range(MOST_FROM_ONE_ADDRESS - 3):
        start_device_login(machine="x", address="127.0.0.1", now=now())
    answers = at_once([ask] * 8)
    assert (answers.count(201), answers.count(429)) == (3, 5)
