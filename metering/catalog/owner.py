"""Whose rules and budgets a catalog file lists: a plan's, or the gateway's own."""

from dataclasses import dataclass

from metering.types import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One scope. A plan has exactly what the file lists; the gateway keeps what the file does not mention."""

    scope: Scope
    scope_id: str = ""

    @property
    def word(self) -> str:
        """How lines about changes call it."""
        return "plan" if self.scope is Scope.PLAN else "gateway"

    @property
    def loses_the_rest(self) -> bool:
        """Whether what the file does not list is switched off."""
        return self.scope is Scope.PLAN

    def name(self, *parts: object) -> str:
        """What a change is about: the plan's code and the words that are not empty."""
        return " ".join(str(part) for part in (self.scope_id, *parts) if part)


GATEWAY = Owner(scope=Scope.GLOBAL)


def plan_owner(code: str) -> Owner:
    """Return the plan with this code as the owner of what a file lists for it."""
    return Owner(scope=Scope.PLAN, scope_id=code)
