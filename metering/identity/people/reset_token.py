"""What a mail about a forgotten password carries: the signed id of the request. It is stored nowhere."""

from datetime import datetime
from uuid import UUID

from django.core.signing import BadSignature, Signer

from metering.errors import InvalidRequest
from metering.models import PasswordReset

_SIGNER = "metering.password_reset"


def reset_token(reset: PasswordReset) -> str:
    """The secret of a request. Whoever has it may choose the person's password, once."""
    return Signer(salt=_SIGNER).sign(str(reset.pk))


def read_reset_token(token: str, *, now: datetime) -> PasswordReset:
    """The request that a token belongs to. Raises InvalidRequest unless it may be used at `now`."""
    try:
        key = UUID(Signer(salt=_SIGNER).unsign(token))
    except (BadSignature, ValueError):
        raise InvalidRequest(
            "This is no token of ours. Copy it whole from the mail.", param="token"
        ) from None
    reset = PasswordReset.objects.select_related("user").filter(pk=key, user__isnull=False).first()
    if reset is None or reset.expires_at <= now:
        raise used_up()
    return reset


def used_up() -> InvalidRequest:
    """Makes the same refusal for a used token, an old one, and one from before the password changed."""
    return InvalidRequest("This token was used before or has expired. Ask for another mail.", param="token")
