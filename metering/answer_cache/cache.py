"""Look for the answer of a call, and keep one. It may fail at any time, and then there is no answer."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from metering.answer_cache.entry import Entry, opened, sealed
from metering.answer_cache.forms import AnswerForms, NoOtherForm
from metering.answer_cache.key import CacheKey
from metering.answer_cache.protocols.by_protocol import CACHED
from metering.answer_cache.store import AnswerStore, StoreAway
from metering.answer_cache.terms import Terms
from metering.types import WireProtocol

INLINE_BYTES = 32 * 1024
"""A longer packed answer is looked at and sealed in a thread."""
OTHER_FORMS_DEPTH = 100
"""How much deeper an answer may be nested, and still be read where it is given in another form: its events wrap it."""
MOST_KEPT_AT_ONCE = 64
"""Answers that are being kept; beyond that one more is not."""


class CacheUse(Struct, frozen=True, kw_only=True):
    """How one call uses the cache."""

    terms: Terms
    key: CacheKey
    protocol: WireProtocol


class Kept(Protocol):
    """Sees what became of an answer that was to be kept."""

    def __call__(self, result: str, *, size: int = 0) -> None:
        """`result`: kept, unfit, too_long, away or busy; `size` in bytes of what was kept."""
        ...


def _nobody(result: str, *, size: int = 0) -> None:
    """Implements Kept for whoever does not want to know."""


class AnswerCache:
    """One process's way to the answers. For one event loop."""

    def __init__(
        self,
        *,
        store: AnswerStore,
        forms: Mapping[WireProtocol, AnswerForms],
        on_away: Callable[[], None] = lambda: None,
        on_kept: Kept = _nobody,
    ) -> None:
        """`forms` are those of every protocol; `on_away` counts the calls for which the store was not there."""
        self.forms = forms
        self._store = store
        self._on_away = on_away
        self._on_kept = on_kept
        self._keeping = 0

    async def find(self, use: CacheUse, now: datetime) -> Entry | None:
        """The answer, if there is one that is young enough for this call. Never fails; waits for milliseconds."""
        try:
            content = await self._store.get(use.key)
        except StoreAway:
            self._on_away()
            return None
        if content is None:
            return None
        entry = opened(content, use.key)
        if entry is None or now.timestamp() - entry.kept_at_s >= use.terms.ttl_s:
            return None
        return entry if entry.is_plain or use.terms.any else None

    async def keep(self, use: CacheUse, entry: Entry) -> None:
        """Keep an answer if it is one to keep. Never fails; waits for milliseconds."""
        if self._keeping >= MOST_KEPT_AT_ONCE:
            self._on_kept("busy")
            return
        self._keeping += 1
        try:
            if len(entry.packed) < INLINE_BYTES:
                content = self._sealed(use, entry)
            else:
                content = await asyncio.to_thread(self._sealed, use, entry)
            if content is None:
                self._on_kept("unfit")
                return
            await self._store.put(use.key, content, ttl_s=use.terms.ttl_s)
            self._on_kept("kept", size=len(content))
        except StoreAway:
            self._on_kept("away")
        finally:
            self._keeping -= 1

    def too_long(self) -> None:
        """Count an answer that was too long to be kept."""
        self._on_kept("too_long")

    def _sealed(self, use: CacheUse, entry: Entry) -> bytes | None:
        """The content to store; None: it is no answer to keep."""
        parts = [part.data for part in entry.parts()]
        try:
            whole = self.forms[use.protocol].whole_of(parts) if entry.is_streamed else b"".join(parts)
            answer = msgspec.json.decode(whole, type=dict)
            msgspec.json.decode(b"[" * OTHER_FORMS_DEPTH + whole + b"]" * OTHER_FORMS_DEPTH, type=msgspec.Raw)
        except (NoOtherForm, msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        is_kept = CACHED[use.protocol].is_kept
        if is_kept(answer, any_=False):
            return sealed(entry)
        if use.terms.any and is_kept(answer, any_=True):
            return sealed(msgspec.structs.replace(entry, is_plain=False))
        return None
