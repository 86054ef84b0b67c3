"""Whose figures somebody sees: everybody's, a tenant's, or one's own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from metering.models import ATIToken, Tenant, User
from metering.usage.subjects import Subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose calls are shown: all of the gateway's, a tenant's, or one caller's."""

    tenant: Tenant | None = None
    """None: all tenants."""
    user_id: UUID | None = None
    """One person's own calls; None: the whole tenant's."""
    token_id: UUID | None = None
    """Those of a token that is nobody's."""
    subjects: Subjects | None = None
    """Whose budgets concern the caller; None: all of the tenant's."""

    @property
    def only(self) -> tuple[tuple[str, object], ...]:
        """Columns of a call, and the value that each must have."""
        if self.user_id is not None:
            return (("user_id", self.user_id),)
        return (("token_id", self.token_id),) if self.token_id is not None else ()

    @property
    def is_own(self) -> bool:
        """Whether it is one caller's."""
        return self.subjects is not None

    @property
    def sees_shared(self) -> bool:
        """Whether what all tenants use together is shown."""
        return self.tenant is None


def own_reach(*, tenant: Tenant, user: User | None, token: ATIToken | None) -> Reach:
    """Of a person, who may be on a plan by a token, or of a token that is nobody's."""
    teams = set() if user is None else set(user.teams.values_list("pk", flat=True))
    if token is not None and token.team_id is not None:
        teams.add(token.team_id)
    return Reach(
        tenant=tenant,
        user_id=user.pk if user is not None else None,
        token_id=token.pk if token is not None and user is None else None,
        subjects=Subjects(
            tenant_id=tenant.pk,
            plan=token.plan_tier_id if token is not None else "",
            user_id=user.pk if user is not None else None,
            token_id=token.pk if token is not None else None,
            team_ids=frozenset(teams),
        ),
    )


def reach_of_person(user: User, *, tenant: Tenant, now: datetime) -> Reach:
    """A member's own, on the plan of the token that the person signed up with, or of the oldest own one that lives."""
    token = user.signup_token or ATIToken.objects.live(now).filter(user=user).order_by("created_at").first()
    return own_reach(tenant=tenant, user=user, token=token)
