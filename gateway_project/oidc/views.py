"""Signing in at an identity provider: where it begins, and where the provider sends people back."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from admin_console.invited import BACKEND
from admin_console.site import console
from admin_console.who import viewer_for
from gateway_project.http.errors import status_of
from gateway_project.lockout import attempts_counted
from gateway_project.oidc import attempt as attempts
from gateway_project.oidc.errors import NotSignedIn, NotTrusted
from gateway_project.oidc.flow import authorization_url, claims_for
from gateway_project.oidc.provider import Provider, provider_at
from metering.errors import InvalidCredential, MeteringError, RateLimited
from metering.identity.single_sign_on.sign_in import sign_in
from metering.models import User

HOME = "/admin/"
SESSION = timedelta(hours=8)
"""Then groups are asked for again."""
CLOSED = (
    "The gateway lets you in only from another network, or not at all at present. Ask your administrator."
)
logger = structlog.get_logger(__name__)


@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Sends the browser to the identity provider."""
    provider = _provider()
    attempt = attempts.new_attempt(next_=_next(request))
    try:
        response = HttpResponseRedirect(authorization_url(request, provider, attempt))
    except NotSignedIn as failure:
        return _failed(request, failure.sentence, failure.status, failure.reason)
    attempts.keep(response, attempt)
    return response


@never_cache
@require_GET
def answer(request: HttpRequest) -> HttpResponse:
    """Signs in whom the provider has let in; says in a sentence why not."""
    provider = _provider()
    try:
        attempt = attempts.kept(request)
        with attempts_counted(request, name=f"single sign-on {attempt.state}", refusals=(NotTrusted,)):
            user = _signed_in(request, provider, attempt)
    except NotSignedIn as failure:
        response = _failed(request, failure.sentence, failure.status, failure.reason)
    except MeteringError as refusal:
        response = _failed(request, refusal.message, _status(refusal), refusal.code)
    else:
        login(request, user, backend=BACKEND)
        request.session.set_expiry(SESSION)
        response = HttpResponseRedirect(attempt.next)
    attempts.forget(response)
    return response


def _signed_in(request: HttpRequest, provider: Provider, attempt: attempts.SignInAttempt) -> User:
    user = sign_in(claims_for(request, provider, attempt), now=now())
    if viewer_for(user, request) is None:
        raise InvalidCredential(CLOSED)
    return user


def _provider() -> Provider:
    if not settings.OIDC_ISSUER:
        raise Http404
    return provider_at(settings.OIDC_ISSUER)


def _next(request: HttpRequest) -> str:
    """A page of the console and nothing else."""
    asked = request.GET.get("next", "")
    is_ours = asked.startswith(HOME) and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and len(asked) <= 2_000 else HOME


def _status(refusal: MeteringError) -> int:
    """A person whom the gateway does not want is 403, whatever the API would answer a credential."""
    return 429 if isinstance(refusal, RateLimited) else max(status_of(refusal), 403)


def _failed(request: HttpRequest, sentence: str, status: int, reason: str) -> HttpResponse:
    logger.warning("single_sign_on.failed", reason=reason)
    shown: dict[str, Any] = {
        **console.each_context(request),
        "title": "You are not signed in",
        "sentence": sentence,
    }
    return render(request, "admin_console/not_signed_in.html", shown, status=status)
