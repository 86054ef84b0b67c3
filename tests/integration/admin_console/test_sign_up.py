"""The page where whoever has a token with sign-ups left becomes a user."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from metering.models import ATIToken, Tenant, User
from tests.factories import UserFactory, alder, make_token

pytestmark = pytest.mark.django_db
PAGE = "/admin/sign-up/"
PASSWORD = "violet-Hammer-9"


@pytest.fixture
def secret() -> str:
    return make_token(alder(), signups_allowed=2).secret


def send(client: Client, secret: str, email: str = "ann@alder.example", **facts: str) -> Any:
    return client.post(PAGE, {"token": secret, "email": email, "password": PASSWORD, **facts})


def test_whoever_signs_up_is_signed_in_at_the_own_overview(client: Client, secret: str) -> None:
    answer = send(client, f" {secret} ", name="Ann")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    user = User.objects.get(email="ann@alder.example")
    assert (user.name, user.role, user.tenant) == ("Ann", User.Role.TENANT_ADMIN, alder())
    assert b"Overview" in client.get("/admin/").content
    assert ATIToken.objects.get().signups_used == 1


def test_the_sign_in_page_leads_to_it(client: Client) -> None:
    assert f'href="{PAGE}"' in client.get("/admin/login/").content.decode()


def test_the_page_runs_nothing_inline_is_kept_by_nobody_and_sends_no_secret_back(
    client: Client, secret: str
) -> None:
    answer = send(client, secret, email="no address")
    assert secret not in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"].partition("style-src")[0]


def test_a_form_of_another_page_is_refused(secret: str) -> None:
    assert send(Client(enforce_csrf_checks=True), secret).status_code == 403
    assert not User.objects.exists()


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("facts", "field", "sentence"),
        [
            ({"email": "taken@alder.example"}, "email", "There is already a user with this email."),
            ({"email": "nonsense"}, "email", "valid email"),
            ({"password": "12345678"}, "password", "common"),
            ({"token": "ati_nonsense"}, "token", "neither an ATI token"),
            ({"token": ""}, "token", "required"),
        ],
    )
    def test_is_told_at_its_field_and_spends_no_sign_up(
        self, client: Client, secret: str, facts: dict[str, str], field: str, sentence: str
    ) -> None:
        UserFactory(email="taken@alder.example")
        errors = send(client, secret, **facts).context["form"].errors
        assert list(errors) == [field]
        assert sentence in errors[field][0]
        assert ATIToken.objects.get().signups_used == 0

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"signups_allowed": 0}, "no sign-ups left"),
            ({"revoked_at": now()}, "was revoked"),
            ({"expires_at": now() - timedelta(days=1)}, "expired at"),
            ({"allowed_networks": ["192.0.2.0/24"]}, "network address"),
        ],
    )
    def test_a_token_that_opens_nothing_says_why(
        self, client: Client, secret: str, changes: dict[str, Any], sentence: str
    ) -> None:
        ATIToken.objects.update(**changes)
        assert sentence in send(client, secret).context["form"].errors["token"][0]
        assert not User.objects.exists()

    def test_a_suspended_tenant_takes_nobody(self, client: Client, secret: str) -> None:
        Tenant.objects.update(status=Tenant.Status.SUSPENDED)
        assert "suspended" in send(client, secret).context["form"].errors["token"][0]

    def test_after_five_times_the_door_is_closed_for_a_while(self, client: Client, secret: str) -> None:
        for _ in range(settings.AXES_FAILURE_LIMIT):
            assert send(client, "ati_nonsense").status_code == 200
        answer = send(client, secret)
        assert (answer.status_code, answer["Retry-After"]) == (429, "900")
        assert "Too many" in answer.content.decode()
        assert not User.objects.exists()

    def test_what_is_counted_holds_no_secret(self, client: Client, secret: str) -> None:
        ATIToken.objects.update(signups_allowed=0)
        send(client, secret[:-1] + "x")
        [attempt] = AccessAttempt.objects.all()
        assert secret[:-1] not in f"{attempt.post_data}{attempt.get_data}"
        assert PASSWORD not in attempt.post_data
