"""The caller, as everything after the credential check sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from metering.errors import Holder
from metering.models import User
from metering.types import EnforcementMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking, on which plan. Values only, so that it can be cached."""

    tenant_id: UUID
    tenant_slug: str
    timezone: str
    """The IANA zone in which the tenant's windows start and end."""
    week_start: int
    """0 is Monday, 6 is Sunday."""
    enforcement_mode: EnforcementMode
    token_id: UUID
    plan_code: str
    team_id: UUID | None = None
    user_id: UUID | None = None
    role: User.Role = User.Role.MEMBER
    """The role when the snapshot was read. An ATI token has a member's role, whoever it is bound to."""
    allowed_tasks: frozenset[str] = frozenset()
    """Empty: whatever the plan allows."""
    allowed_models: frozenset[str] = frozenset()
    """Empty: whatever the plan allows."""
    allowed_networks: tuple[str, ...] = ()
    """CIDR blocks that the caller's address must lie in. Empty: any."""
    valid_until: datetime | None = None
    """When the presented secret stops working by itself (None: never). A cache checks it on each use."""
    is_last_known: bool = False
    """The database is away, and this is how the caller was known before. Only a rule lets it in (calls/unseen.py)."""


def holder_of(principal: Principal) -> Holder:
    """The caller as refusals name it."""
    return Holder(
        tenant_id=principal.tenant_id,
        plan=principal.plan_code,
        team_id=principal.team_id,
        user_id=principal.user_id,
        token_id=principal.token_id,
    )
