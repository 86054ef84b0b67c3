"""Which team a caller works for when it names one."""

from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from metering.errors import NotFound, NotPermitted
from metering.identity.principal import Principal
from metering.models import Membership, Team


def team_for(principal: Principal, reference: str) -> UUID:
    """The caller's own team with this id or slug.

    A credential that is bound to a team works for that one; a person for the teams that it is a member of; a
    tenant's token that is bound to nobody for any team of the tenant.
    Raises NotFound where the tenant has no such team, NotPermitted where it is not the caller's.
    """
    named = Q(slug=reference)
    with suppress(ValueError):
        named |= Q(pk=UUID(reference))
    found: UUID | None = (
        Team.objects.filter(named, tenant_id=principal.tenant_id).values_list("pk", flat=True).first()
    )
    if found is None:
        raise NotFound(f"Your tenant has no team {reference!r}.", param="team")
    if not _is_own(principal, found):
        raise NotPermitted(_not_own(principal, reference), param="team")
    return found


def _is_own(principal: Principal, team_id: UUID) -> bool:
    if principal.team_id is not None:
        return principal.team_id == team_id
    if principal.user_id is not None:
        return Membership.objects.filter(team_id=team_id, user_id=principal.user_id).exists()
    return True


def _not_own(principal: Principal, reference: str) -> str:
    if principal.team_id is not None:
        return "This token works for one team, and it is another one; name no team."
    return f"You are not a member of the team {reference!r}. Name one of yours, or ask an administrator to add you."
