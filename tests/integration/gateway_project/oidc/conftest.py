from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from gateway_project.oidc.provider import provider_at
from metering.models import Tenant
from tests.factories import alder, make_token
from tests.support.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    running_identity_provider,
)

ANN = {
    "sub": "ann-1",
    "email": "Ann@alder.example",
    "email_verified": True,
    "name": "Ann",
    "groups": ["staff"],
}


@pytest.fixture(scope="module")
def _provider() -> Iterator[IdentityProvider]:
    with running_identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(_provider: IdentityProvider, settings: Any) -> IdentityProvider:
    """With Ann in front of it; nothing of it is known to the gateway yet."""
    issuer = _provider.issuer
    _provider.__init__()  # type: ignore[misc]
    _provider.issuer, _provider.person = issuer, dict(ANN)
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
        issuer,
        CLIENT_ID,
        CLIENT_SECRET,
    )
    provider_at.cache_clear()
    return _provider


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Alder, with a token that new people's plan comes from."""
    make_token(alder(), name="people", signups_allowed=9)
    return alder()


def sign_in(client: Client, provider: IdentityProvider, *, next_: str = "") -> Any:
    """The answer that the person sees, once the provider has sent the browser back."""
    begun: Any = client.get("/admin/sso/", {"next": next_} if next_ else {})
    assert begun.status_code == 302, begun.content.decode()
    return client.get(provider.authorize(begun["Location"]).partition("testserver")[2])


def sentence_of(response: Any) -> str:
    assert "Location" not in response
    return str(response.context["sentence"])
