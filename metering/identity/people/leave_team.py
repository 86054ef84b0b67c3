"""Take a user out of a team."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import NotFound
from metering.models import Membership, Team, User


@transaction.atomic
def leave_team(*, team: Team, user: User, actor: str, now: datetime) -> None:
    """Raises NotFound where the user is not in the team."""
    membership = Membership.objects.select_for_update().filter(team=team, user=user).first()
    if membership is None:
        raise NotFound("This user is not in the team.", param="user")
    record_change(
        action="team.left",
        actor=actor,
        target=membership,
        tenant_id=team.tenant_id,
        now=now,
        facts={"team": str(team.pk), "user": str(user.pk)},
    )
    membership.delete()
