"""Who is calling, and the labels that the call carries: credentials, team, metadata."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request

from gateway_project.http.client_address import address_of, check_network
from gateway_project.http.credential import LOOKUPS, credential_of
from gateway_project.http.request_headers import header, headers_of
from metering.errors import InvalidRequest, MeteringError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.labels import CALLER_LABELS
from metering.network import counted_address
from metering.text import checked_label

LABEL_HEADERS = {name: f"x-{name.replace('_', '-')}".encode() for name in CALLER_LABELS}
_LABEL_NAMES = frozenset(LABEL_HEADERS.values())


async def caller_of(request: Request, gateway: LLMGateway) -> Principal:
    """The holder of the credential, working for the team that X-Team-ID names.

    Raises InvalidCredential, TokenExpired, TenantSuspended, and NotFound for the team.
    """
    secret = credential_of(request)
    team = header(request, b"x-team-id") or None
    if team is not None:
        team = checked_label(team, "X-Team-ID")
    request_id = request.state.request_id
    principal = gateway.directory.kept_principal(secret)
    if principal is None:
        async with LOOKUPS.place(counted_address(address_of(request) or "")):
            principal = await gateway.authenticate(secret, team=team, request_id=request_id)
    elif team is not None:
        principal = await gateway.authenticate(secret, team=team, request_id=request_id)
    if principal.allowed_networks:
        with refusals_noted(gateway, principal, request_id):
            check_network(address_of(request), principal.allowed_networks)
    return principal


@contextmanager
def refusals_noted(gateway: LLMGateway, caller: Principal, request_id: str) -> Iterator[None]:
    """Notes a refusal raised within the block, so that it can be found by the request's id."""
    try:
        yield
    except MeteringError as refusal:
        gateway.note_refused(caller, refusal, request_id=request_id)
        raise


def labels_of(request: Request, body: Mapping[str, Any]) -> dict[str, str]:
    """The caller's own labels from the body's `metadata`, else from headers. Raises InvalidRequest."""
    metadata = body.get("metadata")
    if metadata is None:
        if _LABEL_NAMES.isdisjoint(headers_of(request)):
            return {}
        metadata = {}
    elif not isinstance(metadata, dict):
        raise InvalidRequest("metadata must be an object.", param="metadata")
    found: dict[str, str] = {}
    for name, header_name in LABEL_HEADERS.items():
        value = metadata.get(name)
        if value is not None:
            found[name] = checked_label(value, f"metadata.{name}")
        elif (text := header(request, header_name)) is not None:
            found[name] = checked_label(text, header_name.decode())
    return found
