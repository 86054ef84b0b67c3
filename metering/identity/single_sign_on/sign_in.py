"""Sign somebody in whom an identity provider vouches for."""

from datetime import datetime

from django.db import connection, transaction

from metering.identity.check_standing import check_person
from metering.identity.single_sign_on.apply_grants import apply_grants
from metering.identity.single_sign_on.claims import Claims
from metering.identity.single_sign_on.find_person import find_identity
from metering.identity.single_sign_on.grants import grants_of
from metering.models import User


def sign_in(claims: Claims, *, now: datetime) -> User:
    """The person, who may be new, with what the groups give now.

    Raises NotPermitted where nobody is known and nobody is made, or no group is left; what groups gave is taken then
    too. InvalidCredential, TokenExpired and TenantSuspended as `check_person` does.
    """
    grants = grants_of(claims)
    with transaction.atomic():
        _one_at_a_time(claims)
        identity = find_identity(claims, grants, now=now)
        refusal = apply_grants(identity, grants, now=now)
        identity.last_sign_in_at = now
        identity.save(update_fields=["given_role", "given_teams", "is_shut", "last_sign_in_at"])
    if refusal is not None:
        raise refusal
    check_person(identity.user, now)
    return identity.user


def _one_at_a_time(claims: Claims) -> None:
    """Somebody who comes twice at once, from two windows, is made once."""
    with connection.cursor() as cursor:
        key = f"single sign-on {claims.issuer} {claims.subject}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
