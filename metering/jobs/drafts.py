"""Drafts: what a task keeps for one caller, sealed, until some days after its last change.

Invariant: at most one request works on a draft, the one whose reservation `held_by` names. It is free again as soon as
that reservation has ended, which it does by its lease even where the process was killed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from metering.errors import NotFound, TransitionRefused
from metering.identity.principal import Principal
from metering.jobs.brief import brief_transaction
from metering.jobs.owner import is_of
from metering.models import TaskDraft, UsageReservation
from metering.orm import in_database_thread
from metering.seal import CannotOpen, seal, unseal
from metering.types import ReservationState

MAX_BYTES = 16 * 1024 * 1024


class DraftWorkspace:
    """Implements metering's Workspace for one caller. Keys are UUIDs; those of others look as if they were free.

    Everything raises django.db.Error, and what is too large ValueError.
    """

    def __init__(self, caller: Principal, keep_days: int, *, clock: Callable[[], datetime]) -> None:
        """A draft is kept for `keep_days` after its last change."""
        self._caller = caller
        self._keep = timedelta(days=keep_days)
        self._clock = clock

    async def begin(self, key: str, content: bytes, *, holder: str) -> None:
        await in_database_thread(self._begin, UUID(key), _sealed(content), UUID(holder))

    async def take(self, key: str, *, holder: str) -> bytes | None:
        """Raises NotFound too where the key that it was sealed with is gone."""
        return await in_database_thread(self._take, UUID(key), UUID(holder))

    async def save(self, key: str, content: bytes, *, holder: str) -> None:
        await in_database_thread(self._save, UUID(key), _sealed(content), UUID(holder))

    def _begin(self, key: UUID, content: bytes, holder: UUID) -> None:
        now, caller = self._clock(), self._caller
        TaskDraft.objects.create(
            pk=key,
            tenant_id=caller.tenant_id,
            token_id=caller.token_id,
            user_id=caller.user_id,
            content=content,
            held_by=holder,
            changed_at=now,
            expires_at=now + self._keep,
        )

    def _take(self, key: UUID, holder: UUID) -> bytes | None:
        with brief_transaction():
            mine = own_drafts(self._caller, self._clock())
            row = mine.select_for_update().filter(pk=key).first()
            if row is None:
                return None
            if row.held_by != holder and _is_held(row.held_by, self._clock()):
                raise TransitionRefused(
                    f"Another request works on the draft {key}; wait until it has ended.",
                    reason="draft_in_use",
                    state="held",
                )
            content = opened(row)
            row.held_by = holder
            row.save(update_fields=["held_by"])
            return content

    def _save(self, key: UUID, content: bytes, holder: UUID) -> None:
        now = self._clock()
        mine = own_drafts(self._caller, now).filter(pk=key)
        if mine.filter(held_by=holder).update(content=content, changed_at=now, expires_at=now + self._keep):
            return
        if mine.exists():
            raise TransitionRefused(
                f"Another request has taken the draft {key} over.", reason="draft_in_use", state="held"
            )
        raise NotFound(f"The draft {key} was deleted while it was being written.")


def own_drafts(caller: Principal, now: datetime) -> QuerySet[TaskDraft]:
    """Those of this person, or else of this token, that have not expired."""
    return TaskDraft.objects.filter(is_of(caller), expires_at__gt=now)


def own_draft(caller: Principal, pk: UUID, now: datetime) -> TaskDraft:
    """Raises NotFound for one that is missing, expired or somebody else's, in the same words."""
    row = own_drafts(caller, now).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"You have no draft {pk}.")
    return row


def opened(row: TaskDraft) -> bytes:
    """What the draft holds. Raises NotFound where the key that it was sealed with is gone."""
    try:
        return unseal(bytes(row.content))
    except CannotOpen:
        raise NotFound("The key that the draft was sealed with is gone.") from None


def _sealed(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise ValueError(f"a draft has at most {MAX_BYTES:,} bytes")
    return seal(content)


def _is_held(reservation_id: UUID | None, now: datetime) -> bool:
    """Whether the request of that reservation is still under way."""
    return (
        reservation_id is not None
        and UsageReservation.objects.filter(
            pk=reservation_id, state=ReservationState.HELD, lease_expires_at__gt=now
        ).exists()
    )
