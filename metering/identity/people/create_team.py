"""Create a team inside a tenant."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.identity.validate import validate
from metering.models import Team, Tenant


@transaction.atomic
def create_team(*, tenant: Tenant, slug: str, name: str, actor: str, now: datetime) -> Team:
    """The new team. Raises InvalidRequest when a value is malformed or the tenant has this slug already."""
    team = Team(tenant=tenant, slug=slug, name=name, created_at=now)
    validate(team)
    team.save(force_insert=True)
    record_change(
        action="team.created", actor=actor, target=team, tenant_id=tenant.id, now=now, facts={"slug": slug}
    )
    return team
