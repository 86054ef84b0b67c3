"""Check an ID token, and read from it who signed in."""

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from gateway_project.oidc.errors import NotTrusted
from gateway_project.oidc.provider import Provider
from metering.identity.single_sign_on.claims import Claims
from metering.text import normal

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has: neither `none` nor a shared secret."""
REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
LEEWAY_S = 60
MOST_GROUPS = 1_000
LONGEST = 255


def checked_claims(token: str, *, provider: Provider, client_id: str, nonce: str) -> dict[str, Any]:
    """All claims of the token. Raises NotTrusted, and ProviderFailed where the keys cannot be had."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise NotTrusted(f"signed with {str(header.get('alg'))[:20]}")
        key = provider.key(header.get("kid"))
        if key is None:
            raise NotTrusted("signed with an unknown key")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key.key,
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_S,
            options={"require": list(REQUIRED)},
        )
        is_our_nonce = secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode())
    except (PyJWTError, TypeError, ValueError) as error:
        raise NotTrusted(f"ID token: {type(error).__name__}") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise NotTrusted("ID token for another party")
    if not is_our_nonce:
        raise NotTrusted("another nonce")
    return claims


def read_claims(claims: Mapping[str, Any], *, groups_claim: str) -> Claims:
    """Who that is. Raises NotTrusted for a subject or a list of groups beyond all measure."""
    subject = claims["sub"]
    groups = value_at(claims, groups_claim)
    groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST or len(groups) > MOST_GROUPS:
        raise NotTrusted("a subject or groups beyond all measure")
    return Claims(
        issuer=str(claims["iss"]),
        subject=subject,
        email=_text(claims.get("email")),
        is_email_verified=claims.get("email_verified") in (True, "true"),
        name=_text(claims.get("name"))[:200],
        groups=frozenset(normal(group) for group in groups if isinstance(group, str)),
    )


def value_at(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name, or, with dots, one within others: `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(value: Any) -> str:
    return normal(value) if isinstance(value, str) else ""
