"""Become a user by an invitation: its link and a password that the invited person chooses."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest, MeteringError, NotPermitted
from metering.identity.check_standing import check_tenant, check_token
from metering.identity.invitations.secret import digest_of, is_well_formed
from metering.identity.people.create_user import create_user
from metering.identity.people.join_team import join_team
from metering.identity.people.password import hash_password
from metering.models import ATIToken, Invitation, Tenant, User


def read_invitation(secret: str, *, now: datetime) -> Invitation:
    """The invitation that a mail's secret belongs to. Raises InvalidRequest unless it may be used at `now`."""
    secret = secret.strip()
    found: Invitation | None = None
    if is_well_formed(secret):
        rows = Invitation.objects.select_related("tenant", "token", "team", "invited_by")
        found = rows.filter(digest=digest_of(secret)).first()
    if found is None or not found.is_open or found.expires_at <= now:
        raise used_up()
    return found


def accept_invitation(*, invitation: Invitation, password: str, now: datetime, name: str = "") -> User:
    """The new user, in the team that was named, on the plan of the invitation's token. The link is used up then.

    Raises InvalidRequest for a bad password and where somebody else was faster; NotPermitted where the token has ended
    since; TenantSuspended. Then the link can still be used.
    """
    name = name or invitation.name
    password_hash = hash_password(password, user=User(email=invitation.email, name=name))
    with transaction.atomic():
        row: Invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if row.digest is None or row.digest != invitation.digest or row.expires_at <= now:
            raise used_up()
        check_tenant(Tenant.objects.select_for_update(no_key=True).get(pk=row.tenant_id))
        user = create_user(
            email=row.email,
            name=name,
            role=User.Role(row.role),
            tenant=row.tenant,
            password_hash=password_hash,
            signup_token=_live(row.token_id, now),
            actor=row.email,
            now=now,
        )
        if row.team is not None:
            join_team(team=row.team, user=user, actor=row.email, now=now)
        row.accepted_at, row.user, row.digest = now, user, None
        row.save(update_fields=["accepted_at", "user", "digest"])
        record_change(
            action="invitation.accepted",
            actor=row.email,
            target=row,
            tenant_id=row.tenant_id,
            now=now,
            facts={"email": row.email, "user": str(user.pk)},
        )
    return user


def used_up() -> InvalidRequest:
    """Makes the same refusal for a link that was used, withdrawn, replaced, or is old."""
    return InvalidRequest(
        "This invitation was used, withdrawn or replaced by a newer mail, or it has expired. Ask to be invited again.",
        param="token",
    )


def _live(token_id: object, now: datetime) -> ATIToken:
    token: ATIToken = ATIToken.objects.select_related("team").get(pk=token_id)
    try:
        check_token(token, token.expires_at, now)
    except MeteringError as error:
        raise NotPermitted(
            "The ATI token that this invitation stands on has ended. Ask to be invited again."
        ) from error
    return token
