"""One attempt to sign in, remembered by the browser that began it: in a signed cookie, for ten minutes."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from gateway_project.oidc.errors import NotSignedIn

LIFE_S = 600
SALT = "gateway_project.oidc"
BEGIN_AGAIN = "This sign-in took too long, or began in another window or browser. Begin again."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """`state` comes back with the answer, `nonce` in the ID token, and `verifier` proves who asked (PKCE)."""

    state: str
    nonce: str
    verifier: str
    next: str

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


def new_attempt(*, next_: str) -> SignInAttempt:
    return SignInAttempt(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        next=next_,
    )


def keep(response: HttpResponse, attempt: SignInAttempt) -> None:
    """It is sent back with the provider's redirect: a top-level GET, which SameSite=Lax allows."""
    response.set_cookie(
        _name(),
        signing.dumps(asdict(attempt), salt=SALT),
        max_age=LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )


def forget(response: HttpResponse) -> None:
    response.delete_cookie(_name(), samesite="Lax")


def kept(request: HttpRequest) -> SignInAttempt:
    """The attempt that this browser began, and that the request answers. Raises NotSignedIn."""
    try:
        attempt = SignInAttempt(**signing.loads(request.COOKIES.get(_name(), ""), salt=SALT, max_age=LIFE_S))
    except signing.BadSignature as error:
        raise NotSignedIn(BEGIN_AGAIN, reason=f"attempt: {type(error).__name__}") from None
    if not secrets.compare_digest(attempt.state.encode(), request.GET.get("state", "").encode()):
        raise NotSignedIn(BEGIN_AGAIN, reason="another state")
    return attempt


def _name() -> str:
    """With TLS, of this very host and no other's."""
    return "__Host-oidc" if settings.SESSION_COOKIE_SECURE else "oidc"
