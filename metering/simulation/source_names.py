"""What people call the places at which rules and budgets are set: `everyone`, `plan PRO`, `team research`."""

from metering.models import ATIToken, Team, Tenant, User
from metering.policy.values import PolicySubject
from metering.types import Scope


class SourceNames:
    """The names of one subject's places. At most four rows are read."""

    def __init__(self, subject: PolicySubject) -> None:
        self._names = {Scope.GLOBAL: "everyone", Scope.PLAN: f"plan {subject.plan}"}
        owner = Tenant.objects.filter(pk=subject.tenant_id).values_list("slug", flat=True).first()
        self._names[Scope.TENANT] = owner or "a tenant that is gone"
        if subject.team_id is not None:
            team = Team.objects.filter(pk=subject.team_id).values_list("slug", flat=True).first()
            self._names[Scope.TEAM] = f"team {team or 'that is gone'}"
        if subject.user_id is not None:
            user = User.objects.filter(pk=subject.user_id).values_list("email", flat=True).first()
            self._names[Scope.USER] = user or "somebody who is gone"
        if subject.token_id is not None:
            token = ATIToken.objects.filter(pk=subject.token_id).values_list("name", "prefix").first()
            self._names[Scope.TOKEN] = f"token {token_name(*token)}" if token else "a token that is gone"

    def of(self, scope: Scope, scope_id: str = "") -> str:
        """Whose rule it is. An agent and a provider are called by their own names."""
        return self._names.get(scope) or f"{scope.value} {scope_id}"


def token_name(name: str, prefix: str) -> str:
    """A token by its name, if it has one, and the visible part of its secret."""
    return f"{name} ({prefix}…)" if name else f"{prefix}…"
