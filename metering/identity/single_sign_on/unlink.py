"""Unlink a person from the name at an identity provider, and take what its groups gave."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.identity.people.change_user import change_user
from metering.identity.people.leave_team import leave_team
from metering.models import ExternalIdentity, Team, User


@transaction.atomic
def unlink(*, identity: ExternalIdentity, actor: str, now: datetime) -> None:
    """The person keeps the account and what was given by hand. One that is unlinked already stays so."""
    rows = ExternalIdentity.objects.select_for_update(of=("self",)).select_related("user")
    row: ExternalIdentity | None = rows.filter(pk=identity.pk).first()
    if row is None:
        return
    user = row.user
    if row.given_role and user.role == row.given_role:
        change_user(user=user, changes={"role": User.Role.MEMBER}, actor=actor, now=now)
    for team in Team.objects.filter(pk__in=row.given_teams, memberships__user=user):
        leave_team(team=team, user=user, actor=actor, now=now)
    record_change(
        action="user.unlinked",
        actor=actor,
        target=user,
        tenant_id=user.tenant_id,
        now=now,
        facts={"issuer": row.issuer, "subject": row.subject, "email": user.email},
    )
    row.delete()
