"""Who guesses is stopped: by account and address, and by address, in the API and in the console alike."""

from typing import Any

import pytest
from django.test import Client

from gateway_project.lockout import MOST_FROM_ONE_ADDRESS
from metering.identity.people.request_reset import MOST_FROM_ONE_ADDRESS as MOST_MAILS
from metering.models import User
from tests.factories import make_token
from tests.integration.gateway_project.api.people import PASSWORD, call, code_of, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def believed_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def api(email: str, password: str, address: str) -> int:
    body = {"email": email, "password": password}
    return int(call("POST", "auth/token", body, x_forwarded_for=address).status_code)


def console(email: str, password: str, address: str) -> int:
    """As the API's statuses: the console shows its form again for a wrong password."""
    response = Client().post(
        "/admin/login/?next=/admin/",
        {"username": email, "password": password},
        headers={"x-forwarded-for": address},
    )
    return {200: 401, 302: 200}.get(response.status_code, response.status_code)


def of_one_network(number: int) -> str:
    return f"2001:db8:1:2::{number + 1:x}"


def operator() -> User:
    return User.objects.create_superuser("ops@example.com", PASSWORD)


@pytest.mark.parametrize("door", [api, console], ids=["api", "console"])
class TestOneAccount:
    def test_wrong_passwords_from_one_network_of_ipv6_count_together(self, door: Any) -> None:
        user = operator()
        statuses = [door(user.email, "wrong", of_one_network(number)) for number in range(12)]
        assert statuses == [401] * 4 + [429] * 8
        assert door(user.email, PASSWORD, of_one_network(99)) == 429
        assert door(user.email, PASSWORD, "2001:db8:1:3::1") == 200

    def test_an_address_of_ipv4_counts_as_itself_however_it_is_written(self, door: Any) -> None:
        user = operator()
        for address in ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1:80", "::ffff:c000:201", "192.0.2.1"):
            door(user.email, "wrong", address)
        assert door(user.email, PASSWORD, "::ffff:192.0.2.1") == 429
        assert door(user.email, PASSWORD, "::ffff:192.0.2.2") == 200


@pytest.mark.parametrize("door", [api, console], ids=["api", "console"])
@pytest.mark.parametrize("address_of", [lambda _: "192.0.2.1", of_one_network], ids=["IPv4", "IPv6"])
def test_forty_accounts_from_one_address_are_too_many(door: Any, address_of: Any) -> None:
    user = operator()
    statuses = [door(f"p{number}@example.com", "wrong", address_of(number)) for number in range(40)]
    assert statuses == [401] * MOST_FROM_ONE_ADDRESS + [429] * (40 - MOST_FROM_ONE_ADDRESS)
    assert door(user.email, PASSWORD, address_of(99)) == 429
    assert door(user.email, PASSWORD, "198.51.100.1") == 200


def test_the_doors_count_together() -> None:
    for number in range(MOST_FROM_ONE_ADDRESS):
        door = api if number % 2 else console
        assert door(f"p{number}@example.com", "wrong", "192.0.2.1") == 401
    assert api("other@example.com", "wrong", "192.0.2.1") == 429
    assert console("other@example.com", "wrong", "192.0.2.1") == 429


def test_a_right_password_in_between_does_not_begin_the_count_anew() -> None:
    user = person()
    for number in range(MOST_FROM_ONE_ADDRESS):
        assert api(user.email, PASSWORD, "192.0.2.1") == 200
        assert api(f"p{number}@example.com", "wrong", "192.0.2.1") == 401
    assert api(user.email, PASSWORD, "192.0.2.1") == 429


def test_what_is_answered_names_the_bound_and_the_wait() -> None:
    for number in range(MOST_FROM_ONE_ADDRESS):
        api(f"p{number}@example.com", "wrong", "192.0.2.1")
    body = {"email": "other@example.com", "password": "wrong"}
    refused = call("POST", "auth/token", body, x_forwarded_for="192.0.2.1")
    assert (code_of(refused), refused["Retry-After"]) == ((429, "rate_limited"), "900")
    usage = refused.json()["error"]["usage"]
    assert (usage["scope"], usage["limit"]) == ("address", MOST_FROM_ONE_ADDRESS)
    form = {"username": "other@example.com", "password": "wrong"}
    page = Client().post("/admin/login/", form, headers={"x-forwarded-for": "192.0.2.1"})
    assert (page.status_code, page["Retry-After"]) == (429, "900")


class TestSigningUp:
    def sign_up(self, secret: str, email: str, address: str, password: str = PASSWORD) -> int:
        body = {"ati_token": secret, "email": email, "password": password}
        return int(call("POST", "auth/signup", body, x_forwarded_for=address).status_code)

    def test_guessed_tokens_are_slowed_for_the_network(self) -> None:
        unknown = make_token().secret[:-4] + "AAAA"
        statuses = [self.sign_up(unknown, f"p{n}@example.com", of_one_network(n)) for n in range(40)]
        assert statuses == [401] * MOST_FROM_ONE_ADDRESS + [429] * (40 - MOST_FROM_ONE_ADDRESS)
        assert self.sign_up(unknown, "x@example.com", "192.0.2.1") == 401

    def test_who_asks_which_addresses_are_taken_is_slowed_too(self) -> None:
        token, known = make_token(signups_allowed=100), person().email
        assert [self.sign_up(token.secret, known, "192.0.2.1") for _ in range(6)] == [400] * 5 + [429]

    def test_a_token_that_is_used_up_is_refused_before_the_password_is_looked_at(self) -> None:
        used_up = make_token(signups_allowed=0).secret
        tries = [self.sign_up(used_up, "x@example.com", "192.0.2.1", password="bad") for _ in range(6)]
        assert tries == [403] * 6

    def test_sign_ups_that_go_well_count_for_nothing(self) -> None:
        token = make_token(signups_allowed=40)
        for number in range(MOST_FROM_ONE_ADDRESS + 1):
            assert self.sign_up(token.secret, f"p{number}@example.com", "192.0.2.1") == 201

    def test_logins_and_sign_ups_count_together(self) -> None:
        for number in range(MOST_FROM_ONE_ADDRESS):
            api(f"p{number}@example.com", "wrong", "192.0.2.1")
        assert self.sign_up(make_token(signups_allowed=1).secret, "n@example.com", "192.0.2.1") == 429


def test_mails_for_forgotten_passwords_count_mapped_addresses_apart() -> None:
    """All of IPv4 is one /64 of IPv6 where it is mapped."""

    def forget(number: int, address: str) -> int:
        body = {"email": f"p{number}@example.com"}
        return int(call("POST", "auth/password/forgotten", body, x_forwarded_for=address).status_code)

    statuses = [forget(number, "::ffff:192.0.2.1") for number in range(MOST_MAILS)]
    assert statuses == [202] * MOST_MAILS
    assert forget(98, "192.0.2.1") == 429
    assert forget(99, "::ffff:192.0.2.2") == 202
