"""Who counts as known before Django has looked, and as whom a stranger counts."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.timezone import now
from starlette.requests import Request

from gateway_project.http.stranger import Stranger
from metering.errors import InvalidCredential, TokenExpired
from metering.models import ATIToken
from metering.orm import close_database_threads
from tests.factories import make_token

pytestmark = pytest.mark.django_db(transaction=True)
PROXY, CLIENT = "10.0.0.9", "2001:db8:7:7:1::9"


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield
    close_database_threads()


def sent(peer: str = "192.0.2.1", **headers: str) -> Stranger:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Stranger(Request({"type": "http", "method": "POST", "headers": pairs, "client": (peer, 1)}))


def is_known(stranger: Stranger) -> bool:
    return asyncio.run(stranger.is_known())


def session(**content: str) -> str:
    """The cookie of a session of the console."""
    store = SessionStore()
    store.update(content)
    store.save()
    return f"sessionid={store.session_key}"


def test_a_token_in_any_of_its_headers_is_a_proof() -> None:
    secret = make_token().secret
    for headers in ({"authorization": f"Bearer {secret}"}, {"x_api_key": secret}, {"api_key": secret}):
        assert is_known(sent(**headers))


def test_no_credential_and_a_bad_one_are_none() -> None:
    assert not is_known(sent())
    stranger = sent(authorization="Bearer ati_nonsense")
    assert not is_known(stranger)
    assert isinstance(stranger.refusal, InvalidCredential)


def test_what_is_wrong_with_a_credential_is_kept() -> None:
    secret = make_token().secret
    ATIToken.objects.update(expires_at=now() - timedelta(days=1))
    stranger = sent(x_api_key=secret)
    assert not is_known(stranger)
    assert isinstance(stranger.refusal, TokenExpired)


def test_a_session_of_somebody_who_has_signed_in_is_a_proof_and_another_one_is_none() -> None:
    assert is_known(sent(cookie=session(**{SESSION_KEY: "1"})))
    assert not is_known(sent(cookie=session(seen="yes")))
    assert not is_known(sent(cookie="sessionid=0123456789abcdef0123456789abcdef"))


def test_a_stranger_counts_by_the_address_behind_our_proxies_and_of_ipv6_by_the_network(
    settings: Any,
) -> None:
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]
    assert sent(PROXY, x_forwarded_for=f"1.2.3.4, {CLIENT}").address == "2001:db8:7:7::/64"
    assert sent("192.0.2.1", x_forwarded_for=CLIENT).address == "192.0.2.1"
    assert sent("::ffff:192.0.2.1").address == "192.0.2.1"
