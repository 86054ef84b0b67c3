"""Issue an ATI token."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_network

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.find import find_plan
from metering.identity.secret import IssuedToken, digest_of, new_secret, prefix_of
from metering.identity.validate import validate
from metering.models import ATIToken, Team, Tenant, User
from metering.models import Task as TaskRow


@transaction.atomic
def issue_token(
    *,
    tenant: Tenant,
    plan_code: str,
    actor: str,
    now: datetime,
    name: str = "",
    team: Team | None = None,
    user: User | None = None,
    allowed_tasks: Sequence[str] = (),
    allowed_models: Sequence[str] = (),
    allowed_networks: Sequence[str] = (),
    signups_allowed: int = 0,
    expires_at: datetime | None = None,
) -> IssuedToken:
    """The new token with its secret, which can never be read again.

    Raises NotFound for an unknown plan and InvalidRequest for a closed tenant, an end in the past, an
    unknown task, a malformed network, or a team or user of another tenant.
    """
    if tenant.status == Tenant.Status.CLOSED:
        raise InvalidRequest(f"The tenant {tenant.slug!r} is closed.", param="tenant")
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest("A new token must expire in the future.", param="expires_at")
    _check_tasks(allowed_tasks)
    secret = new_secret()
    token = ATIToken(
        tenant=tenant,
        plan_tier=find_plan(plan_code),
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        team=team,
        user=user,
        allowed_tasks=list(allowed_tasks),
        allowed_models=list(allowed_models),
        allowed_networks=[_network(text) for text in allowed_networks],
        signups_allowed=signups_allowed,
        expires_at=expires_at,
        created_at=now,
    )
    validate(token)
    token.save(force_insert=True)
    record_change(
        action="token.issued",
        actor=actor,
        target=token,
        tenant_id=tenant.id,
        now=now,
        facts={"prefix": token.prefix, "plan": plan_code, "name": name},
    )
    return IssuedToken(id=token.id, prefix=token.prefix, secret=secret)


def _check_tasks(codes: Sequence[str]) -> None:
    unknown = set(codes) - set(TaskRow.objects.filter(code__in=codes).values_list("code", flat=True))
    if unknown:
        raise InvalidRequest(f"Unknown tasks: {', '.join(sorted(unknown))}.", param="allowed_tasks")


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        message = f"{text!r} is not a network, such as 192.0.2.0/24."
        raise InvalidRequest(message, param="allowed_networks") from error
