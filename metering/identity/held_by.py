"""Marks a refusal with the credential's holder, so that it can be explained to that tenant's administrators."""

from collections.abc import Iterator
from contextlib import contextmanager

from metering.errors import Holder, MeteringError
from metering.models import ATIToken, Tenant, User


@contextmanager
def held_by(*, tenant: Tenant | None, token: ATIToken | None, user: User | None) -> Iterator[None]:
    """Mark refusals within the block with this holder; not with a super admin, who belongs to no tenant."""
    try:
        yield
    except MeteringError as refusal:
        if tenant is not None:
            refusal.credential_of = Holder(
                tenant_id=tenant.pk,
                plan=token.plan_tier_id if token is not None else "",
                team_id=token.team_id if token is not None else None,
                user_id=user.pk if user is not None else None,
                token_id=token.pk if token is not None else None,
            )
        raise
