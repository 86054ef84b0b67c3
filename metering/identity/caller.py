"""Who asks the API: a person who signed in, or the holder of an ATI token."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from metering.errors import NotPermitted
from metering.identity.principal import Principal
from metering.models import ATIToken, Tenant, User

_NO_PLAN = "Your account has no plan, so it cannot call models. Use an ATI token of a tenant."
_ELSEWHERE = (
    "Your ATI token is for one team, and you are not a member of it. Ask an administrator to add you."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The rows behind a bearer credential, as they are now. For callers that ask the database on every request."""

    is_authenticated: ClassVar[bool] = True

    user: User | None
    """The person; None for an ATI token that is bound to nobody."""
    tenant: Tenant | None
    """None: a super admin."""
    token: ATIToken | None
    """What the plan comes from: the ATI token itself, or the one that the person signed up with."""
    principal: Principal | None
    """The caller as one who spends. None without a plan, and for a person whose ATI token is bound to a team that the
    person is not in."""
    role: User.Role
    """A person's, from the database. An ATI token has the rights of a member, whoever it is bound to."""

    session_id: UUID | None = None
    """The person's LoginSession; None for an ATI token."""

    def spender(self) -> Principal:
        """The caller as one who spends. Raises NotPermitted for one who may not."""
        if self.principal is None:
            raise NotPermitted(_ELSEWHERE if self.token is not None else _NO_PLAN)
        return self.principal

    @property
    def actor(self) -> str:
        """How the audit trail names the caller."""
        if self.user is not None:
            return self.user.email
        return f"token {self.token.prefix}" if self.token is not None else "nobody"
