"""What somebody's groups and address are mapped to."""

from dataclasses import dataclass, field
from uuid import UUID

from metering.identity.single_sign_on.claims import Claims
from metering.models import ATIToken, EmailDomain, GroupMapping, Team, Tenant, User


@dataclass(slots=True, kw_only=True)
class Grant:
    """A place in one tenant. The highest role of all groups counts; teams add up."""

    tenant: Tenant
    role: User.Role = User.Role.MEMBER
    teams: list[Team] = field(default_factory=list)
    token: ATIToken | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    is_super_admin: bool
    tenants: dict[UUID, Grant]
    """By groups."""
    home: Tenant | None
    """By the domain of the address."""

    def places_in(self, tenant_id: UUID | None) -> bool:
        """Whether groups or the address are a reason to be in this tenant."""
        return tenant_id in self.tenants or (self.home is not None and self.home.pk == tenant_id)


def grants_of(claims: Claims) -> Grants:
    """Return what these groups and this address grant in each tenant, by two queries."""
    tenants: dict[UUID, Grant] = {}
    is_super_admin = False
    rows = GroupMapping.objects.filter(group__in=claims.groups).select_related("tenant", "team", "token")
    for row in rows:
        if row.tenant is None:
            is_super_admin = True
            continue
        grant = tenants.setdefault(row.tenant.pk, Grant(tenant=row.tenant))
        if row.role == User.Role.TENANT_ADMIN:
            grant.role = User.Role.TENANT_ADMIN
        if row.team is not None:
            grant.teams.append(row.team)
        grant.token = grant.token or row.token
    domain = EmailDomain.objects.select_related("tenant").filter(domain=claims.verified_domain).first()
    return Grants(
        is_super_admin=is_super_admin, tenants=tenants, home=domain.tenant if domain is not None else None
    )
