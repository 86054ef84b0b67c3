"""The secret that a webhook is signed with, and another one in its place."""

import base64
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from metering.alerts.endpoints.trace import record_endpoint
from metering.errors import InvalidRequest
from metering.models import WebhookEndpoint
from metering.seal import seal

SECRET_BYTES = 32
OVERLAP_H = 24
MAX_OVERLAP_H = 7 * 24


def new_secret() -> str:
    """Return a new random secret, written as Standard Webhooks writes them: `whsec_` and base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


@transaction.atomic
def rotate_secret(*, row: WebhookEndpoint, actor: str, now: datetime, overlap_h: int = OVERLAP_H) -> str:
    """A new secret, told once. The one before signs as well for `overlap_h` hours; 0: not at all.

    Raises InvalidRequest for an endpoint that has none, and for too long an overlap.
    """
    if not 0 <= overlap_h <= MAX_OVERLAP_H:
        raise InvalidRequest(f"An overlap is 0 to {MAX_OVERLAP_H} hours.", param="overlap_h")
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.sealed_secret is None:
        raise InvalidRequest("Only webhooks are signed; Slack and Teams know you by the address.")
    secret = new_secret()
    row.sealed_old_secret = row.sealed_secret if overlap_h else None
    row.old_secret_until = now + timedelta(hours=overlap_h) if overlap_h else None
    row.sealed_secret = seal(secret.encode())
    row.save(update_fields=["sealed_secret", "sealed_old_secret", "old_secret_until"])
    record_endpoint("secret_rotated", row, actor, now, overlap_h=overlap_h)
    return secret
