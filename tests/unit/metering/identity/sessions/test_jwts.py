from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from metering.errors import InvalidCredential
from metering.identity.sessions.jwts import key_id, read_claims, sign_claims

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OLD, NEW, FOREIGN = "old" * 16, "new" * 16, "foreign" * 8


def signed() -> str:
    return sign_claims("access", {"sub": "ann"}, now=NOW, expires_at=NOW + timedelta(minutes=1))


def test_the_first_key_signs_and_is_named_in_the_header(settings: Any) -> None:
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    token = signed()
    assert jwt.get_unverified_header(token)["kid"] == key_id(NEW)
    assert jwt.decode(token, NEW, algorithms=["HS256"], options={"verify_exp": False})["sub"] == "ann"


def test_what_an_earlier_key_signed_still_verifies_once_another_signs(settings: Any) -> None:
    settings.JWT_SIGNING_KEYS = [OLD]
    token = signed()
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    assert read_claims("access", token, now=NOW)["sub"] == "ann"


def test_what_a_dropped_key_signed_no_longer_verifies(settings: Any) -> None:
    settings.JWT_SIGNING_KEYS = [OLD]
    token = signed()
    settings.JWT_SIGNING_KEYS = [NEW]
    with pytest.raises(InvalidCredential):
        read_claims("access", token, now=NOW)


def test_the_name_of_a_key_does_not_stand_for_its_signature(settings: Any) -> None:
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    claims = jwt.decode(signed(), options={"verify_signature": False})
    forged = jwt.encode(claims, FOREIGN, algorithm="HS256", headers={"kid": key_id(NEW)})
    with pytest.raises(InvalidCredential):
        read_claims("access", forged, now=NOW)


def test_a_token_from_before_keys_had_names_verifies_with_the_oldest(settings: Any) -> None:
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    nameless = jwt.encode(jwt.decode(signed(), options={"verify_signature": False}), OLD, algorithm="HS256")
    assert read_claims("access", nameless, now=NOW)["sub"] == "ann"


@pytest.mark.parametrize("kid", ["", "0" * 16, key_id(FOREIGN)])
def test_a_key_that_is_not_ours_verifies_nothing(settings: Any, kid: str) -> None:
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    claims = jwt.decode(signed(), options={"verify_signature": False})
    with pytest.raises(InvalidCredential):
        read_claims("access", jwt.encode(claims, FOREIGN, algorithm="HS256", headers={"kid": kid}), now=NOW)


def test_the_name_of_a_key_does_not_show_it() -> None:
    assert OLD[:8] not in key_id(OLD)
    assert key_id(OLD) != key_id(NEW)
