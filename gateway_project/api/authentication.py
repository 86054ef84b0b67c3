"""Who calls the API: an ATI token or an access token in the headers that the wire protocols take, and nothing else.

No cookies, so no other site's page can call in a person's name.
"""

from dataclasses import replace

from django.utils.timezone import now
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from gateway_project.http.refused_credentials import credential_refusals_noted
from gateway_project.http.request_headers import (
    SEND_ONE,
    check_network,
    credential,
    django_address_of,
    text_of,
)
from gateway_project.http.request_id import REQUEST_ID
from gateway_project.telemetry.access import note_caller
from metering.errors import InvalidCredential
from metering.identity.caller import Caller
from metering.identity.held_by import held_by
from metering.identity.identify import identify
from metering.identity.people.team_for import team_for
from metering.identity.principal import Principal
from metering.identity.tokens.ceiling import Ceiling, ceiling_of
from metering.identity.tokens.touch_tokens import is_stale, touch_tokens
from metering.text import checked_label

CREDENTIALS = ("x-api-key", "api-key", "authorization")


class BearerAuthentication(BaseAuthentication):
    """`request.user` becomes the Caller; `request.auth` its Principal, working for the team that `X-Team-ID` names.

    One who may not spend has no Principal.
    """

    def authenticate(self, request: Request) -> tuple[Caller, Principal | None] | None:
        """None without a credential.

        Raises InvalidCredential, TokenExpired and TenantSuspended; for `X-Team-ID` InvalidRequest, NotFound
        and NotPermitted.
        """
        given = {name.replace("-", "_"): request.headers.get(name) for name in CREDENTIALS}
        if not any(given.values()):
            return None
        moment = now()
        with credential_refusals_noted(request.META.get(REQUEST_ID)):
            caller = identify(bearer=credential(**given), now=moment)
            if caller.token is not None:
                with held_by(tenant=caller.tenant, token=caller.token, user=caller.user):
                    check_network(django_address_of(request._request), caller.token.allowed_networks)
        note_caller(caller.tenant.slug if caller.tenant else None, caller.token.pk if caller.token else None)
        if caller.token is not None and is_stale(caller.token, moment):
            touch_tokens(token_ids=[caller.token.pk], now=moment)
        principal = caller.principal
        if principal is not None and (team := request.headers.get("x-team-id")):
            named = checked_label(
                text_of(team.encode("latin-1")), "X-Team-ID"
            )  # Django has read it as Latin-1
            principal = replace(principal, team_id=team_for(principal, named))
        return caller, principal

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def caller_of(request: Request) -> Caller:
    """The caller of a view that is not open to everybody. Raises InvalidCredential where there is none."""
    if not isinstance(request.user, Caller):
        raise InvalidCredential(SEND_ONE)
    return request.user


def ceiling_of_caller(request: Request) -> Ceiling | None:
    """How far the caller may go with credentials; None for a super admin."""
    caller = caller_of(request)
    return ceiling_of(role=caller.role, token=caller.token)


def principal_of(request: Request) -> Principal:
    """The caller as one who spends. Raises InvalidCredential, and NotPermitted for one who may not."""
    caller = caller_of(request)
    return request.auth if isinstance(request.auth, Principal) else caller.spender()
