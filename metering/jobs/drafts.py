"""Drafts: what a task keeps for one caller, sealed, until some days after its last change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from metering.errors import NotFound
from metering.identity.principal import Principal
from metering.models import TaskDraft
from metering.orm import in_database_thread
from metering.seal import seal, unseal

MAX_BYTES = 16 * 1024 * 1024


class DraftWorkspace:
    """Implements metering's Workspace for one caller. Keys are UUIDs; those of others look as if they were free."""

    def __init__(
        self, caller: Principal, keep_days: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`keep_days`: after the last change."""
        self._caller = caller
        self._keep = timedelta(days=keep_days)
        self._clock = clock

    async def load(self, key: str) -> bytes | None:
        """Raises CannotOpen, and django.db.Error."""
        return await in_database_thread(self._load, key)

    async def save(self, key: str, content: bytes) -> None:
        """Raises ValueError for a content that is too large, and django.db.Error."""
        if len(content) > MAX_BYTES:
            raise ValueError(f"a draft has at most {MAX_BYTES:,} bytes")
        await in_database_thread(self._save, UUID(key), content)

    def _load(self, key: str) -> bytes | None:
        row = own_drafts(self._caller).filter(pk=key, expires_at__gt=self._clock()).first()
        return None if row is None else unseal(bytes(row.content))

    def _save(self, key: UUID, content: bytes) -> None:
        now = self._clock()
        kept = {"content": seal(content), "changed_at": now, "expires_at": now + self._keep}
        if own_drafts(self._caller).filter(pk=key).update(**kept):
            return
        caller = self._caller
        TaskDraft.objects.create(
            pk=key, tenant_id=caller.tenant_id, token_id=caller.token_id, user_id=caller.user_id, **kept
        )


def own_drafts(caller: Principal) -> QuerySet[TaskDraft]:
    """Those of this person, or else of this token."""
    mine = Q(user_id=caller.user_id) if caller.user_id else Q(token_id=caller.token_id, user_id=None)
    return TaskDraft.objects.filter(mine, tenant_id=caller.tenant_id)


def own_draft(caller: Principal, pk: UUID) -> TaskDraft:
    """Raises NotFound for one that is missing, has expired or is somebody else's, in the same words."""
    row = own_drafts(caller).filter(pk=pk, expires_at__gt=Now()).first()
    if row is None:
        raise NotFound(f"You have no draft {pk}.")
    return row


def forget_drafts(now: datetime) -> int:
    """Delete drafts that have expired; how many."""
    count, _ = TaskDraft.objects.filter(expires_at__lte=now).delete()
    return count
