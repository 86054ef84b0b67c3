"""A tenant's people and teams, with what they spent this month."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q

from admin_console.tenant.links import page_url
from metering.models import Team, Tenant, User
from metering.reports.spend import NOTHING, Spent

SHOWN = 20
ROLES = {
    User.Role.TENANT_ADMIN: "administrator",
    User.Role.MEMBER: "member",
    User.Role.SUPER_ADMIN: "operator",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    email: str
    name: str
    role: str
    teams: str
    is_active: bool
    spent_month: int
    usage_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Those who spent most first, at most SHOWN."""

    lines: tuple[PersonLine, ...]
    total: int
    spent_month: int
    """Of the people; tokens without a person are not in it."""

    @property
    def hidden(self) -> int:
        return self.total - len(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLine:
    slug: str
    name: str
    people: int
    spent_month: int
    usage_url: str


def people_of(tenant: Tenant, *, month: Mapping[UUID, Spent]) -> People:
    """The dearest are known from the sums; the rest is by address."""
    dearest = sorted(month, key=lambda pk: -month[pk].cost_nano_usd)[:SHOWN]
    rows = User.objects.filter(tenant=tenant).annotate(
        slugs=ArrayAgg("teams__slug", filter=Q(teams__isnull=False), distinct=True, default=[])
    )
    chosen = {row.pk: row for row in rows.filter(pk__in=dearest)}
    for row in rows.order_by("-is_active", "email")[:SHOWN]:
        if len(chosen) < SHOWN:
            chosen.setdefault(row.pk, row)
    lines = sorted(
        (_person(row, month.get(row.pk, NOTHING), tenant) for row in chosen.values()),
        key=lambda line: (-line.spent_month, line.email),
    )
    return People(
        lines=tuple(lines),
        total=User.objects.filter(tenant=tenant).count(),
        spent_month=sum(spent.cost_nano_usd for spent in month.values()),
    )


def teams_of(tenant: Tenant, *, month: Mapping[UUID, Spent]) -> tuple[TeamLine, ...]:
    """In the order of their slugs, at most SHOWN."""
    rows = Team.objects.for_tenant(tenant).annotate(people=Count("memberships")).order_by("slug")[:SHOWN]
    return tuple(
        TeamLine(
            slug=row.slug,
            name=row.name,
            people=row.people,
            spent_month=month.get(row.pk, NOTHING).cost_nano_usd,
            usage_url=page_url("explore", tenant=tenant.slug, team=row.slug, range="month"),
        )
        for row in rows
    )


def _person(row: User, spent: Spent, tenant: Tenant) -> PersonLine:
    return PersonLine(
        email=row.email,
        name=row.name,
        role=ROLES[User.Role(row.role)],
        teams=", ".join(row.slugs) or "no team",  # type: ignore[attr-defined] # annotated
        is_active=row.is_active,
        spent_month=spent.cost_nano_usd,
        usage_url=page_url("explore", tenant=tenant.slug, user=row.email, range="month"),
    )
