"""The Idempotency-Key header of a request that spends."""

from starlette.requests import Request

from gateway_project.http.request_headers import header
from metering.idempotency.key import idempotency_key
from metering.identity.principal import Principal
from metering.reservation.reserve import IdempotencyKey


def idempotency_of(request: Request, caller: Principal, body: bytes) -> IdempotencyKey | None:
    """Returns the key that the ledger stores, or None without the header. Raises InvalidRequest."""
    text = header(request, b"idempotency-key")
    if text is None:
        return None
    return idempotency_key(caller=caller, text=text, route=request.scope["path"], body=body)
