"""The holder of a credential who asked for something earlier, as they stand now."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from metering.errors import InvalidCredential
from metering.identity.check_standing import check_person, check_tenant, check_token
from metering.identity.identify import principal_from
from metering.identity.people.team_for import team_for
from metering.identity.principal import Principal
from metering.models import ATIToken, User


def identify_again(*, token_id: UUID, user_id: UUID | None, team_id: UUID | None, now: datetime) -> Principal:
    """The caller with this ATI token, working for this team of its own.

    Raises InvalidCredential, TokenExpired, TenantSuspended, NotFound and NotPermitted where they may not any more.
    """
    token = ATIToken.objects.select_related("tenant", "user").filter(pk=token_id).first()
    if token is None:
        raise InvalidCredential("The ATI token is gone.")
    check_token(token, token.expires_at, now)
    check_tenant(token.tenant)
    user, role = token.user, User.Role.MEMBER
    if user_id is not None and user_id != token.user_id:
        user = User.objects.select_related("tenant", "signup_token").filter(pk=user_id).first()
        if user is None or user.signup_token_id != token.pk:
            raise InvalidCredential("The account has changed since.")
        role = User.Role(user.role)
    if user is not None:
        check_person(user, now)
    principal = principal_from(token, token.tenant, user, role, None)
    if team_id is not None and team_id != principal.team_id:
        principal = replace(principal, team_id=team_for(principal, str(team_id)))
    return principal
