"""Whose a job or a draft is."""

from django.db.models import Q

from metering.identity.principal import Principal


def is_of(caller: Principal) -> Q:
    """The condition for rows of this person, or else of this token."""
    mine = Q(user_id=caller.user_id) if caller.user_id else Q(token_id=caller.token_id, user_id=None)
    return mine & Q(tenant_id=caller.tenant_id)
