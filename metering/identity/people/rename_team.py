"""Give a team another name. Its slug stays, because programs send it."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.identity.validate import validate
from metering.models import Team


@transaction.atomic
def rename_team(*, team: Team, name: str, actor: str, now: datetime) -> Team:
    """The team with its new name. Raises InvalidRequest when it is malformed."""
    row: Team = Team.objects.select_for_update().get(pk=team.pk)
    before, row.name = row.name, name
    validate(row)
    if name != before:
        row.save(update_fields=["name"])
        record_change(
            action="team.renamed",
            actor=actor,
            target=row,
            tenant_id=row.tenant_id,
            now=now,
            facts={"name": [before, name]},
        )
    return row
