"""Put a user into a team."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.identity.validate import validate
from metering.models import Membership, Team, User


@transaction.atomic
def join_team(*, team: Team, user: User, actor: str, now: datetime) -> Membership:
    """The membership, new or existing. Raises InvalidRequest when team and user are of different tenants."""
    existing = Membership.objects.filter(team=team, user=user).first()
    if existing is not None:
        return existing
    membership = Membership(team=team, user=user, created_at=now)
    validate(membership)
    membership.save(force_insert=True)
    record_change(
        action="team.joined",
        actor=actor,
        target=membership,
        tenant_id=team.tenant_id,
        now=now,
        facts={"team": str(team.pk), "user": str(user.pk)},
    )
    return membership
