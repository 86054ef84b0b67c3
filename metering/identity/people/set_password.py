"""Give a person another password. Every session of before ends."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.identity.people.password import hash_password
from metering.identity.tokens.ceiling import Ceiling, check_person_within
from metering.models import User


def set_password(
    *, user: User, password: str, actor: str, now: datetime, ceiling: Ceiling | None = None
) -> None:
    """Raises InvalidRequest for one that is not good enough, NotPermitted for somebody beyond the ceiling."""
    check_person_within(ceiling, user)
    password_hash = hash_password(password, user=user)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=password_hash)
        record_change(action="user.password_set", actor=actor, target=user, tenant_id=user.tenant_id, now=now)
