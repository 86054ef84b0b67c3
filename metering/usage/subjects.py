"""Whose meters concern one caller: its own, its teams' and its tenant's, as admission counts them."""

from dataclasses import dataclass
from uuid import UUID

from metering.policy.meter_limits import identified
from metering.policy.values import PolicySubject
from metering.types import Scope, SubjectType
from metering.usage.limits import Limit

OWN = {Scope.TEAM: SubjectType.TEAM, Scope.USER: SubjectType.USER, Scope.TOKEN: SubjectType.TOKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """One caller of a tenant. A person has many teams, of which each call names one at most."""

    tenant_id: UUID
    plan: str
    user_id: UUID | None = None
    token_id: UUID | None = None
    team_ids: frozenset[UUID] = frozenset()

    def of(self, limit: Limit) -> frozenset[tuple[str, str]]:
        """The subject types and ids on whose meters the caller's calls may count.

        What all tenants share, and what a plan allows each agent, is not shown to one caller.
        """
        if limit.scope is Scope.PROVIDER or (limit.scope is Scope.GLOBAL and limit.per is not None):
            return frozenset()  # but the gateway's rule about calls at once counts each tenant's
        if limit.scope is Scope.PLAN and limit.scope_id != self.plan:
            return frozenset()
        if limit.scope is Scope.AGENT:
            return frozenset({(SubjectType.AGENT.value, limit.scope_id)})
        if limit.scope in OWN:
            mine = self._identified(OWN[limit.scope])
            return frozenset(pair for pair in mine if pair[1] == limit.scope_id)
        if limit.per is SubjectType.AGENT or limit.per is SubjectType.PROVIDER:
            return frozenset()
        return self._identified(limit.per or SubjectType.TENANT)

    def _identified(self, per: SubjectType) -> frozenset[tuple[str, str]]:
        teams: list[UUID | None] = [None, *self.team_ids]
        return frozenset(
            (kind.value, subject_id)
            for team in (teams if per is SubjectType.TEAM else [None])
            for kind, subject_id in [
                identified(per, PolicySubject(self.tenant_id, self.plan, team, self.user_id, self.token_id))
            ]
        )
