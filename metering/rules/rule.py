"""A policy rule as a value, and the order of rules. Pure.

Rules are ordered by scope (global, plan, tenant, team, user, token, tag, conversation), then by whether they are about
the task or about every task, then by whether they have a condition, then by priority, then by age (ids are ordered by
time).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from metering.ledger.commands import ALWAYS
from metering.rules.conditions import Condition
from metering.types import EnforcementMode, Scope

BASE_SCOPES = (Scope.GLOBAL, Scope.PLAN, Scope.TENANT)
NARROW_SCOPES = (Scope.TEAM, Scope.USER, Scope.TOKEN)
TIGHTENING_SCOPES = (*NARROW_SCOPES, Scope.TAG, Scope.CONVERSATION)
"""Scopes whose rules only tighten what the others say."""
MAX_PRIORITY = 1_000_000
"""A priority is from minus this to this."""
_RANK = {scope: rank for rank, scope in enumerate(BASE_SCOPES + TIGHTENING_SCOPES)}
Order = tuple[int, bool, bool, int, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of PolicyRule that applies to the subject and the task."""

    id: UUID
    scope: Scope
    scope_id: str = ""
    """The plan's code, or the id of the team, user or other that the rule is for."""
    task: str | None
    key: str
    value: int | str
    priority: int = 0
    mode: EnforcementMode = EnforcementMode.ENFORCE
    enforce_percent: int = 100
    """In mode enforce, the rule is enforced for so many of a hundred principals, and observed for the others."""
    condition: Condition | None = None
    counts_since: datetime = ALWAYS
    """The moment since which it has been in force."""

    @property
    def order(self) -> Order:
        """The rule's place among others: the larger, the more specific. Rules of providers and agents have none."""
        return _RANK[self.scope], self.task is not None, self.condition is not None, self.priority, self.id

    @property
    def name(self) -> str:
        """The rule's name in messages."""
        own = f"{self.scope} {self.scope_id}".strip()
        return f"{own} {self.key}" + (f" ({self.condition})" if self.condition else "")


def whose(scope: Scope, scope_id: str) -> str:
    """Whose limit it is, for its name: a call may have several tags, so that one says which."""
    return f"{scope} {scope_id}" if scope is Scope.TAG else scope.value
