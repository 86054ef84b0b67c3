"""Signing in at an identity provider, over real HTTP: what is believed, and what is not."""

import time
from typing import Any

import jwt
import pytest
from axes.models import AccessAttempt
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils.timezone import now

from metering.models import GroupMapping, Tenant, User
from tests.integration.gateway_project.oidc.conftest import ANN, sentence_of, sign_in
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

pytestmark = pytest.mark.django_db
CANNOT_BE_TRUSTED, DOES_NOT_ANSWER = "cannot be trusted", "does not answer"


@pytest.fixture(autouse=True)
def mapping(tenant: Tenant) -> GroupMapping:
    return GroupMapping.objects.create(group="staff", tenant=tenant)


def is_in(client: Client) -> bool:
    return client.get("/admin/profile/").status_code == 200


def test_whoever_the_provider_vouches_for_is_made_and_signed_in(
    client: Client, provider: IdentityProvider, tenant: Tenant
) -> None:
    answer = sign_in(client, provider, next_="/admin/explore/?range=7d")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/explore/?range=7d")
    user = User.objects.get()
    assert (user.email, user.name, user.tenant, user.role) == (
        "ann@alder.example",
        "Ann",
        tenant,
        User.Role.MEMBER,
    )
    assert user.signup_token is not None
    assert not user.has_usable_password()
    assert is_in(client)
    assert client.session.get_expiry_age() <= 8 * 3600


def test_the_second_time_it_is_the_same_person_and_nothing_known_is_asked_again(
    client: Client, provider: IdentityProvider
) -> None:
    for _ in range(2):
        assert sign_in(client, provider).status_code == 302
    assert User.objects.count() == 1
    assert provider.asked.count("/jwks_uri") == provider.asked.count("/.well-known/openid-configuration") == 1


def test_a_key_that_was_rotated_is_found(client: Client, provider: IdentityProvider) -> None:
    sign_in(client, provider)
    provider.rotate()
    assert sign_in(Client(), provider).status_code == 302
    assert provider.asked.count("/jwks_uri") == 2


def test_every_attempt_has_a_state_a_nonce_and_a_challenge_of_its_own(
    client: Client, provider: IdentityProvider
) -> None:
    for _ in range(2):
        sign_in(client, provider)
    first, second = provider.authorized
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) >= 43


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": "\ud800"},
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"]},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://other.example"},
        {"exp": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sub": ""},
        {"sub": "x" * 256},
        {"groups": ["g"] * 1001},
        *({name: None} for name in ("nonce", "aud", "iss", "exp", "iat", "sub")),
    ],
    ids=str,
)
def test_an_id_token_with_a_wrong_claim_signs_nobody_in(
    client: Client, provider: IdentityProvider, wrong: dict[str, Any]
) -> None:
    provider.spoil = lambda claims: {
        name: value for name, value in (claims | wrong).items() if value is not None
    }
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert CANNOT_BE_TRUSTED in sentence_of(answer)
    assert not User.objects.exists()
    assert not is_in(client)


SIGNATURES = {
    "none": lambda claims, kid: jwt.encode(claims, None, algorithm="none", headers={"kid": kid}),
    "a shared secret": lambda claims, kid: jwt.encode(
        claims, CLIENT_SECRET * 4, algorithm="HS256", headers={"kid": kid}
    ),
    "another key of the same id": lambda claims, kid: jwt.encode(
        claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": kid}
    ),
    "an unknown key": lambda claims, kid: jwt.encode(
        claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": "unknown"}
    ),
    "nothing": lambda claims, kid: "a.b.c",
}


@pytest.mark.parametrize("signed_with", SIGNATURES)
def test_an_id_token_that_is_signed_otherwise_signs_nobody_in(
    client: Client, provider: IdentityProvider, signed_with: str
) -> None:
    provider.sign = lambda claims: SIGNATURES[signed_with](claims, provider.kid)
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert CANNOT_BE_TRUSTED in sentence_of(answer)
    assert not User.objects.exists()


class TestTheAnswer:
    def begun(self, client: Client, provider: IdentityProvider) -> str:
        address = provider.authorize(client.get("/admin/sso/")["Location"])
        return address.partition("testserver")[2]

    def test_of_an_attempt_that_another_browser_began_is_refused(
        self, client: Client, provider: IdentityProvider
    ) -> None:
        answer = Client().get(self.begun(client, provider))
        assert answer.status_code == 400
        assert "another window or browser" in sentence_of(answer)

    def test_with_another_state_is_refused(self, client: Client, provider: IdentityProvider) -> None:
        answer = client.get(self.begun(client, provider).replace("state=", "state=x"))
        assert answer.status_code == 400
        assert not User.objects.exists()

    def test_works_once(self, client: Client, provider: IdentityProvider) -> None:
        address = self.begun(client, provider)
        assert client.get(address).status_code == 302
        assert client.get(address).status_code == 400

    def test_of_another_issuer_is_refused(self, client: Client, provider: IdentityProvider) -> None:
        answer = client.get(f"{self.begun(client, provider).partition('&iss')[0]}&iss=https://other.example")
        assert answer.status_code == 403

    @pytest.mark.parametrize(
        ("error", "said"), [("access_denied", "(access_denied)"), ("<script>", "(no reason)")]
    )
    def test_that_says_why_the_provider_refused_is_told(
        self, client: Client, provider: IdentityProvider, error: str, said: str
    ) -> None:
        client.get("/admin/sso/")
        provider.authorize(client.get("/admin/sso/")["Location"])
        [asked] = provider.authorized
        answer = client.get("/admin/sso/callback/", {"state": asked["state"], "error": error})
        assert said in sentence_of(answer)

    def test_is_believed_by_a_cookie_that_no_script_reads_and_no_other_site_sends(
        self, client: Client, provider: IdentityProvider
    ) -> None:
        client.get("/admin/sso/")
        cookie = client.cookies["oidc"]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 600)

    def test_with_a_made_up_code_is_refused_and_counted_without_what_it_said(
        self, client: Client, provider: IdentityProvider
    ) -> None:
        address = self.begun(client, provider).replace("code=", "code=madeup")
        assert client.get(address).status_code == 403
        [attempt] = AccessAttempt.objects.all()
        assert "madeup" not in attempt.get_data
        assert provider.authorized[0]["state"] not in attempt.get_data

    def test_is_counted_where_it_is_refused_too_often(
        self, client: Client, provider: IdentityProvider
    ) -> None:
        AccessAttempt.objects.create(
            ip_address="127.0.0.1", username="x", failures_since_start=30, attempt_time=now()
        )
        answer = client.get(self.begun(client, provider))
        assert answer.status_code == 429
        assert provider.asked.count("/token_endpoint") == 0


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "//evil.example/admin/",
        "/\\evil.example/admin/",
        "javascript:alert(1)",
        "/api/",
    ],
)
def test_nobody_is_sent_to_another_place_afterwards(
    client: Client, provider: IdentityProvider, page: str
) -> None:
    assert sign_in(client, provider, next_=page)["Location"] == "/admin/"


class TestAProviderThatFails:
    @pytest.mark.parametrize(
        ("path", "answer"),
        [
            ("/token_endpoint", (500, {}, b"{}")),
            ("/token_endpoint", (302, {"location": "/jwks_uri"}, b"")),
            ("/token_endpoint", (200, {}, b"no json")),
            ("/token_endpoint", (200, {}, b"[]")),
            ("/token_endpoint", (200, {}, b'{"id_token": 5}')),
            ("/token_endpoint", (200, {}, b" " * 600_000)),
            ("/jwks_uri", (200, {}, b'{"keys": "none"}')),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_is_told_as_such(
        self, client: Client, provider: IdentityProvider, path: str, answer: tuple[int, dict[str, str], bytes]
    ) -> None:
        provider.answer_raw[path] = answer
        response = sign_in(client, provider)
        assert response.status_code == 502
        assert DOES_NOT_ANSWER in sentence_of(response)

    @pytest.mark.parametrize("document", [b'{"issuer": "https://other.example"}', b"{}"])
    def test_and_whose_discovery_is_anothers_is_not_gone_to(
        self, client: Client, provider: IdentityProvider, document: bytes
    ) -> None:
        provider.answer_raw["/.well-known/openid-configuration"] = (200, {}, document)
        for _ in range(2):
            response = client.get("/admin/sso/")
            assert response.status_code == 502
            assert DOES_NOT_ANSWER in sentence_of(response)
        assert provider.asked == ["/.well-known/openid-configuration"], "not again within ten seconds"

    def test_and_is_away_is_told_as_such(
        self, client: Client, provider: IdentityProvider, settings: Any
    ) -> None:
        settings.OIDC_ISSUER = "http://127.0.0.1:1"
        assert client.get("/admin/sso/").status_code == 502


def test_what_only_the_user_information_says_counts(client: Client, provider: IdentityProvider) -> None:
    provider.person, provider.userinfo = {"sub": "ann-1"}, dict(ANN)
    assert sign_in(client, provider).status_code == 302
    assert User.objects.get().email == "ann@alder.example"


def test_one_document_does_not_vouch_for_the_address_of_another(
    client: Client, provider: IdentityProvider
) -> None:
    provider.person = {"sub": "ann-1", "email": "boss@alder.example"}
    provider.userinfo = {"sub": "ann-1", "email_verified": True, "groups": ["staff"]}
    assert sign_in(client, provider).status_code == 403
    provider.person = {"sub": "ann-1", "email": "boss@alder.example"}
    provider.userinfo = dict(ANN)
    assert sign_in(client, provider).status_code == 302
    assert User.objects.get().email == "ann@alder.example"


def test_user_information_about_somebody_else_counts_nothing(
    client: Client, provider: IdentityProvider
) -> None:
    provider.person, provider.userinfo = {"sub": "ann-1"}, ANN | {"sub": "eve"}
    assert sign_in(client, provider).status_code == 403


def test_groups_may_stand_within_another_claim(
    client: Client, provider: IdentityProvider, settings: Any
) -> None:
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    provider.person = {**ANN, "groups": [], "realm_access": {"roles": ["staff"]}}
    assert sign_in(client, provider).status_code == 302


def test_the_sign_in_page_has_a_button_only_where_there_is_a_provider(
    client: Client, provider: IdentityProvider, settings: Any
) -> None:
    settings.OIDC_NAME = "Alder's accounts"
    assert 'href="/admin/sso/?next=%2Fadmin%2F"' in client.get("/admin/login/?next=/admin/").content.decode()
    settings.OIDC_ISSUER = ""
    assert "/admin/sso/" not in client.get("/admin/login/").content.decode()
    assert client.get("/admin/sso/").status_code == client.get("/admin/sso/callback/").status_code == 404
