"""Who may ask on the internal surface: whoever sends one of LLM_PROXY_SECRET in X-Internal-Secret, and nobody else."""

import hmac

from django.conf import settings
from starlette.requests import Request

from gateway_project.http.request_headers import address_of, check_network, header
from gateway_project.proxy.caller import gateway_of
from gateway_project.telemetry.access import note_caller
from metering.errors import InvalidCredential, MeteringUnavailable, NotFound
from metering.identity.principal import Principal

HEADER = b"x-internal-secret"


async def internal_caller(request: Request) -> Principal:
    """The tenant on which the caller spends, which INTERNAL_TENANT names.

    Raises NotFound where no secret is configured: then there is no such surface. Raises InvalidCredential without a
    good secret, whatever other credential comes, MeteringUnavailable where no tenant is configured, and what
    `speaker_for` raises.
    """
    secrets: list[str] = settings.LLM_PROXY_SECRETS
    if not secrets:
        raise NotFound(f"There is nothing at {request.scope['path']}.")
    given = (header(request, HEADER) or "").encode()
    found = [hmac.compare_digest(given, secret.encode()) for secret in secrets]
    if not any(found):
        raise InvalidCredential("Send the internal secret in the header X-Internal-Secret.")
    if not settings.INTERNAL_TENANT:
        raise MeteringUnavailable(
            "INTERNAL_TENANT is not set: it names the tenant on which internal calls spend."
        )
    caller = await gateway_of(request).directory.speaker(settings.INTERNAL_TENANT)
    note_caller(caller.tenant_slug, caller.token_id)
    check_network(address_of(request), caller.allowed_networks)
    return caller
