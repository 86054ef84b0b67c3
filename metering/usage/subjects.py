"""Whose meters concern one caller: its own, its teams' and its tenant's, as admission counts them."""

from dataclasses import dataclass, field
from uuid import UUID

from metering.policy.applying import Place, place_of, places_of
from metering.policy.meter_limits import identified
from metering.policy.values import PolicySubject
from metering.rules.rule import NARROW_SCOPES
from metering.types import SUBJECTS_TOLD_BY_CALL, Scope, SubjectType
from metering.usage.limits import Limit

ABOUT_ONE = (*NARROW_SCOPES, Scope.AGENT, Scope.TAG, Scope.CONVERSATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """One caller of a tenant. A person has many teams, of which each call names one at most."""

    tenant_id: UUID
    plan: str
    user_id: UUID | None = None
    token_id: UUID | None = None
    team_ids: frozenset[UUID] = frozenset()
    _each: tuple[PolicySubject, ...] = field(init=False)
    """The caller without a team, and in each of its teams."""
    _places: frozenset[Place] = field(init=False)

    def __post_init__(self) -> None:
        each = tuple(
            PolicySubject(self.tenant_id, self.plan, team, self.user_id, self.token_id)
            for team in (None, *self.team_ids)
        )
        object.__setattr__(self, "_each", each)
        object.__setattr__(self, "_places", frozenset(place for one in each for place in places_of(one)))

    def of(self, limit: Limit) -> frozenset[tuple[str, str]]:
        """The subject types and ids on whose meters the caller's calls may count.

        What all tenants share, and what a plan allows each agent, tag or conversation, is not shown to one caller.
        """
        if limit.scope is Scope.PROVIDER or (limit.scope is Scope.GLOBAL and limit.per is not None):
            return frozenset()  # but the gateway's rule about calls at once counts each tenant's
        if place_of(limit.row) not in self._places:
            return frozenset()
        if limit.scope in ABOUT_ONE:
            return frozenset({(limit.scope.value, limit.scope_id)})
        if limit.per in SUBJECTS_TOLD_BY_CALL:
            return frozenset()
        per = limit.per or SubjectType.TENANT
        return frozenset((kind.value, id_) for one in self._each for kind, id_ in [identified(per, one)])
