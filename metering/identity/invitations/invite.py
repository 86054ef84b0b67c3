"""Invite a person into a tenant by mail."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest, MeteringError
from metering.identity.check_standing import check_tenant, check_token
from metering.identity.invitations.bounds import LIFE, check_mails, check_open
from metering.identity.invitations.mail import ask_for_mail
from metering.identity.tokens.ceiling import Ceiling, check_person_within
from metering.identity.validate import validate
from metering.models import ATIToken, Invitation, Team, Tenant, User


@transaction.atomic
def invite(
    *,
    tenant: Tenant,
    email: str,
    role: User.Role,
    token: ATIToken,
    actor: str,
    now: datetime,
    name: str = "",
    team: Team | None = None,
    by: User | None = None,
    ceiling: Ceiling | None = None,
) -> Invitation:
    """The invitation, whose mail is on its way; whoever has the mail chooses a password and comes in on `token`'s plan.

    Raises InvalidRequest when a value is malformed, the person is invited or a user already, or token, team and tenant
    disagree; NotPermitted for a token beyond the ceiling; TenantSuspended; RateLimited.
    """
    check_tenant(tenant)
    invitation = Invitation(
        tenant=tenant,
        email=User.objects.normalize_email(email).lower(),
        name=name,
        role=role,
        token=token,
        team=team,
        invited_by=by,
        asked_at=[now],
        created_at=now,
        expires_at=now + LIFE,
    )
    _check_rows(invitation, now)
    check_person_within(ceiling, User(signup_token=token))
    check_mails(tenant=tenant, email=invitation.email, now=now)
    check_open(tenant)
    validate(invitation)
    if User.objects.filter(email=invitation.email).exists():
        raise InvalidRequest("email: There is already a user with this email.", param="email")
    invitation.save(force_insert=True)
    ask_for_mail(invitation, now=now)
    record_change(
        action="invitation.sent",
        actor=actor,
        target=invitation,
        tenant_id=tenant.pk,
        now=now,
        facts={"email": invitation.email, "role": role, "token": str(token.pk)},
    )
    return invitation


def _check_rows(invitation: Invitation, now: datetime) -> None:
    """Raises InvalidRequest for a token or team of another tenant, and for a token that has ended."""
    token, team = invitation.token, invitation.team
    if token.tenant_id != invitation.tenant_id:
        raise InvalidRequest("The ATI token belongs to another tenant.", param="token")
    if team is not None and team.tenant_id != invitation.tenant_id:
        raise InvalidRequest("The team belongs to another tenant.", param="team")
    try:
        check_token(token, token.expires_at, now)
    except MeteringError as error:
        raise InvalidRequest("The ATI token has ended; choose another.", param="token") from error
