"""What people call those whom lines are about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from metering.activity.line import LogLine
from metering.models import ATIToken, Team, Tenant, User


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenName:
    """A token as it may be shown."""

    prefix: str
    name: str
    plan: str
    """By its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of whom log lines are about, by id. Whoever has been deleted has none."""

    tenants: dict[UUID, Tenant] = field(default_factory=dict)
    users: dict[UUID, str] = field(default_factory=dict)
    """E-mail addresses."""
    teams: dict[UUID, str] = field(default_factory=dict)
    """Slugs."""
    tokens: dict[UUID, TokenName] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[LogLine]) -> "Names":
        """Read the names that these lines need, by four queries at most."""
        lines = list(lines)
        tenants = {line.tenant_id for line in lines}
        users, teams, tokens = (
            {getattr(line, name) for line in lines} - {None} for name in ("user_id", "team_id", "token_id")
        )
        rows = ATIToken.objects.filter(pk__in=tokens).values_list("pk", "prefix", "name", "plan_tier__name")
        return cls(
            tenants=Tenant.objects.in_bulk(tenants),
            users=dict(User.objects.filter(pk__in=users).values_list("pk", "email")),
            teams=dict(Team.objects.filter(pk__in=teams).values_list("pk", "slug")),
            tokens={pk: TokenName(prefix=prefix, name=name, plan=plan) for pk, prefix, name, plan in rows},
        )

    def tenant(self, line: LogLine) -> str | None:
        row = self.tenants.get(line.tenant_id)
        return None if row is None else row.slug

    def user(self, line: LogLine) -> str | None:
        return self.users.get(line.user_id) if line.user_id else None

    def team(self, line: LogLine) -> str | None:
        return self.teams.get(line.team_id) if line.team_id else None

    def token(self, line: LogLine) -> TokenName | None:
        return self.tokens.get(line.token_id) if line.token_id else None
