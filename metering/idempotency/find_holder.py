"""Find the call that an Idempotency-Key belongs to."""

from uuid import UUID

from metering.errors import IdempotencyMismatch
from metering.models import UsageReservation
from metering.reservation.reserve import IdempotencyKey


def find_holder(*, tenant_id: UUID, key: IdempotencyKey) -> UUID | None:
    """Its reservation; None for a key that is free. Raises IdempotencyMismatch where another request has it."""
    found = UsageReservation.objects.filter(tenant_id=tenant_id, idempotency_key=key.key)
    row = found.values_list("id", "idempotency_digest").first()
    if row is None:
        return None
    holder, digest = row
    if digest != key.digest:
        raise IdempotencyMismatch("This Idempotency-Key was used with another request.")
    return UUID(str(holder))
