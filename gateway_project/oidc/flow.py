"""The authorization code flow: where to send the browser, and what its code is worth."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from gateway_project.oidc.attempt import SignInAttempt
from gateway_project.oidc.errors import NotSignedIn, NotTrusted, ProviderFailed
from gateway_project.oidc.exchange import ask
from gateway_project.oidc.id_token import checked_claims, read_claims, value_at
from gateway_project.oidc.provider import Provider
from metering.identity.single_sign_on.claims import Claims

BAD_CODE = 400
POST, BASIC = "client_secret_post", "client_secret_basic"


def authorization_url(request: HttpRequest, provider: Provider, attempt: SignInAttempt) -> str:
    """Where the person signs in. Raises ProviderFailed."""
    endpoint = provider.facts()["authorization_endpoint"]
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": _redirect_uri(request),
        "scope": settings.OIDC_SCOPES,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def claims_for(request: HttpRequest, provider: Provider, attempt: SignInAttempt) -> Claims:
    """Who has signed in, by the answer that the browser brings. Raises NotSignedIn."""
    if request.GET.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
        raise NotTrusted("an answer of another issuer")
    if refusal := request.GET.get("error", ""):
        word = refusal if refusal.isascii() and refusal.replace("_", "").isalnum() else "no reason"
        raise NotSignedIn(f"Your identity provider did not let you in ({word[:60]}).", reason="refused there")
    code = request.GET.get("code", "")
    if not code:
        raise NotSignedIn(
            "The answer of your identity provider lacks its code. Begin again.", reason="no code"
        )
    tokens = _tokens(request, provider, attempt, code)
    id_token = tokens.get("id_token")
    if not isinstance(id_token, str):
        raise ProviderFailed("no ID token")
    claims = checked_claims(
        id_token, provider=provider, client_id=settings.OIDC_CLIENT_ID, nonce=attempt.nonce
    )
    more = _more(provider, tokens, claims)
    whole = {**more, **claims, **_address(claims, more)}
    return read_claims(whole, groups_claim=settings.OIDC_GROUPS_CLAIM)


def _tokens(request: HttpRequest, provider: Provider, attempt: SignInAttempt, code: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _redirect_uri(request),
        "client_id": settings.OIDC_CLIENT_ID,
        "code_verifier": attempt.verifier,
    }
    sent: dict[str, Any] = {"data": form}
    methods = provider.facts().get("token_endpoint_auth_methods_supported", [BASIC])
    if settings.OIDC_CLIENT_SECRET and BASIC not in methods and POST in methods:
        form["client_secret"] = settings.OIDC_CLIENT_SECRET
    elif settings.OIDC_CLIENT_SECRET:
        sent["auth"] = (quote_plus(settings.OIDC_CLIENT_ID), quote_plus(settings.OIDC_CLIENT_SECRET))
    try:
        return ask("POST", provider.facts()["token_endpoint"], **sent)
    except ProviderFailed as failure:
        if failure.answered == BAD_CODE:
            raise NotTrusted("the code was not accepted") from failure
        raise


def _more(provider: Provider, tokens: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """What some providers say at another address only: the e-mail address and the groups."""
    endpoint, access = provider.facts().get("userinfo_endpoint"), tokens.get("access_token")
    has_all = "email" in claims and value_at(claims, settings.OIDC_GROUPS_CLAIM) is not None
    if has_all or not isinstance(endpoint, str) or not isinstance(access, str):
        return {}
    found = ask("GET", endpoint, headers={"authorization": f"Bearer {access}"})
    if found.get("sub") != claims["sub"]:
        raise NotTrusted("user information about somebody else")
    return found


def _address(*documents: Mapping[str, Any]) -> dict[str, Any]:
    """The address and whether it is verified, of the first document that says both: one says nothing of another's."""
    names = ("email", "email_verified")
    found = next((one for one in documents if all(name in one for name in names)), {})
    return {name: found[name] for name in names if name in found} or {"email_verified": False}


def _redirect_uri(request: HttpRequest) -> str:
    """As it is registered at the provider: at PUBLIC_URL, else where this request came to."""
    path = reverse("single_sign_on_answer")
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
