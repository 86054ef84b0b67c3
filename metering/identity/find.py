"""Look up identity rows by what people type. A row of another tenant is as absent as one that never was."""

from uuid import UUID

from django.db.models import Q

from metering.errors import NotFound
from metering.identity.tokens.secret import digest_of, is_well_formed, prefix_of
from metering.models import ATIToken, Plan, Team, Tenant, User


def find_tenant(reference: str) -> Tenant:
    """A tenant by slug or id. Raises NotFound."""
    tenant = Tenant.objects.filter(Q(slug=reference) | _by_id(reference)).first()
    if tenant is None:
        raise NotFound(f"There is no tenant {reference!r}.", param="tenant")
    return tenant


def find_plan(code: str) -> Plan:
    """An active plan. Raises NotFound."""
    plan = Plan.objects.filter(code=code, is_active=True).first()
    if plan is None:
        known = ", ".join(Plan.objects.filter(is_active=True).values_list("code", flat=True))
        raise NotFound(f"There is no plan {code!r}. Plans: {known or 'none yet'}.", param="plan")
    return plan


def find_team(*, tenant: Tenant, reference: str) -> Team:
    """A team of the tenant by slug or id. Raises NotFound."""
    team: Team | None = Team.objects.for_tenant(tenant).filter(Q(slug=reference) | _by_id(reference)).first()
    if team is None:
        raise NotFound(f"Tenant {tenant.slug!r} has no team {reference!r}.", param="team")
    return team


def find_user(*, tenant: Tenant, reference: str) -> User:
    """A user of the tenant by e-mail address or id. Raises NotFound."""
    user = User.objects.filter(tenant=tenant).filter(Q(email=reference.lower()) | _by_id(reference)).first()
    if user is None:
        raise NotFound(f"Tenant {tenant.slug!r} has no user {reference!r}.", param="user")
    return user


def find_token(*, reference: str, tenant: Tenant | None = None) -> ATIToken:
    """A token by id or visible prefix, of one tenant if given, or by its whole secret, which no error repeats: who has
    found one somewhere wants it revoked. Raises NotFound.
    """
    tokens = ATIToken.objects.all() if tenant is None else ATIToken.objects.for_tenant(tenant)
    condition, shown = Q(prefix=reference) | _by_id(reference), reference
    if is_well_formed(reference):
        digest = digest_of(reference)
        condition, shown = Q(digest=digest) | Q(previous_digest=digest), f"{prefix_of(reference)}…"
    token: ATIToken | None = tokens.filter(condition).first()
    if token is None:
        raise NotFound(f"There is no ATI token {shown!r}.", param="token")
    return token


def _by_id(reference: str) -> Q:
    """A condition on the primary key; never true if the text is not a UUID."""
    try:
        return Q(pk=UUID(reference))
    except ValueError:
        return Q(pk__in=[])
